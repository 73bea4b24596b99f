"""One value, one sequence of bytes: RFC 8785 JSON and strict base64.

Of RFC 8785 we take the part without numbers that are not integers. What is outside
that part cannot be written, so two programs never disagree about how to write it.
"""

from __future__ import annotations

import base64
import json
import unicodedata

from hat_clinic.vocabulary.errors import BadProof
from hat_clinic.vocabulary.json_text import json_text
from hat_clinic.vocabulary.strict_json import INTEGER_LIMIT, MAX_DEPTH, JsonValue, nests_deeper


def encode(value: object) -> bytes:
    """The canonical JSON of `value`.

    Refuses: floats, None, |int| >= 2^53, text with lone surrogates or not in normal
    form C, keys that are not ASCII text, other types, nesting deeper than 32.
    Raises: ValueError, because only our own code can hand over such a value.
    Source: RFC 8785.
    """
    _require_encodable(value, 0)
    # With ASCII keys, sorting by code point (Python) and by UTF-16 unit (RFC 8785) agree.
    # Half a surrogate pair has no UTF-8; that error is a ValueError too.
    return json_text(value).encode("utf-8")


def decode(data: bytes) -> JsonValue:
    """The value whose canonical JSON is exactly `data`.

    Refuses: every other spelling of a value: spaces, another order of keys, duplicate
    keys, escapes that need not be, numbers that are not integers, trailing bytes.
    Raises: BadProof.
    """
    try:
        text = data.decode("utf-8")
        if nests_deeper(text, MAX_DEPTH):
            raise BadProof(f"nested deeper than {MAX_DEPTH}")
        value: JsonValue = json.loads(text)
        again = encode(value)
    except ValueError as error:
        raise BadProof(f"not canonical JSON: {error}") from None
    if again != data:
        raise BadProof("not canonical JSON: the same value has another spelling")
    return value


def decode_object(data: bytes, required: frozenset[str], optional: frozenset[str]) -> dict[str, JsonValue]:
    """The object whose canonical JSON is `data`, with these members and no others.

    Raises: BadProof.
    """
    value = decode(data)
    if not isinstance(value, dict):
        raise BadProof("not a JSON object")
    require_members(value, required, optional)
    return value


def require_members(value: dict[str, JsonValue], required: frozenset[str], optional: frozenset[str]) -> None:
    """Every required member is there and none that is not known.

    Raises: BadProof, naming them.
    """
    present = value.keys()
    if missing := required - present:
        raise BadProof(f"without {', '.join(sorted(missing))}")
    if unknown := present - required - optional:
        raise BadProof(f"with unknown {', '.join(sorted(unknown))}")


def b64(data: bytes) -> str:
    """Standard padded base64 of `data` (RFC 4648 §4)."""
    return base64.b64encode(data).decode("ascii")


def unb64(text: object, length: int | None = None) -> bytes:
    """The bytes whose one base64 spelling is `text`; exactly `length` of them if given.

    Refuses: anything but text, line breaks, the URL alphabet, missing padding, stray bits.
    Raises: BadProof.
    """
    if not isinstance(text, str):
        raise BadProof("base64 that is not text")
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        raise BadProof("not base64") from None
    # Python ignores the unused bits of the last character: "QQ==" and "QR==" both read as "A".
    if b64(data) != text:
        raise BadProof("base64 with a second spelling")
    if length is not None and len(data) != length:
        raise BadProof(f"{len(data)} bytes where {length} belong")
    return data


def _require_encodable(value: object, depth: int) -> None:
    # Most values are ASCII text in objects: those are seen to below, without a call for each.
    if isinstance(value, str):
        _require_text(value)
    elif isinstance(value, bool):
        return
    elif isinstance(value, int):
        if not -INTEGER_LIMIT < value < INTEGER_LIMIT:
            raise ValueError("an integer of 2^53 or more")
    elif isinstance(value, dict):
        _require_shallow(depth)
        for key, item in value.items():
            if not isinstance(key, str) or not key.isascii():
                raise ValueError(f"a key that is not ASCII text: {key!r}")
            if type(item) is not str or not item.isascii():
                _require_encodable(item, depth + 1)
    elif isinstance(value, list):
        _require_shallow(depth)
        for item in value:
            _require_encodable(item, depth + 1)
    else:
        raise ValueError(f"{type(value).__name__} has no canonical form")


def _require_shallow(depth: int) -> None:
    if depth >= MAX_DEPTH:
        raise ValueError(f"nested deeper than {MAX_DEPTH}")


def _require_text(text: str) -> None:
    if not text.isascii() and not unicodedata.is_normalized("NFC", text):
        raise ValueError("text that is not in Unicode normal form C")
