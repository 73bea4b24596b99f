"""Frozen dataclasses to plain JSON values and back, exactly, by their declared types.

Used for entry bodies, commands and folded states, so that one value has one spelling.
Absent optionals are left out (canonical JSON has no null); tuples are arrays; bytes are
base64; a mass is `{"of", "ug"}`, a volume `{"ul"}`; a union of dataclasses is not offered.
"""

from __future__ import annotations

import types
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import MISSING, fields, is_dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import cache
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from hat_clinic.vocabulary.errors import Rejected
from hat_clinic.vocabulary.moments import moment_text, parse_moment
from hat_clinic.vocabulary.quantities import Expression, Mass, Volume

Json = Any
T = TypeVar("T")
_Pair = tuple[Callable[[Any], Json], Callable[[Json, str], Any]]


def encode(value: object) -> dict[str, Json]:
    """The plain JSON object of a frozen dataclass."""
    kind: Any = type(value)
    found: dict[str, Json] = _of(kind)[0](value)
    return found


def decode(kind: type[T], json: Json, field: str = "") -> T:
    """The `kind` whose JSON object is exactly `json`.

    Raises: Rejected, naming the field, for a missing, unknown or mistyped member.
    """
    wanted: Any = kind
    found: T = _of(wanted)[1](json, field)
    return found


@cache
def _of(kind: Any) -> _Pair:
    origin = get_origin(kind)
    if origin is Union or origin is types.UnionType:
        (inner,) = (each for each in get_args(kind) if each is not types.NoneType)
        return _of(inner)
    if hasattr(kind, "__supertype__"):
        return _of(kind.__supertype__)
    if origin is tuple:
        return _tuple(get_args(kind)[0])
    if kind in _PLAIN:
        return _PLAIN[kind]
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return _enum(kind)
    if is_dataclass(kind):
        return _dataclass(kind)
    raise TypeError(f"no spelling for {kind!r}")


def _same(kind: type) -> _Pair:
    def read(json: Json, field: str) -> Any:
        if type(json) is not kind:
            raise Rejected(f"{_NAMES[kind]} is wanted here", field)
        return json

    return _as_it_is, read


def _as_it_is(value: Any) -> Json:
    return value


_NAMES = {str: "text", int: "a whole number", bool: "true or false"}


def _read_bytes(json: Json, field: str) -> bytes:
    if not isinstance(json, str):
        raise Rejected("base64 text is wanted here", field)
    try:
        raw = b64decode(json, validate=True)
    except ValueError:
        raise Rejected("this is not base64", field) from None
    if b64encode(raw).decode("ascii") != json:
        raise Rejected("this base64 is not in its one form", field)
    return raw


def _read_moment(json: Json, field: str) -> datetime:
    if not isinstance(json, str):
        raise Rejected("a moment in RFC 3339 text is wanted here", field)
    return parse_moment(json, field)


def _read_date(json: Json, field: str) -> date:
    try:
        found = date.fromisoformat(json)
    except (TypeError, ValueError):
        raise Rejected("a date YYYY-MM-DD is wanted here", field) from None
    if found.isoformat() != json:
        raise Rejected("a date YYYY-MM-DD is wanted here", field)
    return found


def _read_mass(json: Json, field: str) -> Mass:
    members = _members(json, {"of", "ug"}, field)
    of = _enum(Expression)[1](members["of"], f"{field}/of")
    return Mass(_whole(members["ug"], f"{field}/ug"), of)


def _read_volume(json: Json, field: str) -> Volume:
    return Volume(_whole(_members(json, {"ul"}, field)["ul"], f"{field}/ul"))


def _whole(json: Json, field: str) -> int:
    if type(json) is not int or not 0 <= json < 2**53:
        raise Rejected("a whole number, zero or more, is wanted here", field)
    return json


def _members(json: Json, names: set[str], field: str) -> dict[str, Json]:
    if not isinstance(json, dict):
        raise Rejected("an object is wanted here", field)
    for name in json:
        if name not in names:
            raise Rejected("nothing of this name belongs here", f"{field}/{name}")
    for name in sorted(names):
        if name not in json:
            raise Rejected("this is missing", f"{field}/{name}")
    return json


_PLAIN: dict[Any, _Pair] = {
    str: _same(str),
    int: _same(int),
    bool: _same(bool),
    bytes: (lambda value: b64encode(value).decode("ascii"), _read_bytes),
    datetime: (moment_text, _read_moment),
    date: (lambda value: value.isoformat(), _read_date),
    Mass: (lambda value: {"of": str(value.expression), "ug": value.micrograms}, _read_mass),
    Volume: (lambda value: {"ul": value.microlitres}, _read_volume),
}


def _enum(kind: type[StrEnum]) -> _Pair:
    def read(json: Json, field: str) -> StrEnum:
        if not isinstance(json, str) or json not in kind.__members__.values():
            raise Rejected("one of " + ", ".join(kind) + " is wanted here", field)
        return kind(json)

    return str, read


def _tuple(item: Any) -> _Pair:
    write, read = _of(item)

    def read_all(json: Json, field: str) -> tuple[Any, ...]:
        if not isinstance(json, list):
            raise Rejected("a list is wanted here", field)
        return tuple(read(each, f"{field}/{place}") for place, each in enumerate(json))

    return (lambda value: [write(each) for each in value]), read_all


def _dataclass(kind: Any) -> _Pair:
    hints = get_type_hints(kind)
    parts = [(each.name, _of(hints[each.name])) for each in fields(kind)]
    optional = {each.name for each in fields(kind) if each.default is None}
    unset = {each.name for each in fields(kind) if each.default not in (MISSING, None)}
    if unset:
        raise TypeError(f"{kind.__name__} has defaults other than None: {sorted(unset)}")
    names = {name for name, _ in parts}
    # Most members are text or numbers, which are written as they are: no call for each of those.
    plain = [name for name, pair in parts if pair[0] is _as_it_is]
    others = [(name, pair[0]) for name, pair in parts if pair[0] is not _as_it_is]

    def write(value: Any) -> dict[str, Json]:
        written = {name: part for name in plain if (part := getattr(value, name)) is not None}
        for name, put in others:
            part = getattr(value, name)
            if part is not None:
                written[name] = put(part)
        return written

    def read(json: Json, field: str) -> Any:
        if not isinstance(json, dict):
            raise Rejected("an object is wanted here", field)
        present = _members(json, names - (optional - json.keys()), field)
        try:
            return kind(
                **{
                    name: pair[1](present[name], f"{field}/{name}") if name in present else None
                    for name, pair in parts
                }
            )
        except ValueError as error:
            raise Rejected(str(error), field) from error

    return write, read
