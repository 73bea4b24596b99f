"""How each kind of value is written in a body: its form, its limits, its unit, an example.

The limits are there so that no arithmetic behind them can leave what JSON, the ledger and a
date can hold: sums of the largest masses stay below 2^53, moments can be moved by years.
"""

from __future__ import annotations

import types
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable
from dataclasses import MISSING, fields, is_dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, WithJsonSchema, create_model

from hat_clinic.vocabulary import ids
from hat_clinic.vocabulary.errors import Rejected
from hat_clinic.vocabulary.moments import parse_moment
from hat_clinic.vocabulary.quantities import Expression, Mass, Volume

STRICT = ConfigDict(strict=True, extra="forbid", frozen=True)
LARGEST_MASS = 10**12
"""Micrograms; a tonne."""
LARGEST_VOLUME = 10**9
"""Microlitres; a cubic metre."""
LARGEST_INTEGER = 10**12
LONGEST_LIST = 500
LONGEST_TEXT = 4000
LONGEST_ID = 200
LONGEST_BYTES = 48 * 1024
EARLIEST, LATEST = 1870, 2199
"""Years; nobody now alive was born before, and nothing is planned after."""

_UUIDS = frozenset(
    {"PersonId", "PatientId", "RequestId", "DoseId", "PrescriptionId", "VisitId", "ReceiptId", "CountId"}
)
UUID_EXAMPLE = "0193580a-1c00-7000-8000-0000000000aa"


class MassBody(BaseModel):
    """A mass. Units: whole micrograms (`ug`) of the named expression (`of`)."""

    model_config = STRICT | {"title": "Mass", "json_schema_extra": {"examples": [
        {"of": "hydrochloride_monohydrate", "ug": 150_000}
    ]}}  # fmt: skip
    of: Literal[tuple(str(each) for each in Expression)]  # type: ignore[valid-type]
    ug: Annotated[int, Field(ge=0, le=LARGEST_MASS, description="Whole micrograms.")]


class VolumeBody(BaseModel):
    """A volume. Units: whole microlitres (`ul`)."""

    model_config = STRICT | {"title": "Volume", "json_schema_extra": {"examples": [{"ul": 1_500}]}}
    ul: Annotated[int, Field(ge=0, le=LARGEST_VOLUME, description="Whole microlitres.")]


def model_of(kind: type[Any], members: Iterable[str], example: Any = None) -> type[BaseModel]:
    """The strict model of those members of a dataclass; its docstring describes the model."""
    hints, defaults = get_type_hints(kind), {each.name: each.default for each in fields(kind)}
    found: dict[str, Any] = {}
    for name in members:
        wanted = _written(hints[name])
        # A default is not validated: the member may be left out, and may not be null.
        found[name] = (
            wanted,
            ... if defaults[name] is MISSING else Field(None, json_schema_extra=_no_default),
        )
    config: Any = dict(STRICT)
    if example is not None:
        config["json_schema_extra"] = {"examples": [example]}
    return create_model(kind.__name__, __config__=config, __doc__=kind.__doc__, **found)


def example_of(kind: Any) -> Any:
    """A value that is written as this kind is."""
    kind, origin = _bare(kind), get_origin(_bare(kind))
    if origin is tuple:
        return [example_of(get_args(kind)[0])]
    if hasattr(kind, "__supertype__"):
        return UUID_EXAMPLE if kind.__name__ in _UUIDS else _example_id(kind.__name__)
    if kind in _EXAMPLES:
        return _EXAMPLES[kind]
    if issubclass(kind, StrEnum):
        return str(next(iter(kind)))
    hints = get_type_hints(kind)
    return {each.name: example_of(hints[each.name]) for each in fields(kind)}


def _example_id(name: str) -> str:
    return ids.key_id("ed25519", bytes(32)) if name == "KeyId" else f"{name.removesuffix('Id').lower()}-1"


def _bare(kind: Any) -> Any:
    """The kind without its `| None`."""
    if get_origin(kind) in (Union, types.UnionType):
        (kind,) = (each for each in get_args(kind) if each is not types.NoneType)
    return kind


@cache
def _written(kind: Any) -> Any:
    """The pydantic type of what JSON holds for this kind."""
    kind = _bare(kind)
    if get_origin(kind) is tuple:
        item = _written(get_args(kind)[0])
        return Annotated[list[item], Field(max_length=LONGEST_LIST)]  # type: ignore[valid-type]
    if hasattr(kind, "__supertype__"):
        return _id(kind.__name__)
    if kind in _KINDS:
        return _KINDS[kind]
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return Literal[tuple(str(each) for each in kind)]
    if is_dataclass(kind):
        return model_of(kind, [each.name for each in fields(kind)])  # type: ignore[arg-type]
    raise TypeError(f"no body can hold {kind!r}")


def _id(name: str) -> Any:
    if name in _UUIDS:
        pattern = f"^{ids.UUID7.pattern}$"
        return Annotated[str, Field(pattern=pattern, description=f"{name}, a UUIDv7 in lower case.")]
    return Annotated[str, Field(min_length=1, max_length=LONGEST_ID, description=f"{name}.")]


def _no_default(schema: dict[str, Any]) -> None:
    schema.pop("default", None)


def _in_words(read: Callable[[str], Any]) -> AfterValidator:
    """Keeps the text as it came, once `read` has taken it."""

    def check(text: str) -> str:
        try:
            read(text)
        except Rejected as error:
            raise ValueError(str(error)) from error
        return text

    return AfterValidator(check)


def b64(data: bytes) -> str:
    """The base64 text of these bytes."""
    return b64encode(data).decode()


def unbase64(text: str, field: str = "") -> bytes:
    """The bytes that are written in exactly this base64.

    Raises: Rejected, naming `field`.
    """
    try:
        raw = b64decode(text, validate=True)
    except ValueError:
        raise Rejected("this is not base64", field) from None
    if b64encode(raw).decode() != text:
        raise Rejected("this base64 is not in its one form", field)
    return raw


def _require_moment(text: str) -> None:
    _require_year(parse_moment(text).year)


def _require_date(text: str) -> None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise Rejected("a date is written YYYY-MM-DD") from None
    if day.isoformat() != text:
        raise Rejected("a date is written YYYY-MM-DD")
    _require_year(day.year)


def _require_year(year: int) -> None:
    if not EARLIEST <= year <= LATEST:
        raise Rejected(f"a year from {EARLIEST} to {LATEST}")


_KINDS: dict[Any, Any] = {
    str: Annotated[str, Field(max_length=LONGEST_TEXT)],
    int: Annotated[int, Field(ge=-LARGEST_INTEGER, le=LARGEST_INTEGER)],
    bool: bool,
    bytes: Annotated[
        str,
        Field(
            max_length=LONGEST_BYTES, description="Base64.", json_schema_extra={"contentEncoding": "base64"}
        ),
        _in_words(unbase64),
    ],
    datetime: Annotated[
        str,
        # Not as `json_schema_extra`: a moment that may be left out has one already, `_no_default`.
        WithJsonSchema({"type": "string", "format": "date-time"}),
        Field(description="RFC 3339 in UTC with six digits of microseconds."),
        _in_words(_require_moment),
    ],
    date: Annotated[
        str, Field(description="YYYY-MM-DD.", json_schema_extra={"format": "date"}), _in_words(_require_date)
    ],
    Mass: MassBody,
    Volume: VolumeBody,
}
_EXAMPLES: dict[Any, Any] = {
    str: "text",
    int: 60,
    bool: True,
    bytes: b64encode(bytes(32)).decode(),
    datetime: "2026-11-23T09:30:00.000000Z",
    date: "2026-11-23",
    Mass: {"of": "hydrochloride_monohydrate", "ug": 150_000},
    Volume: {"ul": 1_500},
}
