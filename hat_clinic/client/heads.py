"""The heads this terminal has seen: its memory of the log, which no server can rewrite.

Each newer head must be proven to continue the one before. The file `<terminal>.notes` is what
`verify --heads` reads; carried away, it is evidence against whoever rewrites the log. A head that
contradicts it is kept beside it in `<terminal>.contradictions`, and from then on, also after a
restart, nothing is signed here until people have looked.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from hat_clinic.client.own_files import GrowingFile
from hat_clinic.ledger.canonical import unb64
from hat_clinic.ledger.checkpoint import Checkpoint, open_checkpoint
from hat_clinic.ledger.note import Vkey
from hat_clinic.ledger.proofs import require_consistency
from hat_clinic.vocabulary.errors import BadProof, Clash, NotFound, Rejected
from hat_clinic.wire.ledger import Consistency

AskConsistency = Callable[[int, int], Consistency]
"""Asks the server for the proof from one size to another."""
NOTHING_IS_SIGNED = (
    "THE RECORD WAS CHANGED: the log this terminal was shown contradicts the one it knows."
    " Nothing more is signed here. Call the administrator and keep both files: "
)
_HARDLY_AN_ANSWER = (Rejected, NotFound, Clash, BadProof)
_PARTS = b"\n\n"


class Heads:
    """The heads of one log as one terminal saw them, newest last.

    Raises: BadProof, for a file with heads that the log's key did not sign or that do not grow;
    Rejected; OSError.
    """

    def __init__(self, folder: Path, terminal: str, vkey: Vkey) -> None:
        self.vkey = vkey
        self._file = GrowingFile(folder / f"{terminal}.notes")
        self._contradictions = folder / f"{terminal}.contradictions"
        self._one_at_a_time = threading.Lock()
        try:
            self._newest = self._read()
        except BadProof:
            self._file.close()
            raise

    @property
    def newest(self) -> Checkpoint | None:
        """The newest head that continues all before it."""
        return self._newest

    def require_sound(self) -> None:
        """No head has ever contradicted those before it.

        Raises: BadProof.
        """
        if self._contradictions.exists():
            raise BadProof(f"{NOTHING_IS_SIGNED}{self._file.path}, {self._contradictions}")

    def keep(self, note: str, ask: AskConsistency) -> Checkpoint:
        """The head is proven to continue what is known here, and kept if it is newer.

        A smaller head, from an answer that came late, must be the beginning of the newest.
        Raises: BadProof, for a note that the log's key did not sign (nothing is kept) and,
        loudly and for ever, for a head that contradicts the newest.
        """
        head = open_checkpoint(note, self.vkey.name, self.vkey)
        with self._one_at_a_time:
            self._compare(note, head, ask)
        return head

    def close(self) -> None:
        """The file is free for another program."""
        self._file.close()

    def _compare(self, note: str, head: Checkpoint, ask: AskConsistency) -> None:
        known = self._newest
        if known is not None:
            older, newer = (known, head) if known.size <= head.size else (head, known)
            try:
                _require_continues(older, newer, ask)
            except _HARDLY_AN_ANSWER as error:
                self._contradicted(note, error)
        if known is None or head.size > known.size:
            self._file.append(note.encode() + b"\n")
            self._newest = head

    def _contradicted(self, note: str, error: Exception) -> None:
        with GrowingFile(self._contradictions) as file:
            file.append(note.encode() + b"\n")
        where = f"{self._file.path}, {self._contradictions}"
        raise BadProof(f"{NOTHING_IS_SIGNED}{where} ({error})") from error

    def _read(self) -> Checkpoint | None:
        data = self._file.read()
        # A whole head ends in its signature line and an empty one; a crash may have cut the last.
        whole = data.rfind(_PARTS) + len(_PARTS) if _PARTS in data else 0
        newest = None
        parts = data[:whole].split(_PARTS)[:-1]
        if len(parts) % 2:
            whole -= len(parts.pop()) + len(_PARTS)
        for text, signatures in zip(parts[::2], parts[1::2], strict=True):
            head = open_checkpoint(text + _PARTS + signatures + b"\n", self.vkey.name, self.vkey)
            if newest is not None and head.size <= newest.size:
                raise BadProof(f"{self._file.path}: heads that do not grow")
            newest = head
        if whole != len(data):
            self._file.cut(whole)
        return newest


def _require_continues(older: Checkpoint, newer: Checkpoint, ask: AskConsistency) -> None:
    hashes: tuple[bytes, ...] = ()
    if 0 < older.size < newer.size:
        found = ask(older.size, newer.size)
        if (found.old, found.new) != (older.size, newer.size):
            raise BadProof("the consistency proof is between other sizes")
        hashes = tuple(unb64(each, 32) for each in found.hashes)
    require_consistency(older.size, older.root, newer.size, newer.root, hashes)
