"""A bounded memory keeps what is newest."""

from __future__ import annotations

from hat_clinic.store.newest import Newest, keep_newest


def test_up_to_the_bound_nothing_goes() -> None:
    kept = {number: number for number in range(8)}
    keep_newest(kept, 8)
    assert list(kept) == list(range(8))


def test_boundary_beyond_it_the_newer_half_stays() -> None:
    kept = {number: number for number in range(9)}
    keep_newest(kept, 8)
    assert list(kept) == [5, 6, 7, 8]


def test_what_was_put_last_is_always_there() -> None:
    memory: Newest[int, str] = Newest(4)
    for number in range(100):
        memory.put(number, f"value {number}")
        assert memory.get(number) == f"value {number}"
    assert memory.get(0) is None


def test_what_is_put_again_is_new_again() -> None:
    memory: Newest[str, int] = Newest(4)
    for key in "abcdae":
        memory.put(key, 1)
    assert (memory.get("a"), memory.get("b")) == (1, None)
