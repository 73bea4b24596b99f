"""Where files of tests lie that need not outlive the machine: in memory, if it has a folder for that."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

MEMORY = Path("/dev/shm")
ROOM = 1024**3


def memory_folder(memory: Path = MEMORY, room: int = ROOM) -> Path | None:
    """The folder whose files are in memory; None where there is none, or too little room in it."""
    if not memory.is_dir() or not os.access(memory, os.W_OK | os.X_OK):
        return None
    return memory if shutil.disk_usage(memory).free >= room else None
