"""Visits: arrival, identity, assessment, leaving."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from hat_clinic.domain import codec
from hat_clinic.domain.entries import Entry, Recorded, SealedEntry, tag_of
from hat_clinic.domain.entries.packs import PackValue
from hat_clinic.domain.entries.visits import (
    FitnessStated,
    IdentityChecked,
    PatientArrived,
    PatientAssessed,
    PatientLeft,
)
from hat_clinic.domain.patients import Patient
from hat_clinic.domain.visits import (
    IDENTIFIER_KINDS,
    ArriveForVisit,
    AssessPatient,
    CheckIdentity,
    LeaveVisit,
    Visit,
    assess_arrival,
    assess_assessment,
    assess_identity,
    assess_leaving,
    decide_arrival,
    decide_assessment,
    decide_identity,
    decide_leaving,
    evolve_visit,
)
from hat_clinic.vocabulary.errors import Finding, Refused, Rejected
from hat_clinic.vocabulary.ids import PatientId, VisitId
from hat_clinic.vocabulary.terms import Consciousness

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
ANA, BEN, V1 = PatientId("ana"), PatientId("ben"), VisitId("v001")
IDENTITY, OTHER = b"\x07" * 32, b"\x08" * 32
PATIENT = Patient(ANA, 7, IDENTITY)
ARRIVED = Visit(V1, ANA, NOON, open=True)
IDENTIFIED = replace(ARRIVED, identified=IDENTITY)
LEFT = replace(IDENTIFIED, open=False, left_at=NOON)
CHECK = CheckIdentity(V1, ANA, IDENTITY, ("name", "born"))
ASSESS = AssessPatient(V1, ANA, Consciousness.ALERT, True, b"\x05" * 32, breathing_rate=12)
LIMITS = (
    PackValue("hold_breathing_rate_below", 10, "per minute", "made up for this test, breathing", False),
    PackValue("hold_oxygen_saturation_below", 92, "percent", "made up for this test, oxygen", False),
    PackValue("hold_breath_alcohol_above", 20, "ug/100mL", "made up for this test, alcohol", True),
)


def rules(findings: tuple[Finding, ...]) -> list[str]:
    return [finding.rule for finding in findings]


def assessed(
    visit: Visit = IDENTIFIED, same: bool = False, values: tuple[PackValue, ...] = (), **changed: object
) -> list[str]:
    command = replace(ASSESS, **changed)  # type: ignore[arg-type]
    return rules(assess_assessment(visit, PATIENT, same, values, command))


def recorded(entry: Entry | SealedEntry, seq: int = 9) -> Recorded:
    tag = entry.tag if isinstance(entry, SealedEntry) else tag_of(type(entry))
    return Recorded(seq, NOON, tag, "r", "bo", "machine", "t1", b"\x01" * 32, bytes([seq]) * 32, entry)


def test_allows_an_arrival() -> None:
    assert decide_arrival(None, (), ArriveForVisit(V1, ANA)) == (PatientArrived(V1, ANA),)


def test_refuses_AD07_a_visit_that_was() -> None:
    assert rules(assess_arrival(LEFT, (), ArriveForVisit(V1, ANA))) == ["AD07"]


def test_refuses_AD08_a_second_visit_at_once() -> None:
    assert rules(assess_arrival(None, (ARRIVED,), ArriveForVisit(VisitId("v002"), ANA))) == ["AD08"]


def test_allows_an_identity_check() -> None:
    assert decide_identity(ARRIVED, PATIENT, False, CHECK) == (
        IdentityChecked(V1, ANA, IDENTITY, ("name", "born")),
    )


@pytest.mark.parametrize(
    "by, wanted",
    [
        ((), ["AD10"]),
        (("name",), ["AD10"]),
        (("name", "name"), ["AD10"]),
        (("name", "born", "name"), ["AD10"]),
        (("name", "bay number"), ["AD10"]),
        (("name", "Name"), ["AD10"]),
        (("name", "photograph"), []),
        (IDENTIFIER_KINDS, []),
    ],
)
def test_boundary_AD10_two_different_kinds(by: tuple[str, ...], wanted: list[str]) -> None:
    assert rules(assess_identity(ARRIVED, PATIENT, False, replace(CHECK, by=by))) == wanted


def test_refuses_AD11_an_identity_that_is_not_in_force() -> None:
    assert rules(assess_identity(ARRIVED, PATIENT, False, replace(CHECK, identity=OTHER))) == ["AD11"]


def test_refuses_AD09_a_visit_that_ended() -> None:
    assert rules(assess_identity(LEFT, PATIENT, False, CHECK)) == ["AD09"]
    assert assessed(LEFT) == ["AD09"]
    assert rules(assess_leaving(LEFT, LeaveVisit(V1, ANA, NOON), NOON)) == ["AD09"]


def test_refuses_AD09_another_patients_visit() -> None:
    assert rules(assess_leaving(ARRIVED, LeaveVisit(V1, BEN, NOON), NOON)) == ["AD09"]
    assert rules(assess_identity(ARRIVED, PATIENT, False, replace(CHECK, patient=BEN))) == ["AD09"]
    assert assessed(patient=BEN) == ["AD09"]


def test_refuses_AD17_the_patient_as_their_own_nurse() -> None:
    assert rules(assess_identity(ARRIVED, PATIENT, True, CHECK)) == ["AD17"]
    assert assessed(same=True) == ["AD17"]


def test_an_assessment_and_its_conclusion_are_one_decision() -> None:
    command = replace(ASSESS, oxygen_saturation=97, breath_alcohol=0, note="slept well")
    sealed, clear = decide_assessment(IDENTIFIED, PATIENT, False, LIMITS, command)
    assert sealed == PatientAssessed(V1, ANA, Consciousness.ALERT, 12, 97, 0, "slept well", b"\x05" * 32)
    assert clear == FitnessStated(V1, ANA, b"\x05" * 32, True)


@pytest.mark.parametrize("length", [0, 31, 33])
def test_rejects_a_commitment_of_another_length(length: int) -> None:
    with pytest.raises(Rejected, match="32 bytes"):
        decide_assessment(IDENTIFIED, PATIENT, False, (), replace(ASSESS, commitment=b"x" * length))


def test_refuses_AD12_an_assessment_of_nobody_in_particular() -> None:
    assert assessed(ARRIVED) == ["AD12"]


def test_refuses_AD12_when_the_identity_changed_since() -> None:
    assert assessed(replace(IDENTIFIED, identified=OTHER)) == ["AD12"]


@pytest.mark.parametrize(
    "field, value, wanted",
    [
        ("breathing_rate", 0, []),
        ("breathing_rate", 999, []),
        ("breathing_rate", -1, ["AD13"]),
        ("breathing_rate", 1000, ["AD13"]),
        ("oxygen_saturation", 100, []),
        ("oxygen_saturation", 101, ["AD13"]),
        ("breath_alcohol", 0, []),
        ("breath_alcohol", -1, ["AD13"]),
    ],
)
def test_boundary_AD13_what_an_instrument_can_show(field: str, value: int, wanted: list[str]) -> None:
    assert assessed(**{field: value}) == wanted


@pytest.mark.parametrize(
    "note, wanted", [(None, []), ("ü", []), ("", ["AD14"]), (" ", ["AD14"]), ("u\u0308", ["AD14"])]
)
def test_refuses_AD14_a_note_that_is_none(note: str | None, wanted: list[str]) -> None:
    assert assessed(note=note) == wanted


@pytest.mark.parametrize(
    "field, value, wanted",
    [
        ("breathing_rate", 10, []),
        ("breathing_rate", 9, ["AD15"]),
        ("oxygen_saturation", 92, []),
        ("oxygen_saturation", 91, ["AD15"]),
        ("breath_alcohol", 20, []),
        ("breath_alcohol", 21, ["AD15"]),
    ],
)
def test_boundary_AD15_fit_within_the_limits_of_the_pack(field: str, value: int, wanted: list[str]) -> None:
    assert assessed(values=LIMITS, **{field: value}) == wanted
    assert assessed(values=LIMITS, fit=False, **{field: value}) == []
    assert assessed(values=(), **{field: value}) == []


def test_refuses_AD15_with_the_source_of_the_value() -> None:
    (finding,) = assess_assessment(IDENTIFIED, PATIENT, False, LIMITS, replace(ASSESS, breathing_rate=9))
    assert finding.source == "made up for this test, breathing"


def test_what_was_not_measured_breaks_no_limit() -> None:
    assert assessed(values=LIMITS, breathing_rate=None) == []


@pytest.mark.parametrize("consciousness", Consciousness)
def test_every_state_can_be_recorded_as_not_fit(consciousness: Consciousness) -> None:
    changed = {"breathing_rate": 2, "oxygen_saturation": 60, "breath_alcohol": 200}
    assert assessed(values=LIMITS, fit=False, consciousness=consciousness, **changed) == []


@pytest.mark.parametrize(
    "happened_at, wanted",
    [
        (NOON - MICROSECOND, ["AD16"]),
        (NOON, []),
        (NOON + timedelta(hours=1), []),
        (NOON + timedelta(hours=1) + MICROSECOND, ["AD16"]),
    ],
)
def test_boundary_AD16_leaving_after_arriving_and_before_now(
    happened_at: datetime, wanted: list[str]
) -> None:
    now = NOON + timedelta(hours=1)
    assert rules(assess_leaving(ARRIVED, LeaveVisit(V1, ANA, happened_at), now)) == wanted


def test_allows_leaving_unidentified_and_unassessed() -> None:
    assert decide_leaving(ARRIVED, LeaveVisit(V1, ANA, NOON), NOON) == (PatientLeft(V1, ANA, NOON),)


def test_refuses_with_every_reason_at_once() -> None:
    visit = replace(LEFT, identified=None)
    command = replace(ASSESS, patient=BEN, breathing_rate=9, oxygen_saturation=101, note="")
    with pytest.raises(Refused) as refused:
        decide_assessment(visit, PATIENT, True, LIMITS, command)
    assert rules(refused.value.findings) == ["AD09", "AD09", "AD17", "AD12", "AD13", "AD14", "AD15"]
    assert all(finding.source for finding in refused.value.findings)


def test_refuses_each_step_and_not_only_assesses_it() -> None:
    with pytest.raises(Refused, match="AD08"):
        decide_arrival(None, (ARRIVED,), ArriveForVisit(V1, ANA))
    with pytest.raises(Refused, match="AD11"):
        decide_identity(ARRIVED, PATIENT, False, replace(CHECK, identity=OTHER))
    with pytest.raises(Refused, match="AD09"):
        decide_leaving(LEFT, LeaveVisit(V1, ANA, NOON), NOON)


def test_the_fold_of_a_whole_visit() -> None:
    sealed = SealedEntry("patient-assessed", ANA)
    first = replace(IDENTIFIED, assessed_rec=b"\x02" * 32, assessed_at=NOON)
    second = replace(IDENTIFIED, assessed_rec=b"\x04" * 32, assessed_at=NOON)
    fit = replace(second, fit=True)
    story: tuple[tuple[Entry | SealedEntry, Visit], ...] = (
        (PatientArrived(V1, ANA), ARRIVED),
        (IdentityChecked(V1, ANA, IDENTITY, ("name", "born")), IDENTIFIED),
        (sealed, first),
        (FitnessStated(V1, ANA, b"c" * 32, False), replace(first, fit=False)),
        (sealed, second),
        (FitnessStated(V1, ANA, b"d" * 32, True), fit),
        (SealedEntry("patient-enrolled", ANA), fit),
        (PatientLeft(V1, ANA, NOON), replace(fit, open=False, left_at=NOON)),
    )
    state: Visit | None = None
    for seq, (entry, wanted) in enumerate(story):
        state = evolve_visit(state, recorded(entry, seq))
        assert state == wanted
        assert codec.decode(Visit, codec.encode(state)) == state


def test_the_fold_makes_no_visit_out_of_a_later_step() -> None:
    later = (
        IdentityChecked(V1, ANA, IDENTITY, ("name", "born")),
        SealedEntry("patient-assessed", ANA),
        FitnessStated(V1, ANA, b"c" * 32, True),
        PatientLeft(V1, ANA, NOON),
    )
    assert [evolve_visit(None, recorded(entry)) for entry in later] == [None] * 4
