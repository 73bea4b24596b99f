"""Whatever container may come into stock can be read back by a second person at the terminal."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from hat_clinic.vocabulary.ids import ENDING, ending, is_readable
from tui import typed

MARKS = st.sampled_from("aAzZ059./-_ ,;:\t\u00a0\uff17\u0301éßİı")
ids = st.text(MARKS | st.characters(codec="utf-8"), max_size=8)
readable = st.from_regex(r"[^\n]{0,3}[A-Za-z0-9./-]{4}", fullmatch=True)


@given(readable | ids)
@example("AMP 0007")
def test_an_id_that_may_be_received_is_typed_and_found_the_same(container: str) -> None:
    if not is_readable(container):
        return
    last = ending(container)
    assert len(last) == ENDING and last.isascii()
    for text in (last, f" {last} ", f"{last},{last}", f"{last} {last}"):
        found = typed.endings(text, "containers")
        assert set(found) == {last}
    assert last.lower() == last.upper().lower()


@given(ids)
def test_an_id_that_may_not_is_one_of_other_marks_or_too_short(container: str) -> None:
    last = ending(container)
    plain = len(last) == ENDING and last.isascii() and all(each.isalnum() or each in "./-" for each in last)
    assert is_readable(container) == plain
