"""Heads that somebody keeps outside the clinic: signed checkpoints, one after the other.

A file of them is each note followed by an empty line, so that keeping one more head is one
append. A terminal writes `heads/<terminal>.notes` this way.

Such files are also carried about, opened in editors and typed from paper. So notes are known by
their form, not by counting paragraphs: text lines, then signature lines. Empty lines, a byte order
mark and foreign line ends say nothing; a line that belongs to no note is told, because one that
was stepped over could take the only head that tells with it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from hat_clinic.ledger.canonical import unb64
from hat_clinic.ledger.checkpoint import Checkpoint, open_checkpoint, parse_decimal
from hat_clinic.ledger.note import Vkey, require_key_name
from hat_clinic.ledger.tree import HASH_BYTES
from hat_clinic.vocabulary.errors import BadProof

MAX_FILE_BYTES = 256 << 20
_BOM = b"\xef\xbb\xbf"
_DASH = "\N{EM DASH} "
_SIGNED_BYTES = 4 + 64


def kept(note: str) -> str:
    """What is appended to a file of heads for this one."""
    return note + "\n"


def split_notes(data: bytes) -> tuple[str, ...]:
    """The whole notes in a file of heads. No signature is verified yet.

    Why a cut end is no error: a crash while a head was being kept leaves one, and those before
    it are as good as ever. `is_cut` tells.
    Raises: BadProof, for what is no text, too long, or has a line that belongs to no head.
    """
    return _read(data).notes


def is_cut(data: bytes) -> bool:
    """Whether a file of heads ends inside one.

    Raises: BadProof, as `split_notes`.
    """
    return _read(data).cut


@dataclass(frozen=True, slots=True)
class _Read:
    notes: tuple[str, ...]
    cut: bool


def _read(data: bytes) -> _Read:
    if len(data) > MAX_FILE_BYTES:
        raise BadProof(f"a file of heads of more than {MAX_FILE_BYTES} bytes")
    data = data.removeprefix(_BOM).replace(b"\r\n", b"\n")
    lines, ends_inside = _lines(data)
    notes: list[str] = []
    text: list[str] = []
    signatures: list[str] = []
    begins = gap = 0  # number of the first line of this note, and of an empty one after its text
    for number, line in enumerate(lines, 1):
        if line.startswith(_DASH):
            if not text:
                raise BadProof(f"line {number} signs no head")
            signatures.append(line)
            continue
        if signatures:
            notes.append(_note(text, signatures, begins))
            text, signatures, gap = [], [], 0
        if not line:
            gap = number if text else 0
            continue
        if gap:
            raise BadProof(f"line {begins} begins no head: {text[0][:80]!r}")
        begins = begins if text else number
        text.append(line)
    if signatures:
        notes.append(_note(text, signatures, begins))
        text = []
    return _Read(tuple(notes), ends_inside or bool(text))


def _lines(data: bytes) -> tuple[list[str], bool]:
    """The lines, and whether the last one, cut short, was left out."""
    whole, newline, rest = data.rpartition(b"\n")
    try:
        lines = (whole + newline).decode("utf-8").split("\n")[:-1]
    except UnicodeDecodeError:
        raise BadProof("a file of heads is UTF-8") from None
    if not rest:
        return lines, False
    last = rest.decode("utf-8", errors="replace")
    if _is_whole_signature(last):
        return [*lines, last], False
    # The signature lines of one note belong together: without the last, the note is not whole.
    while lines and lines[-1].startswith(_DASH) and last.startswith(_DASH[0]):
        lines.pop()
    return lines, True


def _is_whole_signature(line: str) -> bool:
    """Whether a line that ends with the file lacks only its end."""
    try:
        return line.startswith(_DASH) and len(unb64(line.rpartition(" ")[2])) == _SIGNED_BYTES
    except BadProof:
        return False


def _note(text: list[str], signatures: list[str], begins: int) -> str:
    """The note of these lines, which have the form of a checkpoint's.

    Raises: BadProof. Why already here: a head with a remark above it would else pass for one of
    another log, and be left aside.
    """
    try:
        if len(text) < 3:
            raise BadProof("a head has a name, a size and a root")
        require_key_name(text[0])
        parse_decimal(text[1])
        unb64(text[2], HASH_BYTES)
    except BadProof as error:
        raise BadProof(f"what begins at line {begins} is no head ({error})") from None
    return "".join(f"{line}\n" for line in (*text, "", *signatures))


def origin_of(note: str) -> str:
    """The log a note says it is of: its first line. Nothing is verified."""
    return note.partition("\n")[0]


def is_of(note: str, origin: str) -> bool:
    """Whether a note says anywhere that it is of this log: in its text, or beside a signature."""
    _, _, signatures = note.partition("\n\n")
    return origin_of(note) == origin or f"\n{_DASH}{origin} " in f"\n{signatures}"


def open_heads(notes: Iterable[str], origin: str, vkey: Vkey) -> tuple[Checkpoint, ...]:
    """Those of these heads that are of this log, each once, by size.

    Raises: BadProof, if one of them says that it is of this log and the log's key did not sign it.
    """
    ours = {note for note in notes if is_of(note, origin)}
    return tuple(sorted({_open(note, origin, vkey) for note in ours}, key=_order))


def _open(note: str, origin: str, vkey: Vkey) -> Checkpoint:
    try:
        return open_checkpoint(note, origin, vkey)
    except BadProof as error:
        name, size = note.split("\n")[:2]
        raise BadProof(f"the head of {name[:80]!r} with size {size[:20]!r}: {error}") from error


def _order(head: Checkpoint) -> tuple[int, bytes]:
    return head.size, head.root
