"""The files of a bundle, from a zip archive or a folder, read without trusting either.

Nothing is ever unpacked: parts have fixed names and are read line by line where they lie. So a
name cannot lead anywhere, a link is not followed, and no archive grows beyond what is said here.
"""

from __future__ import annotations

import os
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

from hat_clinic.vocabulary.errors import LedgerBroken, Rejected

ABOUT, POLICY, CHECKPOINT, FOUND = "bundle.json", "policy.txt", "checkpoint", "found.jsonl"
HEADS, ENTRIES, NODES = "heads.jsonl", "entries.jsonl", "nodes.jsonl"
REQUESTS, PROJECTIONS, REGISTER = "requests.jsonl", "projections.jsonl", "register.csv"
PARTS = (ABOUT, POLICY, CHECKPOINT, HEADS, ENTRIES, NODES, REQUESTS, PROJECTIONS, REGISTER, FOUND)

MAX_LINE_BYTES = 4 << 20
MAX_PART_BYTES = 16 << 30
MAX_SMALL_BYTES = 1 << 20
# Base64 of hashes hardly shrinks, projections do; nothing of ours comes near this.
MAX_SHRINKING = 200
# What zipfile raises for versions and flags it cannot read, too: a stranger wrote those numbers.
_UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    struct.error,
)
_DAMAGE = (*_UNREADABLE, OSError)


class BundleFiles:
    """An opened bundle: which parts it has, and their lines."""

    def __init__(
        self, folder: Path | None, archive: zipfile.ZipFile | None, names: frozenset[str], opened: ExitStack
    ) -> None:
        self._folder, self._archive, self._opened = folder, archive, opened
        self.names = names

    def small(self, name: str) -> bytes:
        """The whole of a part that is short.

        Raises: LedgerBroken, if it is damaged or too long.
        """
        with self._open(name) as file:
            data = _read(file.read, MAX_SMALL_BYTES + 1, name)
        if len(data) > MAX_SMALL_BYTES:
            raise LedgerBroken(f"{name} has more than {MAX_SMALL_BYTES} bytes")
        return data

    def anchor(self) -> bytes | None:
        """The trust anchor in it, if there is one; nothing in it, if it cannot be read."""
        try:
            return self.small(POLICY) if POLICY in self.names else None
        except LedgerBroken:
            return b""

    def lines(self, name: str) -> Iterator[bytes]:
        """The lines of a part, without their ends; none, if the part is missing.

        Raises: LedgerBroken, if it is damaged, has a line that is too long or ends inside one.
        """
        if name not in self.names:
            return
        with self._open(name) as file:
            total = 0
            while line := _read(file.readline, MAX_LINE_BYTES + 1, name):
                total += len(line)
                if not line.endswith(b"\n") or total > MAX_PART_BYTES:
                    raise LedgerBroken(f"{name} ends inside a line, or has one that is too long")
                yield line[:-1]

    def _open(self, name: str) -> IO[bytes]:
        try:
            if self._archive is not None:
                return self._opened.enter_context(self._archive.open(name))
            assert self._folder is not None
            part = os.open(self._folder / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
            return self._opened.enter_context(os.fdopen(part, "rb"))
        except _DAMAGE as error:
            raise LedgerBroken(f"{name} is damaged: {error}") from error


def _read(read: object, most: int, name: str) -> bytes:
    try:
        data: bytes = read(most)  # type: ignore[operator]
    except _DAMAGE as error:
        raise LedgerBroken(f"{name} is damaged: {error}") from error
    return data


@contextmanager
def open_bundle(path: Path) -> Iterator[BundleFiles]:
    """The bundle at `path`. Whoever stops in the middle of a part leaves nothing open.

    Refuses: parts no bundle has, a name twice, encrypted parts, links, parts that would grow
    beyond all measure.
    Raises: Rejected; OSError.
    """
    with ExitStack() as opened:
        if path.is_dir():
            yield BundleFiles(path, None, _names_in_folder(path), opened)
            return
        try:
            archive = opened.enter_context(zipfile.ZipFile(path))
        except _UNREADABLE as error:
            raise Rejected(f"{path} is no bundle: {error}", "bundle") from None
        yield BundleFiles(None, archive, _names_in_archive(archive), opened)


def _names_in_folder(path: Path) -> frozenset[str]:
    names = set()
    with os.scandir(path) as found:
        for each in found:
            _require_known(each.name)
            if not stat.S_ISREG(each.stat(follow_symlinks=False).st_mode):
                raise Rejected(f"{each.name} is not an ordinary file", "bundle")
            names.add(each.name)
    return _require_about(names)


def _names_in_archive(archive: zipfile.ZipFile) -> frozenset[str]:
    names: set[str] = set()
    for each in archive.infolist():
        _require_known(each.filename)
        if each.filename in names:
            raise Rejected(f"{each.filename} is in it twice", "bundle")
        if each.flag_bits & 1 or each.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise Rejected(f"{each.filename} is encrypted or packed in an unknown way", "bundle")
        if each.file_size > min(MAX_PART_BYTES, MAX_SMALL_BYTES + MAX_SHRINKING * each.compress_size):
            raise Rejected(f"{each.filename} would grow beyond all measure", "bundle")
        names.add(each.filename)
    return _require_about(names)


def _require_known(name: str) -> None:
    if name not in PARTS:
        raise Rejected(f"no bundle has a part called {name[:80]!r}", "bundle")


def _require_about(names: set[str]) -> frozenset[str]:
    if ABOUT not in names:
        raise Rejected(f"without {ABOUT} it is no bundle", "bundle")
    return frozenset(names)
