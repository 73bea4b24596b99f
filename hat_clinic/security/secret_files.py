"""Secrets in files that only their owner can read, written once and never over another."""

from __future__ import annotations

import os
import stat
import tempfile
from contextlib import suppress
from pathlib import Path

from hat_clinic.vocabulary.errors import Rejected

OWNER_ONLY = 0o600
LARGEST = 65536


def write_secret(path: Path, data: bytes) -> None:
    """`data` is in `path`, whole and on disk, readable by the owner alone.

    Refuses: to replace anything that stands there already, with FileExistsError. A crash at
    any line leaves either no file of that name or the whole one.
    """
    folder = path.parent
    # mkstemp creates with 0600 whatever the umask; link, unlike rename, never replaces.
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=folder)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fchmod(file.fileno(), OWNER_ONLY)
            os.fsync(file.fileno())
        os.link(name, path)
    finally:
        with suppress(FileNotFoundError):
            os.unlink(name)
    folder_handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder_handle)
    finally:
        os.close(folder_handle)


def require_own(path: Path, *, hidden: bool = False) -> None:
    """Nobody but this user and root can change what stands there; nor, if `hidden`, can everybody read it.

    For what is no secret of ours and decides as much: a folder, whose files can be put in each
    other's place, settings, the key of a certificate. Links are followed: where they lead is judged.
    Refuses: what belongs to a third user, and what its group or others may write.
    Raises: Rejected, naming it; OSError when it is not there.
    """
    status = os.stat(path)
    if status.st_uid not in (0, os.geteuid()):
        raise Rejected("this belongs to another user, who could change it", str(path))
    if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise Rejected("others may change this; take that from them (chmod go-w)", str(path))
    if hidden and status.st_mode & stat.S_IRWXO:
        raise Rejected("everybody may open this; take that from them (chmod o-rwx)", str(path))


def read_secret(path: Path, length: int | None = None) -> bytes:
    """What the file holds, which nobody but its owner could have read or changed.

    Refuses: a file that its group or others may read, write or run, that belongs to another
    user, that is a link or no ordinary file, or that is not `length` bytes long.
    Raises: Rejected, naming the file; OSError when it cannot be opened.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if path.is_symlink():
            raise Rejected("a secret is not read through a link", str(path)) from error
        raise
    with os.fdopen(handle, "rb") as file:
        # The open file is judged, not its name: the name may lead elsewhere by now.
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise Rejected("a secret is an ordinary file", str(path))
        if status.st_uid != os.geteuid():
            raise Rejected("the secret belongs to another user", str(path))
        if status.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise Rejected("others may open this secret; make it owner-only (chmod 600)", str(path))
        data = file.read(LARGEST + 1)
    if len(data) > LARGEST or (length is not None and len(data) != length):
        raise Rejected(f"a secret of {length or f'at most {LARGEST}'} bytes is expected", str(path))
    return data
