"""Every reason against a step of a visit: rules AD07 to AD17.

Numbers at which a patient is not fit come from the adopted pack and from nowhere else; a pack
without them leaves the conclusion to the assessor.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import datetime

from hat_clinic.domain.entries.packs import PackValue
from hat_clinic.domain.patients import Patient
from hat_clinic.domain.visits.commands import ArriveForVisit, AssessPatient, CheckIdentity, LeaveVisit
from hat_clinic.domain.visits.state import Visit
from hat_clinic.vocabulary.errors import Finding
from hat_clinic.vocabulary.ids import PatientId

IDENTIFIER_KINDS = ("name", "born", "number", "address", "photograph")
LARGEST_READING = 999
_ONE_VISIT = "house rule: one visit at a time, so that no dose is counted towards another"
_TWO_KINDS = "house rule on doses: the right person, by two independent identifiers"
_FORM = "house rule: a reading is written as it was read"
_PERSONS = "house rule on persons: persons, not accounts"


def assess_arrival(
    known: Visit | None, open_visits: tuple[Visit, ...], command: ArriveForVisit
) -> tuple[Finding, ...]:
    """Every reason against opening this visit; `open_visits` are the patient's."""
    return (*_visit_taken(known, command), *_one_at_a_time(open_visits))


def assess_identity(
    visit: Visit, patient: Patient, same_person: bool, command: CheckIdentity
) -> tuple[Finding, ...]:
    """Every reason against this identity check; `same_person`: the checker is the patient."""
    return (
        *_is_this_visit(visit, command.patient),
        *_not_oneself(same_person),
        *_two_kinds(command),
        *_shown_identity(patient, command.identity),
    )


def assess_assessment(
    visit: Visit,
    patient: Patient,
    same_person: bool,
    values: tuple[PackValue, ...],
    command: AssessPatient,
) -> tuple[Finding, ...]:
    """Every reason against this assessment; `values` are those of the adopted pack."""
    return (
        *_is_this_visit(visit, command.patient),
        *_not_oneself(same_person),
        *_identified(visit, patient),
        *_readings(command),
        *_note(command),
        *_fit_by_the_pack(values, command),
    )


def assess_leaving(visit: Visit, command: LeaveVisit, moment: datetime) -> tuple[Finding, ...]:
    """Every reason against this end of the visit; form only, for it is a report."""
    return (*_is_this_visit(visit, command.patient), *_left_when(visit, command, moment))


def _visit_taken(known: Visit | None, command: ArriveForVisit) -> tuple[Finding, ...]:
    """AD07: a visit id that was used before."""
    if known is None:
        return ()
    return (Finding("AD07", "this visit is on record already", _ONE_VISIT),)


def _one_at_a_time(open_visits: tuple[Visit, ...]) -> tuple[Finding, ...]:
    """AD08: a second visit while one is open."""
    if not open_visits:
        return ()
    return (
        Finding("AD08", "this patient's visit is still open: go on with that one, or end it", _ONE_VISIT),
    )


def _is_this_visit(visit: Visit, patient: PatientId) -> tuple[Finding, ...]:
    """AD09: a visit that has ended, or another patient's."""
    found = []
    if not visit.open:
        found.append(Finding("AD09", "this visit has ended: open a new one", _ONE_VISIT))
    if visit.patient != patient:
        found.append(Finding("AD09", "this visit is another patient's: look again", _ONE_VISIT))
    return tuple(found)


def _two_kinds(command: CheckIdentity) -> tuple[Finding, ...]:
    """AD10: fewer than two different kinds of identifier, or a kind nobody knows."""
    known = ", ".join(IDENTIFIER_KINDS)
    if set(command.by) - set(IDENTIFIER_KINDS):
        return (Finding("AD10", f"an identifier is one of: {known}", _TWO_KINDS),)
    if len(set(command.by)) < 2 or len(set(command.by)) != len(command.by):
        return (Finding("AD10", f"ask for two different identifiers of: {known}", _TWO_KINDS),)
    return ()


def _shown_identity(patient: Patient, identity: bytes) -> tuple[Finding, ...]:
    """AD11: an identity that is not the one in force."""
    if identity == patient.identity_rec:
        return ()
    words = "what was compared is not this patient's identity as it is now: open it again and compare anew"
    return (Finding("AD11", words, _TWO_KINDS),)


def _identified(visit: Visit, patient: Patient) -> tuple[Finding, ...]:
    """AD12: an assessment before this visit's person was identified."""
    if visit.identified == patient.identity_rec:
        return ()
    return (Finding("AD12", "check first who this is, by two identifiers", _TWO_KINDS),)


def _readings(command: AssessPatient) -> tuple[Finding, ...]:
    """AD13: a reading that no instrument shows.

    Why no other bounds: what is possible is not ours to say; what is safe is in the pack.
    """
    return tuple(
        Finding("AD13", f"{each.words} is a number from 0 to {each.highest}: read it again", _FORM)
        for each, value in _taken(command)
        if not 0 <= value <= each.highest
    )


def _note(command: AssessPatient) -> tuple[Finding, ...]:
    """AD14: a note that is empty or has two spellings."""
    note = command.note
    if note is None or (note.strip() and unicodedata.is_normalized("NFC", note)):
        return ()
    return (Finding("AD14", "leave the note out, or write one", _FORM),)


def _fit_by_the_pack(values: tuple[PackValue, ...], command: AssessPatient) -> tuple[Finding, ...]:
    """AD15: `fit` against a limit of the adopted pack; `not fit` is always recorded.

    Source: the pack's own, per value.
    """
    if not command.fit:
        return ()
    limits = {each.name: each for each in values}
    found = []
    for each, value in _taken(command):
        limit = limits.get(each.limit)
        if limit is None:
            continue
        if value < limit.number if each.low_is_bad else value > limit.number:
            side = "below" if each.low_is_bad else "above"
            words = f"{each.words} is {value}, {side} {limit.number}: state not fit, call the prescriber"
            found.append(Finding("AD15", words, limit.source))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Reading:
    """What can be measured: its words, the most that can be shown, and the pack's name for its limit."""

    words: str
    highest: int
    limit: str
    low_is_bad: bool


_BREATHING = _Reading("the breathing rate", LARGEST_READING, "hold_breathing_rate_below", low_is_bad=True)
_OXYGEN = _Reading("the oxygen saturation", 100, "hold_oxygen_saturation_below", low_is_bad=True)
_ALCOHOL = _Reading("the breath alcohol", LARGEST_READING, "hold_breath_alcohol_above", low_is_bad=False)


def _taken(command: AssessPatient) -> tuple[tuple[_Reading, int], ...]:
    """The readings that were taken; what was not measured is no reading."""
    all_there_are = (
        (_BREATHING, command.breathing_rate),
        (_OXYGEN, command.oxygen_saturation),
        (_ALCOHOL, command.breath_alcohol),
    )
    return tuple((reading, value) for reading, value in all_there_are if value is not None)


def _left_when(visit: Visit, command: LeaveVisit, moment: datetime) -> tuple[Finding, ...]:
    """AD16: leaving before arriving, or later than now."""
    if visit.arrived_at <= command.happened_at <= moment:
        return ()
    return (
        Finding("AD16", "the patient left after arriving and not later than now: read the time again", _FORM),
    )


def _not_oneself(same_person: bool) -> tuple[Finding, ...]:
    """AD17: a member of staff who is this patient checking or assessing themself."""
    if not same_person:
        return ()
    return (Finding("AD17", "you are this patient: a colleague does this", _PERSONS),)
