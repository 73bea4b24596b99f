"""Signed notes: text that one or more keys vouch for.

Source: C2SP signed-note. Of its signature types only 0x01 (Ed25519) is known here;
lines of other keys are read over, as the specification demands.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256

from hat_clinic.ledger.canonical import b64, unb64
from hat_clinic.ledger.keys import ED25519, PublicKey
from hat_clinic.vocabulary.errors import BadProof

MAX_NOTE_BYTES = 1 << 20
MAX_SIGNATURES = 64
"""The specification asks for at least 16; post-quantum lines have up to 7 kB each."""

_TYPE_ED25519 = b"\x01"
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")
_NOT_IN_NAMES = re.compile(r"[\x00-\x1f+\ud800-\udfff]")
_VKEY = re.compile(r"(?P<name>[^+]+)\+(?P<id>[0-9a-f]{8})\+(?P<key>[A-Za-z0-9+/=]+)")
_DASH = "\N{EM DASH} "


@dataclass(frozen=True, slots=True)
class Vkey:
    """A key that signs notes: its name, its four-byte id and the public key."""

    name: str
    key_id4: bytes
    public: PublicKey

    def __post_init__(self) -> None:
        require_key_name(self.name)
        if self.key_id4 != _key_id(self.name, self.public.raw):
            raise BadProof(f"the id of the key named {self.name} does not fit the key")

    @staticmethod
    @lru_cache(maxsize=64)
    def of(name: str, public_raw: bytes) -> Vkey:
        """The note key of this name over this Ed25519 public key.

        Raises: BadProof, if the name or the key cannot be one.
        """
        require_key_name(name)
        return Vkey(name, _key_id(name, public_raw), PublicKey(ED25519, public_raw))

    @property
    def text(self) -> str:
        """The encoding people hand to each other: name+id+key."""
        return f"{self.name}+{self.key_id4.hex()}+{b64(_TYPE_ED25519 + self.public.raw)}"

    @staticmethod
    def parse(text: str) -> Vkey:
        """The key that `text` encodes.

        Refuses: other signature types, an id that does not fit the key.
        Raises: BadProof.
        """
        match = _VKEY.fullmatch(text)
        if match is None:
            raise BadProof("a note key is written name+id+key")
        typed = unb64(match["key"])
        if typed[:1] != _TYPE_ED25519:
            raise BadProof(f"note key of type 0x{typed[:1].hex()}; only 0x01 (Ed25519) is known")
        return Vkey(match["name"], bytes.fromhex(match["id"]), PublicKey(ED25519, typed[1:]))


@dataclass(frozen=True, slots=True)
class OpenedNote:
    """The text of a note and the known keys whose signatures on it verified."""

    text: str
    signed_by: tuple[Vkey, ...]


@dataclass(frozen=True, slots=True)
class _Line:
    name: str
    key_id4: bytes
    signature: bytes


def require_key_name(name: str) -> None:
    """`name` can name a key: not empty, no Unicode space, no plus, no control character, UTF-8.

    Raises: BadProof.
    """
    # split() breaks at every Unicode space, and makes nothing of an empty name.
    if name.split() != [name] or _NOT_IN_NAMES.search(name):
        raise BadProof(f"{name!r} cannot name a key")


def sign_note(text: str, name: str, sign: Callable[[bytes], bytes], public_raw: bytes) -> str:
    """The note that carries `text` and one signature by the key of this name.

    Refuses: text that does not end in a newline or holds control characters, and a
    `sign` whose result does not verify: a wrong head must never leave the process.
    Raises: ValueError for the text, BadProof for the key.
    """
    if not text.endswith("\n") or _CONTROL.search(text):
        raise ValueError("the text of a note ends in a newline and has no control characters")
    vkey = Vkey.of(name, public_raw)
    message = text.encode("utf-8")
    signature = sign(message)
    vkey.public.verify(message, signature)
    return f"{text}\n{_DASH}{name} {b64(vkey.key_id4 + signature)}\n"


def open_note(note: bytes | str, known: Sequence[Vkey]) -> OpenedNote:
    """The text of `note`, which at least one of the known keys signed.

    Signatures of unknown keys are ignored, also when they share the name or the id
    (not both) with a known key.
    Refuses: anything malformed, a signature of a known key that does not fit (then the
    whole note), a note that no known key signed.
    Raises: BadProof.
    """
    text, lines = _split(_decode(note))
    message = text.encode("utf-8")
    by_place = {(vkey.name, vkey.key_id4): vkey for vkey in known}
    if len(by_place) != len(known):
        raise ValueError("the same key is known twice")
    signed_by: list[Vkey] = []
    for line in lines:
        vkey = by_place.get((line.name, line.key_id4))
        if vkey is None:
            continue
        vkey.public.verify(message, line.signature)
        if vkey not in signed_by:
            signed_by.append(vkey)
    if not signed_by:
        raise BadProof("the note is not signed by any known key")
    return OpenedNote(text, tuple(signed_by))


def _key_id(name: str, public_raw: bytes) -> bytes:
    return sha256(name.encode("utf-8") + b"\n" + _TYPE_ED25519 + public_raw).digest()[:4]


def _decode(note: bytes | str) -> str:
    if len(note) > MAX_NOTE_BYTES:
        raise BadProof(f"a note of more than {MAX_NOTE_BYTES} bytes")
    try:
        # Text is encoded too: half a surrogate pair in it must not get further.
        text = note.decode("utf-8") if isinstance(note, bytes) else note.encode("utf-8").decode("utf-8")
    except UnicodeError:
        raise BadProof("a note that is not UTF-8") from None
    if _CONTROL.search(text):
        raise BadProof("a note with a control character")
    return text


def _split(note: str) -> tuple[str, list[_Line]]:
    end = note.rfind("\n\n")
    if end < 0 or not note.endswith("\n"):
        raise BadProof("a note is text, an empty line and signature lines")
    text, block = note[: end + 1], note[end + 2 :]
    if not block:
        raise BadProof("a note without signatures")
    # Not splitlines(): that also breaks at characters which are no line ends here.
    lines = block[:-1].split("\n")
    if len(lines) > MAX_SIGNATURES:
        raise BadProof(f"a note with more than {MAX_SIGNATURES} signatures")
    return text, [_signature_line(line) for line in lines]


def _signature_line(line: str) -> _Line:
    if not line.startswith(_DASH):
        raise BadProof("a signature line that does not begin with an em dash and a space")
    name, space, encoded = line[len(_DASH) :].partition(" ")
    if not space:
        raise BadProof("a signature line without a signature")
    require_key_name(name)
    blob = unb64(encoded)
    if len(blob) < 5:
        raise BadProof("a signature line with an empty signature")
    return _Line(name, blob[:4], blob[4:])
