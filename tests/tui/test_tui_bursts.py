"""Keys that come in bursts: each acts on what stood there when it was pressed, and on nobody else."""

from __future__ import annotations

import pytest
from textual import events
from textual.widgets import Input

from tests.client.at_work import PIN
from tests.tui.at_screen import Desk, at_screen
from tui.screens.permit import PermitScreen

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.only_on("sqlcipher", reason="screens see the same HTTP whatever the engine"),
]


async def test_an_arrow_is_not_overtaken_by_enter(ward_desk: Desk) -> None:
    """Else the row above is opened: another patient."""
    ward_desk.ward.another()
    async with at_screen(ward_desk) as screen:
        await screen.at_work(ward_desk.ward.nia)
        await screen.shows("SELECTED ROW")
        board = screen.app.board
        wanted = board._rows()[1].row.patient
        assert board.selected is not None and board.selected.row.patient != wanted
        await screen.burst("down", "enter")
        await screen.shows("Dose: may I prepare?")
        assert screen.app.frame.row.patient == wanted


async def test_what_is_typed_after_f6_is_not_in_what_f6_asks(ward_desk: Desk) -> None:
    async with at_screen(ward_desk) as screen:
        await screen.at_work(ward_desk.ward.nia)
        await screen.to_permit()
        await screen.press("shift+tab")
        await screen.burst("ctrl+u", "1", "tab", *ward_desk.ward.vials[0][-4:], "shift+tab", "f6", "4")
        text = await screen.shows("I have drawn it")
        assert "DRAW  1 mg" in text


async def test_the_first_keys_on_the_permit_go_into_the_container(
    ward_desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A scan that begins while the screen opens must not begin in the dose."""
    async with at_screen(ward_desk) as screen:
        await screen.at_work(ward_desk.ward.nia)
        await screen.shows("SELECTED ROW")
        seen: list[str | None] = []
        told = PermitScreen.on_descendant_focus

        def note(self: PermitScreen, event: events.DescendantFocus) -> None:
            seen.append(event.widget.id)
            told(self, event)

        monkeypatch.setattr(PermitScreen, "on_descendant_focus", note)
        await screen.press("enter")
        await screen.shows("may I prepare?", "CONTAINERS")
        assert seen == ["container"]


async def test_who_arrives_is_whom_the_field_names(ward_desk: Desk) -> None:
    async with at_screen(ward_desk) as screen:
        await screen.at_work(ward_desk.ward.nia)
        await screen.press("f6")
        await screen.shows("who has come?")
        await screen.type("Müllerin")
        await screen.press("enter")
        await screen.shows("MÜLLERIN, Ana")
        before = ward_desk.house.size()
        await screen.burst("ctrl+u", "D", "i", "a", "z", "f6")
        await screen.shows("Nobody is chosen")
        assert ward_desk.house.size() == before


async def test_keys_typed_after_a_search_stay(ward_desk: Desk) -> None:
    async with at_screen(ward_desk) as screen:
        await screen.at_work(ward_desk.ward.nia)
        await screen.shows("SELECTED ROW")
        await screen.burst("m", "ü", "l", "enter", "9", "3")
        await screen.pilot.pause()
        assert screen.app.board.query_one("#scan", Input).value == "93"


async def test_a_scanner_that_ends_in_enter_reads_both_containers(ward_desk: Desk) -> None:
    """How many there are stays unsaid: after every one Enter does the same."""
    async with at_screen(ward_desk) as screen:
        await screen.both_at_work()
        ward_desk.ward.prepared_of_two()
        await screen.press("f2")
        await screen.shows("Drawn, second signer")
        await screen.press("enter")
        await screen.shows("DOSE YOU READ")
        one, two = ward_desk.ward.vials[:2]
        code = ward_desk.ward.noa.staff_code
        await screen.burst(*code, "enter", "1", "5", "enter", *one, "enter", *two)
        await screen.shows("2 so far", "Enter ends this one, Tab goes on")
        await screen.press("enter")
        await screen.shows("2 so far", "Enter or Tab goes on")
        await screen.burst("enter", *PIN)
        typed = {each.id: each.value for each in screen.app.screen.query(Input)}
        assert (typed["endings"].split(), typed["pin"]) == ([one, two], PIN)
        await screen.press("f8")
        await screen.shows("It may be handed over")


async def test_an_ending_that_was_typed_goes_on_at_enter(ward_desk: Desk) -> None:
    async with at_screen(ward_desk) as screen:
        await screen.both_at_work()
        await screen.prepared()
        ending = ward_desk.ward.vials[0][-4:]
        await screen.burst(*ward_desk.ward.noa.staff_code, "enter", "1", "5", "enter", *ending, "enter", *PIN)
        typed = {each.id: each.value for each in screen.app.screen.query(Input)}
        assert (typed["endings"], typed["pin"]) == (ending, PIN)


async def test_a_pin_that_was_typed_after_a_scan_is_no_container(ward_desk: Desk) -> None:
    async with at_screen(ward_desk) as screen:
        await screen.both_at_work()
        await screen.prepared()
        before, vial = ward_desk.house.size(), ward_desk.ward.vials[0]
        await screen.burst(*ward_desk.ward.noa.staff_code, "enter", "1", "5", "enter", *vial, "enter", *PIN)
        await screen.press("f8")
        await screen.shows("looks like a PIN", "1 so far")
        assert PIN not in screen.text() and ward_desk.house.size() == before
        await screen.press("tab")
        await screen.type(PIN)
        await screen.press("f8")
        await screen.shows("It may be handed over")
