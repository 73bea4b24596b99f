"""A dose from key press to checkpoint, and what else becomes of one. Keys only."""

from __future__ import annotations

import pytest

from hat_clinic.projections.doses import DOSES, open_doses
from tests.client.at_work import PIN
from tests.tui.at_screen import SMALL, WIDE, AtScreen, Desk, at_screen
from tests.tui.goldens import require_golden

pytestmark = pytest.mark.anyio
one_engine = pytest.mark.only_on("sqlcipher", reason="screens see the same HTTP whatever the engine")


@pytest.mark.parametrize("size", [WIDE, SMALL], ids=["100x30", "80x24"])
async def test_a_whole_dose_by_keys_alone(ward_desk: Desk, size: tuple[int, int]) -> None:
    async with at_screen(ward_desk, size) as screen:
        require_golden("clock-in", size, await screen.shows("PIN AGAIN"))
        await screen.both_clock_in()
        require_golden("board", size, await screen.shows("SELECTED ROW", "Ready", "is clocked in"))
        await screen.to_permit()
        require_golden("permit", size, screen.text())
        await screen.type(ward_desk.ward.vials[0][-4:])
        await screen.press("f6")
        require_golden("draw", size, await screen.shows("I have drawn it", "0.15 mL"))
        await screen.press("f6")
        require_golden("sign-prepared", size, await screen.shows("exactly as it will be signed"))
        await screen.type(PIN)
        await screen.press("f8")
        require_golden("second-signer", size, await screen.shows("DOSE YOU READ"))
        await screen.reads(ward_desk.ward.noa, "15")
        require_golden("hand-over", size, await screen.shows("It may be handed over"))
        await screen.press("f6")
        require_golden("given", size, await screen.shows("The patient may have it now"))
        await screen.fill("0")
        await screen.press("f6")
        require_golden("sign-given", size, await screen.shows("exactly as it will be signed", "GIVEN"))
        await screen.type(PIN)
        await screen.press("f8")
        require_golden("verifier", size, await screen.shows("WHAT THE FIRST PERSON SIGNED", "breaches"))
        await screen.seconds(ward_desk.ward.noa)
        require_golden("board-after", size, await screen.shows("signed by both", "15 mg of 30 mg"))
    (dose,) = ward_desk.ward.clinic.state(lambda tx: DOSES.find(tx, open=0))
    assert dose.given_verified and dose.given is not None and dose.given.micrograms == 15_000
    newest = ward_desk.terminal.heads.newest
    assert newest is not None and newest.size == ward_desk.house.size()


async def account(screen: AtScreen, desk: Desk, where: str, milligrams: str) -> None:
    """The rest of the open dose is accounted for by nia, and noa agrees."""
    await screen.press("enter")
    await screen.shows("where did it go?", f"NOT ACCOUNTED FOR {milligrams} mg")
    await screen.fill(where, milligrams, "5")
    await screen.press("f6")
    await screen.shows("exactly as it will be signed", "left in syringe")
    await screen.type(PIN)
    await screen.press("f8")
    await screen.shows("WHAT THE FIRST PERSON SIGNED", f"{milligrams} mg")
    await screen.seconds(desk.ward.noa)
    await screen.shows("signed by both")


@one_engine
async def test_what_was_not_given_is_wasted_by_two(ward_desk: Desk) -> None:
    async with at_screen(ward_desk) as screen:
        await screen.both_at_work()
        await screen.given(left="5")
        await screen.seconds(ward_desk.ward.noa)
        await screen.shows("Rest not accounted for")
        await account(screen, ward_desk, "1", "5")
        await screen.shows("10 mg of 30 mg")
    assert ward_desk.ward.clinic.state(lambda tx: open_doses(tx)) == []


@one_engine
async def test_a_reading_that_does_not_match_ends_the_dose(ward_desk: Desk) -> None:
    async with at_screen(ward_desk) as screen:
        await screen.both_at_work()
        await screen.prepared("14")
        await screen.reads(ward_desk.ward.noa, "15")
        said = await screen.shows("Does not match.", "Both stop")
        assert "14 mg" not in said
        await account(screen, ward_desk, "1", "14")
    assert ward_desk.ward.clinic.state(lambda tx: open_doses(tx)) == []


@one_engine
async def test_a_refusal_says_every_reason_and_what_to_do(ward_desk: Desk) -> None:
    async with at_screen(ward_desk, SMALL) as screen:
        await screen.both_at_work()
        await screen.to_permit()
        before = ward_desk.house.size()
        await screen.press("shift+tab")
        await screen.retype("dose", "31")
        await screen.press("tab")
        await screen.type(ward_desk.ward.vials[0][-4:])
        await screen.press("f6")
        await screen.shows("Refused, and on record", "AD27", "at most 15 mg", "AD30", "at most 30 mg a day")
        assert ward_desk.house.size() == before + 1  # the refusal itself
        assert f"▏{ward_desk.ward.vials[0][-4:]}" in screen.text(), "where the typing goes is seen"
        await screen.retype("container", "zzzz")
        await screen.press("f6")
        await screen.shows("no container of this product", "Put it right and press the key again")


@one_engine
async def test_a_visit_from_the_door_to_the_door(ward_desk: Desk) -> None:
    async with at_screen(ward_desk) as screen:
        await screen.at_work(ward_desk.ward.nia)
        await screen.press("f7")
        await screen.shows("Visit: leaving", "F6 puts it on record")
        await screen.press("f6")
        await screen.shows("MÜLLERIN, Ana has left", "Nobody is here")
        await screen.press("f6")
        await screen.shows("who has come?")
        await screen.type("Nobody")
        await screen.press("enter")
        await screen.shows("Nobody is enrolled here under “Nobody”", "the whole family name, or a number")
        await screen.press("f6")
        await screen.shows("Nobody is chosen")
        await screen.retype("who", "9434765919")
        await screen.press("enter")
        await screen.shows("▌ MÜLLERIN, Ana", "NHS No. 943 476 5919")
        await screen.press("f6")
        await screen.shows("MÜLLERIN, Ana has arrived", "Arrived, who is it?")
        await screen.press("enter")
        await screen.shows("is this the right person?", "1 name")
        await screen.type("1")
        await screen.press("f6")
        await screen.shows("two different identifiers", "AD10")
        await screen.type("2")
        await screen.press("f6")
        await screen.shows("is a dose safe now?")
        await screen.fill("1", "14", "98", "", "", "1")
        await screen.press("f6")
        await screen.shows("may I prepare?")


@one_engine
async def test_who_has_just_arrived_is_the_one_that_enter_opens(ward_desk: Desk) -> None:
    ward_desk.ward.another()
    async with at_screen(ward_desk) as screen:
        await screen.at_work(ward_desk.ward.nia)
        await screen.press("f7")
        await screen.shows("Visit: leaving", "943 476 5919")
        await screen.press("f6")
        await screen.shows("has left", "SELECTED ROW")
        assert "943 476 5919" not in screen.text()
        await screen.press("f6")
        await screen.shows("who has come?")
        await screen.type("Müllerin")
        await screen.press("enter")
        await screen.shows("2 people are enrolled under this", "choose with the arrow keys")
        assert "▌" not in screen.text(), "of several nobody is chosen but by somebody who looks"
        before = ward_desk.house.size()
        await screen.press("f6")
        await screen.shows("Nobody is chosen")
        assert ward_desk.house.size() == before
        await screen.press("down")
        await screen.shows("▌ MÜLLERIN")
        await screen.retype("who", "9434765919")
        await screen.press("enter")
        await screen.shows("▌ MÜLLERIN, Ana", "NHS No. 943 476 5919")
        await screen.press("f6")
        await screen.shows("has arrived", "943 476 5919")
        await screen.press("enter")
        await screen.shows("is this the right person?", "943 476 5919")
