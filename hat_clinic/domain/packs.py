"""Protocol packs: the numbers the rules use, each with its source, adopted by two people.

A value without a source is a hole. Nobody guesses: the clinic fills it, and what it filled
stays marked as set by the clinic wherever it is used.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from hat_clinic.domain.confirmations import in_force
from hat_clinic.domain.entries import Recorded
from hat_clinic.domain.entries.packs import PackAdopted, PackValue
from hat_clinic.vocabulary.errors import Finding, Refused, Rejected
from hat_clinic.vocabulary.quantities import Expression

SOURCED = "house rule on sources: a number without a source is absent, never guessed"
YES_OR_NO = "yes_or_no"
PERCENT = "percent"
LARGEST = 10**9

# --- state ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Hole:
    """A number for which the pack has no source; an `optional` one may stay open."""

    name: str
    unit: str
    needs: str
    optional: bool


@dataclass(frozen=True, slots=True)
class PackFile:
    """A pack as its file says it, with the hash of the file's bytes."""

    pack: str
    version: str
    jurisdiction: str
    title: str
    expression: Expression
    sha256: bytes
    values: tuple[PackValue, ...]
    holes: tuple[Hole, ...]


@dataclass(frozen=True, slots=True)
class Pack:
    """The pack in force at a site since entry `since`."""

    pack: str
    version: str
    sha256: bytes
    values: tuple[PackValue, ...]
    since: int
    jurisdiction: str | None = None
    expression: Expression | None = None

    def value(self, name: str) -> PackValue | None:
        """The value of this name, with its unit and source."""
        return next((each for each in self.values if each.name == name), None)

    def number(self, name: str) -> int | None:
        """The number of this name, in the unit the pack says; None where it has none.

        Why None: a rule without its number says so, it never falls back on another.
        """
        found = self.value(name)
        return None if found is None else found.number


# --- commands ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FilledHole:
    """What the clinic sets for one hole, from which source of which date."""

    name: str
    number: int
    source: str
    dated: date


@dataclass(frozen=True, slots=True)
class AdoptPack:
    """Work by this pack from now on; `sha256` is of the file that was read."""

    pack: str
    version: str
    sha256: bytes
    filled: tuple[FilledHole, ...]


# --- assess -----------------------------------------------------------------------------


def assess_adopt_pack(file: PackFile, command: AdoptPack) -> tuple[Finding, ...]:
    """Every reason against adopting it."""
    return (
        *another_edition(file, command),
        *hole_unfilled(file, command.filled),
        *not_a_hole(file, command.filled),
    )


def another_edition(file: PackFile, command: AdoptPack) -> tuple[Finding, ...]:
    """SO39: a pack adopted from another file than the one that was read.

    Source: house rule on sources: packs are versioned, what is signed is what was shown.
    """
    if (file.version, file.sha256) == (command.version, command.sha256):
        return ()
    words = f"this server has another edition of {file.pack}: read it again before you adopt it"
    return (Finding("SO39", words, SOURCED),)


def hole_unfilled(file: PackFile, filled: Sequence[FilledHole]) -> tuple[Finding, ...]:
    """SO37: a pack adopted while numbers it needs are missing; one finding for each.

    Source: house rule on sources.
    """
    given = {each.name for each in filled}
    missing = [each for each in file.holes if not each.optional and each.name not in given]
    return tuple(Finding("SO37", f"set {each.name}: {each.needs} ({each.unit})", SOURCED) for each in missing)


def not_a_hole(file: PackFile, filled: Sequence[FilledHole]) -> tuple[Finding, ...]:
    """SO38: a number set for something the pack has a source for, does not know, or was told already.

    Source: house rule on sources.
    """
    found, open_yet = [], {each.name for each in file.holes}
    for each in filled:
        if each.name not in open_yet:
            words = f"{each.name} is nothing this pack leaves to the clinic to set, once"
            found.append(Finding("SO38", words, SOURCED))
        open_yet.discard(each.name)
    return tuple(found)


# --- decide -----------------------------------------------------------------------------


def decide_adopt_pack(file: PackFile, command: AdoptPack, today: date) -> tuple[PackAdopted, ...]:
    """The pack, whole, which counts once confirmed.

    Raises: Refused; Rejected, for a number that its unit cannot have or one without a source.
    """
    units = {each.name: each.unit for each in file.holes}
    for place, each in enumerate(command.filled):
        _require_possible(each, units.get(each.name, ""), f"filled/{place}", today)
    findings = assess_adopt_pack(file, command)
    if findings:
        raise Refused(findings)
    set_here = tuple(
        PackValue(each.name, each.number, units[each.name], each.source, True, each.dated)
        for each in command.filled
    )
    return (
        PackAdopted(
            file.pack, file.version, file.sha256, file.values + set_here, file.jurisdiction, file.expression
        ),
    )


def _require_possible(filled: FilledHole, unit: str, field: str, today: date) -> None:
    if not filled.source.strip():
        raise Rejected("say where this number comes from", f"{field}/source")
    if filled.dated > today:
        raise Rejected("a source has a date that is past", f"{field}/dated")
    most = {YES_OR_NO: 1, PERCENT: 100}.get(unit, LARGEST)
    if not 0 <= filled.number <= most:
        raise Rejected(f"a number from 0 to {most} is wanted here", f"{field}/number")


# --- evolve -----------------------------------------------------------------------------


def evolve_pack(state: Pack | None, recorded: Recorded) -> Pack | None:
    """The pack in force after this entry."""
    said = in_force(recorded)
    if said is None or not isinstance(said.entry, PackAdopted):
        return state
    entry = said.entry
    return Pack(
        entry.pack,
        entry.version,
        entry.sha256,
        entry.values,
        recorded.seq,
        entry.jurisdiction,
        entry.expression,
    )
