"""Checkpoints: what a log claims to be, in four lines, signed as a note.

Source: C2SP tlog-checkpoint, and one extension line: the size of the head signed before, so that
the heads of a log are a chain from which none can be taken unseen. Other extension lines are
refused: nobody could check them. The key that signs is named like the origin.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from hat_clinic.ledger.canonical import b64, unb64
from hat_clinic.ledger.note import Vkey, open_note, require_key_name, sign_note
from hat_clinic.ledger.tree import EMPTY_ROOT, HASH_BYTES
from hat_clinic.vocabulary.errors import BadProof

MAX_SIZE = (1 << 53) - 1
"""Sizes and indexes are integers that canonical JSON can hold."""

_PREVIOUS = "previous "
_DECIMAL = re.compile(r"0|[1-9][0-9]{0,15}")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The claim that the log `origin` has `size` leaves under `root`, and had `previous` when last signed.

    Raises: BadProof, if this can be true of no log.
    """

    origin: str
    size: int
    root: bytes
    previous: int

    def __post_init__(self) -> None:
        require_key_name(self.origin)
        if not 0 <= self.size <= MAX_SIZE:
            raise BadProof(f"a log cannot have {self.size} entries")
        if len(self.root) != HASH_BYTES:
            raise BadProof(f"a root of {len(self.root)} bytes")
        if self.size == 0 and self.root != EMPTY_ROOT:
            raise BadProof("an empty log with the root of another")
        if not 0 <= self.previous <= max(0, self.size - 1):
            raise BadProof(f"a head over {self.size} entries cannot follow one over {self.previous}")

    def text(self) -> str:
        """The four lines that are signed."""
        return f"{self.origin}\n{self.size}\n{b64(self.root)}\n{_PREVIOUS}{self.previous}\n"


def parse_decimal(text: str) -> int:
    """The size or index written in `text`: ASCII digits, no leading zero.

    Raises: BadProof.
    """
    if _DECIMAL.fullmatch(text) is None or int(text) > MAX_SIZE:
        raise BadProof(f"{text[:32]!r} is not a size or index")
    return int(text)


def parse_checkpoint(text: str) -> Checkpoint:
    """The checkpoint in the text of an opened note.

    Refuses: more or fewer than four lines.
    Raises: BadProof.
    """
    lines = text.split("\n")
    if len(lines) != 5 or lines[4] != "" or not lines[3].startswith(_PREVIOUS):
        raise BadProof("a checkpoint has exactly four lines, the last names the size of the head before")
    previous = parse_decimal(lines[3].removeprefix(_PREVIOUS))
    return Checkpoint(lines[0], parse_decimal(lines[1]), unb64(lines[2], HASH_BYTES), previous)


def sign_checkpoint(checkpoint: Checkpoint, sign: Callable[[bytes], bytes], public_raw: bytes) -> str:
    """The signed head: `checkpoint` as a note by the key named like its origin."""
    return sign_note(checkpoint.text(), checkpoint.origin, sign, public_raw)


def open_checkpoint(note: bytes | str, origin: str, vkey: Vkey) -> Checkpoint:
    """The checkpoint of log `origin` that `vkey` signed.

    Refuses: another log, a key that is not named like the log.
    Raises: BadProof.
    """
    if vkey.name != origin:
        raise BadProof(f"the key of {vkey.name} does not sign for {origin}")
    checkpoint = parse_checkpoint(open_note(note, (vkey,)).text)
    if checkpoint.origin != origin:
        raise BadProof(f"a checkpoint of {checkpoint.origin}, not of {origin}")
    return checkpoint
