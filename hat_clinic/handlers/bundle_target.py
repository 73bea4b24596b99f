"""Where the parts of a bundle are written: an archive or a folder, for its owner's eyes only."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Protocol


class BundleTarget(Protocol):
    """A bundle that is being written."""

    def part(self, name: str) -> IO[bytes]:
        """A new part of this name; the caller closes it."""
        ...


@contextmanager
def new_archive(target: Path) -> Iterator[BundleTarget]:
    """A zip archive, there under its name only once it is whole."""
    unfinished = target.with_name(target.name + ".part")
    descriptor = os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "w+b") as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
                yield _Zip(archive)
            file.flush()
            os.fsync(file.fileno())
        unfinished.rename(target)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise


class _Zip:
    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive

    def part(self, name: str) -> IO[bytes]:
        # A fixed date: the same record makes the same bundle.
        member = zipfile.ZipInfo(name)
        member.compress_type = zipfile.ZIP_DEFLATED
        member.external_attr = 0o600 << 16
        return self._archive.open(member, "w", force_zip64=True)


@contextmanager
def new_folder(target: Path) -> Iterator[BundleTarget]:
    """A folder of the parts, there from the first of them on."""
    target.mkdir(mode=0o700)
    yield _Files(target)


class _Files:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def part(self, name: str) -> IO[bytes]:
        flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC
        return os.fdopen(os.open(self._folder / name, flags, 0o600), "wb")
