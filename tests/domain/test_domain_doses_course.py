"""From permit to hand-over: rules AD36 to AD41, SO04, SO09 and SO13, each shown allowing and refusing."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from hat_clinic.domain.doses import HandOverDose, Stage, decide, open_mass
from hat_clinic.domain.entries.doses import DosePrepared
from hat_clinic.vocabulary.errors import Refused, Rejected
from hat_clinic.vocabulary.ids import KeyId
from hat_clinic.vocabulary.quantities import Volume
from hat_clinic.vocabulary.terms import Role, Whereabouts
from tests.domain.told_doses import (
    AMPOULE,
    ANA,
    ASSESSED,
    BO,
    CY,
    DR,
    IDENTITY,
    NONCE,
    SIGNED,
    T2,
    ToldDoses,
    acting,
    mg,
    of_vial,
    step,
    whole,
)

INSTANT = timedelta(microseconds=1)


@pytest.fixture
def clinic() -> ToldDoses:
    return ToldDoses.at_noon()


def entry(clinic: ToldDoses, kind: type[Any]) -> Any:
    """The last entry of this kind."""
    return next(each.entry for each in reversed(clinic.entries) if isinstance(each.entry, kind))


# --- prepared -----------------------------------------------------------------------------------


def test_allows_preparing_and_fixes_what_the_dose_relies_on(clinic: ToldDoses) -> None:
    dose = clinic.prepared()
    prepared = entry(clinic, DosePrepared)
    assert (prepared.relies_on, prepared.nonce) == ((IDENTITY, ASSESSED), NONCE)
    assert (prepared.prescription_hash, prepared.prescriber) == (SIGNED, DR)
    assert (prepared.volume, prepared.surplus) == (Volume(1000), mg(0))
    assert (dose.stage, dose.drawn, open_mass(dose)) == (Stage.PREPARED, mg(100), mg(100))
    assert clinic.containers["v001"].remaining == mg(9900)
    assert clinic.containers["v001"].reservations == ()


def test_boundary_a_permit_lasts_fifteen_minutes(clinic: ToldDoses) -> None:
    clinic.permit("d1", of_vial(100))
    clinic.pass_time(minutes=15)
    assert clinic.refused(clinic.prepare, "d1") == {"AD36"}
    clinic.moment -= INSTANT
    assert clinic.refused(clinic.prepare, "d1") == set()


def test_refuses_a_permit_of_another_person_or_terminal(clinic: ToldDoses) -> None:
    clinic.permit("d1", of_vial(100))
    assert clinic.refused(clinic.prepare, "d1", by=CY) == {"AD37"}
    assert clinic.refused(clinic.prepare, "d1", terminal=T2) == {"AD37"}


def test_refuses_to_prepare_twice(clinic: ToldDoses) -> None:
    clinic.prepared()
    assert clinic.refused(clinic.prepare, "d1") == {"AD38"}


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (lambda clinic: clinic.change_visit(fit=False), "AD23"),
        (lambda clinic: clinic.change_visit(identified=None), "AD22"),
        (lambda clinic: clinic.prescribe(ended=True), "AD24"),
        (lambda clinic: clinic.prescribe(step(largest_single=mg(10))), "AD27"),
        (lambda clinic: clinic.prescribe(step(daily_maximum=mg(10))), "AD30"),
        (lambda clinic: setattr(clinic, "patient_person", ANA), "SO03"),
        (lambda clinic: clinic.containers.pop("v001"), "CD11"),
    ],
)
def test_preparing_runs_every_rule_of_the_permit_again(clinic: ToldDoses, change: Any, rule: str) -> None:
    clinic.permit("d1", of_vial(100))
    change(clinic)
    assert clinic.refused(clinic.prepare, "d1") == {rule}


def test_rejects_a_short_nonce(clinic: ToldDoses) -> None:
    clinic.permit("d1", of_vial(100))
    command = decide.PrepareDose(clinic.doses["d1"].dose, bytes(15))
    with pytest.raises(Rejected):
        decide.decide_prepare(clinic.facts, clinic.doses["d1"], acting(ANA), command, clinic.moment)


# --- handed over --------------------------------------------------------------------------------


def test_allows_hand_over_by_either_of_its_two(clinic: ToldDoses) -> None:
    assert clinic.handed_over("d1").stage is Stage.HANDED_OVER
    other = ToldDoses.at_noon()
    other.prepared()
    other.verify("d1")
    assert other.refused(other.hand_over, "d1", by=CY) == {"SO09"}
    assert other.refused(other.hand_over, "d1", by=BO) == set()


def test_refuses_what_nobody_verified_and_what_is_out_already(clinic: ToldDoses) -> None:
    clinic.prepared()
    assert clinic.refused(clinic.hand_over, "d1") == {"AD40"}
    clinic.verify("d1")
    clinic.hand_over("d1")
    assert clinic.refused(clinic.hand_over, "d1") == {"AD40"}


def test_refuses_to_hand_over_a_dose_of_which_some_is_gone(clinic: ToldDoses) -> None:
    clinic.prepared()
    clinic.verify("d1")
    clinic.account("d1", 1, Whereabouts.SPILLED)
    assert clinic.refused(clinic.hand_over, "d1") == {"AD40"}


def test_boundary_hand_over_within_the_packs_minutes_of_preparing(clinic: ToldDoses) -> None:
    clinic.prepared()
    clinic.pass_time(minutes=30)
    clinic.verify("d1")
    clinic.pass_time(microseconds=1)
    assert clinic.refused(clinic.hand_over, "d1") == {"AD39"}
    clinic.moment -= INSTANT
    assert clinic.refused(clinic.hand_over, "d1") == set()


def test_a_pack_without_minutes_sets_none(clinic: ToldDoses) -> None:
    clinic.prepared()
    assert clinic.pack is not None
    clinic.pack = replace(clinic.pack, values=())
    clinic.pass_time(hours=3)
    clinic.verify("d1")
    assert clinic.refused(clinic.hand_over, "d1") == set()


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (lambda clinic: clinic.change_visit(assessed_rec=b"n" * 32), {"AD41"}),
        (lambda clinic: clinic.change_visit(identified=b"n" * 32), {"AD22", "AD41"}),
        (lambda clinic: clinic.prescribe(payload=b"n" * 32), {"AD41"}),
        (lambda clinic: setattr(clinic, "prescription", None), {"AD24", "AD41"}),
        (lambda clinic: clinic.change_visit(fit=False), {"AD23"}),
        (lambda clinic: clinic.change_visit(open=False), {"AD21"}),
        (lambda clinic: clinic.prescribe(step(largest_single=mg(99))), {"AD27"}),
        (lambda clinic: setattr(clinic, "pack", None), {"AD49"}),
    ],
)
def test_hand_over_runs_every_rule_again(clinic: ToldDoses, change: Any, found: set[str]) -> None:
    clinic.prepared()
    clinic.verify("d1")
    change(clinic)
    assert clinic.refused(clinic.hand_over, "d1") == found


def test_refuses_hand_over_when_either_lost_the_role_since(clinic: ToldDoses) -> None:
    clinic.prepared()
    clinic.verify("d1")
    nurse, nobody = frozenset({Role.NURSE}), frozenset[Role]()
    for performer, verifier, count in ((nobody, nurse, 1), (nurse, nobody, 1), (nobody, nobody, 2)):
        facts = clinic.facts.of_two(performer, verifier)
        with pytest.raises(Refused) as refusal:
            decide.decide_hand_over(
                facts, clinic.doses["d1"], acting(ANA), HandOverDose(clinic.doses["d1"].dose), clinic.moment
            )
        assert [each.rule for each in refusal.value.findings] == ["SO04"] * count


def test_refuses_SO13_hand_over_when_a_key_that_signed_was_revoked_since(clinic: ToldDoses) -> None:
    clinic.prepared()
    clinic.verify("d1")
    dose, nurse = clinic.doses["d1"], frozenset({Role.NURSE})
    performer, verifier = KeyId(f"key-{ANA}"), KeyId(f"key-{BO}")
    assert (dose.performer_key, dose.verifier_key) == (performer, verifier)
    for revoked, count in (((performer,), 1), ((verifier,), 1), ((performer, verifier), 2)):
        facts = clinic.facts.of_two(nurse, nurse, frozenset(revoked))
        with pytest.raises(Refused) as refusal:
            decide.decide_hand_over(facts, dose, acting(ANA), HandOverDose(dose.dose), clinic.moment)
        assert [each.rule for each in refusal.value.findings] == ["SO13"] * count


def test_allows_SO13_hand_over_when_a_key_of_others_was_revoked(clinic: ToldDoses) -> None:
    clinic.prepared()
    clinic.verify("d1")
    dose, nurse = clinic.doses["d1"], frozenset({Role.NURSE})
    facts = clinic.facts.of_two(nurse, nurse, frozenset({KeyId(f"key-{CY}")}))
    assert decide.decide_hand_over(facts, dose, acting(ANA), HandOverDose(dose.dose), clinic.moment)


def test_a_container_that_expired_since_does_not_bind_what_left_it_in_time(clinic: ToldDoses) -> None:
    clinic.prepared()
    clinic.verify("d1")
    clinic.containers.clear()
    assert clinic.refused(clinic.hand_over, "d1") == set()


def test_the_surplus_of_an_ampoule_is_gone_with_the_reading_and_not_before(clinic: ToldDoses) -> None:
    clinic.product = AMPOULE
    clinic.prescribe(step())
    clinic.permit("d1", whole("a001"), mass=mg(85))
    clinic.prepare("d1")
    assert open_mass(clinic.doses["d1"]) == mg(100)
    clinic.verify("d1")
    assert open_mass(clinic.doses["d1"]) == mg(85)
