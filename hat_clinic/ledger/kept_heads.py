"""Heads that somebody keeps outside the clinic: signed checkpoints, one after the other.

A file of them is each note followed by an empty line, so that keeping one more head is one
append. A terminal writes `heads/<terminal>.notes` this way.
"""

from __future__ import annotations

from collections.abc import Iterable

from hat_clinic.ledger.checkpoint import Checkpoint, open_checkpoint
from hat_clinic.ledger.note import Vkey
from hat_clinic.vocabulary.errors import BadProof

MAX_FILE_BYTES = 256 << 20
_PARTS = "\n\n"


def kept(note: str) -> str:
    """What is appended to a file of heads for this one."""
    return note + "\n"


def split_notes(data: bytes) -> tuple[str, ...]:
    """The whole notes in a file of heads. Nothing is verified yet.

    Why a cut end is no error: a crash while a head was being kept leaves one, and those before
    it are as good as ever. `is_cut` tells.
    Raises: BadProof, for what is no text or too long.
    """
    parts = _parts(data)
    return tuple(f"{parts[at]}\n\n{parts[at + 1]}\n" for at in range(0, len(parts) - 1, 2))


def is_cut(data: bytes) -> bool:
    """Whether a file of heads ends inside one.

    Raises: BadProof.
    """
    return len(_parts(data)) % 2 == 1 or data[-1:] not in (b"", b"\n")


def _parts(data: bytes) -> list[str]:
    """Text, signatures, text, signatures...; a line that does not end is none."""
    if len(data) > MAX_FILE_BYTES:
        raise BadProof(f"a file of heads of more than {MAX_FILE_BYTES} bytes")
    try:
        text = data[: data.rfind(b"\n") + 1].decode("utf-8")
    except UnicodeDecodeError:
        raise BadProof("a file of heads is UTF-8") from None
    return [part for part in text.rstrip("\n").split(_PARTS) if part]


def origin_of(note: str) -> str:
    """The log a note says it is of: its first line. Nothing is verified."""
    return note.partition("\n")[0]


def open_heads(notes: Iterable[str], origin: str, vkey: Vkey) -> tuple[Checkpoint, ...]:
    """Those of these heads that are of this log, each once, by size.

    Raises: BadProof, if one of them says that it is of this log and the log's key did not sign it.
    """
    ours = {note for note in notes if origin_of(note) == origin}
    return tuple(sorted({open_checkpoint(note, origin, vkey) for note in ours}, key=_order))


def _order(head: Checkpoint) -> tuple[int, bytes]:
    return head.size, head.root
