"""Whether the site's clock can be trusted, and how two people put it right.

A wall clock that jumped makes every pause and every day's sum a guess, so nothing is permitted
until two people have compared it with another clock. What happened is recorded all the while.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from hat_clinic.domain.entries import Recorded
from hat_clinic.domain.entries.system import ClockAccepted, ClockAgreed, ClockDoubted
from hat_clinic.vocabulary.errors import Finding, Refused
from hat_clinic.vocabulary.ids import PersonId
from hat_clinic.vocabulary.replacing import replace

HOUSE = "house rule on time"
READ_WITHIN = timedelta(seconds=60)
"""How far the clock that was read may be from the server's when the statement is made."""
AGREED_WITHIN = timedelta(minutes=10)
"""How long after the first statement the second may come, from the time that was read."""

# --- state ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FirstWord:
    """What the first of the two said, and waits for the second."""

    seq: int
    payload: bytes
    person: PersonId
    wall: datetime


@dataclass(frozen=True, slots=True)
class SiteClock:
    """Doubted or not; the first statement that waits; the entry at which it was last agreed."""

    doubted: bool
    first: FirstWord | None = None
    agreed_seq: int | None = None


TRUSTED = SiteClock(doubted=False)

# --- commands ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AcceptClock:
    """Say what another clock shows now, so that permits can open again."""

    wall: datetime


@dataclass(frozen=True, slots=True)
class AgreeClock:
    """Say that the first person read it right."""

    names: bytes


# --- assess -----------------------------------------------------------------------------


def assess_permit(clock: SiteClock, drift: timedelta | None) -> tuple[Finding, ...]:
    """SO50: a permit while the clock is in doubt.

    Source: house rule on time.
    """
    if not clock.doubted and drift is None:
        return ()
    words = (
        "the clock jumped, so pauses cannot be counted; two people must compare it with another"
        " clock and accept it; what happened can still be recorded"
    )
    return (Finding("SO50", words, HOUSE),)


def assess_accept(command: AcceptClock, moment: datetime) -> tuple[Finding, ...]:
    """SO51: a time that was read and is not what the server shows.

    Source: house rule on time.
    """
    if abs(command.wall - moment) <= READ_WITHIN:
        return ()
    words = "the server's clock is not the time you read; have it set right first, then accept it"
    return (Finding("SO51", words, HOUSE),)


def assess_agree(
    clock: SiteClock, command: AgreeClock, person: PersonId, moment: datetime
) -> tuple[Finding, ...]:
    """SO52: agreeing to nothing that waits, or too late. SO53: agreeing with oneself.

    Source: house rule on time.
    """
    first = clock.first
    if first is None or first.payload != command.names:
        return (Finding("SO52", "no such acceptance of the clock waits; begin with a new one", HOUSE),)
    findings = []
    # By what the first person read, since entries may still bear the time that was wrong.
    if abs(moment - first.wall) > AGREED_WITHIN:
        words = "too much time has passed since the first person read the clock; begin with a new one"
        findings.append(Finding("SO52", words, HOUSE))
    if first.person == person:
        findings.append(Finding("SO53", "a second person must agree; you were the first", HOUSE))
    return tuple(findings)


# --- decide -----------------------------------------------------------------------------


def decide_accept(command: AcceptClock, moment: datetime) -> tuple[ClockAccepted]:
    """The first statement.

    Refuses: SO51.
    """
    if findings := assess_accept(command, moment):
        raise Refused(findings)
    return (ClockAccepted(command.wall),)


def decide_agree(
    clock: SiteClock, command: AgreeClock, person: PersonId, moment: datetime
) -> tuple[ClockAgreed]:
    """The second, with which permits open again.

    Refuses: SO52, SO53.
    """
    if findings := assess_agree(clock, command, person, moment):
        raise Refused(findings)
    return (ClockAgreed(command.names),)


# --- evolve -----------------------------------------------------------------------------


def evolve_clock(clock: SiteClock | None, recorded: Recorded) -> SiteClock:
    """The clock's standing after this entry."""
    before = clock or TRUSTED
    match recorded.entry:
        case ClockDoubted():
            return replace(before, doubted=True, first=None)
        case ClockAccepted(wall=wall):
            person = PersonId(recorded.person)
            return replace(before, first=FirstWord(recorded.seq, recorded.payload, person, wall))
        case ClockAgreed():
            return SiteClock(doubted=False, agreed_seq=recorded.seq)
        case _:
            return before
