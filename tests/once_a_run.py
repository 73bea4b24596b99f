"""What takes a minute to make and is only read afterwards: made once, however many workers share a run."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable
from pathlib import Path

import pytest


def once_a_run(
    factory: pytest.TempPathFactory, name: str, make: Callable[[Path], str]
) -> tuple[Path, str]:
    """The folder that `make` made its thing in, and what it said; every worker is given the same.

    Why a lock: the tests of one file may be spread over workers, and whoever comes second waits. Where
    the making failed nothing is kept, so each of them tries, and fails, by itself.
    """
    shared = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent  # each worker's own folder lies in the folder of the run
    folder, said = shared / name, shared / f"{name}.said"
    with (shared / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not said.exists():
            folder.mkdir(exist_ok=True)
            words = make(folder)
            said.write_text(words, encoding="utf-8")
    return folder, said.read_text(encoding="utf-8")
