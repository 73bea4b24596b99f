"""The second person sees nothing that was entered, and nobody is shown what does not hold."""

from __future__ import annotations

import re
from typing import Any

import pytest

from hat_clinic.ledger.canonical import b64
from tests.client.at_work import PIN
from tests.handlers.enrolling import identity
from tests.tui.at_screen import SMALL, WIDE, AtScreen, Desk, at_screen
from tests.tui.goldens import require_golden
from tui import words

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.only_on("sqlcipher", reason="screens see the same HTTP whatever the engine"),
]


@pytest.mark.parametrize("size", [WIDE, SMALL], ids=["100x30", "80x24"])
async def test_the_second_signers_screen_hides_all_that_was_entered(
    ward_desk: Desk, size: tuple[int, int]
) -> None:
    vial = ward_desk.ward.vials[0]
    async with at_screen(ward_desk, size) as screen:
        await screen.both_at_work()
        await screen.prepared("14")  # of the 15 mg that are prescribed
        text = await screen.shows("DOSE YOU READ", "MÜLLERIN, Ana", "29-Feb-1980")
        for hidden in (r"\b14\b", r"\b15\b", r"\b0\.1[45]\b", "diamorphine", vial[-4:], "L1", PIN_DOTS):
            assert re.search(hidden, text) is None, hidden
        # Opaque: the screen itself draws every cell, and no other one is composed under it.
        assert not screen.app.screen.is_modal
        assert screen.app.screen.styles.background.a == 1
        # Nor is it anywhere further down on the same screen.
        await screen.press("pagedown", "pagedown")
        assert re.search(r"\b1[45] mg\b", screen.text()) is None


PIN_DOTS = "••"


async def to_second(screen: AtScreen, desk: Desk) -> str:
    """The second signer's screen of 15 mg out of two vials, opened from the board."""
    await screen.both_at_work()
    desk.ward.prepared_of_two()
    await screen.press("f2")
    await screen.shows("Drawn, second signer")
    await screen.press("enter")
    return await screen.shows("SECOND SIGNER", "DOSE YOU READ", words.EVERY_CONTAINER)


@pytest.mark.parametrize("scanned", [False, True], ids=["typed", "scanned"])
async def test_every_container_is_read_in_one_field(ward_desk: Desk, scanned: bool) -> None:
    async with at_screen(ward_desk) as screen:
        await to_second(screen, ward_desk)
        vials = reversed(ward_desk.ward.vials)
        read = [each if scanned else each[-4:].upper() for each in vials]
        await screen.fill(ward_desk.ward.noa.staff_code, "15", "".join(read))
        await screen.shows(f"1 so far: …{read[1][-4:]}")
        await screen.retype("endings", " ".join(read))
        await screen.shows(f"2 so far: …{read[0][-4:]} …{read[1][-4:]}")
        await screen.fill("", PIN)
        await screen.press("f8")
        await screen.shows("It may be handed over")


@pytest.mark.parametrize("read", [(0,), (1,), (0, 0), (0, 1, 1)], ids=str)
async def test_a_container_too_few_or_too_many_does_not_match(
    ward_desk: Desk, read: tuple[int, ...]
) -> None:
    async with at_screen(ward_desk) as screen:
        await to_second(screen, ward_desk)
        endings = " ".join(ward_desk.ward.vials[each][-4:] for each in read)
        await screen.reads(ward_desk.ward.noa, "15", ending=endings)
        await screen.shows("Does not match.", "Both stop")
        await screen.shows("Does not match, account")


@pytest.mark.parametrize("size", [WIDE, SMALL], ids=["100x30", "80x24"])
async def test_the_screen_is_the_same_whatever_the_number_of_containers(
    ward_desk: Desk, size: tuple[int, int]
) -> None:
    """Empty, and after a reading that cannot be one, which is asked for again and signed nowhere."""
    async with at_screen(ward_desk, size) as screen:
        before = await to_second(screen, ward_desk)
        require_golden("second-signer", size, before)
        size_before = ward_desk.house.size()
        await screen.reads(ward_desk.ward.noa, "15", ending="abc")
        await screen.shows("“abc” is less than the last 4 characters of a container", "Put it right")
        assert ward_desk.house.size() == size_before


async def test_one_may_not_verify_what_one_prepared_and_a_wrong_pin_signs_nothing(ward_desk: Desk) -> None:
    async with at_screen(ward_desk) as screen:
        await screen.both_at_work()
        await screen.prepared()
        await screen.reads(ward_desk.ward.nia, "15")
        await screen.shows("Refused, and on record", "somebody else verifies it", "SO01")
        await screen.press("shift+tab", "shift+tab", "shift+tab")
        await screen.retype("staff_code", ward_desk.ward.noa.staff_code)
        before = ward_desk.house.size()
        await screen.press("tab", "tab", "tab")
        await screen.type("999111")
        await screen.press("f8")
        await screen.shows("Wrong PIN, 4 tries left", "Nothing was signed")
        assert ward_desk.house.size() == before
        await screen.press("escape")
        await screen.shows("Drawn, second signer")


async def test_who_is_not_clocked_in_here_cannot_be_the_second(ward_desk: Desk) -> None:
    async with at_screen(ward_desk) as screen:
        await screen.at_work(ward_desk.ward.nia)
        await screen.prepared()
        await screen.reads(ward_desk.ward.noa, "15")
        await screen.shows("Nobody with this staff code is clocked in on this terminal")


@pytest.mark.parametrize("key", ["f5", "f8"])
async def test_a_statement_whose_answer_was_lost_is_asked_for_again(ward_desk: Desk, key: str) -> None:
    async with at_screen(ward_desk) as screen:
        await screen.both_at_work()
        dose = ward_desk.ward.handed_over()
        ward_desk.ward.give(dose)
        ward_desk.network.cut("/entries")
        await screen.press("f2")
        await screen.shows("Second signer missing")
        await screen.press("enter")
        await screen.shows("what you saw", "▲ The server cannot be reached", "Only looking failed")
        await screen.press(key)
        await screen.shows("The server cannot be reached")
        ward_desk.network.mend()
        await screen.press(key)
        await screen.shows("WHAT THE FIRST PERSON SIGNED")
        await screen.seconds(ward_desk.ward.noa)
        await screen.shows("signed by both")


async def test_a_server_that_shows_another_patients_name_is_refused(ward_desk: Desk) -> None:
    ward = ward_desk.ward
    other = ward.another()
    found = identity(ward.clinic, other.patient)

    def another(body: dict[str, Any]) -> None:
        body |= {"envelope": b64(found.envelope), "rec": b64(found.rec)}

    async with at_screen(ward_desk) as screen:
        await screen.both_at_work()
        await screen.prepared()
        before = ward_desk.house.size()
        ward_desk.network.change("/identity", another)
        await screen.reads(ward.noa, "15")
        await screen.shows("STOP. What the server answered does not hold", "another patient")
        assert ward_desk.house.size() == before


async def test_a_board_with_a_name_that_is_not_in_the_log_is_not_shown(ward_desk: Desk) -> None:
    other = identity(ward_desk.ward.clinic, ward_desk.ward.another().patient)

    def another(body: dict[str, Any]) -> None:
        body["rows"][0]["identity"]["envelope"] = b64(other.envelope)

    ward_desk.network.change("/board", another)
    async with at_screen(ward_desk) as screen:
        await screen.shows("PIN AGAIN")
        await screen.sign_on(ward_desk.ward.nia)
        text = await screen.shows("STOP. What the server answered does not hold")
        assert "MÜLLERIN" not in text
