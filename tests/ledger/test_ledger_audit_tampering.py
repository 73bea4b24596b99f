"""The operator against the auditor: what is always found, and what is found only with help from outside."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from hat_clinic.ledger.audit import audit, audit_all
from hat_clinic.ledger.checkpoint import Checkpoint
from hat_clinic.vocabulary.errors import LedgerBroken
from tests.ledger.ledger_hands import HEAD
from tests.ledger.memory_log import ANA, MemoryKeyring, MemoryLog, written

SIZE = 6


def check(log: MemoryLog, *outside: Checkpoint) -> None:
    audit_all(audit(log, MemoryKeyring(), HEAD.vkey(), outside))


def flipped(data: bytes, place: int) -> bytes:
    bent = bytearray(data)
    bent[place] ^= 1 << place % 8
    return bytes(bent)


def leaf_bytes(log: MemoryLog, number: int) -> bytes:
    return log.stored_leaves[number][1]


def bend_leaf(log: MemoryLog, number: int, place: int) -> None:
    log.stored_leaves[number] = number, flipped(leaf_bytes(log, number), place)


def envelope_bytes(log: MemoryLog, number: int) -> bytes:
    envelope = log.envelopes[number]
    assert isinstance(envelope, bytes)
    return envelope


def bend_envelope(log: MemoryLog, number: int, place: int) -> None:
    log.envelopes[number] = flipped(envelope_bytes(log, number), place)


def head_bytes(log: MemoryLog, number: int) -> bytes:
    return log.stored_heads[number][1].encode()


def bend_head(log: MemoryLog, number: int, place: int) -> None:
    note = flipped(head_bytes(log, number), place).decode("utf-8", "surrogateescape")
    log.stored_heads[number] = log.stored_heads[number][0], note


def node_bytes(log: MemoryLog, number: int) -> bytes:
    assert log.stored_nodes is not None
    return log.stored_nodes[number][2]


def bend_node(log: MemoryLog, number: int, place: int) -> None:
    assert log.stored_nodes is not None
    level, index, stored = log.stored_nodes[number]
    log.stored_nodes[number] = level, index, flipped(stored, place)


@pytest.mark.parametrize(
    "count, read, bend",
    [
        (lambda log: len(log.stored_leaves), leaf_bytes, bend_leaf),
        (lambda log: len(log.envelopes), envelope_bytes, bend_envelope),
        (lambda log: len(log.stored_heads), head_bytes, bend_head),
        (lambda log: len(log.stored_nodes or ()), node_bytes, bend_node),
    ],
    ids=["leaves", "envelopes", "heads", "nodes"],
)
def test_every_byte_of_everything_stored_is_bound(
    count: Callable[[MemoryLog], int],
    read: Callable[[MemoryLog, int], bytes],
    bend: Callable[[MemoryLog, int, int], None],
) -> None:
    whole = written(SIZE)
    check(whole)
    for number in range(count(whole)):
        for place in range(len(read(whole, number))):
            log = copy_of(whole)
            bend(log, number, place)
            with pytest.raises(LedgerBroken):
                check(log)


def copy_of(log: MemoryLog) -> MemoryLog:
    return MemoryLog(
        stored_leaves=list(log.stored_leaves),
        envelopes=dict(log.envelopes),
        stored_heads=list(log.stored_heads),
        stored_nodes=list(log.stored_nodes or ()),
    )


def test_every_truncation_is_found_by_whoever_holds_one_later_head() -> None:
    heads = [written(size).head() for size in range(2, 31)]
    for cut in range(2, 30):
        short = written(cut)
        check(short, *heads[: cut - 1])
        with pytest.raises(LedgerBroken) as caught:
            check(short, heads[-1])
        assert caught.value.seq == cut


def test_a_history_written_anew_with_the_real_keys() -> None:
    """What no log can prove alone: with all keys and no head outside, another past looks whole."""
    forged = written(12, word="so it was said later")
    check(forged)
    real = written(12)
    for size in range(2, 13):
        # Entries 0 and 1 are the same in both; from entry 2 on any one head tells.
        kept = written(size).head()
        if size == 2:
            check(forged, kept)
            continue
        with pytest.raises(LedgerBroken) as caught:
            check(forged, kept)
        assert caught.value.seq == 0
    assert forged.frontier.root != real.frontier.root


def test_a_branch_is_named_from_the_last_head_that_still_agrees() -> None:
    branch = written(5)
    while len(branch.stored_leaves) < 9:
        branch.add("dose-wasted", ANA)
        branch.sign_head()
    kept = [written(size).head() for size in (3, 5, 8)]
    with pytest.raises(LedgerBroken) as caught:
        check(branch, *kept)
    assert caught.value.seq == 5
