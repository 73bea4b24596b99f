"""A receipt is believed as far as it is proven, and no further."""

from __future__ import annotations

from typing import Any

import pytest

from hat_clinic.client.receipts import require_in_log, require_receipt
from hat_clinic.ledger.dsse import make_envelope
from hat_clinic.ledger.leaf import Leaf
from hat_clinic.ledger.statement import payload_type
from hat_clinic.vocabulary.errors import BadProof
from hat_clinic.wire.answers import Receipt
from tests.client.log_in_memory import MemoryLog, b64, request_id

OURS = request_id(77)


def envelope(tag: str = "dose-given") -> bytes:
    return make_envelope(payload_type(tag), b"payload", "k", lambda message: bytes(64))


class Recorded:
    """Two entries of our request in a log of seven."""

    def __init__(self, tag: str = "dose-given", sent: bytes | None = None) -> None:
        self.log = MemoryLog().grown(3)
        self.envelope = sent or envelope(tag)
        first = self.log.add(self.envelope, tag, OURS)
        second = self.log.add(b"another", "incident-opened", OURS)
        self.leaves = (first, second)
        self.log.grown(7)

    def receipt(self, **changes: Any) -> Receipt:
        return self.log.receipt(*self.leaves).model_copy(update=changes)

    def require(self, receipt: Receipt, sent: bytes | None = None, **more: Any) -> None:
        leaves = [each.to_bytes() for each in self.leaves]
        require_receipt(receipt, leaves, self.log.vkey, OURS, sent or self.envelope, **more)


def test_a_true_receipt_is_proven() -> None:
    one = Recorded()
    leaves = [each.to_bytes() for each in one.leaves]
    proof = require_receipt(one.receipt(), leaves, one.log.vkey, OURS, one.envelope)
    assert proof.leaves == one.leaves
    assert proof.head.size == 7


def test_refuses_an_entry_that_is_not_what_was_sent() -> None:
    one = Recorded()
    other = make_envelope(payload_type("dose-given"), b"other", "k", lambda message: bytes(64))
    with pytest.raises(BadProof, match="not what was signed and sent"):
        one.require(one.receipt(), other)


def test_refuses_an_entry_of_another_kind_than_was_sent() -> None:
    one = Recorded("dose-mismatched")
    with pytest.raises(BadProof, match="not what was signed and sent"):
        one.require(one.receipt(), envelope("dose-given"))


def test_allows_a_mismatch_in_place_of_a_reading() -> None:
    one = Recorded("dose-mismatched", b"the machine's own envelope")
    one.require(one.receipt(), envelope("dose-verified"))


def test_refuses_a_head_of_another_key() -> None:
    one = Recorded()
    stranger = MemoryLog("stranger").grown(7).head()
    with pytest.raises(BadProof, match="not signed by any known key"):
        one.require(one.receipt(head=stranger))


def test_refuses_proofs_to_another_head_than_the_one_shown() -> None:
    one = Recorded()
    old = one.receipt()
    one.log.grown(9)
    with pytest.raises(BadProof, match="another head"):
        one.require(old.model_copy(update={"head": one.log.head()}))


def test_refuses_a_leaf_that_is_not_in_the_log() -> None:
    one = Recorded()
    first = one.leaves[0]
    one.leaves = (Leaf(first.origin, first.seq, "2026-11-23T12:00:01.000000Z", *_rest(first)), one.leaves[1])
    with pytest.raises(BadProof, match="not entry 3 of the log"):
        one.require(one.receipt(entries=one.receipt().entries))


def _rest(leaf: Leaf) -> tuple[str, str, bytes]:
    return leaf.tag, leaf.request, leaf.rec


def test_refuses_another_requests_entries() -> None:
    one = Recorded()
    leaf = one.log.add(one.envelope, "dose-given", request_id(78))
    one.leaves = (leaf,)
    with pytest.raises(BadProof, match="not this request's"):
        one.require(one.log.receipt(leaf, request=OURS))


def test_refuses_a_receipt_for_another_request() -> None:
    one = Recorded()
    with pytest.raises(BadProof, match="for another request"):
        one.require(one.receipt(request=request_id(78)))


@pytest.mark.parametrize("changes", [{"proofs": []}, {"count": 3}, {"entries": []}, {"count": 0}])
def test_refuses_a_receipt_without_a_proof_for_each(changes: dict[str, Any]) -> None:
    one = Recorded()
    with pytest.raises(BadProof, match="a proof for each"):
        one.require(one.receipt(**changes))


def test_refuses_another_place_or_hash_than_the_leafs() -> None:
    one = Recorded()
    first, second = one.receipt().entries
    for changed in (
        first.model_copy(update={"tag": "dose-prepared"}),
        first.model_copy(update={"seq": 4}),
        first.model_copy(update={"rec": b64(bytes(32))}),
    ):
        with pytest.raises(BadProof, match="what its leaf does not"):
            one.require(one.receipt(entries=[changed, second]))
    with pytest.raises(BadProof, match="what its leaf does not"):
        one.require(one.receipt(first_seq=2))


def test_a_refusal_is_one_in_the_log_too() -> None:
    one = Recorded("act-refused")
    one.require(one.receipt(outcome="refused"))
    with pytest.raises(BadProof, match="accepted, says the receipt; act-refused, says the log"):
        one.require(one.receipt())
    done = Recorded()
    with pytest.raises(BadProof, match="refused, says the receipt; dose-given, says the log"):
        done.require(done.receipt(outcome="refused"))


def refuse(leaf: Leaf) -> None:
    raise BadProof(f"entry {leaf.seq} answers another request")


def allow(leaf: Leaf) -> None:
    assert leaf.tag == "act-refused"


def test_an_attempt_on_somebody_elses_request_is_believed_as_far_as_it_is_proven() -> None:
    one = Recorded()
    leaf = one.log.add(b"refusal", "act-refused", request_id(79))
    one.leaves = (leaf,)
    receipt = one.log.receipt(leaf, outcome="refused", request=OURS)
    one.require(receipt, attempt=allow)
    with pytest.raises(BadProof, match="not this request's"):
        one.require(receipt)
    with pytest.raises(BadProof, match="answers another request"):
        one.require(receipt, attempt=refuse)


def test_only_one_refusal_may_stand_under_another_id() -> None:
    one = Recorded()
    leaf = one.log.add(one.envelope, "dose-given", request_id(79))
    one.leaves = (leaf,)
    with pytest.raises(BadProof, match="not this request's"):
        one.require(one.log.receipt(leaf, request=OURS), attempt=allow)
    for second in (request_id(81), OURS):
        first = one.log.add(b"refusal", "act-refused", request_id(80))
        other = one.log.add(b"doubt", "clock-doubted", second)
        one.leaves = (first, other)
        with pytest.raises(BadProof, match="not this request's"):
            one.require(one.log.receipt(first, other, outcome="refused", request=OURS), attempt=allow)


def test_an_entry_is_proven_by_its_leaf_alone() -> None:
    log = MemoryLog().grown(5)
    leaf, head = require_in_log(log.proven(2), log.vkey)
    assert (leaf.seq, head.size) == (2, 5)
    with pytest.raises(BadProof, match="not that of entry 3"):
        require_in_log(log.proven(2).model_copy(update={"seq": 3}), log.vkey)
    with pytest.raises(BadProof):
        require_in_log(log.proven(2).model_copy(update={"leaf": b64(log.leaves[3])}), log.vkey)
