"""How the fields of an entry are told to people: their kinds in words, the parts they are made of."""

from __future__ import annotations

import types
from dataclasses import MISSING, fields, is_dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Union, get_args, get_origin, get_type_hints

from hat_clinic.vocabulary.quantities import Mass, Volume

PLAIN: dict[Any, str] = {
    str: "text",
    int: "whole number",
    bool: "yes or no",
    bytes: "bytes",
    datetime: "moment",
    date: "date",
    Mass: "mass",
    Volume: "volume",
}


def fields_of(kind: type, parts: dict[str, type]) -> list[tuple[str, str]]:
    """Name and kind of each field; `parts` gets what the kinds are made of."""
    hints = get_type_hints(kind)
    return [
        (each.name + ("" if each.default is MISSING else "?"), in_words(hints[each.name], parts))
        for each in fields(kind)
    ]


def in_words(hint: Any, parts: dict[str, type]) -> str:
    """A kind, in words."""
    origin = get_origin(hint)
    if origin is Union or origin is types.UnionType:
        (inner,) = (each for each in get_args(hint) if each is not types.NoneType)
        return in_words(inner, parts)
    if origin is tuple:
        return f"list of {in_words(get_args(hint)[0], parts)}"
    if hasattr(hint, "__supertype__"):
        return str(hint.__name__)
    if hint in PLAIN:
        return PLAIN[hint]
    if is_dataclass(hint) or issubclass(hint, StrEnum):
        parts[hint.__name__] = hint
        return f"`{hint.__name__}`"
    raise TypeError(f"{hint} has no words")


def parts_of_parts(parts: dict[str, type]) -> dict[str, type]:
    """All of them, with what they are made of in turn."""
    found, new = dict(parts), dict(parts)
    while new:
        inner: dict[str, type] = {}
        for each in new.values():
            if is_dataclass(each):
                fields_of(each, inner)
        new = {name: each for name, each in inner.items() if name not in found}
        found |= new
    return found


def part(kind: type) -> str:
    """What a part is: its fields, or the words it can be."""
    if issubclass(kind, StrEnum):
        return ", ".join(f"`{each.value}`" for each in kind)
    return "; ".join(f"`{name}`: {words}" for name, words in fields_of(kind, {}))
