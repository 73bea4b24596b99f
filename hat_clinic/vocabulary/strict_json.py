"""JSON that means one thing only: the reader in front of everything sent to us.

Python's own reader takes the last of two equal keys, NaN, half a surrogate pair and
numbers no other language can hold. Two programs that read such a body differently
can be made to disagree about what was signed, so all of it is refused here, before
any model looks at it. `field` of the refusal is a JSON pointer (RFC 6901).
"""

from __future__ import annotations

import json
import re
import unicodedata
from typing import TypeAlias

from hat_clinic.vocabulary.errors import Rejected

JsonValue: TypeAlias = "None | bool | int | str | list[JsonValue] | dict[str, JsonValue]"

MAX_BYTES = 65536
MAX_DEPTH = 32
INTEGER_LIMIT = 1 << 53
"""Integers lie strictly between minus and plus this: the range every JSON reader keeps exact."""

# A string that never ends is matched to the end of the text: else every quote in it would be
# tried as a beginning, and 64 KiB would take a quarter of a minute.
_STRING_OR_BRACKET = re.compile(r'"(?:[^"\\]|\\.)*(?:"|\\?\Z)|[\[\]{}]', re.DOTALL)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_BOM = b"\xef\xbb\xbf"


class _Bad:
    """Stands in the parsed tree for a number that is refused once its place is known."""

    __slots__ = ("words",)

    def __init__(self, words: str) -> None:
        self.words = words


class _Pairs:
    """The members of an object in their order, duplicates included."""

    __slots__ = ("members",)

    def __init__(self, members: list[tuple[str, _Node]]) -> None:
        self.members = members


_Node: TypeAlias = "None | bool | int | str | list[_Node] | _Pairs | _Bad"


def loads(data: bytes, max_bytes: int = MAX_BYTES, max_depth: int = MAX_DEPTH) -> JsonValue:
    """The value of `data`, which has exactly one reading.

    Refuses: more than `max_bytes` bytes, a byte order mark, bytes that are not UTF-8,
    more than `max_depth` nested arrays and objects, duplicate keys, NaN and Infinity,
    numbers with a fraction or an exponent, |integers| >= 2^53, lone surrogates, NUL and
    control characters, text that is not in Unicode normal form C.
    Raises: Rejected, with a JSON pointer to the place where one is known.
    """
    if len(data) > max_bytes:
        raise Rejected(f"longer than {max_bytes} bytes")
    if data.startswith(_BOM):
        raise Rejected("starts with a byte order mark")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Rejected(f"not UTF-8 at byte {error.start}") from None
    if nests_deeper(text, max_depth):
        raise Rejected(f"nested deeper than {max_depth}")
    try:
        tree = json.loads(
            text,
            object_pairs_hook=_Pairs,
            parse_float=_refuse_float,
            parse_constant=_refuse_constant,
            parse_int=_read_integer,
        )
    except json.JSONDecodeError as error:
        raise Rejected(f"not JSON: {error.msg} at character {error.pos}") from None
    return _value(tree, "")


def nests_deeper(text: str, limit: int) -> bool:
    """Whether arrays and objects are nested deeper than `limit` in JSON `text`.

    Why: the parser recurses, so depth must be known before it runs.
    """
    # Depth never exceeds the number of brackets; nearly every text ends here.
    return text.count("[") + text.count("{") > limit and nesting(text) > limit


def nesting(text: str) -> int:
    """How deep arrays and objects are nested in JSON `text`, found without recursion.

    Up to the first syntax error this sees the same strings as the parser does.
    """
    depth = deepest = 0
    for match in _STRING_OR_BRACKET.finditer(text):
        mark = match.group()
        if mark in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif mark in "]}":
            depth -= 1
    return deepest


def text_fault(text: str) -> str:
    """What makes `text` unfit to be signed or stored, in words; empty if nothing does."""
    if text.isascii():
        return "" if text.isprintable() else "contains a control character"
    if _SURROGATE.search(text):
        return "contains half a surrogate pair"
    if _CONTROL.search(text):
        return "contains a control character"
    if not unicodedata.is_normalized("NFC", text):
        return "is not in Unicode normal form C"
    return ""


def _refuse_float(digits: str) -> _Bad:
    return _Bad("a number with a fraction or an exponent; only integers are taken")


def _refuse_constant(name: str) -> _Bad:
    return _Bad(f"{name} is not a number")


def _read_integer(digits: str) -> int | _Bad:
    # Sixteen digits hold every allowed integer; longer ones are not even converted,
    # because conversion of a long numeral takes quadratic time.
    if len(digits.lstrip("-")) <= 16 and abs(number := int(digits)) < INTEGER_LIMIT:
        return number
    return _Bad("an integer of 2^53 or more")


def _value(node: _Node, pointer: str) -> JsonValue:
    """`node` as a plain value, after every refusal that needs to know its place."""
    if isinstance(node, _Bad):
        raise Rejected(node.words, pointer)
    if isinstance(node, str):
        if fault := text_fault(node):
            raise Rejected(fault, pointer)
        return node
    if isinstance(node, _Pairs):
        return _members(node.members, pointer)
    if isinstance(node, list):
        return [_value(item, f"{pointer}/{index}") for index, item in enumerate(node)]
    return node


def _members(pairs: list[tuple[str, _Node]], pointer: str) -> JsonValue:
    members: dict[str, JsonValue] = {}
    for key, item in pairs:
        if fault := text_fault(key):
            raise Rejected(f"a key {fault}", pointer)
        place = f"{pointer}/{key.replace('~', '~0').replace('/', '~1')}"
        if key in members:
            raise Rejected("a key that is there twice", place)
        members[key] = _value(item, place)
    return members
