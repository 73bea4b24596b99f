"""The writer process of a server of these tests: `python -m tests.races.writing PLACE FD`."""

from __future__ import annotations

import socket
import sys
from typing import Any

from benchmarks.places import place_from, place_text
from hat_clinic.store.committer import Committer
from hat_clinic.store.engine import Place, open_engine
from hat_clinic.store.writer_process import WriterProcess, serve_work
from hat_clinic.wiring.folder import only_site
from hat_clinic.wiring.system import SystemClock, SystemIds
from hat_clinic.wiring.writing import SHARED, keep_what_started
from tests.store.log_of_site import site_keys


def writer_apart(place: Place, **options: Any) -> WriterProcess:
    """The writer of this database, to be started as a process of its own."""
    return WriterProcess([sys.executable, "-m", "tests.races.writing", place_text(place)], SHARED, **options)


def _started(place: str) -> Committer:
    engine = open_engine(place_from(place))
    site = only_site(engine)
    committer = Committer(engine, site.site_id, site_keys(site.origin), SystemClock(), SystemIds())
    committer.require_sound()
    keep_what_started()
    return committer


if __name__ == "__main__":
    with socket.socket(fileno=int(sys.argv[2])) as joined:
        serve_work(joined, lambda: _started(sys.argv[1]), SHARED)
