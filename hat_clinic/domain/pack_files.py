"""The bytes of a protocol pack, read strictly: what is not understood is not passed over."""

from __future__ import annotations

import tomllib
from hashlib import sha256
from typing import Any

from hat_clinic.domain.entries.packs import PackValue
from hat_clinic.domain.packs import LARGEST, Hole, PackFile
from hat_clinic.vocabulary.errors import Rejected
from hat_clinic.vocabulary.quantities import Expression

_TOP = {"pack", "version", "jurisdiction", "title", "expression", "value"}
_VALUE = {"name", "number", "unit", "source"}
_HOLE = {"name", "unit", "needs"}


def parse_pack(data: bytes) -> PackFile:
    """The pack whose file has these bytes.

    Refuses: members nobody knows, fractions, a number without a source, a name used twice.
    Raises: Rejected, naming the member.
    """
    try:
        top = tomllib.loads(data.decode("utf-8"), parse_float=_no_fractions)
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise Rejected(f"this is not TOML: {error}", "pack") from error
    _require_members(top, _TOP, set(), "pack")
    values: list[PackValue] = []
    holes: list[Hole] = []
    listed = top["value"]
    if not isinstance(listed, list) or not all(isinstance(each, dict) for each in listed):
        raise Rejected("values are a list of tables", "value")
    for place, each in enumerate(listed):
        field = f"value/{place}"
        if "needs" in each:
            holes.append(_hole(each, field))
        else:
            values.append(_value(each, field))
    names = [each.name for each in values] + [each.name for each in holes]
    for name in names:
        if names.count(name) > 1:
            raise Rejected(f"{name} is there twice", "value")
    expression = _text(top, "expression", "pack")
    if expression not in Expression.__members__.values():
        raise Rejected("masses are counted in one of " + ", ".join(Expression), "expression")
    return PackFile(
        pack=_text(top, "pack", "pack"),
        version=_text(top, "version", "pack"),
        jurisdiction=_text(top, "jurisdiction", "pack"),
        title=_text(top, "title", "pack"),
        expression=Expression(expression),
        sha256=sha256(data).digest(),
        values=tuple(values),
        holes=tuple(holes),
    )


def _value(each: dict[str, Any], field: str) -> PackValue:
    _require_members(each, _VALUE, set(), field)
    number = each["number"]
    if type(number) is not int or not 0 <= number <= LARGEST:
        raise Rejected(f"a whole number from 0 to {LARGEST} is wanted here", f"{field}/number")
    return PackValue(
        _text(each, "name", field), number, _text(each, "unit", field), _text(each, "source", field), False
    )


def _hole(each: dict[str, Any], field: str) -> Hole:
    _require_members(each, _HOLE, {"optional"}, field)
    optional = each.get("optional", False)
    if not isinstance(optional, bool):
        raise Rejected("true or false is wanted here", f"{field}/optional")
    return Hole(_text(each, "name", field), _text(each, "unit", field), _text(each, "needs", field), optional)


def _text(table: dict[str, Any], name: str, field: str) -> str:
    found = table[name]
    if not isinstance(found, str) or not found.strip():
        raise Rejected("text is wanted here", f"{field}/{name}")
    return found


def _require_members(table: dict[str, Any], needed: set[str], allowed: set[str], field: str) -> None:
    for name in sorted(needed - table.keys()):
        raise Rejected("this is missing", f"{field}/{name}")
    for name in sorted(table.keys() - needed - allowed):
        raise Rejected("nothing of this name belongs here", f"{field}/{name}")


def _no_fractions(text: str) -> object:
    raise Rejected(f"numbers are whole: {text}", "value")
