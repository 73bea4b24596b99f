"""Entries about the protocol pack whose numbers the rules use."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from hat_clinic.vocabulary.quantities import Expression


@dataclass(frozen=True, slots=True)
class PackValue:
    """One number of a pack, with where it comes from.

    `set_by_clinic` marks a filled hole; `dated` is then the date of its source.
    """

    name: str
    number: int
    unit: str
    source: str
    set_by_clinic: bool
    dated: date | None = None


@dataclass(frozen=True, slots=True)
class PackAdopted:
    """The medical lead adopts this pack with these values; counts once confirmed.

    `sha256` is of the pack's file; `expression` is what its masses are counted in.
    """

    pack: str
    version: str
    sha256: bytes
    values: tuple[PackValue, ...]
    jurisdiction: str | None = None
    expression: Expression | None = None
