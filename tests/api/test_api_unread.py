"""Whoever may yet be asked to read a dose learns nothing of it by asking, drawing or trying."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine

from hat_clinic.handlers.records import DatabaseRecord
from hat_clinic.handlers.replaying import require_projections
from hat_clinic.ledger.statement import parse_statement
from hat_clinic.store.engine import reading
from hat_clinic.vocabulary.moments import moment_text
from hat_clinic.vocabulary.terms import Role
from tests.api.raw_hands import ACCEPTED, Hands, hands, mass
from tests.api.served import HERE
from tests.handlers.dosing import DIAPHIN

GIVEN_AWAY = ("15 mg", "15000", "30 mg", "30000", "9985", "9 985", "9970")


@pytest.fixture
def by_hand(engine: Engine) -> Iterator[Hands]:
    with hands(engine) as one:
        yield one


def giving(by_hand: Hands, dose: str, milligrams: int) -> dict[str, Any]:
    now = moment_text(by_hand.ward.clinic.clock.now())
    return {"dose": dose, "given": mass(milligrams), "remainder": mass(0), "happened_at": now}


def accounting(by_hand: Hands, dose: str, milligrams: int) -> dict[str, Any]:
    now = moment_text(by_hand.ward.clinic.clock.now())
    how = {"whereabouts": "wasted", "reason": "dropped", "happened_at": now}
    return {"dose": dose, "mass": mass(milligrams)} | how


def body_of(statement: Any) -> dict[str, Any]:
    return parse_statement(b64decode(statement["payload"])).body


def require_replayed(by_hand: Hands) -> None:
    clinic = by_hand.ward.clinic
    with reading(clinic.engine) as connection:
        require_projections(DatabaseRecord(connection, clinic.site.site_id, clinic.keys))


# --- AD44: sums -----------------------------------------------------------------------------


@pytest.mark.parametrize("milligrams", [1, 15, 16, 200])
@pytest.mark.parametrize("act", ["give-dose", "account-remainder"])
def test_drawing_a_report_tells_nobody_but_the_performer_if_its_sum_is_right(
    by_hand: Hands, act: str, milligrams: int
) -> None:
    ward, dose = by_hand.ward, by_hand.prepared()["dose"]
    made = giving if act == "give-dose" else accounting
    drawn = body_of(by_hand.draw(ward.noa, act, made(by_hand, dose, milligrams)))
    assert drawn["breaches"] == (["SO10", "AD43"] if act == "give-dose" else ["SO10"])


@pytest.mark.parametrize("act", ["give-dose", "account-remainder"])
def test_a_wrong_sum_is_refused_once_signed_without_a_figure_and_its_author_reads_no_more(
    by_hand: Hands, act: str
) -> None:
    ward, reading_ = by_hand.ward, by_hand.prepared()
    made = giving if act == "give-dose" else accounting
    answer = by_hand.both(ward.noa, act, made(by_hand, reading_["dose"], 100))
    by_hand.refused(answer, act, "AD44")
    assert not [text for text in GIVEN_AWAY if text in answer.text]
    by_hand.refused(by_hand.post(ward.noa, "verify-dose/statement", reading_), "verify-dose", "SO14")
    paul = ward.clinic.hire("P-01", Role.PHARMACIST)
    assert by_hand.both(paul, "verify-dose", reading_).status_code == ACCEPTED
    require_replayed(by_hand)


@pytest.mark.parametrize("act", ["give-dose", "account-remainder"])
def test_who_has_a_report_before_them_is_no_verifier(by_hand: Hands, act: str) -> None:
    ward, reading_ = by_hand.ward, by_hand.prepared()
    made = giving if act == "give-dose" else accounting
    by_hand.draw(ward.noa, act, made(by_hand, reading_["dose"], 15))
    by_hand.refused(by_hand.post(ward.noa, "verify-dose/statement", reading_), "verify-dose", "SO14")


def test_a_report_drawn_after_the_reading_was_drawn_stops_it(by_hand: Hands) -> None:
    ward, reading_ = by_hand.ward, by_hand.prepared()
    statement = by_hand.draw(ward.noa, "verify-dose", reading_)
    by_hand.draw(ward.noa, "give-dose", giving(by_hand, reading_["dose"], 15))
    by_hand.refused(by_hand.sign(ward.noa, statement), "verify-dose", "SO14")


@pytest.mark.parametrize("act", ["give-dose", "account-remainder"])
def test_a_report_before_somebody_is_not_put_away_by_spending_its_request_on_another_act(
    by_hand: Hands, act: str
) -> None:
    ward, reading_ = by_hand.ward, by_hand.prepared()
    made = giving if act == "give-dose" else accounting
    request = ward.clinic.ids.uuid7()
    by_hand.draw(ward.noa, act, made(by_hand, reading_["dose"], 15), request=request)
    answer = by_hand.post(ward.noa, "hand-over-dose", {"dose": reading_["dose"]}, request=request)
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/clash"), answer.text
    by_hand.refused(by_hand.post(ward.noa, "verify-dose/statement", reading_), "verify-dose", "SO14")


def test_a_report_by_another_is_taken_when_it_is_right(by_hand: Hands) -> None:
    ward, dose = by_hand.ward, by_hand.prepared()["dose"]
    answer = by_hand.both(ward.noa, "give-dose", giving(by_hand, dose, 15))
    assert answer.status_code == ACCEPTED, answer.text
    assert [each["tag"] for each in answer.json()["entries"]] == ["dose-given", "incident-opened"]


def test_the_performer_is_told_at_once_what_does_not_add_up(by_hand: Hands) -> None:
    ward, dose = by_hand.ward, by_hand.prepared()["dose"]
    answer = by_hand.post(ward.nia, "give-dose/statement", giving(by_hand, dose, 14))
    by_hand.refused(answer, "give-dose", "AD44")
    assert "the dose was 15 mg" in answer.text


# --- other acts on the dose -----------------------------------------------------------------


def test_asking_to_prepare_or_hand_over_anothers_dose_tells_only_that_it_is_anothers(
    by_hand: Hands,
) -> None:
    ward = by_hand.ward
    dose = by_hand.permitted()
    ward.clinic.clock.pass_time(minutes=5)
    answer = by_hand.post(ward.noa, "prepare-dose/statement", {"dose": dose})
    by_hand.refused(answer, "prepare-dose", "AD37")
    by_hand.refused(
        by_hand.post(ward.noa, "hand-over-dose", {"dose": dose}), "hand-over-dose", "AD40", "SO09"
    )


def test_a_line_of_an_unread_dose_cannot_be_tried_by_correcting_it(by_hand: Hands) -> None:
    ward, dose = by_hand.ward, by_hand.prepared()["dose"]
    line = ward.dose(dose).prepared_seq
    for milligrams in (14, 15):
        body = {
            "line": line, "page": "diaphin-iv/1", "what": "mass", "reason": "misread", "dose": dose,
            "recorded": mass(milligrams), "actual": mass(1),
        }  # fmt: skip
        answer = by_hand.post(ward.noa, "correct-line/statement", body)
        by_hand.refused(answer, "correct-line", "CD44")


# --- sums over several doses ----------------------------------------------------------------


@pytest.mark.parametrize("milligrams", [1, 14, 15])
def test_the_days_sum_leaves_an_unread_dose_out(by_hand: Hands, milligrams: int) -> None:
    ward = by_hand.ward
    by_hand.given()
    ward.clinic.clock.pass_time(minutes=31)
    by_hand.tokens.clear()
    by_hand.prepared()
    answer = by_hand.post(ward.noa, "permit-dose", by_hand.permit_body(milligrams))
    found = {each["rule"] for each in answer.json()["findings"]}
    assert "AD31" in found and "AD30" not in found


def test_a_container_does_not_tell_what_was_drawn_from_it(by_hand: Hands) -> None:
    ward = by_hand.ward
    told = set()
    for prepared in (False, True):
        if prepared:
            by_hand.prepared()
        answer = by_hand.post(ward.noa, "permit-dose", by_hand.permit_body(9_990))
        told.add("CD15" in {each["rule"] for each in answer.json()["findings"]})
        assert not [text for text in GIVEN_AWAY if text in answer.text and text not in ("15 mg", "30 mg")]
    assert told == {False}


@pytest.mark.parametrize("milligrams", [9_985, 9_986])
def test_drawing_a_report_on_stock_does_not_tell_what_a_container_holds(
    by_hand: Hands, milligrams: int
) -> None:
    ward = by_hand.ward
    by_hand.prepared()
    lost = {
        "container": ward.vials[0], "whereabouts": "wasted",
        "mass": mass(milligrams), "reason": "dropped",
        "happened_at": moment_text(ward.clinic.clock.now()),
    }  # fmt: skip
    assert body_of(by_hand.draw(ward.noa, "account-stock", lost))["breaches"] == []
    nias = body_of(by_hand.draw(ward.nia, "account-stock", lost))["breaches"]
    assert nias == (["CD20"] if milligrams > 9_985 else [])


def test_the_shelf_does_not_change_with_somebody_elses_unread_dose(by_hand: Hands) -> None:
    ward = by_hand.ward

    def shelf(one: Any) -> Any:
        path = f"{HERE}/products/{DIAPHIN.product}/containers"
        return by_hand.house.http.get(path, headers=by_hand.at(one)).json()["containers"]

    before = shelf(ward.noa)
    dose = by_hand.permitted()
    assert shelf(ward.noa) == before
    statement = by_hand.draw(ward.nia, "prepare-dose", {"dose": dose})
    assert by_hand.sign(ward.nia, statement).status_code == ACCEPTED
    assert shelf(ward.noa) == before
    assert shelf(ward.nia) != before
    reading_ = by_hand.reading(dose, statement)
    assert by_hand.both(ward.noa, "verify-dose", reading_).status_code == ACCEPTED
    assert shelf(ward.noa) == shelf(ward.nia) != before


def test_the_register_shows_an_unread_dose_without_its_amount_and_no_balance_after_it(
    by_hand: Hands,
) -> None:
    ward = by_hand.ward
    phil = ward.clinic.hire("P-01", Role.PHARMACIST)

    def pages(one: Any) -> tuple[str, dict[str, Any]]:
        found = [
            by_hand.house.http.get(f"{HERE}/register/pages{rest}", headers=by_hand.at(one))
            for rest in ("", "/diaphin-iv/1")
        ]
        return found[0].text + found[1].text, found[1].json()

    reading_ = by_hand.prepared()
    text, shown = pages(phil)
    row = dict(zip(shown["headings"], shown["rows"][-1], strict=True))
    assert (row["kind"], row["performer"]) == ("dose", ward.nia.person)
    assert row["out (micrograms)"] == row["balance (micrograms)"] == row["containers"] == ""
    assert "balance" not in shown["page"]
    assert not [each for each in ("15000", "19985000") if each in text]
    assert by_hand.both(ward.noa, "verify-dose", reading_).status_code == ACCEPTED
    text, shown = pages(phil)
    row = dict(zip(shown["headings"], shown["rows"][-1], strict=True))
    assert (row["out (micrograms)"], row["balance (micrograms)"]) == ("15000", "19985000")
    assert shown["page"]["balance"]["ug"] == 19_985_000
