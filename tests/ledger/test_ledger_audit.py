"""Steps 1 to 9 of the audit, firing: one kind of damage, one step, the entry named."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hat_clinic.ledger.audit import Audited, AuditResult, audit, audit_all
from hat_clinic.ledger.audit_source import Missing
from hat_clinic.ledger.canonical import b64
from hat_clinic.ledger.leaf import parse_leaf
from hat_clinic.ledger.statement import Statement, payload_hash, payload_type
from hat_clinic.vocabulary.errors import LedgerBroken
from tests.ledger.audit_checks import broken, check
from tests.ledger.ledger_hands import HEAD, OTHER
from tests.ledger.memory_log import ANA, BO, MemoryKeyring, MemoryLog, minute, opened, request_id, written


def test_a_whole_log_holds() -> None:
    log = written(20)
    kept = [written(size).head() for size in (1 + 1, 9, 20)]
    assert check(log, *reversed(kept), anchor=True) == AuditResult(
        size=20,
        root=log.frontier.root,
        erased=0,
        withheld=0,
        heads_checked=len(log.stored_heads),
        outside_heads_checked=3,
    )


def test_yields_every_entry_in_order() -> None:
    log = written(7)
    entries: list[Audited] = list(audit(log, MemoryKeyring(), HEAD.vkey(), ()))
    assert [entry.seq for entry in entries] == list(range(7))
    last = entries[-1]
    assert last.leaf == parse_leaf(log.stored_leaves[6][1])
    assert isinstance(last.statement, Statement)
    assert last.statement.body == {"number": 6}
    assert last.payload_sha256 == payload_hash(last.statement.payload())


def test_reads_no_further_than_the_entry_it_yields() -> None:
    log, reached = written(50), []

    class Counting(MemoryLog):
        def envelope(self, seq: int) -> bytes | Missing:
            reached.append(seq)
            return super().envelope(seq)

    source = Counting(**{name: getattr(log, name) for name in MemoryLog.__dataclass_fields__})
    walk = audit(source, MemoryKeyring(), HEAD.vkey(), ())
    next(walk)
    next(walk)
    assert reached == [0, 1]


def test_a_bundle_has_no_stored_nodes() -> None:
    log = written(9)
    log.stored_nodes = None
    assert check(log).size == 9


def test_step_1_a_missing_entry() -> None:
    log = written(9)
    del log.stored_leaves[4]
    broken(log, 4, "missing; the next one stored is 5")


def test_step_1_an_entry_stored_twice() -> None:
    log = written(9)
    log.stored_leaves.insert(4, log.stored_leaves[3])
    broken(log, 4, "missing; the next one stored is 3")


def test_step_2_a_leaf_in_another_spelling() -> None:
    log = written(9)
    seq, leaf = log.stored_leaves[4]
    log.stored_leaves[4] = seq, leaf.replace(b'"v":1', b'"v": 1')
    broken(log, 4, "not canonical JSON")


def test_step_3_a_leaf_of_another_log() -> None:
    log = opened()
    log.add("dose-given", ANA, origin="hat.example.org/zh2")
    log.sign_head()
    broken(log, 2, "the leaf is of hat.example.org/zh2")


def test_step_3_a_leaf_with_another_number() -> None:
    log = opened()
    log.add("dose-given", ANA, seq=3)
    log.sign_head()
    broken(log, 2, "the leaf calls itself entry 3")


def test_step_3_two_entries_changing_places() -> None:
    log = written(9)
    (_, fourth), (_, fifth) = log.stored_leaves[4:6]
    log.stored_leaves[4:6] = [(4, fifth), (5, fourth)]
    broken(log, 4, "the leaf calls itself entry 5")


def test_step_4_time_going_back() -> None:
    log = written(9)
    log.add("dose-given", ANA, at=minute(7))
    log.sign_head()
    broken(log, 9, "nobody accepted the clock")


def test_step_4_time_standing_still_is_no_fault() -> None:
    log = written(9)
    log.add("dose-given", ANA, at=minute(8))
    log.sign_head()
    assert check(log).size == 10


def test_step_4_time_may_go_back_at_an_agreed_clock_and_nowhere_else() -> None:
    log = written(9)
    log.add("clock-agreed", ANA, at=minute(6))
    log.add("dose-given", ANA, at=minute(6))
    log.sign_head()
    assert check(log).size == 11
    log.add("dose-given", ANA, at=minute(5))
    log.sign_head()
    broken(log, 11, "nobody accepted the clock")


def test_step_4_the_entry_after_an_agreed_clock_may_not_go_back() -> None:
    log = written(9)
    log.add("clock-agreed", ANA, at=minute(6))
    log.add("dose-given", ANA, at=minute(5))
    log.sign_head()
    broken(log, 10, "nobody accepted the clock")


def test_step_4_which_entries_accept_the_clock_is_said_by_the_caller() -> None:
    log = written(9)
    log.add("clock-confirmed", ANA, at=minute(5))
    log.sign_head()
    broken(log, 9, "nobody accepted the clock")
    walk = audit(log, MemoryKeyring(), HEAD.vkey(), (), clock_tags=("clock-confirmed",))
    assert audit_all(walk).size == 10


def test_step_5_another_beginning() -> None:
    log = MemoryLog()
    founder = {"founder": b64(BO.raw)}
    log.add("ledger-opened", BO, statement=log.statement(BO, body=founder))
    log.sign_head()
    assert check(log).size == 1
    broken(log, 0, "not the one this log began with", anchor=True)


def test_step_6_another_envelope() -> None:
    log = written(9)
    log.envelopes[4] = log.envelopes[6]
    broken(log, 4, "not the one the leaf commits to")


def test_step_6_missing_envelopes_are_counted_by_reason() -> None:
    log = written(9)
    log.envelopes |= {4: Missing.ERASED, 5: Missing.WITHHELD, 7: Missing.ERASED}
    result = check(log)
    assert (result.erased, result.withheld) == (2, 1)
    entries = list(audit(log, MemoryKeyring(), HEAD.vkey(), ()))
    assert (entries[4].statement, entries[4].payload_sha256) == (Missing.ERASED, None)


def test_step_6_the_leaf_of_a_missing_envelope_is_still_bound() -> None:
    log = written(9)
    log.envelopes[4] = Missing.ERASED
    leaf = parse_leaf(log.stored_leaves[4][1])
    log.stored_leaves[4] = 4, replace(leaf, rec=bytes(32)).to_bytes()
    broken(log, 4, "does not follow from the leaves")


def test_step_6_bytes_that_are_no_envelope() -> None:
    log = opened()
    log.add_envelope("dose-given", b"{}")
    log.sign_head()
    broken(log, 2, "without payload")


def test_step_7_an_envelope_of_another_kind() -> None:
    log = opened()
    log.add("dose-given", ANA, kind=payload_type("dose-wasted"))
    log.sign_head()
    broken(log, 2, "the leaf says dose-given")


def test_step_7_a_kind_that_is_not_ours() -> None:
    log = opened()
    log.add("dose-given", ANA, kind="application/json")
    log.sign_head()
    broken(log, 2, "is not a kind of entry")


@pytest.mark.parametrize("changes", [{"origin": "hat.example.org/zh2"}, {"request": request_id(77)}])
def test_step_8_a_statement_made_for_something_else(changes: dict[str, object]) -> None:
    log = opened()
    log.add("dose-given", ANA, statement=log.statement(ANA, **changes))
    log.sign_head()
    broken(log, 2, "made for another log or another request")


def test_step_9_signed_by_somebody_else() -> None:
    log = opened()
    log.add("dose-given", ANA, signer=BO)
    log.sign_head()
    broken(log, 2, "does not fit")


def test_step_9_an_author_without_a_key() -> None:
    log = opened()
    log.add("dose-given", OTHER)
    log.sign_head()
    broken(log, 2, "has no key")


def test_step_9_another_persons_key() -> None:
    log = opened()
    log.add("dose-given", BO, statement=log.statement(BO, person=ANA.name))
    log.sign_head()
    broken(log, 2, "has no key")


def test_step_9_a_key_used_before_and_after_its_time() -> None:
    log = MemoryLog()
    log.add("ledger-opened", ANA, statement=log.statement(ANA, body={"founder": b64(ANA.raw)}))
    log.add("dose-given", BO)
    log.sign_head()
    broken(log, 1, "has no key")
    log = opened()
    log.add("key-revoked", ANA, statement=log.statement(ANA, body={"key": BO.public.key_id}))
    log.add("dose-given", BO)
    log.sign_head()
    broken(log, 3, "is good from entry 2 to before 3")


def test_step_9_nothing_is_learnt_from_a_false_signature() -> None:
    log = opened()
    grant = {"person": OTHER.name, "public": b64(OTHER.raw)}
    log.add("key-granted", ANA, statement=log.statement(ANA, body=grant), signer=OTHER)
    log.sign_head()
    keyring = MemoryKeyring()
    with pytest.raises(LedgerBroken):
        audit_all(audit(log, keyring, HEAD.vkey(), ()))
    assert OTHER.public.key_id not in keyring.keys
