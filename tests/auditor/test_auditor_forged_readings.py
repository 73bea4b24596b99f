"""A right reading filed as wrong and a wrong one as right, by a changed server with the true keys."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hat_clinic.domain.doses import Stage
from hat_clinic.domain.entries.doses import DoseMismatched
from hat_clinic.handlers.acts import Drawn
from hat_clinic.handlers.verdict import Code
from hat_clinic.vocabulary.ids import DoseId
from tests.auditor.forged_doses import incident, verified
from tests.auditor.forged_entries import Forger, require_caught
from tests.auditor.verified_clinic import Inspector
from tests.handlers.dosing import Ward


def reading(ward: Ward, dose: DoseId, milligrams: int, **other: object) -> bytes:
    """Noa's own, truly signed."""
    drawn = ward.clinic.draw(ward.noa, "verify-dose", ward.reading(dose, milligrams, **other))
    assert isinstance(drawn, Drawn)
    return ward.clinic.envelope(ward.noa, drawn)


def endings(ward: Ward, read: tuple[int, ...]) -> dict[str, object]:
    """These of the ward's vials, as read."""
    first, *others = (ward.vials[each][-4:] for each in read)
    return {"container_ending": first, "other_container_endings": tuple(others) or None}


@pytest.mark.parametrize("told", [(12, {}), (15, {"container_ending": "XXXX"})], ids=["mass", "container"])
def test_a_reading_that_differs_is_no_verification(
    ward: Ward, forger: Forger, told: tuple[int, dict[str, str]]
) -> None:
    milligrams, other = told
    envelope = reading(ward, ward.prepared(), milligrams, **other)
    seq = forger.file(envelope, "dose-verified", by=ward.noa)
    require_caught(forger, seq, "filed as verified")


@pytest.mark.parametrize("read", [(0,), (1,), (0, 0), (0, 1, 1)], ids=str)
def test_a_dose_of_two_containers_is_not_verified_by_reading_other_than_both(
    ward: Ward, forger: Forger, read: tuple[int, ...]
) -> None:
    envelope = reading(ward, ward.prepared_of_two(), 15, **endings(ward, read))
    seq = forger.file(envelope, "dose-verified", by=ward.noa)
    require_caught(forger, seq, "filed as verified")


def test_a_right_reading_of_two_containers_is_no_mismatch(ward: Ward, forger: Forger) -> None:
    dose = ward.prepared_of_two()
    kept = reading(ward, dose, 15, **endings(ward, (1, 0)))
    mismatched = DoseMismatched(dose, ward.patient, ward.noa.person, kept)
    seq = forger.keep(kept, mismatched, incident(ward, dose, "SO08"), by=ward.noa)
    require_caught(forger, seq, "filed as a mismatch")


@pytest.mark.parametrize(
    ("read", "stage"), [((1, 0), Stage.VERIFIED), ((0,), Stage.MISMATCHED), ((0, 0), Stage.MISMATCHED)]
)
def test_what_an_honest_server_made_of_a_reading_of_two_containers_holds(
    ward: Ward, read: tuple[int, ...], stage: Stage
) -> None:
    dose = ward.prepared_of_two()
    assert ward.clinic.signed(ward.noa, "verify-dose", ward.reading(dose, **endings(ward, read))).accepted
    assert ward.dose(dose).stage is stage
    found = Inspector(ward.clinic).verify()
    assert found.code is Code.HOLDS, found.text()


def test_a_verification_beside_another_identity(ward: Ward, forger: Forger) -> None:
    forged = replace(verified(ward, ward.prepared()), identity=bytes(32), container_ending=ward.vials[0][-4:])
    seq, _ = forger.append(ward.noa, forged)
    require_caught(forger, seq, "filed as verified")


def test_a_right_reading_is_no_mismatch(ward: Ward, forger: Forger) -> None:
    dose = ward.prepared()
    kept = reading(ward, dose, 15)
    mismatched = DoseMismatched(dose, ward.patient, ward.noa.person, kept)
    seq = forger.keep(kept, mismatched, incident(ward, dose, "SO08"), by=ward.noa)
    require_caught(forger, seq, "filed as a mismatch")


def test_a_mismatch_without_a_reading(ward: Ward, forger: Forger) -> None:
    dose = ward.prepared()
    mismatched = DoseMismatched(dose, ward.patient, ward.noa.person, b"nothing")
    seq, _ = forger.append(ward.noa, mismatched, incident(ward, dose, "SO08"))
    require_caught(forger, seq, "signed by nobody")


def test_a_mismatch_signed_with_another_key(ward: Ward, forger: Forger) -> None:
    dose = ward.prepared()
    drawn = ward.clinic.draw(ward.noa, "verify-dose", ward.reading(dose, 12))
    assert isinstance(drawn, Drawn)
    kept = ward.clinic.envelope(ward.nia, drawn)
    mismatched = DoseMismatched(dose, ward.patient, ward.noa.person, kept)
    seq = forger.keep(kept, mismatched, incident(ward, dose, "SO08"), by=ward.noa)
    require_caught(forger, seq, "signed by nobody")


def test_a_mismatch_names_who_read_it(ward: Ward, forger: Forger) -> None:
    dose = ward.prepared()
    kept = reading(ward, dose, 12)
    mismatched = DoseMismatched(dose, ward.patient, ward.dan.person, kept)
    seq = forger.keep(kept, mismatched, incident(ward, dose, "SO08"), by=ward.noa)
    require_caught(forger, seq, "another person's")


def test_a_mismatch_of_another_dose(ward: Ward, forger: Forger) -> None:
    other = ward.another()
    kept = reading(ward, ward.prepared(), 12)
    dose = other.prepared(10)
    mismatched = DoseMismatched(dose, other.patient, ward.noa.person, kept)
    seq = forger.keep(kept, mismatched, incident(other, dose, "SO08"), by=ward.noa)
    require_caught(forger, seq, "of another dose")


def test_a_mismatch_opens_an_incident(ward: Ward, forger: Forger) -> None:
    dose = ward.prepared()
    kept = reading(ward, dose, 12)
    seq = forger.keep(kept, DoseMismatched(dose, ward.patient, ward.noa.person, kept), by=ward.noa)
    require_caught(forger, seq, "no incident, though SO08")
