"""One server process of the site in a database: `python -m tests.races.server PLACE`.

Its own engine, writer and uvicorn, as `serve` has them, and the real clock; it tells its port.
"""

from __future__ import annotations

import sys
from hashlib import sha256

from benchmarks.places import place_from
from benchmarks.serving import serve
from hat_clinic.api.app import create_app
from hat_clinic.handlers.grants import ACTS
from hat_clinic.handlers.runtime import ClockInKeys, SiteRuntime
from hat_clinic.store.engine import open_engine
from hat_clinic.store.writer import Writer
from hat_clinic.wiring.serving import only_site
from hat_clinic.wiring.system import SystemClock, SystemIds
from tests.store.log_of_site import site_keys

KEYS = ClockInKeys(server=sha256(b"server").digest(), unknown=sha256(b"unknown").digest())


def main() -> None:
    engine = open_engine(place_from(sys.argv[1]))
    site = only_site(engine)
    keys, clock, ids = site_keys(site.origin), SystemClock(), SystemIds()
    with Writer(engine, site.site_id, keys, clock, ids) as writer:
        runtime = SiteRuntime(site, engine, writer, keys, KEYS, clock, ids, ACTS.values())
        try:
            serve(create_app(runtime))
        finally:
            runtime.close()
    engine.dispose()


if __name__ == "__main__":
    main()
