"""Keys: what changes nothing, what waits, what locks, and what is said when no answer comes."""

from __future__ import annotations

import pytest
from textual import events
from textual.widgets import Input

from tests.client.at_work import PASSPHRASE, PIN
from tests.tui.at_screen import SMALL, Desk, at_screen
from tui import words

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.only_on("sqlcipher", reason="screens see the same HTTP whatever the engine"),
]


async def test_nothing_but_f6_and_f8_changes_anything(ward_desk: Desk) -> None:
    async with at_screen(ward_desk) as screen:
        await screen.at_work(ward_desk.ward.nia)
        await screen.permitted()
        await screen.press("f6")
        await screen.shows("exactly as it will be signed")
        before = ward_desk.house.size()
        await screen.type(PIN)
        # A scanner types letters and ends in Enter; people press what they find.
        await screen.press(
            "enter", "enter", "d", "y", "s", "space", "f2", "f3", "f4", "f5", "f7", "up", "tab"
        )
        await screen.shows("F7 does nothing on this screen")
        assert ward_desk.house.size() == before
        await screen.press("f9")
        await screen.shows("no emergency screen")
        await screen.press("escape")
        await screen.shows("Board", "Permitted, not drawn")
        assert ward_desk.house.size() == before
        assert ward_desk.terminal.outbox.waiting() == ()


async def test_a_key_that_is_held_down_counts_once(ward_desk: Desk) -> None:
    async with at_screen(ward_desk) as screen:
        await screen.at_work(ward_desk.ward.nia)
        await screen.permitted()
        screen.app._ticks = lambda: 1000.0  # from here on no time passes between two presses
        before = ward_desk.house.size()
        await screen.press("f6")
        await screen.shows("exactly as it will be signed")
        await screen.press("escape")
        await screen.shows("Permitted, not drawn")
        await screen.press("enter")
        await screen.shows("I have drawn it")
        await screen.press("f6")
        await screen.shows("held down counts once")
        assert ward_desk.house.size() == before


async def test_a_lock_hides_the_step_and_the_pin_opens_it_where_it_was(ward_desk: Desk) -> None:
    async with at_screen(ward_desk) as screen:
        await screen.both_at_work()
        await screen.to_permit()
        await screen.type("abc")
        screen.app._last_key = -1000.0  # nobody has pressed a key for long
        screen.app._lock_if_left()
        text = await screen.shows("Locked", "Nobody pressed a key for 2min")
        assert "MÜLLERIN" not in text
        await screen.press("escape")
        assert "MÜLLERIN" not in screen.text()
        await screen.fill(ward_desk.ward.nia.staff_code, "999111")
        await screen.press("f6")
        await screen.shows("Wrong PIN, 4 tries left")
        await screen.type(PIN)
        await screen.press("f6")
        await screen.shows("may I prepare?", "abc")


async def test_a_sign_in_that_ended_leads_to_the_locked_screen(ward_desk: Desk) -> None:
    async with at_screen(ward_desk) as screen:
        await screen.at_work(ward_desk.ward.nia)
        ward_desk.ward.clinic.clock.pass_time(minutes=6)
        await screen.press("f2")
        await screen.shows("Locked", "sign in")
        await screen.fill(ward_desk.ward.nia.staff_code, PIN)
        await screen.press("f6")
        await screen.shows("SELECTED ROW")


async def test_an_answer_that_never_came_is_asked_for_again_and_done_once(ward_desk: Desk) -> None:
    async with at_screen(ward_desk) as screen:
        await screen.at_work(ward_desk.ward.nia)
        await screen.permitted()
        await screen.press("f6")
        await screen.shows("exactly as it will be signed")
        ward_desk.network.drop_answers("/signature")
        await screen.type(PIN)
        await screen.press("f8")
        await screen.shows("It may have been done. Do not do it again", "press F4")
        size = ward_desk.house.size()
        await screen.press("escape")
        await screen.shows("Board", "Drawn, second signer")
        await screen.press("f4")
        await screen.shows("dose prepared, sent before without an answer: accepted")
        assert ward_desk.house.size() == size


async def test_wrong_entries_at_the_clock_say_what_to_do(ward_desk: Desk) -> None:
    async with at_screen(ward_desk) as screen:
        await screen.shows("PIN AGAIN")
        await screen.fill(ward_desk.ward.nia.staff_code, "not the one, but long enough", PIN, PIN[:-1] + "9")
        await screen.press("f6")
        await screen.shows("The two PINs differ", "press the key again")
        await screen.retype("again", PIN)
        await screen.press("f6")
        await screen.shows("Nothing was signed", "Or the staff code is nobody's")
        assert screen.app.desk.current is None


@pytest.mark.parametrize(
    "keys, stands",
    [
        ("1 5 backspace 4", "14"),
        ("1 5 left 4", "145"),
        ("1 5 home 4", "415"),
        ("1 5 home delete 4", "45"),
        ("1 5 home right 4 end 6", "1456"),
        ("1 5 shift+left 4", "14"),
        ("1 5 ctrl+u 4", "4"),
    ],
)
async def test_keys_act_in_the_order_they_were_typed_however_fast(
    ward_desk: Desk, keys: str, stands: str
) -> None:
    async with at_screen(ward_desk) as screen:
        await screen.shows("PIN AGAIN")
        for name in ("staff_code", "pin"):
            await screen.burst(*keys.split())
            typed = screen.app.screen.query_one(f"#{name}", Input)
            assert typed.has_focus and typed.value == stands
            await screen.press("tab", "tab")


async def test_after_enter_the_next_key_is_typed_into_the_next_field_however_fast(ward_desk: Desk) -> None:
    async with at_screen(ward_desk) as screen:
        await screen.shows("PIN AGAIN")
        await screen.burst("1", "5", "enter", "4", "enter", "6", "backspace", "7", "enter", "8", "enter", "9")
        typed = {each.id: each.value for each in screen.app.screen.query(Input)}
        assert typed == {"staff_code": "15", "passphrase": "4", "pin": "7", "again": "89"}
        assert screen.app.screen.query_one("#again", Input).has_focus


async def test_after_enter_no_key_gets_into_the_dose(ward_desk: Desk) -> None:
    async with at_screen(ward_desk) as screen:
        await screen.at_work(ward_desk.ward.nia)
        await screen.to_permit()
        await screen.press("shift+tab")
        await screen.burst("ctrl+u", "1", "5", "enter", "4")
        typed = {each.id: each.value for each in screen.app.screen.query(Input)}
        assert (typed["dose"], typed["container"]) == ("15", "4")


async def test_what_is_found_is_what_was_typed_before_enter(ward_desk: Desk) -> None:
    async with at_screen(ward_desk) as screen:
        await screen.at_work(ward_desk.ward.nia)
        await screen.shows("SELECTED ROW")
        await screen.burst("9", "4", "backspace", "3", "enter", "7")
        await screen.shows("“93”")


async def test_a_staff_code_in_other_letters_is_not_blamed_on_the_passphrase_alone(ward_desk: Desk) -> None:
    async with at_screen(ward_desk) as screen:
        await screen.shows("PIN AGAIN")
        await screen.fill("n-01", PASSPHRASE, PIN, PIN)
        await screen.press("f6")
        await screen.shows("capital letters as capital letters")
        await screen.press("shift+tab", "shift+tab", "shift+tab")
        await screen.retype("staff_code", "N-01")
        await screen.press("f6")
        await screen.shows("is clocked in on this terminal")


async def test_a_window_that_is_too_small_says_so_and_shows_nobody(ward_desk: Desk) -> None:
    async with at_screen(ward_desk) as screen:
        await screen.at_work(ward_desk.ward.nia)
        await screen.pilot.resize_terminal(79, 24)
        text = await screen.shows("80 columns and 24 rows")
        assert "MÜLLERIN" not in text
        await screen.pilot.resize_terminal(80, 24)
        await screen.shows("MÜLLERIN, Ana", "Ready")


async def test_what_nobody_foresaw_is_said_and_the_screens_stay(
    ward_desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    def odd(request: object) -> None:
        raise ValueError("odd")

    async with at_screen(ward_desk) as screen:
        await screen.at_work(ward_desk.ward.nia)
        ward_desk.network.before = odd
        await screen.press("f2")
        await screen.shows("Something unforeseen", "press F4, and read")
        assert "ValueError: odd" in caplog.text
        ward_desk.network.mend()
        await screen.press("f2")
        await screen.shows("MÜLLERIN, Ana", "Ready")


async def test_a_program_that_fails_tells_the_screen_nothing_of_what_it_held(ward_desk: Desk) -> None:
    async def fails() -> None:
        async with at_screen(ward_desk) as screen:
            await screen.fill(ward_desk.ward.nia.staff_code, "a passphrase that is typed")
            screen.app._handle_exception(ValueError("odd"))
            assert screen.app._exit_renderables == [words.FAILED]

    with pytest.raises(ValueError, match="odd"):
        await fails()


@pytest.mark.parametrize("size", [(79, 24), (80, 23)], ids=["narrow", "low"])
async def test_nothing_is_signed_in_a_window_that_shows_no_statement(
    ward_desk: Desk, size: tuple[int, int]
) -> None:
    """Grown again, the PIN goes where it went before."""
    async with at_screen(ward_desk, SMALL) as screen:
        await screen.at_work(ward_desk.ward.nia)
        await screen.permitted()
        await screen.press("f6")
        await screen.shows("exactly as it will be signed")
        await screen.type(PIN[:2])
        before, seed = ward_desk.house.size(), screen.app.desk.at_screen().seed
        await screen.pilot.resize_terminal(*size)
        await screen.shows("80 columns and 24 rows")
        await screen.type("9")
        await screen.press("f8", "f6")
        await screen.pilot.resize_terminal(*SMALL)
        await screen.shows("exactly as it will be signed", "••")
        assert (seed.tries_left, ward_desk.house.size()) == (5, before)
        await screen.type(PIN[2:])
        await screen.press("f8")
        await screen.shows("SECOND SIGNER")


async def test_no_pin_at_all_is_asked_for_and_costs_no_try(ward_desk: Desk) -> None:
    async with at_screen(ward_desk) as screen:
        await screen.both_at_work()
        await screen.permitted()
        await screen.press("f6")
        await screen.shows("exactly as it will be signed")
        ward_desk.network.asked.clear()
        await screen.press("f8")
        await screen.shows("Type your PIN", "Nothing was done")
        await screen.type(ward_desk.ward.vials[0])  # a scan that went astray
        await screen.press("f8")
        await screen.shows("more than digits", "Nothing was done")
        assert ward_desk.network.asked == [] and screen.app.desk.at_screen().seed.tries_left == 5
        await screen.type(PIN)
        await screen.press("f8")
        await screen.shows("DOSE YOU READ")
        await screen.reads(ward_desk.ward.noa, "15", pin="")
        await screen.shows("Type your PIN", "Nothing was done")
        await screen.press("escape")
        await screen.shows("Drawn, second signer")
        await screen.press("ctrl+l")
        await screen.shows("Locked")
        await screen.type(ward_desk.ward.nia.staff_code)
        await screen.press("f6")
        await screen.shows("Type your PIN")


async def test_what_is_typed_right_after_tab_goes_into_the_next_field(ward_desk: Desk) -> None:
    """Keys that come faster than the screens take them up: no PIN stands in clear in a staff code."""
    async with at_screen(ward_desk) as screen:
        await screen.shows("PIN AGAIN")
        fields = [screen.app.screen.query_one(f"#{name}", Input) for name in ("staff_code", "passphrase")]
        await screen.type("N-01")
        for key in ("tab", *PIN, "shift+tab", "x"):
            screen.app.post_message(events.Key(key, key if len(key) == 1 else None))
        await screen.pilot.pause()
        assert [each.value for each in fields] == ["x", PIN]


@pytest.mark.parametrize("key", ["ctrl+c", "ctrl+x"])
async def test_a_pin_is_not_copied(ward_desk: Desk, key: str) -> None:
    """What a terminal has on its clipboard is in anybody's hands who sits down there next."""
    async with at_screen(ward_desk) as screen:
        await screen.shows("Clock in", "PIN AGAIN")
        pin, code = (screen.app.screen.query_one(f"#{name}", Input) for name in ("pin", "staff_code"))
        pin.focus()
        await screen.type(PIN)
        pin.select_all()
        await screen.press(key)
        assert screen.app.clipboard == "" and pin.value == PIN
        code.focus()
        await screen.type("N-01")
        code.select_all()
        await screen.press(key)
        assert screen.app.clipboard == "N-01"
