"""Entries about the protocol pack whose numbers the rules use."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PackValue:
    """One number of a pack, with where it comes from; `set_by_clinic` marks a filled hole."""

    name: str
    number: int
    unit: str
    source: str
    set_by_clinic: bool


@dataclass(frozen=True, slots=True)
class PackAdopted:
    """The medical lead adopts this pack with these values; counts once confirmed.

    `sha256` is of the pack's file.
    """

    pack: str
    version: str
    sha256: bytes
    values: tuple[PackValue, ...]
