"""One server of the site in a database: `python -m tests.races.server PLACE`.

As `serve` makes it: uvicorn in this process, the writer in its own, and the real clock; it tells its port.
"""

from __future__ import annotations

import sys
from contextlib import closing
from hashlib import sha256
from typing import Any

from benchmarks.places import place_from
from benchmarks.serving import serve
from hat_clinic.api.app import create_app
from hat_clinic.handlers.grants import ACTS
from hat_clinic.handlers.runtime import ClockInKeys, SiteRuntime
from hat_clinic.store.engine import Place, open_engine
from hat_clinic.wiring.connections import connections_of
from hat_clinic.wiring.folder import only_site
from hat_clinic.wiring.system import SystemClock, SystemIds
from hat_clinic.wiring.writing import keep_what_started
from tests.races.writing import writer_apart
from tests.store.log_of_site import site_keys

KEYS = ClockInKeys(server=sha256(b"server").digest(), unknown=sha256(b"unknown").digest())


def serve_place(place: Place, **plan: Any) -> None:
    """The site in this database is served until standard input closes; the plan is told with the port."""
    with writer_apart(place) as writer:
        engine = open_engine(place, alone=False)
        site = only_site(engine)
        keys = site_keys(site.origin)
        with closing(
            SiteRuntime(site, engine, writer, keys, KEYS, SystemClock(), SystemIds(), ACTS)
        ) as runtime:
            app = create_app(runtime)
            keep_what_started()
            serve(app, connections_of, **plan)
        engine.dispose()


if __name__ == "__main__":
    serve_place(place_from(sys.argv[1]))
