"""Steps 10 to 15 of the audit, firing: stored nodes, stored heads, heads that somebody kept."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hat_clinic.ledger.audit import audit, audit_all
from hat_clinic.ledger.checkpoint import Checkpoint, sign_checkpoint
from hat_clinic.ledger.tree import EMPTY_ROOT
from hat_clinic.vocabulary.errors import BadProof
from tests.ledger.audit_checks import broken, check
from tests.ledger.ledger_hands import HEAD, ORIGIN, OTHER
from tests.ledger.memory_log import ANA, MemoryKeyring, MemoryLog, written


def nodes_of(log: MemoryLog) -> list[tuple[int, int, bytes]]:
    assert log.stored_nodes is not None
    return log.stored_nodes


def test_step_10_a_changed_tree_node() -> None:
    log = written(9)
    place = next(i for i, node in enumerate(nodes_of(log)) if node[:2] == (1, 2))
    nodes_of(log)[place] = (1, 2, bytes(32))
    broken(log, 5, "tree node 1/2 does not follow")


def test_step_10_a_missing_tree_node() -> None:
    log = written(9)
    del nodes_of(log)[next(i for i, node in enumerate(nodes_of(log)) if node[:2] == (2, 1))]
    broken(log, 7, "tree node 2/1 is missing")


def test_step_10_no_tree_nodes_at_all() -> None:
    log = written(9)
    nodes_of(log).clear()
    broken(log, 0, "tree node 0/0 is missing")


def test_step_11_a_head_by_another_hand() -> None:
    log = written(9)
    log.stored_heads[-1] = 9, sign_checkpoint(log.head(), OTHER.sign, OTHER.raw)
    broken(log, 8, "not signed by any known key")


def test_step_11_a_head_with_another_root() -> None:
    log = written(9)
    wrong = replace(log.head(), root=bytes(32))
    log.stored_heads[-1] = 9, sign_checkpoint(wrong, HEAD.sign, HEAD.raw)
    broken(log, log.stored_heads[-2][0], "not those that were signed")


def test_step_11_a_head_stored_under_another_size() -> None:
    log = written(9)
    log.stored_heads[-1] = 9, log.stored_heads[-2][1]
    broken(log, 8, "the head stored for 9 entries")


def test_step_11_a_head_stored_twice() -> None:
    log = written(9)
    log.stored_heads.insert(2, log.stored_heads[1])
    broken(log, log.stored_heads[1][0], "the head stored for")


def test_step_11_a_head_of_the_empty_log() -> None:
    log = written(9)
    empty = sign_checkpoint(Checkpoint(ORIGIN, 0, EMPTY_ROOT, 0), HEAD.sign, HEAD.raw)
    log.stored_heads.insert(0, (0, empty))
    broken(log, 0, "the head stored for 0 entries")


def test_step_11_each_head_that_was_taken_away_is_missed() -> None:
    sizes = [size for size, _ in written(9).stored_heads]
    for place, size in enumerate(sizes[:-1]):
        log = written(9)
        del log.stored_heads[place]
        broken(log, size - 1, "the head that was signed over all up to it is missing")


@pytest.mark.parametrize(("left", "bad"), [(1, 7), (2, 5)])
def test_step_11_heads_that_were_taken_away_together_are_missed(left: int, bad: int) -> None:
    log = written(9)
    assert [size for size, _ in log.stored_heads] == [2, 3, 5, 6, 8, 9]
    del log.stored_heads[:-left]
    broken(log, bad, "the head that was signed over all up to it is missing")


def test_step_11_a_head_that_was_put_between_two() -> None:
    log = written(9)
    log.stored_heads.insert(4, written(7).stored_heads[-1])
    assert [size for size, _ in log.stored_heads] == [2, 3, 5, 6, 7, 8, 9]
    broken(log, 6, "was not there when the next one was signed")


def test_step_12_a_head_kept_outside_with_another_root() -> None:
    log = written(9)
    kept = [written(4).head(), replace(written(7).head(), root=bytes(32))]
    broken(log, 4, "from here to 6 the log is not the one whose head somebody kept", *kept)


def test_step_12_two_heads_of_one_size_cannot_both_hold() -> None:
    log = written(9)
    broken(log, 7, "somebody kept", written(7).head(), written(7, "otherwise").head())


def test_step_12_a_head_of_the_empty_log_says_nothing() -> None:
    assert check(written(3), Checkpoint(ORIGIN, 0, EMPTY_ROOT, 0)).outside_heads_checked == 1


def test_step_13_an_empty_log() -> None:
    broken(MemoryLog(), 0, "the log has no entries")


def test_step_13_no_head_over_the_newest_entries() -> None:
    log = written(9)
    log.add("dose-given", ANA)
    broken(log, 9, "not covered by any stored head")
    log.stored_heads.clear()
    broken(log, 0, "not covered by any stored head")


def test_step_13_a_head_beyond_the_newest_entry() -> None:
    log = written(9)
    log.stored_leaves.pop()
    log.stored_nodes = None
    broken(log, 8, "a stored head speaks of 9 entries")


def test_step_14_a_tree_node_too_many() -> None:
    log = written(9)
    nodes_of(log).append((0, 9, bytes(32)))
    broken(log, 9, "a tree node 0/9 is stored")


def test_step_15_a_log_cut_back_to_an_older_state() -> None:
    # Whoever puts a whole older copy in place leaves nothing inside to contradict it.
    kept = written(9).head()
    assert check(written(8)).size == 8
    broken(written(8), 8, "the log once signed a head of 9 entries", kept)


def test_refuses_heads_keys_and_anchors_of_another_log() -> None:
    log = written(3)
    elsewhere = replace(log.head(), origin="hat.example.org/zh2")
    with pytest.raises(BadProof, match="zh2"):
        check(log, elsewhere)
    with pytest.raises(BadProof, match="zh2"):
        audit_all(audit(log, MemoryKeyring(), HEAD.vkey("hat.example.org/zh2"), ()))
    anchor = replace(log.anchor(), head=OTHER.vkey())
    with pytest.raises(BadProof, match="another head key"):
        audit_all(audit(log, MemoryKeyring(), HEAD.vkey(), (), anchor=anchor))
