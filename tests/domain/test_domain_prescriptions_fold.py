"""The fold of one prescription: signed, ended or replaced once, and the step in force."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from hat_clinic.domain import codec
from hat_clinic.domain.entries import Entry, Recorded, SealedEntry, tag_of
from hat_clinic.domain.entries.prescriptions import PrescriptionEnded, PrescriptionSigned
from hat_clinic.domain.prescriptions import Prescription, evolve_prescription
from hat_clinic.vocabulary.ids import PrescriptionId
from hat_clinic.vocabulary.terms import EndingReason, Route
from tests.domain.prescribing import ANA, DAN, DAY, DIAPHIN, HOUR, NINE, P1, P2, prescription, step

MICROSECOND = timedelta(microseconds=1)


def recorded(entry: Entry | SealedEntry, at: datetime = NINE) -> Recorded:
    tag = entry.tag if isinstance(entry, SealedEntry) else tag_of(type(entry))
    return Recorded(9, at, tag, "r", DAN, "k1", "t1", b"\x03" * 32, b"\x04" * 32, entry)


def signed(name: PrescriptionId = P2, replaces: PrescriptionId | None = None) -> PrescriptionSigned:
    steps = prescription().steps
    return PrescriptionSigned(name, ANA, DIAPHIN.product, Route.INTRAVENOUS, steps, replaces)


def test_the_fold_keeps_what_was_signed_by_whom_under_which_hash() -> None:
    state = evolve_prescription(None, recorded(signed(), NINE - DAY))
    assert state == prescription()
    assert codec.decode(Prescription, codec.encode(state)) == state


def test_the_fold_ends_by_an_end_and_by_a_replacement_once() -> None:
    before = prescription()
    ended = evolve_prescription(before, recorded(PrescriptionEnded(P2, ANA, EndingReason.STOPPED), NINE))
    assert ended == replace(before, ended=True, ended_at=NINE)
    replaced = evolve_prescription(before, recorded(signed(P1, P2), NINE))
    assert replaced == replace(before, ended=True, ended_at=NINE, replaced_by=P1)
    assert (
        evolve_prescription(replaced, recorded(PrescriptionEnded(P2, ANA, EndingReason.STOPPED), NINE + HOUR))
        == replaced
    )
    assert codec.decode(Prescription, codec.encode(replaced)) == replaced


def test_the_fold_passes_over_what_is_of_another() -> None:
    for entry in (
        PrescriptionEnded(P1, ANA, EndingReason.STOPPED),
        signed(P1),
        SealedEntry("patient-enrolled", ANA),
    ):
        assert evolve_prescription(prescription(), recorded(entry)) == prescription()
    assert evolve_prescription(None, recorded(PrescriptionEnded(P2, ANA, EndingReason.STOPPED))) is None


def test_boundary_step_at_each_end() -> None:
    first, second = step(ends=NINE + HOUR), step(starts=NINE + 2 * HOUR, ends=NINE + 3 * HOUR)
    state = replace(prescription(), steps=(first, second))
    table = [
        (NINE - MICROSECOND, None), (NINE, first), (NINE + HOUR - MICROSECOND, first), (NINE + HOUR, None),
        (NINE + 2 * HOUR, second), (NINE + 3 * HOUR - MICROSECOND, second), (NINE + 3 * HOUR, None),
    ]  # fmt: skip
    assert [state.step_at(moment) for moment, _ in table] == [wanted for _, wanted in table]
    assert replace(state, ended=True).step_at(NINE) is None
