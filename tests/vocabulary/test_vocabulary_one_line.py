"""What is shown on a terminal cannot move about on it."""

from __future__ import annotations

import unicodedata

import pytest

from hat_clinic.vocabulary.one_line import one_line


@pytest.mark.parametrize("text", ["", "HOLDS: 4 entries", "Zoë Ωmega 注射 — 15 mg", "back\\slash", "e\u0301"])
def test_what_prints_is_left_as_it_is(text: str) -> None:
    assert one_line(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[2J\x1b[HHOLDS", "\\x1b[2J\\x1b[HHOLDS"),
        ("a\rb\nc\td\x00\x7f", "a\\x0db\\x0ac\\x09d\\x00\\x7f"),
        ("\x9b1A", "\\x9b1A"),
        ("\u202eSDLOH\u2066\u200b\u2028", "\\u202eSDLOH\\u2066\\u200b\\u2028"),
        ("\ud800\U000e0041", "\\ud800\\U000e0041"),
    ],
)
def test_what_does_not_print_is_written_out(text: str, shown: str) -> None:
    assert one_line(text) == shown


def test_no_character_at_all_gets_through_that_could_hide_something() -> None:
    for code in range(0x110000):
        shown = one_line(chr(code))
        assert all(unicodedata.category(each)[0] not in "C" for each in shown), hex(code)
        assert all(each == " " or unicodedata.category(each)[0] != "Z" for each in shown), hex(code)
