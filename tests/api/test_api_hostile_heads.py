"""A hundred forged heads, and forged proofs besides: a terminal believes none, and goes on working."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import Engine

from hat_clinic.client.heads import Heads
from hat_clinic.client.terminal import Terminal
from hat_clinic.vocabulary.errors import BadProof
from tests.api.forged_heads import HeadForger, forged_proofs
from tests.api.raw_hands import Hands, hands
from tests.client.at_work import Network, enrolment

FORGED_HEADS = 100
FORGED_PROOFS = 40


@pytest.fixture
def by_hand(engine: Engine) -> Iterator[Hands]:
    with hands(engine) as one:
        yield one


def test_a_hundred_forged_heads_and_then_an_honest_dose(
    by_hand: Hands, tmp_path: Path, tell: Callable[[str], None]
) -> None:
    clinic, network = by_hand.ward.clinic, Network(by_hand.house.http)
    given = enrolment(by_hand.house)
    terminal = Terminal(given, tmp_path, clinic.clock, clinic.ids, network)
    try:
        terminal.look_at_log()
        old = terminal.http.head()
        by_hand.given()
        new = terminal.http.head()
        strangers = (clinic.keys.machine, clinic.ada.key, by_hand.ward.nia.key)
        for note in HeadForger(new.head, strangers, Random(100)).forged(FORGED_HEADS):
            refuses(terminal, network, note)
        terminal.heads.require_sound()
        assert terminal.heads.newest is not None and terminal.heads.newest.size == old.size
        honest, chance = terminal.http.consistency(old.size, new.size), Random(100)
        proofs = forged_proofs(honest, chance, terminal.http.consistency)
        for number, proof in enumerate(islice(proofs, FORGED_PROOFS)):
            # Each to a terminal of its own: a signed head that cannot be proven is evidence, and the
            # terminal that was shown it signs nothing more until people have looked.
            heads = Heads(tmp_path / "others", f"t{number}", terminal.vkey)
            heads.keep(old.head, terminal.http.consistency)
            with pytest.raises(BadProof):
                heads.keep(new.head, lambda *_, lie=proof: lie)
            assert heads.newest is not None and heads.newest.size == old.size
            heads.close()
        by_hand.given()
        assert by_hand.house.http.get("/ready").status_code == 200
        terminal.look_at_log()
        assert terminal.heads.newest.size == by_hand.house.size()
    finally:
        terminal.close()
    tell(f"{FORGED_HEADS} forged heads and {FORGED_PROOFS} forged consistency proofs, each refused")


def refuses(terminal: Terminal, network: Network, note: str) -> None:
    """The terminal is answered this head, and believes nothing of it."""

    def lie(body: dict[str, Any]) -> None:
        body["head"] = note

    network.change("/ledger/head", lie)
    with pytest.raises(BadProof):
        terminal.look_at_log()
    network.mend()
