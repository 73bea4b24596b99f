"""Evolve: what an entry does to a dose."""

from __future__ import annotations

from datetime import datetime
from typing import assert_never

from hat_clinic.domain.doses.state import (
    Accounted,
    Dose,
    Stage,
    open_mass,
    sum_of,
)
from hat_clinic.domain.entries import Recorded, SealedEntry
from hat_clinic.domain.entries.doses import (
    DoseGiven,
    DoseHandedOver,
    DoseMismatched,
    DosePermitted,
    DosePrepared,
    DoseRemainderAccounted,
    DoseVerified,
    GivenVerified,
    UnpreparedDoseReported,
)
from hat_clinic.domain.entries.incidents import IncidentClosed, IncidentOpened
from hat_clinic.domain.entries.packs import PackAdopted
from hat_clinic.domain.entries.patients import PatientEnrolled
from hat_clinic.domain.entries.prescriptions import PrescriptionEnded, PrescriptionSigned
from hat_clinic.domain.entries.register import Footnoted, LineCorrected, PageClosed
from hat_clinic.domain.entries.staff import (
    KeyGranted,
    KeyRevoked,
    LicenceRecorded,
    PersonAppointed,
    RoleGranted,
    RoleRevoked,
)
from hat_clinic.domain.entries.stock import (
    OverfillFound,
    ProductListed,
    StockAccounted,
    StockCounted,
    StockReceived,
    StockRecounted,
)
from hat_clinic.domain.entries.system import (
    ActConfirmed,
    ActRefused,
    ClockAccepted,
    ClockAgreed,
    ClockDoubted,
    LedgerOpened,
    SignInFailures,
)
from hat_clinic.domain.entries.terminals import TerminalEnrolled, TerminalRevoked
from hat_clinic.domain.entries.visits import (
    FitnessStated,
    IdentityChecked,
    PatientArrived,
    PatientAssessed,
    PatientLeft,
)
from hat_clinic.vocabulary.errors import Rejected
from hat_clinic.vocabulary.ids import DoseId, KeyId, PersonId, TerminalId
from hat_clinic.vocabulary.moments import parse_moment
from hat_clinic.vocabulary.quantities import Mass
from hat_clinic.vocabulary.replacing import replace

# Acts in which somebody says of a dose how much it is. The names stay, like tags of entries.
REPORTS = frozenset({"give-dose", "account-remainder", "correct-line"})


def evolve_dose(dose: Dose | None, recorded: Recorded) -> Dose | None:
    """The dose after this entry. Total: a new kind of entry must say here what it does to a dose.

    `dose` is the one the entry speaks of, None before its first entry. Given an entry about
    another dose, it stays as it was.
    """
    entry = recorded.entry
    match entry:
        case DosePermitted() if dose is None:
            return _begun(entry, entry.until, recorded)
        case UnpreparedDoseReported() if dose is None:
            return _unprepared(entry, recorded)
        case DosePermitted() | UnpreparedDoseReported():
            return dose
        case DosePrepared():
            return _prepared(dose, entry, recorded) if dose is None or dose.dose == entry.dose else dose
        case (
            DoseVerified() | DoseMismatched() | DoseHandedOver() | DoseGiven() | GivenVerified()
            | DoseRemainderAccounted()
        ):  # fmt: skip
            return _step(dose, entry, recorded) if dose and dose.dose == entry.dose else dose
        case ActRefused(act=act, dose=named):
            return _refused(dose, PersonId(recorded.person)) if dose and _reports(dose, act, named) else dose
        case ActConfirmed():
            return dose and _confirmed(dose, recorded.named)
        # A first statement does nothing here until its second; what is given and permitted rests
        # on none of the others.
        case (
            LineCorrected() | SealedEntry() | LedgerOpened() | SignInFailures()
            | ClockDoubted() | ClockAccepted() | ClockAgreed() | PersonAppointed() | RoleGranted()
            | RoleRevoked() | KeyGranted() | KeyRevoked() | LicenceRecorded() | TerminalEnrolled()
            | TerminalRevoked() | PackAdopted() | PatientEnrolled() | PrescriptionSigned()
            | PrescriptionEnded() | PatientArrived()
            | IdentityChecked() | PatientAssessed() | FitnessStated() | PatientLeft() | ProductListed()
            | StockReceived() | OverfillFound() | StockAccounted() | StockCounted() | StockRecounted()
            | PageClosed() | IncidentOpened() | IncidentClosed()
        ):  # fmt: skip
            return dose
        case _:
            assert_never(entry)


def _begun(entry: DosePermitted | DosePrepared, until: datetime, recorded: Recorded) -> Dose:
    drawn = sum_of((draw.mass for draw in entry.draws), entry.mass.expression)
    return Dose(
        dose=entry.dose,
        patient=entry.patient,
        product=entry.product,
        stage=Stage.PERMITTED,
        permitted_until=until,
        mass=entry.mass,
        surplus=drawn - entry.mass,
        draws=entry.draws,
        performer=PersonId(recorded.person),
        terminal=TerminalId(recorded.terminal),
        relies_on=(),
        surplus_wasted=False,
        accounted=(),
        given_verified=False,
        verifier_waived=False,
        visit=entry.visit,
        prescription=entry.prescription,
    )


def _unprepared(entry: UnpreparedDoseReported, recorded: Recorded) -> Dose:
    """It was never in anybody's hands by the book: out, given, and waiting for a second person."""
    return Dose(
        dose=entry.dose,
        patient=entry.patient,
        product=entry.product,
        stage=Stage.GIVEN,
        permitted_until=recorded.at,
        mass=entry.given,
        surplus=entry.surplus,
        draws=entry.draws,
        performer=PersonId(recorded.person),
        terminal=TerminalId(recorded.terminal),
        relies_on=(),
        surplus_wasted=True,
        accounted=(),
        given_verified=False,
        verifier_waived=True,
        visit=entry.visit,
        prescription=entry.prescription,
        route=entry.route,
        drawn=entry.given + entry.surplus,
        prepared_seq=recorded.seq,
        prepared_payload=recorded.payload,
        prepared_at=recorded.at,
        given=entry.given,
        given_at=entry.happened_at,
        given_seq=recorded.seq,
        given_payload=recorded.payload,
        given_by=PersonId(recorded.person),
        waits_for=recorded.payload,
    )


def _prepared(dose: Dose | None, entry: DosePrepared, recorded: Recorded) -> Dose:
    """In somebody's hands. What is out counts whether or not a permit came before it."""
    return replace(
        dose or _begun(entry, recorded.at, recorded),
        stage=Stage.PREPARED,
        mass=entry.mass,
        surplus=entry.surplus,
        drawn=entry.mass + entry.surplus,
        draws=entry.draws,
        performer=PersonId(recorded.person),
        performer_key=KeyId(recorded.key),
        terminal=TerminalId(recorded.terminal),
        relies_on=entry.relies_on,
        route=entry.route,
        prescription_hash=entry.prescription_hash,
        prescriber=entry.prescriber,
        prepared_seq=recorded.seq,
        prepared_payload=recorded.payload,
        prepared_at=recorded.at,
    )


_Step = DoseVerified | DoseMismatched | DoseHandedOver | DoseGiven | GivenVerified | DoseRemainderAccounted


def _step(dose: Dose, entry: _Step, recorded: Recorded) -> Dose:
    match entry:
        case DoseVerified():
            verified = replace(dose, stage=Stage.VERIFIED, surplus_wasted=True)
            return replace(verified, verifier=PersonId(recorded.person), verifier_key=KeyId(recorded.key))
        case DoseMismatched(verifier=verifier):
            return replace(dose, stage=Stage.MISMATCHED, verifier=verifier)
        case DoseHandedOver():
            return replace(dose, stage=Stage.HANDED_OVER, handed_over_at=recorded.at)
        case DoseGiven():
            return _closing(
                replace(
                    dose,
                    stage=Stage.GIVEN,
                    given=entry.given,
                    given_at=entry.happened_at,
                    given_seq=recorded.seq,
                    given_payload=recorded.payload,
                    given_by=PersonId(recorded.person),
                    verifier_waived=entry.verifier_waived is True,
                )
            )
        case GivenVerified():
            return replace(dose, given_verified=True)
        case DoseRemainderAccounted():
            person = PersonId(recorded.person)
            part = Accounted(entry.whereabouts, entry.mass, person, recorded.payload, False)
            return replace(dose, accounted=(*dose.accounted, part))
        case _:
            assert_never(entry)


def _confirmed(dose: Dose, first: Recorded | None) -> Dose:
    """A second person's statement stands for the first one, which counts from here on."""
    match first and first.entry:
        case DoseRemainderAccounted(dose=named) if first and named == dose.dose:
            parts = tuple(
                replace(part, confirmed=True) if part.payload == first.payload else part
                for part in dose.accounted
            )
            return _closing(replace(dose, accounted=parts))
        case UnpreparedDoseReported(dose=named) if first and first.payload == dose.waits_for:
            return _closing(replace(dose, waits_for=None, given_verified=True))
        case LineCorrected(line=line, dose=named) as footnote if named == dose.dose or line in (
            dose.prepared_seq,
            dose.given_seq,
        ):
            return _corrected(dose, footnote)
        case _:
            return dose


def _corrected(dose: Dose, footnote: LineCorrected) -> Dose:
    """A footnote only ever tightens: the larger mass counts, the smaller is sure, the later end counts."""
    recorded, actual = footnote.recorded, footnote.actual
    if footnote.what is Footnoted.MASS and recorded is not None and actual is not None:
        if actual > recorded:
            return replace(dose, corrected_up=_larger(actual - recorded, dose.corrected_up))
        return replace(dose, corrected_down=_larger(recorded - actual, dose.corrected_down))
    if footnote.what is Footnoted.TIME and footnote.actual_text is not None:
        try:
            at = parse_moment(footnote.actual_text)
        except Rejected:
            return dose
        return replace(dose, corrected_at=at if dose.corrected_at is None else max(at, dose.corrected_at))
    return dose


def _larger(one: Mass, other: Mass | None) -> Mass:
    return one if other is None else max(one, other)


def _reports(dose: Dose, act: str, named: DoseId | None) -> bool:
    return act in REPORTS and named == dose.dose


def _refused(dose: Dose, person: PersonId) -> Dose:
    """Remembered, whatever they said: it was about how much there is of a dose."""
    before = dose.refused or ()
    return dose if person in before else replace(dose, refused=(*before, person))


def _closing(dose: Dose) -> Dose:
    """The dose, closed if nothing of it is open and nobody's confirmation is missing."""
    unconfirmed = dose.waits_for is not None or any(not part.confirmed for part in dose.accounted)
    if dose.drawn is None or unconfirmed or not open_mass(dose).is_zero:
        return dose
    return replace(dose, stage=Stage.CLOSED)


def lapsed(dose: Dose, moment: datetime) -> Dose:
    """The dose, closed if it is a permit whose time is over: nothing was drawn, nothing is reserved."""
    if dose.stage is Stage.PERMITTED and dose.permitted_until <= moment:
        return replace(dose, stage=Stage.CLOSED)
    return dose
