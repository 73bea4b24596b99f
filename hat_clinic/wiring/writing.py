"""The writer of a clinic's folder as a process of its own: `python -m hat_clinic.wiring.writing FOLDER FD`.

`serve` starts it and joins it by a socket; there is nothing here for people to call.
"""

from __future__ import annotations

import gc
import os
import socket
import sys
from pathlib import Path

from hat_clinic.handlers.grants import ACTS
from hat_clinic.store.committer import Committer
from hat_clinic.store.packing import Shared
from hat_clinic.store.writer_process import WriterProcess, serve_work
from hat_clinic.wiring.folder import ClinicFolder, only_site
from hat_clinic.wiring.system import SystemClock, SystemIds

NEW_OBJECTS = 20_000
SHARED: Shared = {"acts": ACTS, **{f"act {name}": act for name, act in ACTS.items()}}
"""What both processes hold from the start."""


def writer_apart(folder: ClinicFolder) -> WriterProcess:
    """The writer of this folder, to be started as a process of its own.

    Why -P: a process that holds the keys imports nothing from the folder it was started in.
    """
    return WriterProcess([sys.executable, "-P", "-m", "hat_clinic.wiring.writing", str(folder.path)], SHARED)


def keep_what_started() -> None:
    """What the program made while it started is never looked through again for garbage.

    Why: otherwise the collector goes through all of it again and again while requests wait.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(NEW_OBJECTS)


def main(path: str, descriptor: str) -> None:
    """The writer has written until whoever started this process closed the socket."""
    with socket.socket(fileno=int(descriptor)) as joined:
        serve_work(joined, lambda: _started(Path(path)), SHARED)


def _started(path: Path) -> Committer:
    folder = ClinicFolder.open(path)
    engine = folder.engine(holder=os.getppid())
    site = only_site(engine)
    committer = Committer(engine, site.site_id, folder.site_keys(site.origin), SystemClock(), SystemIds())
    committer.require_sound()
    folder.require_own_root(engine)
    keep_what_started()
    return committer


if __name__ == "__main__":
    main(*sys.argv[1:])
