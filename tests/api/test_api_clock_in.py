"""Clocking in, looking, locking and looking again; strangers and guessers."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from hat_clinic.security.signing import unwrap_seed
from tests.api.served import HERE, Served, seed_of, served, wrap_of


@pytest.fixture
def house(engine: Engine) -> Iterator[Served]:
    with served(engine) as one:
        yield one


def test_clock_in_opens_the_key_and_lets_look(house: Served) -> None:
    ada = house.clinic.ada
    answer = house.clock_in(ada)
    assert answer.status_code == 201, answer.text
    body = answer.json()
    assert (body["person"], body["key"], body["staff_code"]) == (ada.person, ada.key.key_id, "A-01")
    assert unwrap_seed(wrap_of(ada), b64decode(body["c1"]), ada.person, ada.key.public_raw) == seed_of(ada)
    assert house.http.get(f"{HERE}/entries", headers=house.as_(ada)).status_code == 200
