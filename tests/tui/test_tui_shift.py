"""A busy shift: two prescriptions, looking that ends in between, answers that came late."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

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
        await screen.both_clock_in()
        await screen.permitted()
        assert "hydromorphone" not in await screen.shows("diamorphine — 100 mg/mL", "DOSE 15 mg")
