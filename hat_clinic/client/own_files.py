"""Files that only their owner can read, and that grow by whole appends that are on disk.

A terminal keeps two of these: the heads it has seen and the requests it has sent. Both are
worth nothing unless they outlive a power cut.
"""

from __future__ import annotations

import fcntl
import os
import stat
import threading
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from hat_clinic.vocabulary.errors import Rejected

OWNER_ONLY, OWNERS_FOLDER = 0o600, 0o700


class GrowingFile:
    """An open file of this process alone; what it holds grows by `append` and in no other way.

    Refuses: a file that others may open, that is a link or no ordinary file, and one that
    another program holds open this way.
    Raises: Rejected, naming the file; OSError when it cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        folder_missing = not path.parent.exists()
        path.parent.mkdir(mode=OWNERS_FOLDER, parents=True, exist_ok=True)
        if path.is_symlink():
            raise Rejected("this file is not opened through a link", str(path))
        new = not path.exists()
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        self._handle = os.open(path, flags, OWNER_ONLY)
        self._lock = threading.Lock()
        try:
            _require_own(self._handle, path)
            _require_alone(self._handle, path)
        except Rejected:
            os.close(self._handle)
            raise
        if new:
            sync_folder(path.parent)
        if folder_missing:
            sync_folder(path.parent.parent)

    def read(self) -> bytes:
        """All that the file holds."""
        size = os.fstat(self._handle).st_size
        parts, at = [], 0
        while at < size:
            part = os.pread(self._handle, size - at, at)
            if not part:
                break
            parts.append(part)
            at += len(part)
        return b"".join(parts)

    def append(self, data: bytes) -> None:
        """`data` is at the end of the file and on disk, whole; or nothing of it is there.

        Raises: OSError.
        """
        with self._lock:
            before = os.fstat(self._handle).st_size
            try:
                rest = memoryview(data)
                while rest:
                    rest = rest[os.write(self._handle, rest) :]
                os.fsync(self._handle)
            except OSError:
                # A full disk must not leave half a line in front of the next one.
                with suppress(OSError):
                    os.ftruncate(self._handle, before)
                raise

    def cut(self, size: int) -> None:
        """Only the first `size` bytes are left, and that is on disk.

        Why: the tail that a power cut left behind was never acted upon.
        """
        with self._lock:
            os.ftruncate(self._handle, size)
            os.fsync(self._handle)

    def close(self) -> None:
        """The file is free for another program."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1

    def __enter__(self) -> GrowingFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def write_once(path: Path, data: bytes) -> None:
    """A new owner-only file holds `data`, and that is on disk.

    Raises: FileExistsError.
    """
    path.parent.mkdir(mode=OWNERS_FOLDER, parents=True, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, OWNER_ONLY)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(handle)
    sync_folder(path.parent)


def read_own(path: Path) -> bytes:
    """What this owner-only file holds.

    Raises: Rejected, for a file that others may open; OSError.
    """
    if path.is_symlink():
        raise Rejected("this file is not opened through a link", str(path))
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    with os.fdopen(handle, "rb") as file:
        _require_own(handle, path)
        return file.read()


def sync_folder(path: Path) -> None:
    """The names in this folder are on disk."""
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _require_own(handle: int, path: Path) -> None:
    # The open file is judged, not its name: the name may lead elsewhere by now.
    status = os.fstat(handle)
    if not stat.S_ISREG(status.st_mode):
        raise Rejected("this is no ordinary file", str(path))
    if status.st_uid != os.geteuid():
        raise Rejected("this file belongs to another user", str(path))
    if status.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise Rejected("others may open this file; make it owner-only (chmod 600)", str(path))


def _require_alone(handle: int, path: Path) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise Rejected("another program of this terminal has this file open", str(path)) from None
