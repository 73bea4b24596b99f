"""The log over HTTP: heads and proofs for every terminal, entries for who is signed in."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine

from hat_clinic.ledger.checkpoint import open_checkpoint
from hat_clinic.ledger.leaf import parse_leaf
from hat_clinic.ledger.proofs import require_consistency
from hat_clinic.ledger.tlog_proof import require_proof
from hat_clinic.vocabulary.terms import Role
from tests.api.served import HERE, Served, served

NO_NUMBERS = [
    "9007199254740992",
    "99999999999999999999999",
    "-2",
    "x",
    "1.0",
    "",
    "0x1",
    " 1",
    "1_0",
    "\u0661",
]


@pytest.fixture
def house(engine: Engine) -> Iterator[Served]:
    with served(engine) as one:
        yield one


def get(house: Served, path: str, **params: Any) -> Any:
    return house.http.get(f"{HERE}{path}", params=params, headers=house.as_(house.clinic.ada))


def test_every_older_head_is_proven_to_begin_the_newest(house: Served) -> None:
    site, vkey = house.clinic.site, house.clinic.keys.head_vkey
    heads = [get(house, "/ledger/head").json()]
    for number in range(3):
        house.clinic.hire(f"N-0{number}", Role.NURSE)
        heads.append(get(house, "/ledger/head").json())
    newest = open_checkpoint(heads[-1]["head"], site.origin, vkey)
    for head in heads:
        old = open_checkpoint(head["head"], site.origin, vkey)
        assert old.size == head["size"]
        found = get(house, "/ledger/consistency", **{"from": old.size}).json()
        assert (found["from"], found["to"], found["head"]) == (old.size, newest.size, heads[-1]["head"])
        hashes = [b64decode(each) for each in found["hashes"]]
        require_consistency(old.size, old.root, newest.size, newest.root, hashes)
    between = get(house, "/ledger/consistency", **{"from": heads[0]["size"], "to": heads[1]["size"]}).json()
    roots = [open_checkpoint(head["head"], site.origin, vkey).root for head in heads[:2]]
    hashes = [b64decode(each) for each in between["hashes"]]
    require_consistency(heads[0]["size"], roots[0], heads[1]["size"], roots[1], hashes)


def test_every_entry_is_proven(house: Served) -> None:
    site, vkey = house.clinic.site, house.clinic.keys.head_vkey
    for seq in range(house.size()):
        found = get(house, "/ledger/proof", seq=seq).json()
        assert require_proof(found["proof"], b64decode(found["leaf"]), site.origin, vkey).size == house.size()


@pytest.mark.parametrize("old, new", [(0, None), (5, None), (4, 3), (1, 5)])
def test_sizes_the_log_never_had_are_rejected(house: Served, old: int, new: int | None) -> None:
    params = {"from": old} | ({} if new is None else {"to": new})
    answer = get(house, "/ledger/consistency", **params)
    assert (house.size(), answer.status_code) == (4, 422)
    assert answer.json()["errors"][0]["parameter"] in ("from", "to")


def test_an_entry_that_is_not_there_is_not_found(house: Served) -> None:
    assert get(house, "/ledger/proof", seq=3).status_code == 200
    assert get(house, "/ledger/proof", seq=4).status_code == 404


def test_what_is_no_number_is_rejected(house: Served) -> None:
    for path, name in (
        ("/ledger/proof", "seq"),
        ("/ledger/consistency", "from"),
        ("/entries", "after"),
        ("/entries", "limit"),
    ):
        for text in NO_NUMBERS:
            answer = get(house, path, **{name: text})
            assert answer.status_code == 422, (path, name, text)
            assert answer.json()["errors"][0]["parameter"] == name


def test_the_feed_hands_out_every_entry_once_in_order(house: Served) -> None:
    house.clinic.hire("N-01", Role.NURSE)
    after, seen = -1, list[int]()
    while True:
        page = get(house, "/entries", after=after, limit=3).json()
        if not page["entries"]:
            assert page["next"] == after
            break
        seen += [parse_leaf(b64decode(line["leaf"])).seq for line in page["entries"]]
        assert page["entries"][-1]["seq"] == page["next"]
        after = page["next"]
    assert seen == list(range(house.size()))
    assert open_checkpoint(page["head"], house.clinic.site.origin, house.clinic.keys.head_vkey).size == len(
        seen
    )


def test_the_feed_is_for_who_is_signed_in(house: Served) -> None:
    assert house.http.get(f"{HERE}/entries", headers=house.terminal).status_code == 401
    assert house.http.get(f"{HERE}/ledger/head", headers=house.terminal).status_code == 200
    assert house.http.get(f"{HERE}/ledger/head").status_code == 401
