"""One process per database file.

Why: SQLite's own locks would let two servers share a file, each with its own idea of
throttles, permits and clock. The kernel drops this lock when the process ends, however
it ends, so nobody ever has to remove a stale file.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from hat_clinic.store.unusable import Busy


class FileLock:
    """The right to be the one process that has `path` open; others are told that `holder` has it."""

    def __init__(self, path: Path, holder: int | None = None) -> None:
        self.path, self._holder = path, holder
        self.lock_path = path.with_name(path.name + ".lock")
        self._descriptor: int | None = None

    def hold(self) -> None:
        """This process holds the file; again does nothing.

        Raises: Busy.
        """
        if self._descriptor is not None:
            return
        descriptor = os.open(self.lock_path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip() or "unknown"
            os.close(descriptor)
            raise Busy(
                f"{self.path} is open in another process (process id {holder})."
                " Stop that process, or work through its API; nothing was changed here."
            ) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{self._holder or os.getpid()}\n".encode("ascii"), 0)
        self._descriptor = descriptor

    def release(self) -> None:
        """Another process may open the file; again does nothing."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
