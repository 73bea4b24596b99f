"""Entries about the log itself, second statements, refusals and the clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from hat_clinic.vocabulary.ids import (
    DoseId,
    KeyId,
    PatientId,
    PersonId,
    RequestId,
    SiteId,
    TerminalId,
)


@dataclass(frozen=True, slots=True)
class Founder:
    """One of the two people who opened the log, with the key they sign with."""

    person: PersonId
    staff_code: str
    name: str
    key: KeyId
    alg: str
    public: bytes


@dataclass(frozen=True, slots=True)
class LedgerOpened:
    """Entry 0: what everything later is checked against. Signed by the first founder."""

    site: SiteId
    site_name: str
    zone: str
    day_starts_minutes: int
    head_alg: str
    head_public: bytes
    machine_alg: str
    machine_public: bytes
    founders: tuple[Founder, ...]
    demo: bool


@dataclass(frozen=True, slots=True)
class ActConfirmed:
    """The second person's statement: names the first by payload hash, and stands for it.

    What the pair permits begins with this entry.
    """

    names: bytes
    names_tag: str


@dataclass(frozen=True, slots=True)
class ActRefused:
    """A signed-in person asked and the rules said no. Ids and rule ids only.

    `attempted` is another person's request that was tried: the refusal is recorded under an id of
    its own, and names what it answers, so that whoever asked can tell it from anybody else's.
    """

    act: str
    rules: tuple[str, ...]
    patient: PatientId | None = None
    dose: DoseId | None = None
    attempted: RequestId | None = None


@dataclass(frozen=True, slots=True)
class SignInFailures:
    """Failed sign-ins of one account at one terminal in 15 minutes, as one entry."""

    account: str
    terminal: TerminalId
    window: datetime
    failures: int


@dataclass(frozen=True, slots=True)
class ClockDoubted:
    """The wall clock and the time that surely passed differ; permits are closed from here on.

    Written by the machine with the first entry that it noticed it at. Units: milliseconds by
    which the wall clock is `ahead`, or else behind.
    """

    ahead: bool
    milliseconds: int


@dataclass(frozen=True, slots=True)
class ClockAccepted:
    """A person says that the wall time is right, read from another clock; counts once agreed."""

    wall: datetime


@dataclass(frozen=True, slots=True)
class ClockAgreed:
    """A second person says so too. At this entry, and no other, `at` may go back.

    What the pair permits begins here: permits are open, and whatever was recorded before the
    first statement is known to be older than that statement, and nothing more.
    """

    names: bytes


@dataclass(frozen=True, slots=True)
class SealedEntry:
    """What a fold sees of an entry kept under a patient's key: that it is there, and whose it is.

    Why: live and after a shredding a fold must come to the same state, and no name may
    get into a table that people read. It is never written to the ledger itself.
    """

    tag: str
    patient: PatientId
