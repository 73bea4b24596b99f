"""The second person's own reading: rules SO01 to SO08, and one try."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from hat_clinic.domain.doses import Stage, decide, open_mass
from hat_clinic.domain.entries.doses import DoseMismatched, DoseVerified
from hat_clinic.domain.entries.incidents import IncidentOpened
from hat_clinic.vocabulary.errors import Refused, Rejected
from hat_clinic.vocabulary.quantities import Expression, Mass
from hat_clinic.vocabulary.terms import Role, Whereabouts
from tests.domain.told_doses import (
    ANA,
    BO,
    CY,
    DR,
    INCIDENT,
    ToldDoses,
    acting,
    mg,
    of_vial,
    pack,
    rules,
)
from tests.domain.told_stock import received, vial

INSTANT = timedelta(microseconds=1)


@pytest.fixture
def clinic() -> ToldDoses:
    return ToldDoses.at_noon()


def entry(clinic: ToldDoses, kind: type[Any]) -> Any:
    """The last entry of this kind."""
    return next(each.entry for each in reversed(clinic.entries) if isinstance(each.entry, kind))


def test_allows_a_reading_that_agrees(clinic: ToldDoses) -> None:
    clinic.prepared()
    clinic.verify("d1")
    dose = clinic.doses["d1"]
    assert (dose.stage, dose.verifier, dose.surplus_wasted) == (Stage.VERIFIED, BO, True)


def of_two(clinic: ToldDoses, first: str = "v001", second: str = "v002") -> None:
    """A dose in Ana's hands, half out of one vial and half out of another."""
    clinic.permit("d1", of_vial(50, first), of_vial(50, second))
    clinic.prepare("d1")


@pytest.mark.parametrize("endings", [("v001", "v002"), ("V002", "v001")])
def test_allows_every_drawn_container_in_any_order_and_case_of_letters(
    clinic: ToldDoses, endings: tuple[str, ...]
) -> None:
    of_two(clinic)
    clinic.verify("d1", endings=endings)
    assert clinic.doses["d1"].stage is Stage.VERIFIED
    assert entry(clinic, DoseVerified).container_endings == endings


@pytest.mark.parametrize(
    ("by", "patient", "rule"), [(ANA, None, "SO01"), (DR, None, "SO02"), (BO, BO, "SO03")]
)
def test_refuses_a_reader_who_has_another_part_in_it(
    clinic: ToldDoses, by: Any, patient: Any, rule: str
) -> None:
    clinic.prepared()
    clinic.patient_person = patient
    assert clinic.refused(clinic.verify, "d1", by=by) == {rule}
    assert clinic.doses["d1"].stage is Stage.PREPARED


@pytest.mark.parametrize(("number", "found"), [(0, {"SO02"}), (1, set())])
def test_boundary_the_prescriber_may_read_only_where_the_pack_says_so(
    clinic: ToldDoses, number: int, found: set[str]
) -> None:
    clinic.prepared()
    clinic.pack = pack(prescriber_may_verify=number)
    assert clinic.refused(clinic.verify, "d1", by=DR) == found


def test_refuses_who_prescribed_it_when_it_was_prepared_and_who_does_now(clinic: ToldDoses) -> None:
    clinic.prepared()
    clinic.prescribe(prescriber=CY)
    assert clinic.refused(clinic.verify, "d1", by=DR) == {"SO02"}
    assert clinic.refused(clinic.verify, "d1", by=CY) == {"SO02"}


def test_refuses_a_reader_without_a_role(clinic: ToldDoses) -> None:
    clinic.prepared()
    auditor = acting(BO, frozenset({Role.AUDITOR, Role.ADMINISTRATOR}))
    with pytest.raises(Refused) as refusal:
        decide.draft_verified(clinic.facts, clinic.doses["d1"], auditor, clinic.reads("d1"), clinic.moment)
    assert rules(refusal.value.findings) == {"SO04"}


def test_refuses_another_statement_or_identity_than_the_doses_own(clinic: ToldDoses) -> None:
    dose = clinic.prepared()
    for wrong, rule in (({"prepared": b"x" * 32}, "SO06"), ({"identity": b"x" * 32}, "SO07")):
        command = clinic.reads("d1", **wrong)
        with pytest.raises(Refused) as refusal:
            decide.decide_verify(clinic.facts, dose, acting(BO), command, clinic.moment)
        assert rules(refusal.value.findings) == {rule}


@pytest.mark.parametrize("course", ["permit", "verified", "handed_over", "had"])
def test_refuses_a_dose_that_does_not_wait_for_a_reading(clinic: ToldDoses, course: str) -> None:
    if course == "permit":
        clinic.permit("d1", of_vial(100))
        command = replace(clinic.reads("d1"), prepared=b"")
    else:
        clinic.prepared() if course == "verified" else getattr(clinic, course)()
        if course == "verified":
            clinic.verify("d1")
        command = clinic.reads("d1")
    with pytest.raises(Refused) as refusal:
        decide.draft_verified(clinic.facts, clinic.doses["d1"], acting(BO), command, clinic.moment)
    assert "SO06" in rules(refusal.value.findings)


def test_refuses_to_read_a_dose_of_which_some_is_gone(clinic: ToldDoses) -> None:
    clinic.prepared()
    clinic.account("d1", 10, Whereabouts.SPILLED)
    assert clinic.refused(clinic.verify, "d1") == {"SO06"}


def test_refuses_five_at_once_and_finds_all_five(clinic: ToldDoses) -> None:
    dose = clinic.prepared()
    clinic.patient_person = ANA
    clinic.prescribe(prescriber=ANA)
    clinic.pass_time(minutes=30, microseconds=1)
    command = clinic.reads("d1", prepared=b"x" * 32, identity=b"x" * 32)
    nobody = acting(ANA, frozenset())
    with pytest.raises(Refused) as refusal:
        decide.draft_verified(clinic.facts, dose, nobody, command, clinic.moment)
    found = {"SO01", "SO02", "SO03", "SO04", "SO06", "SO07", "AD39"}
    assert rules(refusal.value.findings) == found


WRONG_READINGS: list[dict[str, Any]] = [
    {"mass": mg(10)},
    {"mass": mg(99)},
    {"mass": mg(1000)},
    {"mass": Mass.mg(100, Expression.BASE)},
    {"endings": ("v002",)},
    {"endings": ("0001",)},
    {"endings": ("v001", "v001")},
    {"endings": ("v001", "v002")},
]


@pytest.mark.parametrize("reading", WRONG_READINGS)
def test_a_reading_that_does_not_match_kills_the_dose_and_is_kept_whole(
    clinic: ToldDoses, reading: dict[str, Any]
) -> None:
    clinic.prepared()
    clinic.verify("d1", **reading)
    dose, mismatched, incident = (
        clinic.doses["d1"], entry(clinic, DoseMismatched), entry(clinic, IncidentOpened),
    )  # fmt: skip
    assert (mismatched.verifier, mismatched.reading_envelope) == (BO, b"signed reading")
    assert (incident.incident, incident.rules, incident.dose) == (INCIDENT, ("SO08",), "d1")
    assert (dose.stage, open_mass(dose)) == (Stage.MISMATCHED, mg(100))


@pytest.mark.parametrize(
    "endings",
    [
        ("v001",),
        ("v002",),
        ("v001", "v001"),
        ("v001", "v003"),
        ("v001", "v002", "v002"),
        ("v001", "v002", "v003"),
    ],
)
def test_a_container_that_nobody_read_is_a_mismatch_and_so_is_one_too_many(
    clinic: ToldDoses, endings: tuple[str, ...]
) -> None:
    of_two(clinic)
    clinic.verify("d1", endings=endings)
    assert entry(clinic, IncidentOpened).rules == ("SO08",)
    assert clinic.doses["d1"].stage is Stage.MISMATCHED


@pytest.mark.parametrize(
    ("endings", "stage"),
    [
        (("v001",), Stage.MISMATCHED),
        (("v001", "v001"), Stage.VERIFIED),
        (("v001", "v001", "v001"), Stage.MISMATCHED),
    ],
)
def test_containers_that_end_alike_are_each_read(
    clinic: ToldDoses, endings: tuple[str, ...], stage: Stage
) -> None:
    clinic.both(received(vial("x-v001"), vial("y-v001"), name="r3"))
    of_two(clinic, "x-v001", "y-v001")
    clinic.verify("d1", endings=endings)
    assert clinic.doses["d1"].stage is stage


def test_one_try_and_no_way_on_but_accounting(clinic: ToldDoses) -> None:
    clinic.prepared()
    clinic.verify("d1", mass=mg(10))
    assert clinic.refused(clinic.verify, "d1") == {"SO05"}
    assert clinic.refused(clinic.verify, "d1", by=CY) == {"SO05"}
    assert clinic.refused(clinic.hand_over, "d1") == {"AD40"}
    assert clinic.refused(clinic.permit, "d2", of_vial(100)) == {"AD31"}
    clinic.confirm(clinic.account("d1", 100))
    assert clinic.doses["d1"].stage is Stage.CLOSED
    assert clinic.refused(clinic.permit, "d2", of_vial(100)) == set()


def test_what_is_drafted_says_nothing_of_whether_it_matches(clinic: ToldDoses) -> None:
    dose = clinic.prepared()
    for reading in (mg(100), mg(10), Mass.mg(5, Expression.BASE)):
        command = replace(clinic.reads("d1", reading), envelope=None)
        draft = decide.draft_verified(clinic.facts, dose, acting(BO), command, clinic.moment)
        assert isinstance(draft, DoseVerified) and draft.reading == reading
    for endings in (("v001",), ("v002",), ("v001", "v002"), ("v001",) * 9):
        command = replace(clinic.reads("d1", endings=endings), envelope=None)
        draft = decide.draft_verified(clinic.facts, dose, acting(BO), command, clinic.moment)
        assert draft.container_endings == endings


def test_rejects_comparing_what_is_not_signed_and_an_ending_of_other_than_four(clinic: ToldDoses) -> None:
    dose = clinic.prepared()
    wrong = [{"envelope": None}, {"nonce": bytes(15)}, {"other_container_endings": ()}]
    for text in ("", "001", "1v001"):
        wrong += [{"container_ending": text}, {"other_container_endings": ("v002", text)}]
    for other in wrong:
        command = replace(clinic.reads("d1"), **other)
        with pytest.raises(Rejected):
            decide.decide_verify(clinic.facts, dose, acting(BO), command, clinic.moment)
