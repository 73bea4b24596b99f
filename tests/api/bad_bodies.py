"""Every way to spoil a good body: where it was spoilt, and the bytes to send.

Works on examples alone, so that it fits every route there will ever be.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from hat_clinic.vocabulary.strict_json import MAX_BYTES, MAX_DEPTH

Spoilt = tuple[str, str, bytes]
"""What was done, the JSON pointer that the answer must name, the body."""

_MARK = "@@here@@"
# Written into the place of a value, as raw JSON: refused by the reader, whatever the route, so two
# places in each body are enough, one at the top and the deepest.
UNREADABLE = {
    "a fraction": "1.5",
    "a float that is whole": "180.0",
    "an exponent": "1e3",
    "NaN": "NaN",
    "infinity": "-Infinity",
    "2^53": "9007199254740992",
    "2^63": "9223372036854775808",
    "a numeral without end": "1" + "0" * 400,
    "half a surrogate pair": '"\\ud800"',
    "NUL": '"a\\u0000b"',
    "a control character": '"a\\u0007b"',
    "not in form C": '"e\\u0301"',
}
# Refused by the model, so tried in every place.
UNFIT = {"null": "null", "an object without members": "{}"}
_WRONG: dict[type, dict[str, str]] = {
    str: {"a number": "1", "a truth": "true", "a list": "[]"},
    int: {"text": '"180"', "a truth": "true", "a list": "[1]"},
    bool: {"text": '"true"', "a number": "1"},
    list: {"text": '"x"', "a number": "1", "not a list": '{"0":1}'},
    dict: {"text": '"x"', "a number": "1", "a list": "[]"},
}
# By the format or pattern that OpenAPI gives: text that is of the right type and still no such thing.
_FORMATS: dict[str, tuple[str, ...]] = {
    "date-time": (
        "2026-11-23T09:30:00.000000",  # naive
        "2026-11-23T09:30:00.000000+01:00",
        "2026-11-23T09:30:00Z",
        "2026-02-30T09:30:00.000000Z",
        "0001-01-01T00:00:00.000000Z",
        "9999-12-31T23:59:59.999999Z",
        "",
    ),
    "date": ("2026-02-30", "26-11-23", "20261123", "0001-01-01", "9999-12-31", ""),
    "base64": ("not base64", "AAA", "AB==", "A\nAA"),
    "enum": ("milligrams", "", "MG"),
    "uuid": ("", "ana", "0193580A-1C00-7000-8000-0000000000AA", "0193580a-1c00-4000-8000-0000000000aa"),
}


def whole_bodies(example: dict[str, Any]) -> Iterator[Spoilt]:
    """Bodies that are refused whatever they hold."""
    good = json.dumps(example)
    first = next(iter(example))
    yield "a byte order mark", "", b"\xef\xbb\xbf" + good.encode()
    yield "not UTF-8", "", good.encode("utf-16")
    yield "half a UTF-8 letter", "", good.encode()[:-1] + b"\xc3}"
    yield "no JSON", "", b"staff_code=A-01"
    yield "nothing", "", b""
    yield "only half", "", good.encode()[: len(good) // 2]
    yield "two values", "", good.encode() * 2
    yield "too long", "", good.encode() + b" " * MAX_BYTES
    yield "too deep", "", b'{"a":' * (MAX_DEPTH + 1) + b"1" + b"}" * (MAX_DEPTH + 1)
    yield "far too deep", "", b"[" * 60_000
    yield "a key twice", f"/{first}", (f'{{"{first}":{json.dumps(example[first])},' + good[1:]).encode()
    yield "a member nobody knows", "/nobody_knows", json.dumps({**example, "nobody_knows": 1}).encode()
    yield "the actor", "/actor", json.dumps({**example, "actor": "somebody"}).encode()
    for words, value in (
        ("null", None),
        ("a list", [example]),
        ("text", "x"),
        ("a number", 1),
        ("a truth", True),
    ):
        yield f"{words} in place of an object", "", json.dumps(value).encode()


def spoilt_members(example: dict[str, Any], schema: dict[str, Any], defs: dict[str, Any]) -> Iterator[Spoilt]:
    """The example with one member at a time spoilt, left out or beset, however deep it lies."""
    places = list(_walk(example, schema, defs, ""))
    ends = (places[0][0], max(places, key=lambda place: place[0].count("/"))[0])
    for pointer, value, part in places:
        unreadable = UNREADABLE if pointer in ends else {}
        for words, raw in {**unreadable, **UNFIT, **_WRONG[type(value)]}.items():
            if words == "an object without members" and isinstance(value, dict) and not part.get("required"):
                continue
            below = "" if words != "an object without members" or not isinstance(value, dict) else "/"
            yield f"{words} at {pointer}", pointer + below, _with(example, pointer, raw)
        for bad in _bad_texts(part):
            yield f"{bad!r} at {pointer}", pointer, _with(example, pointer, json.dumps(bad))
        for number in (key for key in ("minimum", "maximum") if key in part):
            beyond = part[number] + (1 if number == "maximum" else -1)
            yield f"{beyond} at {pointer}", pointer, _with(example, pointer, str(beyond))
        if isinstance(value, dict):
            more = {**value, "nobody_knows": 1}
            yield (
                f"a stranger in {pointer}",
                f"{pointer}/nobody_knows",
                _with(example, pointer, json.dumps(more)),
            )
        if isinstance(value, list) and value:
            many = json.dumps(value * (part["maxItems"] // len(value) + 1))
            if len(many) < MAX_BYTES // 2:
                yield f"too many at {pointer}", pointer, _with(example, pointer, many)
    for name in schema["required"]:
        without = {key: part for key, part in example.items() if key != name}
        yield f"{name} left out", f"/{name}", json.dumps(without).encode()


def _bad_texts(part: dict[str, Any]) -> Iterator[str]:
    kind = part.get("format") or part.get("contentEncoding") or ("enum" if "enum" in part else "")
    if "pattern" in part:
        kind = "uuid"
    yield from _FORMATS.get(kind, ())
    if part.get("type") == "string" and "maxLength" in part:
        yield "A" * (part["maxLength"] + 4)
    if part.get("minLength"):
        yield ""


def _walk(
    value: Any, schema: dict[str, Any], defs: dict[str, Any], pointer: str
) -> Iterator[tuple[str, Any, Any]]:
    """Every member with its pointer and its schema."""
    while "$ref" in schema:
        schema = defs[schema["$ref"].rpartition("/")[2]]
    if pointer:
        yield pointer, value, schema
    if isinstance(value, dict):
        for name, part in value.items():
            yield from _walk(part, schema["properties"][name], defs, f"{pointer}/{name}")
    if isinstance(value, list):
        for place, part in enumerate(value):
            yield from _walk(part, schema["items"], defs, f"{pointer}/{place}")


def _with(example: dict[str, Any], pointer: str, raw: str) -> bytes:
    """The example with `raw` JSON in the place of one member."""
    copy = json.loads(json.dumps(example))
    *path, last = [int(part) if part.isdigit() else part for part in pointer[1:].split("/")]
    place: Any = copy
    for part in path:
        place = place[part]
    place[last] = _MARK
    return json.dumps(copy).replace(f'"{_MARK}"', raw).encode()
