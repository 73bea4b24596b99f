"""Receipts: what a server says became of a request, believed only as far as it is proven.

Left out on purpose: whether the entries were right to write. That is the offline auditor's;
here stands only that they are in the log, under a head signed by its key.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from hat_clinic.ledger.canonical import unb64
from hat_clinic.ledger.checkpoint import Checkpoint, open_checkpoint
from hat_clinic.ledger.dsse import parse_envelope
from hat_clinic.ledger.leaf import Leaf, envelope_hash, parse_leaf
from hat_clinic.ledger.note import Vkey
from hat_clinic.ledger.statement import tag_of
from hat_clinic.ledger.tlog_proof import TlogProof, require_proof
from hat_clinic.vocabulary.errors import BadProof
from hat_clinic.wire.answers import Receipt
from hat_clinic.wire.ledger import Proven

REFUSAL = "act-refused"
INSTEAD = {"dose-verified": "dose-mismatched"}
"""A blind reading that does not match is accepted, and on record inside another entry."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What was proven of a receipt: its entries' leaves, and the signed head they stand under."""

    leaves: tuple[Leaf, ...]
    head: Checkpoint


def require_receipt(
    receipt: Receipt,
    leaves: Sequence[bytes],
    vkey: Vkey,
    request: str,
    envelope: bytes | None = None,
    attempt: Callable[[Leaf], None] | None = None,
) -> Proof:
    """Every entry of the receipt is in the log under its signed head, and is this request's.

    `leaves` are the entries' leaves as bytes. `envelope` is what was signed and sent: an accepted
    receipt must then begin with it. The log is the one that `vkey` is named after.
    `attempt` raises unless the refusal of this leaf is proven to answer this request: an attempt on
    somebody else's is recorded under an id of its own, so that it spends nobody's.

    Raises: BadProof.
    """
    head = open_checkpoint(receipt.head, vkey.name, vkey)
    count, first = len(receipt.entries), receipt.first_seq
    if not 1 <= count == receipt.count == len(receipt.proofs) == len(leaves):
        raise BadProof("the receipt does not have a proof for each of its entries")
    if receipt.request != request:
        raise BadProof("the receipt is for another request")
    parsed = []
    for place, (line, text, data) in enumerate(zip(receipt.entries, receipt.proofs, leaves, strict=True)):
        leaf, proof = parse_leaf(data), TlogProof.parse(text)
        said = (line.seq, line.tag, unb64(line.rec, 32))
        if said != (leaf.seq, leaf.tag, leaf.rec) or not first + place == leaf.seq == proof.index:
            raise BadProof(f"the receipt says of entry {line.seq} what its leaf does not")
        if leaf.origin != vkey.name:
            raise BadProof(f"entry {leaf.seq} is not of this log")
        if require_proof(proof, data, vkey.name, vkey) != head:
            raise BadProof("the receipt's proofs lead to another head")
        parsed.append(leaf)
    _require_outcome(receipt.outcome, parsed[0], envelope)
    _require_own(parsed, request, attempt)
    return Proof(tuple(parsed), head)


def _require_own(leaves: Sequence[Leaf], request: str, attempt: Callable[[Leaf], None] | None) -> None:
    """All entries are this request's; or all are one proven refusal of the attempt at it."""
    first = leaves[0]
    for leaf in leaves:
        others = leaf.request != request and (attempt is None or first.tag != REFUSAL)
        if others or leaf.request != first.request:
            raise BadProof(f"entry {leaf.seq} is not this request's")
    if first.request != request and attempt is not None:
        attempt(first)


def _require_outcome(outcome: str, first: Leaf, envelope: bytes | None) -> None:
    """A refusal is a refusal in the log too; what was signed is on record as it was signed."""
    if (outcome == "refused") != (first.tag == REFUSAL):
        raise BadProof(f"{outcome}, says the receipt; {first.tag}, says the log")
    if outcome == "refused" or envelope is None:
        return
    tag = tag_of(parse_envelope(envelope).payload_type)
    if first.tag == INSTEAD.get(tag):
        return
    if first.tag != tag or first.rec != envelope_hash(envelope):
        raise BadProof(f"entry {first.seq} is not what was signed and sent")


def require_in_log(proven: Proven, vkey: Vkey) -> tuple[Leaf, Checkpoint]:
    """The leaf is in the log at the place it names.

    Raises: BadProof.
    """
    data = unb64(proven.leaf)
    leaf, proof = parse_leaf(data), TlogProof.parse(proven.proof)
    head = require_proof(proof, data, vkey.name, vkey)
    if not leaf.seq == proof.index == proven.seq or leaf.origin != vkey.name:
        raise BadProof(f"the leaf is not that of entry {proven.seq}")
    return leaf, head
