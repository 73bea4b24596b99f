"""A busy shift: two prescriptions, looking that ends in between, answers that came late."""

from __future__ import annotations

import threading
from copy import deepcopy
from typing import Any

import pytest
from textual.widgets import Input

from hat_clinic.domain.visits import LeaveVisit
from tests.client.at_work import PIN
from tests.tui.at_screen import Desk, at_screen

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.only_on("sqlcipher", reason="screens see the same HTTP whatever the engine"),
]


def two_courses(body: dict[str, Any]) -> None:
    """A board that names another prescription of the patient first, which permits nothing now."""
    for row in body["rows"]:
        other = deepcopy(row["courses"][0])
        other["product"] |= {"product": "other", "drug": "hydromorphone", "strength": "50 mg/mL"}
        other["stops"] = [{"rule": "RX01", "words": "not now", "source": "invented for a test"}]
        row["courses"].insert(0, other)


async def test_a_dose_stands_under_the_name_of_its_own_product(ward_desk: Desk) -> None:
    async with at_screen(ward_desk) as screen:
        ward_desk.network.change("/board", two_courses)
        await screen.both_at_work()
        await screen.permitted()
        assert "hydromorphone" not in await screen.shows("diamorphine — 100 mg/mL", "DOSE 15 mg")


async def test_a_right_pin_after_a_wrong_one_signs_though_looking_had_ended(ward_desk: Desk) -> None:
    ward = ward_desk.ward
    async with at_screen(ward_desk) as screen:
        await screen.both_at_work()
        await screen.prepared()
        ward.clinic.clock.pass_time(minutes=6)  # nobody's looking lasts as long
        await screen.reads(ward.noa, "15", pin="999111")
        await screen.shows("Wrong PIN, 4 tries left", "Nothing was signed")
        await screen.type(PIN)
        await screen.press("f8")
        # It is signed; only Nia, whose screen this is, must not look any more.
        text = await screen.shows("Locked", "Only looking failed; what was done before stands")
        assert "Nothing was signed" not in text
        await screen.fill(ward.nia.staff_code, PIN)
        await screen.press("f6")
        await screen.shows("SECOND SIGNER")
        await screen.press("escape")
        await screen.shows("Checked, hand over")


async def test_what_was_refused_without_an_answer_is_not_ticked(ward_desk: Desk) -> None:
    ward = ward_desk.ward
    async with at_screen(ward_desk) as screen:
        await screen.at_work(ward.nia)
        await screen.to_permit()
        await screen.type(ward.vials[0][-4:])
        ward.permitted()  # at another terminal, meanwhile
        ward_desk.network.drop_answers("/permit-dose")
        await screen.press("f6")
        await screen.shows("It may have been done. Do not do it again")
        await screen.press("escape")
        await screen.shows("Board")
        await screen.press("f4")
        text = await screen.shows("■ What you sent before without an answer was refused", "AD31")
        assert "✔" not in text


async def test_nothing_is_typed_into_what_is_being_asked(ward_desk: Desk) -> None:
    """A PIN that comes before its screen does not stand in clear in the field before."""
    async with at_screen(ward_desk) as screen:
        await screen.both_at_work()
        await screen.handed_over()
        left = screen.app.screen.query_one("#left", Input)
        await screen.type("1")
        answered = threading.Event()
        screen.app.frame.ask(answered.wait, lambda _: None)
        await screen.burst(*PIN, "backspace")
        await screen.paste(PIN)
        await screen.shows("Wait: what you asked for before is not finished.")
        assert left.value == "1"
        answered.set()
        await screen.pilot.pause()
        await screen.pilot.app.workers.wait_for_complete()
        await screen.burst("backspace", "0")
        assert left.value == "0"


async def test_a_card_that_was_not_found_is_not_the_beginning_of_the_next(ward_desk: Desk) -> None:
    async with at_screen(ward_desk) as screen:
        await screen.at_work(ward_desk.ward.nia)
        await screen.shows("SELECTED ROW")
        await screen.burst(*"zzz", "enter", *"ana", "enter")
        await screen.pilot.pause()
        assert screen.app.screen.query_one("#scan", Input).value == ""
        await screen.burst(*"zzz", "enter", *"yyy", "enter")
        await screen.shows("Nobody on this board has “yyy”")


async def test_what_the_second_person_sent_without_an_answer_is_asked_for_too(ward_desk: Desk) -> None:
    ward = ward_desk.ward
    async with at_screen(ward_desk) as screen:
        await screen.both_at_work()
        await screen.prepared()
        ward_desk.network.drop_answers("/signature")
        await screen.reads(ward.noa, "15")
        await screen.shows("It may have been done. Do not do it again", "press F4")
        ward.clinic.clock.pass_time(minutes=6)  # nobody may look any more
        await screen.press("escape")
        await screen.shows("Locked")
        await screen.fill(ward.nia.staff_code, PIN)
        await screen.press("f6")
        await screen.shows("Checked, hand over")
        await screen.press("f4")
        text = await screen.shows("N-02 Invented sent something without an answer, too")
        assert "Nothing you sent" not in text
        await screen.press("ctrl+l")
        await screen.shows("Locked")
        await screen.fill(ward.noa.staff_code, PIN)
        await screen.press("f6")
        await screen.shows("Checked, hand over")
        await screen.press("f4")
        await screen.shows("✔ dose verified, sent before without an answer: accepted")


async def test_enter_opens_nobody_else_when_the_selected_patient_is_gone(ward_desk: Desk) -> None:
    """They left by another terminal, and the board was read again before Enter was pressed."""
    ward = ward_desk.ward
    other = ward.another()
    async with at_screen(ward_desk) as screen:
        await screen.at_work(ward.nia)
        await screen.shows("SELECTED ROW")
        await screen.press("down")
        board = screen.app.board
        assert board.selected is not None and board.selected.row.patient == other.patient
        left = LeaveVisit(other.visit, other.patient, ward.clinic.clock.now())
        assert ward.clinic.do(ward.noa, "leave-visit", left).accepted
        for _ in range(2):  # once by a nurse, once by the clock
            await screen.press("f2")
            await screen.pilot.app.workers.wait_for_complete()
        await screen.press("enter")
        await screen.shows("no longer on this board", "Board")
        await screen.press("enter")
        await screen.shows("may I prepare?")
