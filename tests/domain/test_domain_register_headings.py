"""What the law wants to read on a line: when, from whom, on whose authority, how much, signed by whom."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from hat_clinic.domain.entries.doses import (
    DoseGiven,
    DoseMismatched,
    DoseRemainderAccounted,
    UnpreparedDoseReported,
)
from hat_clinic.domain.entries.stock import OverfillFound, StockAccounted
from hat_clinic.domain.register.measures import pieces_of, volume_of
from hat_clinic.domain.register.rows import HEADINGS, LATE, page_rows
from hat_clinic.domain.register.state import LineKind
from hat_clinic.vocabulary.ids import ContainerId, DoseId, PatientId, PrescriptionId, ReceiptId
from hat_clinic.vocabulary.quantities import LARGEST, Expression, Mass, Volume
from hat_clinic.vocabulary.terms import LossReason, ReceiptKind, Route, UnplannedReason, Whereabouts
from tests.domain.told_register import ToldRegister
from tests.domain.told_stock import AMPOULE, NOON, VIAL, draw, mg, prepared, received, vial

ZONE = "Europe/Zurich"
MINUTE = timedelta(minutes=1)
AMOUNTS = [name for name in HEADINGS if name.endswith(("(micrograms)", "(microlitres)", "(pieces)"))]


@pytest.fixture
def register() -> ToldRegister:
    found = ToldRegister.with_stock()
    assert isinstance(found, ToldRegister)
    return found


def rows(register: ToldRegister, product: str = VIAL.product, **other: str) -> list[dict[str, str]]:
    page = register.page(product)
    made = page_rows(page, register.lines_on(page.page), other.get("zone", ZONE))
    return [dict(zip(HEADINGS, row, strict=True)) for row in made]


def wasted(milligrams: int, at: datetime, volume: Volume | None = None) -> StockAccounted:
    here, gone = ContainerId("v001"), Whereabouts.WASTED
    return StockAccounted(VIAL.product, here, gone, mg(milligrams), at, LossReason.DROPPED, (), volume)


# --- when ---------------------------------------------------------------------------------


def test_a_line_has_the_moment_it_happened_and_the_moment_it_was_entered(register: ToldRegister) -> None:
    register.pass_time(minutes=9)
    register.both(wasted(5, NOON))
    row = rows(register)[-1]
    assert row["obtained or supplied (site time)"] == "2026-11-23T13:00:00+01:00"
    assert row["obtained or supplied (UTC)"] == "2026-11-23T12:00:00.000000Z"
    assert row["entered (site time)"] == "2026-11-23T13:09:00+01:00"
    assert (row["entered (UTC)"], row["zone"]) == ("2026-11-23T12:09:00.000000Z", ZONE)


def test_a_dose_is_supplied_when_it_was_given_and_not_when_somebody_wrote_it(register: ToldRegister) -> None:
    register.prepare("d1", draw("v001", mg(200)))
    register.pass_time(minutes=20)
    end, dose, patient = NOON + 3 * MINUTE, DoseId("d1"), PatientId("pat")
    register.tell(DoseGiven(dose, patient, mg(150), mg(50), end, ()))
    spilled = NOON + 4 * MINUTE
    register.both(
        DoseRemainderAccounted(dose, patient, Whereabouts.SPILLED, mg(50), spilled, LossReason.DROPPED, ())
    )
    line = register.line("d1")
    assert (line.happened, line.happened_at) == (line.at, None)
    assert [each.happened for each in line.sub_lines] == [end, spilled]
    assert [each.at for each in line.sub_lines] == [NOON + 20 * MINUTE] * 2
    assert [each["obtained or supplied (UTC)"][11:16] for each in rows(register)[-3:]] == [
        "12:00", "12:03", "12:04",
    ]  # fmt: skip


def test_a_dose_reported_later_was_supplied_when_it_happened(register: ToldRegister) -> None:
    register.pass_time(hours=1)
    register.tell(unprepared())
    line = register.line("d1")
    assert line.happened == NOON and line.at == NOON + 60 * MINUTE
    assert [each.happened for each in line.sub_lines] == [NOON, NOON]
    assert line.prescription == "rx" and line.authority is None


def unprepared() -> UnpreparedDoseReported:
    return UnpreparedDoseReported(
        DoseId("d1"), PatientId("pat"), VIAL.product, Route.INTRAVENOUS, (draw("v001", mg(200)),), mg(190),
        mg(10), NOON, UnplannedReason.PAPER_RECORD, (), PrescriptionId("rx"),
    )  # fmt: skip


def test_a_delivery_came_when_the_first_of_two_stated_it(register: ToldRegister) -> None:
    first = register.tell(received(vial("v009"), name="r9"))
    overfill = register.tell(OverfillFound(ReceiptId("o1"), VIAL.product, ContainerId("v001"), mg(40)))
    register.pass_time(minutes=30)
    for each in (first, overfill):
        register.confirm(each)
        assert register.line(each).happened == NOON
        assert register.line(each).at == NOON + 30 * MINUTE


def test_a_delivery_that_says_when_it_came_came_then(register: ToldRegister) -> None:
    yesterday = NOON - timedelta(days=1)
    line = register.line(register.both(replace(received(vial("v009"), name="r9"), happened_at=yesterday)))
    assert (line.happened, line.at) == (yesterday, NOON)
    assert LATE not in rows(register)[-1]["note"]


def test_in_the_night_that_has_an_hour_twice_the_offset_tells_which(register: ToldRegister) -> None:
    for moment in (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), datetime(2026, 10, 25, 1, 30, tzinfo=UTC)):
        register.moment = moment
        register.both(wasted(5, moment))
    said = [each["obtained or supplied (site time)"] for each in rows(register)[-2:]]
    assert said == ["2026-10-25T02:30:00+02:00", "2026-10-25T02:30:00+01:00"]


@pytest.mark.parametrize(
    "zone, late",
    [("Europe/Zurich", True), ("Europe/London", False)],
)
def test_late_is_what_was_not_entered_by_the_end_of_the_next_day_of_the_site(
    register: ToldRegister, zone: str, late: bool
) -> None:
    register.moment = datetime(2026, 11, 24, 23, 30, tzinfo=UTC)
    register.both(wasted(5, NOON))
    assert (LATE in rows(register, zone=zone)[-1]["note"]) is late


# --- from whom, and on whose authority ----------------------------------------------------


def test_an_opening_balance_is_no_delivery(register: ToldRegister) -> None:
    found = replace(received(vial("v009"), name="r9"), kind=ReceiptKind.OPENING_BALANCE)
    line = register.line(register.both(found))
    assert (line.kind, line.mass_in) == (LineKind.OPENING_BALANCE, mg(10_000))
    assert rows(register)[-1]["kind"] == "opening_balance"


def test_a_dose_names_its_prescriber_and_its_prescription(register: ToldRegister) -> None:
    register.prepare("d1", draw("v001", mg(200)))
    row = rows(register)[-1]
    assert (row["authority (prescriber)"], row["authority (prescription)"]) == ("dr", "rx")


def test_whether_identity_was_proven_is_said_only_where_the_dose_says_so(register: ToldRegister) -> None:
    register.prepare("d0", draw("v001", mg(200)))
    register.tell(replace(prepared("d2", draw("v001", mg(200))), relies_on=()))
    register.tell(unprepared())
    asked = {each["entry"]: each["proof of identity requested"] for each in rows(register)}
    given = {each["entry"]: each["proof of identity provided"] for each in rows(register)}
    assert asked == given
    assert [asked[str(register.line(each).seq)] for each in ("d0", "d2", "d1")] == ["Y", "N", ""]


# --- how much -----------------------------------------------------------------------------


def test_a_liquid_is_in_millilitres_too_and_its_balance_follows_from_the_mass(register: ToldRegister) -> None:
    register.prepare("d1", draw("v001", mg(200), Volume(2_000)))
    register.give("d1", mg(185), mg(15))
    begin, came, out, given = rows(register)
    assert begin["one container (micrograms)"] == "10000000"
    assert begin["one container (microlitres)"] == "100000"
    assert (begin["balance (microlitres)"], came["in (microlitres)"]) == ("0", "200000")
    assert (out["out (microlitres)"], out["balance (microlitres)"]) == ("2000", "198000")
    assert given["of which (microlitres)"] == "1850" and "stated" not in out["note"]
    assert not any(each[f"{column} (pieces)"] for each in (came, out) for column in ("in", "out", "balance"))


def test_a_volume_stated_otherwise_is_told_and_moves_nothing(register: ToldRegister) -> None:
    register.both(wasted(5, NOON, Volume(500)))
    row = rows(register)[-1]
    assert (row["out (micrograms)"], row["out (microlitres)"]) == ("5000", "50")
    assert row["note"] == "wasted; dropped; 500 microlitres were stated"


def test_ampoules_are_counted_in_pieces_and_have_no_volume(register: ToldRegister) -> None:
    register.tell(prepared("d1", draw("a001", mg(100), lot="A1"), product=AMPOULE))
    came, out = rows(register, AMPOULE.product)[1:]
    assert (came["in (pieces)"], came["balance (pieces)"]) == ("2", "2")
    assert (out["out (pieces)"], out["balance (pieces)"]) == ("1", "1")
    assert came["in (microlitres)"] == out["one container (microlitres)"] == ""


def test_more_out_than_in_is_below_zero_in_every_unit(register: ToldRegister) -> None:
    for _ in range(2):
        register.both(wasted(10_020, NOON))
    row = rows(register)[-1]
    assert (row["balance (micrograms)"], row["balance (microlitres)"]) == ("-40000", "-400")


def test_of_an_unread_dose_no_unit_and_no_later_balance_is_told(register: ToldRegister) -> None:
    register.prepare("d1", draw("v001", mg(200), Volume(2_000)))
    register.both(wasted(5, NOON))
    page = register.page()
    made = page_rows(page, register.lines_on(page.page), ZONE, frozenset({DoseId("d1")}))
    unread, after = (dict(zip(HEADINGS, row, strict=True)) for row in made[-2:])
    told = {name for name in AMOUNTS if unread[name]}
    assert told == {"one container (micrograms)", "one container (microlitres)"}
    assert {name for name in AMOUNTS if after[name]} - told == {"out (micrograms)", "out (microlitres)"}


def test_a_label_that_cannot_be_divided_by_has_no_volume_and_no_pieces(register: ToldRegister) -> None:
    vials, ampoules = register.page(), register.page(AMPOULE.product)
    nothing = replace(vials, content=mg(0))
    base = Mass.mg(100, Expression.BASE)
    assert volume_of(nothing, mg(1)) is volume_of(replace(vials, content=None), mg(1)) is None
    assert volume_of(vials, base) is pieces_of(ampoules, base) is pieces_of(vials, mg(10_000)) is None
    assert pieces_of(replace(ampoules, content=mg(0)), mg(1)) is pieces_of(ampoules, mg(150)) is None
    huge = replace(vials, content=Mass(1, mg(1).expression))
    assert volume_of(huge, Mass(LARGEST, mg(1).expression)) is None


# --- signed by whom -----------------------------------------------------------------------


def test_what_the_machine_wrote_stands_under_nobodys_name(register: ToldRegister) -> None:
    register.prepare("d1", draw("v001", mg(200)))
    register.tell(DoseMismatched(DoseId("d1"), PatientId("pat"), register.line("d1").performer, b"envelope"))
    row = rows(register)[-1]
    assert row["kind"] == "footnote"
    assert (row["performer"], row["verifier"], row["attributed to"]) == ("", "", "ana")


def test_a_surplus_has_no_second_signature_though_the_dose_was_read(register: ToldRegister) -> None:
    register.prepare("d1", draw("v001", mg(200)), surplus=mg(15))
    register.verify("d1", mg(185))
    row = rows(register)[-1]
    assert (row["kind"], row["verifier"]) == ("wasted", "")
    assert row["note"] == "surplus; bo read the dose without it, nobody signed that it was wasted"


def test_the_surplus_of_a_reported_dose_is_seen_by_who_confirmed_the_report(register: ToldRegister) -> None:
    register.confirm(register.tell(unprepared()))
    assert [(each["kind"], each["verifier"]) for each in rows(register)[-2:]] == [
        ("given", "bo"), ("wasted", "bo"),
    ]  # fmt: skip


def test_a_waived_second_signature_is_told(register: ToldRegister) -> None:
    register.prepare("d1", draw("v001", mg(200)))
    register.tell(DoseGiven(DoseId("d1"), PatientId("pat"), mg(200), mg(0), NOON, (), True))
    assert rows(register)[-1]["note"] == "the second signature is waived"
