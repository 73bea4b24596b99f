"""A log small enough to hold in a list, which answers a client as a server would - or lies."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass, field
from hashlib import sha256

from hat_clinic.ledger.checkpoint import Checkpoint, sign_checkpoint
from hat_clinic.ledger.leaf import Leaf, envelope_hash
from hat_clinic.ledger.note import Vkey
from hat_clinic.ledger.proofs import consistency_proof, inclusion_proof
from hat_clinic.ledger.tlog_proof import TlogProof
from hat_clinic.ledger.tree import Frontier, append, leaf_hash
from hat_clinic.security.signing import SigningKey
from hat_clinic.vocabulary.ids import uuid7_from
from hat_clinic.wire.answers import EntryLine, Receipt
from hat_clinic.wire.ledger import Consistency, Proven

ORIGIN = "hat.invalid/zh1"
AT = "2026-11-23T12:00:00.000000Z"


def b64(data: bytes) -> str:
    return b64encode(data).decode()


def request_id(number: int) -> str:
    return uuid7_from(number, sha256(b"%d" % number).digest()[:10])


@dataclass
class MemoryLog:
    """Leaves, nodes and heads; `name` makes the head's key."""

    name: str = "head"
    leaves: list[bytes] = field(default_factory=list)
    nodes: dict[tuple[int, int], bytes] = field(default_factory=dict)
    frontier: Frontier = field(default_factory=Frontier.empty)

    @property
    def key(self) -> SigningKey:
        return SigningKey.from_seed(sha256(self.name.encode()).digest())

    @property
    def vkey(self) -> Vkey:
        return Vkey.of(ORIGIN, self.key.public_raw)

    def add(self, envelope: bytes, tag: str = "dose-given", request: str | None = None) -> Leaf:
        seq = len(self.leaves)
        leaf = Leaf(ORIGIN, seq, AT, tag, request or request_id(seq), envelope_hash(envelope))
        nodes, self.frontier = append(self.frontier, leaf_hash(leaf.to_bytes()))
        self.nodes |= {(node.level, node.index): node.hash for node in nodes}
        self.leaves.append(leaf.to_bytes())
        return leaf

    def grown(self, size: int) -> MemoryLog:
        while len(self.leaves) < size:
            self.add(b"envelope %d" % len(self.leaves))
        return self

    def node(self, level: int, index: int) -> bytes:
        return self.nodes[level, index]

    def head(self) -> str:
        checkpoint = Checkpoint(ORIGIN, self.frontier.size, self.frontier.root, 0)
        return sign_checkpoint(checkpoint, self.key.sign, self.key.public_raw)

    def proof(self, seq: int) -> str:
        hashes = inclusion_proof(seq, self.frontier.size, self.node)
        return TlogProof(seq, hashes, self.head()).text()

    def proven(self, seq: int) -> Proven:
        return Proven(seq=seq, leaf=b64(self.leaves[seq]), proof=self.proof(seq))

    def consistency(self, old: int, new: int) -> Consistency:
        hashes = [b64(each) for each in consistency_proof(old, new, self.node)]
        return Consistency(old=old, new=new, hashes=hashes, head=self.head())

    def receipt(self, *leaves: Leaf, outcome: str = "accepted", request: str | None = None) -> Receipt:
        return Receipt(
            request=request or leaves[0].request,
            outcome=outcome,
            first_seq=leaves[0].seq,
            count=len(leaves),
            entries=[
                EntryLine(seq=each.seq, tag=each.tag, rec=b64(each.rec), leaf=b64(each.to_bytes()))
                for each in leaves
            ],
            head=self.head(),
            proofs=[self.proof(each.seq) for each in leaves],
        )
