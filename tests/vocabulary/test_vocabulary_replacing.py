"""`replace` does what that of `dataclasses` does."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import pytest

from hat_clinic.vocabulary.replacing import replace


@dataclass(frozen=True, slots=True)
class One:
    only: int


@dataclass(frozen=True, slots=True)
class Two:
    name: str
    count: int
    note: str | None = None

    def __post_init__(self) -> None:
        if self.count < 0:
            raise ValueError("below nothing")


@pytest.mark.parametrize(
    "value, members",
    [
        (One(1), {"only": 2}),
        (Two("a", 1), {"count": 3}),
        (Two("a", 1, "n"), {"note": None, "name": "b"}),
        (Two("a", 1, "n"), {}),
    ],
)
def test_it_is_the_value_with_other_members(value: Any, members: dict[str, Any]) -> None:
    before, found = repr(value), replace(value, **members)
    assert found == dataclasses.replace(value, **members)
    assert type(found) is type(value) and found is not value and repr(value) == before
    assert hash(found) == hash(dataclasses.replace(value, **members))


def test_the_new_value_checks_itself() -> None:
    with pytest.raises(ValueError, match="below nothing"):
        replace(Two("a", 1), count=-1)


def test_a_member_that_is_not_there_is_refused() -> None:
    members: dict[str, Any] = {"colour": "red"}
    with pytest.raises(TypeError, match="Two has no colour"):
        replace(Two("a", 1), **members)


def test_the_new_value_is_frozen_too() -> None:
    found: Any = replace(One(1), only=2)
    with pytest.raises(dataclasses.FrozenInstanceError):
        found.only = 3
