"""Second statements: what waits for another person, who that may be, and what then counts.

A two-person act is two entries by two authors; the second names the first by its payload
hash, and what the pair permits begins with the second.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from hat_clinic.domain.entries import (
    SIGNERS,
    Entry,
    Recorded,
    SealedEntry,
    body_of,
    entry_of,
    tag_of,
)
from hat_clinic.domain.entries.doses import DoseRemainderAccounted, UnpreparedDoseReported
from hat_clinic.domain.entries.packs import PackAdopted
from hat_clinic.domain.entries.register import LineCorrected
from hat_clinic.domain.entries.staff import KeyGranted, LicenceRecorded, PersonAppointed, RoleGranted
from hat_clinic.domain.entries.stock import OverfillFound, ProductListed, StockAccounted, StockReceived
from hat_clinic.domain.entries.system import ActConfirmed, LedgerOpened
from hat_clinic.domain.entries.terminals import TerminalEnrolled
from hat_clinic.vocabulary.errors import Finding, Refused
from hat_clinic.vocabulary.ids import PersonId
from hat_clinic.vocabulary.json_text import json_text
from hat_clinic.vocabulary.terms import Role

HOUSE = "house rule on persons"
ACCESS = "21 CFR 1311.125: one person sets access, a second approves it; " + HOUSE
TWO_PEOPLE = "Royal Marsden Manual, controlled drugs: two practitioners, roles not swapped; " + HOUSE

# --- state ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Pending:
    """A first statement that waits for its second, kept whole; `body` is its JSON text."""

    seq: int
    at: datetime
    tag: str
    body: str
    request: str
    person: str
    key: str
    terminal: str
    payload: bytes
    rec: bytes

    @property
    def entry(self) -> Entry:
        """What the first person said."""
        return entry_of(self.tag, json.loads(self.body))

    def recorded(self) -> Recorded:
        """The first statement as folds saw it."""
        return Recorded(
            self.seq, self.at, self.tag, self.request, self.person, self.key, self.terminal,
            self.payload, self.rec, self.entry,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Signatory:
    """A person as the rules about pairs see them: with the roles valid now.

    `key_good` says whether the key they signed with, or are about to, still speaks for them.
    """

    person: PersonId
    roles: frozenset[Role]
    key_good: bool


@dataclass(frozen=True, slots=True)
class Pair:
    """Which roles may make the two statements of an act.

    `first` is named where the first must still be trusted when the second signs: for all that
    grants something. A report of what happened stays one whatever became of its author.
    """

    second: frozenset[Role]
    first: frozenset[Role] = frozenset()


_ADMINISTRATOR = frozenset({Role.ADMINISTRATOR})
_CLINICAL = frozenset({Role.PRESCRIBER, Role.NURSE, Role.PHARMACIST, Role.MEDICAL_LEAD})
_STOCK = frozenset({Role.NURSE, Role.PHARMACIST, Role.CONTROLLED_DRUGS_LEAD})
_BEDSIDE = frozenset({Role.NURSE, Role.PHARMACIST})
_GRANT = Pair(_ADMINISTRATOR, _ADMINISTRATOR)

SECONDS: dict[str, Pair] = {
    tag_of(kind): pair
    for kind, pair in {
        # The two founders are named in the entry itself: no role says more than that.
        LedgerOpened: Pair(frozenset()),
        PersonAppointed: _GRANT,
        RoleGranted: _GRANT,
        KeyGranted: _GRANT,
        LicenceRecorded: _GRANT,
        TerminalEnrolled: _GRANT,
        PackAdopted: Pair(_CLINICAL, frozenset({Role.MEDICAL_LEAD})),
        DoseRemainderAccounted: Pair(_BEDSIDE),
        UnpreparedDoseReported: Pair(_BEDSIDE),
        ProductListed: Pair(_STOCK),
        StockReceived: Pair(_STOCK),
        OverfillFound: Pair(_STOCK),
        StockAccounted: Pair(_STOCK),
        LineCorrected: Pair(_STOCK),
    }.items()
}
_missing = SECONDS.keys() ^ {tag_of(kind) for kind, row in SIGNERS.items() if row.second}
if _missing:
    raise TypeError(f"SECONDS and SIGNERS differ in {sorted(_missing)}")

# --- commands ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ConfirmAct:
    """Say, as the second person, that the statement with this payload hash stands.

    `envelope` is there once it is signed.
    """

    names: bytes
    names_tag: str
    envelope: bytes | None = None


# --- assess -----------------------------------------------------------------------------


def assess_confirm(
    pending: Pending | None, first: Signatory | None, second: Signatory, command: ConfirmAct
) -> tuple[Finding, ...]:
    """Every reason why `second` may not confirm this.

    `first` is who signed the waiting statement, as trusted now; None for a founder, who has
    neither role nor place before the log is open.
    """
    if pending is None or pending.tag != command.names_tag:
        return nothing_waits()
    return (
        *same_person(pending, second),
        *wrong_role(pending, second),
        *not_the_other_founder(pending, second),
        *own_grant(pending.entry, second.person),
        *first_no_longer_trusted(pending, first),
    )


def nothing_waits() -> tuple[Finding, ...]:
    """SO22: a second statement to something that was never said, or is confirmed already.

    Source: house rule on records.
    """
    words = "nothing of this kind waits for a second person: it was confirmed already, or never signed"
    return (Finding("SO22", words, "house rule on records"),)


def same_person(pending: Pending, second: Signatory) -> tuple[Finding, ...]:
    """SO20: a second statement by the person who made the first, with whichever key or terminal.

    Source: Royal Marsden Manual, controlled drugs; house rule on persons.
    """
    if pending.person != second.person:
        return ()
    return (Finding("SO20", "you signed the first statement: somebody else must confirm it", TWO_PEOPLE),)


def wrong_role(pending: Pending, second: Signatory) -> tuple[Finding, ...]:
    """SO21: a second statement by somebody who has none of the roles this act needs for it.

    Source: house rule on persons.
    """
    wanted = SECONDS[pending.tag].second
    if not wanted or wanted & second.roles:
        return ()
    names = ", ".join(sorted(role.replace("_", " ") for role in wanted))
    return (Finding("SO21", f"ask one of these to confirm it: {names}", HOUSE),)


def not_the_other_founder(pending: Pending, second: Signatory) -> tuple[Finding, ...]:
    """SO23: a log confirmed by anybody but the two founders its first entry names.

    Source: house rule on records.
    """
    entry = pending.entry
    if not isinstance(entry, LedgerOpened) or second.person in {each.person for each in entry.founders}:
        return ()
    words = "the log is opened by its two founders: the other one must confirm it"
    return (Finding("SO23", words, "house rule on records"),)


def own_grant(entry: Entry, second: PersonId) -> tuple[Finding, ...]:
    """SO24: a grant confirmed by the person who gains by it.

    Source: 21 CFR 1311.125; house rule on persons.
    """
    if subject_of(entry) != second:
        return ()
    return (Finding("SO24", "this grants something to you: somebody else must confirm it", ACCESS),)


def first_no_longer_trusted(pending: Pending, first: Signatory | None) -> tuple[Finding, ...]:
    """SO34: a grant whose first author has lost the role or the key since.

    Source: house rule on records: what the pair permits begins with the second.
    """
    wanted = SECONDS[pending.tag].first
    if not wanted or (first is not None and first.key_good and wanted & first.roles):
        return ()
    words = "who signed this first may not grant it any more: let somebody else sign it anew"
    return (Finding("SO34", words, "house rule on records"),)


# --- decide -----------------------------------------------------------------------------


def decide_confirm(
    pending: Pending | None,
    first: Signatory | None,
    second: Signatory,
    again: tuple[Finding, ...],
    command: ConfirmAct,
) -> tuple[ActConfirmed, ...]:
    """The first statement stands. `again` is what the rules now say of the act itself.

    Raises: Refused.
    """
    findings = (*assess_confirm(pending, first, second, command), *again)
    if findings:
        raise Refused(findings)
    return (ActConfirmed(command.names, command.names_tag),)


# --- evolve -----------------------------------------------------------------------------


def pending_of(recorded: Recorded) -> Pending | None:
    """The statement that waits since this entry, or None if this one needs no second."""
    entry = recorded.entry
    if isinstance(entry, SealedEntry) or not SIGNERS[type(entry)].second:
        return None
    body = json_text(body_of(entry))
    return Pending(
        recorded.seq, recorded.at, recorded.tag, body, recorded.request, recorded.person,
        recorded.key, recorded.terminal, recorded.payload, recorded.rec,
    )  # fmt: skip


def in_force(recorded: Recorded) -> Recorded | None:
    """What takes effect with this entry: itself, the first statement it confirms, or nothing yet."""
    entry = recorded.entry
    if isinstance(entry, ActConfirmed):
        return recorded.named
    if isinstance(entry, SealedEntry) or not SIGNERS[type(entry)].second:
        return recorded
    return None


def subject_of(entry: Entry) -> PersonId | None:
    """Who gains by this entry, where it grants something to a person."""
    match entry:
        case PersonAppointed() | RoleGranted() | KeyGranted() | LicenceRecorded():
            return entry.person
        case _:
            return None
