"""State: one dose from permit to the last milligram, and what a patient had on the last days."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from hat_clinic.domain.entries.doses import Draw
from hat_clinic.vocabulary.ids import (
    DoseId,
    KeyId,
    PatientId,
    PersonId,
    PrescriptionId,
    ProductId,
    TerminalId,
    VisitId,
    ending,
)
from hat_clinic.vocabulary.moments import clinic_day
from hat_clinic.vocabulary.quantities import Expression, Mass
from hat_clinic.vocabulary.replacing import replace
from hat_clinic.vocabulary.terms import Route, Whereabouts

PERMIT_LASTS = timedelta(minutes=15)
DAYS_KEPT = 3


class Stage(StrEnum):
    """How far a dose has come. `closed`: every milligram that was drawn has its place."""

    PERMITTED = "permitted"
    PREPARED = "prepared"
    VERIFIED = "verified"
    MISMATCHED = "mismatched"
    HANDED_OVER = "handed_over"
    GIVEN = "given"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class SiteCalendar:
    """By which wall clock, and from which minute on, this clinic's days are told apart."""

    zone: str
    day_starts_minutes: int

    def day(self, moment: datetime) -> date:
        """The clinic's day in which `moment` lies."""
        return clinic_day(moment, self.zone, self.day_starts_minutes)


@dataclass(frozen=True, slots=True)
class ClockAcceptance:
    """Two people said that the clock was right at `wall`; nobody knows how long it was until then.

    `seq` is the entry in which the first of them said so.
    """

    seq: int
    wall: datetime


@dataclass(frozen=True, slots=True)
class Accounted:
    """Mass of a dose that did not enter the patient, and whether a second person agreed."""

    whereabouts: Whereabouts
    mass: Mass
    person: PersonId
    payload: bytes
    confirmed: bool


@dataclass(frozen=True, slots=True)
class Dose:
    """One amount with an id: who holds it, how far it has come and where its mass went.

    `drawn` is what left the containers, None until it did: `mass` in the syringe and `surplus`
    beyond it. `surplus_wasted`: a second person's reading agreed, so the surplus is gone too.
    `waits_for` is the payload hash of the statement that a second person has yet to confirm.
    `given_by` is who reported it given, which may be another person than the performer;
    `performer_key` and `verifier_key` are those by which the two signed. `refused` were refused a
    report on it.
    """

    dose: DoseId
    patient: PatientId
    product: ProductId
    stage: Stage
    permitted_until: datetime
    mass: Mass
    surplus: Mass
    draws: tuple[Draw, ...]
    performer: PersonId
    terminal: TerminalId
    relies_on: tuple[bytes, ...]
    surplus_wasted: bool
    accounted: tuple[Accounted, ...]
    given_verified: bool
    verifier_waived: bool
    visit: VisitId | None = None
    prescription: PrescriptionId | None = None
    prescription_hash: bytes | None = None
    prescriber: PersonId | None = None
    route: Route | None = None
    drawn: Mass | None = None
    prepared_seq: int | None = None
    prepared_payload: bytes | None = None
    prepared_at: datetime | None = None
    verifier: PersonId | None = None
    handed_over_at: datetime | None = None
    given: Mass | None = None
    given_at: datetime | None = None
    given_seq: int | None = None
    given_payload: bytes | None = None
    waits_for: bytes | None = None
    corrected_up: Mass | None = None
    corrected_down: Mass | None = None
    corrected_at: datetime | None = None
    given_by: PersonId | None = None
    performer_key: KeyId | None = None
    verifier_key: KeyId | None = None
    refused: tuple[PersonId, ...] | None = None

    @property
    def container_endings(self) -> tuple[str, ...]:
        """What a second person has to read, one from each container: its last four characters."""
        return tuple(ending(draw.container).lower() for draw in self.draws)

    @property
    def awaits_second(self) -> bool:
        """Whether a second person has yet to sign something about this dose."""
        unseen = self.given is not None and not self.given_verified and not self.verifier_waived
        return unseen or self.waits_for is not None or any(not each.confirmed for each in self.accounted)

    @property
    def ended_at(self) -> datetime | None:
        """The end of the injection: of the moment reported and its correction the later one."""
        if self.given_at is None or self.corrected_at is None:
            return self.given_at
        return max(self.given_at, self.corrected_at)


def sum_of(masses: Iterable[Mass], expression: Expression) -> Mass:
    """All of `masses` together; nothing, of `expression`, when there are none.

    Raises: MixedExpressions.
    """
    return sum(masses, start=Mass.zero(expression))


def accounted_mass(dose: Dose) -> Mass:
    """What was reported wasted, spilled, returned or unaccounted, confirmed or not."""
    return sum_of((each.mass for each in dose.accounted), dose.mass.expression)


def open_mass(dose: Dose) -> Mass:
    """What was drawn and has no place yet: drawn - given - surplus wasted by two - accounted."""
    zero = Mass.zero(dose.mass.expression)
    if dose.drawn is None:
        return zero
    surplus = dose.surplus if dose.surplus_wasted else zero
    given = zero if dose.given is None else dose.given
    return dose.drawn - surplus - given - accounted_mass(dose)


def is_live(dose: Dose, moment: datetime) -> bool:
    """Whether this is a permit that still reserves its mass; it lapses at `permitted_until`."""
    return dose.stage is Stage.PERMITTED and moment < dose.permitted_until


def counted(dose: Dose, moment: datetime) -> Mass:
    """What this dose counts against a daily maximum.

    A live permit and a dose that is out count in full; a closed one what was given, or what a
    correction says where that is more.
    Source: house rule: a correction never loosens a limit.
    """
    zero = Mass.zero(dose.mass.expression)
    if dose.drawn is None:
        return dose.mass if is_live(dose, moment) else zero
    more = zero if dose.corrected_up is None else dose.corrected_up
    if dose.stage is not Stage.CLOSED:
        return dose.mass + more
    return (zero if dose.given is None else dose.given) + more


def surely_given(dose: Dose) -> Mass:
    """What entered the patient for certain: what was given, or what a correction says where that is less.

    Why: where a larger last dose allows a larger next one, the smaller of the two is the stricter.
    """
    zero = Mass.zero(dose.mass.expression)
    given = zero if dose.given is None else dose.given
    less = zero if dose.corrected_down is None else dose.corrected_down
    return given - less if less < given else zero


@dataclass(frozen=True, slots=True)
class HistoryDose:
    """What the rules need to remember of one dose once it is over, or while it is not.

    `counted` is what stands against a maximum, `surely` what entered the patient for certain.
    `injections` is how often drug entered, `seq` the entry that says so; `until` is there for a
    permit only.
    """

    dose: DoseId
    day: date
    counted: Mass
    surely: Mass
    open: bool
    injections: int
    seq: int | None = None
    ended_at: datetime | None = None
    until: datetime | None = None

    def counts_at(self, moment: datetime) -> bool:
        """Whether it counts at `moment`: a permit does until it lapses, all else always."""
        return self.until is None or moment < self.until


@dataclass(frozen=True, slots=True)
class DoseHistory:
    """What one patient had on the last clinic days that had doses, oldest first."""

    patient: PatientId
    recent: tuple[HistoryDose, ...]

    def without(self, *doses: DoseId) -> DoseHistory:
        """The same without these: how the rules see a dose that is being decided again."""
        return DoseHistory(self.patient, tuple(each for each in self.recent if each.dose not in doses))

    def blocking(self, moment: datetime) -> tuple[HistoryDose, ...]:
        """Doses not closed and permits not lapsed: another one would be a second at once."""
        return tuple(each for each in self.recent if each.open and each.counts_at(moment))

    def total(self, day: date, expression: Expression, moment: datetime) -> Mass:
        """What counts against the maximum of `day`: its own doses, and any that is not closed.

        Why one expression: masses of two are not one quantity, and the label gives no sum. Each
        prescription's maximum holds for the expression it is written in.
        """
        return sum_of(
            (
                each.counted
                for each in self.recent
                if (each.day == day or each.open)
                and each.counted.expression is expression
                and each.counts_at(moment)
            ),
            expression,
        )

    @property
    def ended(self) -> tuple[HistoryDose, ...]:
        """The doses that entered the patient and ended."""
        return tuple(each for each in self.recent if each.ended_at is not None)

    @property
    def for_titration(self) -> tuple[HistoryDose, ...]:
        """The same doses, each counted as what entered the patient for certain."""
        return tuple(replace(each, counted=each.surely) for each in self.recent)

    @property
    def last_end(self) -> datetime | None:
        """The end of the last dose that entered the patient."""
        return max((each.ended_at for each in self.recent if each.ended_at is not None), default=None)


def pause_since(
    dose: HistoryDose, moment: datetime, accepted: ClockAcceptance | None, already_given: bool
) -> timedelta | None:
    """The least time that can have passed from the end of `dose` to `moment`; None if it did not end.

    On UTC instants. A dose recorded before the clock was accepted anew is known to be older than
    that acceptance, and nothing more. With `already_given`, `moment` lies in the past and the dose
    may have come after it: then it is the time between the two.
    """
    if dose.ended_at is None:
        return None
    older = accepted is not None and dose.seq is not None and dose.seq < accepted.seq
    if accepted is not None and older and (moment >= accepted.wall or not already_given):
        return max(moment - accepted.wall, timedelta(0))
    if dose.ended_at > moment:
        return dose.ended_at - moment if already_given else timedelta(0)
    return moment - dose.ended_at
