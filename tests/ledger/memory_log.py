"""A whole log in memory, written the way the writer writes and open to every kind of tampering."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from hashlib import sha256

from hat_clinic.ledger.audit_source import Missing
from hat_clinic.ledger.canonical import b64, unb64
from hat_clinic.ledger.checkpoint import Checkpoint, sign_checkpoint
from hat_clinic.ledger.dsse import Envelope, make_envelope
from hat_clinic.ledger.keys import ED25519, PublicKey
from hat_clinic.ledger.leaf import Leaf, envelope_hash
from hat_clinic.ledger.policy import Policy
from hat_clinic.ledger.statement import Statement, payload_type
from hat_clinic.ledger.tree import Frontier, append, leaf_hash
from hat_clinic.vocabulary.errors import BadProof
from tests.ledger.ledger_hands import HEAD, ORIGIN, Hand

ANA, BO, MACHINE = Hand("ana"), Hand("bo"), Hand("machine key of the log")


def request_id(seq: int) -> str:
    return f"01934f5e-7a2b-7c3d-8e4f-{seq:012x}"


def minute(count: int) -> str:
    return f"2026-11-23T{count // 60:02d}:{count % 60:02d}:00.000000Z"


@dataclass
class MemoryLog:
    """What a database would hold. Tests change it behind the writer's back."""

    origin: str = ORIGIN
    stored_leaves: list[tuple[int, bytes]] = field(default_factory=list)
    envelopes: dict[int, bytes | Missing] = field(default_factory=dict)
    stored_heads: list[tuple[int, str]] = field(default_factory=list)
    stored_nodes: list[tuple[int, int, bytes]] | None = field(default_factory=list)
    frontier: Frontier = field(default_factory=Frontier.empty)

    # As a source of the audit.

    def leaves(self) -> Iterator[tuple[int, bytes]]:
        return iter(self.stored_leaves)

    def envelope(self, seq: int) -> bytes | Missing:
        return self.envelopes[seq]

    def heads(self) -> Iterator[tuple[int, str]]:
        return iter(self.stored_heads)

    def nodes(self) -> Iterator[tuple[int, int, bytes]] | None:
        return None if self.stored_nodes is None else iter(self.stored_nodes)

    # As a writer.

    def statement(self, hand: Hand, **changes: object) -> Statement:
        seq = len(self.stored_leaves)
        given: dict[str, object] = {
            "salt": sha256(b"salt %d" % seq).digest()[:16],
            "origin": self.origin,
            "request": request_id(seq),
            "terminal": "t1",
            "person": hand.name,
            "key": hand.public.key_id,
            "meaning": "so it was",
            "body": {"number": seq},
        }
        return Statement(**{**given, **changes})  # type: ignore[arg-type]

    def add(
        self,
        tag: str,
        hand: Hand,
        *,
        statement: Statement | None = None,
        signer: Hand | None = None,
        kind: str | None = None,
        **leaf_changes: object,
    ) -> None:
        said = statement or self.statement(hand)
        envelope = make_envelope(kind or payload_type(tag), said.payload(), said.key, (signer or hand).sign)
        self.add_envelope(tag, envelope, **leaf_changes)

    def add_envelope(self, tag: str, envelope: bytes, **leaf_changes: object) -> None:
        seq = len(self.stored_leaves)
        given: dict[str, object] = {
            "origin": self.origin,
            "seq": seq,
            "at": minute(seq),
            "tag": tag,
            "request": request_id(seq),
            "rec": envelope_hash(envelope),
        }
        self.add_leaf(Leaf(**{**given, **leaf_changes}).to_bytes())  # type: ignore[arg-type]
        self.envelopes[seq] = envelope

    def add_leaf(self, leaf: bytes) -> None:
        nodes, self.frontier = append(self.frontier, leaf_hash(leaf))
        self.stored_leaves.append((len(self.stored_leaves), leaf))
        if self.stored_nodes is not None:
            self.stored_nodes += [(node.level, node.index, node.hash) for node in nodes]

    def head(self) -> Checkpoint:
        size = self.frontier.size
        previous = max((stored for stored, _ in self.stored_heads if stored < size), default=0)
        return Checkpoint(self.origin, size, self.frontier.root, previous)

    def sign_head(self, hand: Hand = HEAD) -> None:
        self.stored_heads.append((self.frontier.size, sign_checkpoint(self.head(), hand.sign, hand.raw)))

    def anchor(self) -> Policy:
        return Policy.of(HEAD.vkey(self.origin), self.stored_leaves[0][1])


@dataclass(frozen=True, slots=True)
class Granted:
    """A key and whose it is, good for the entries with `since` <= seq < `until`."""

    person: str
    public: PublicKey
    since: int
    until: int | None = None

    def require_good_at(self, seq: int) -> PublicKey:
        if seq < self.since or (self.until is not None and self.until <= seq):
            raise BadProof(f"this key is good from entry {self.since} to before {self.until}, not at {seq}")
        return self.public


class MemoryKeyring:
    """Learns whose key is whose from `ledger-opened`, `key-granted` and `key-revoked`."""

    def __init__(self) -> None:
        self.keys: dict[str, Granted] = {}

    def key_for(self, seq: int, tag: str, statement: Statement) -> PublicKey:
        if seq == 0:
            return _key(statement.body["founder"])
        entry = self.keys.get(statement.key)
        if entry is None or entry.person != statement.person:
            raise BadProof(f"{statement.person} has no key {statement.key}")
        return entry.require_good_at(seq)

    def learn(self, seq: int, tag: str, statement: Statement, envelope: Envelope) -> None:
        if tag == "ledger-opened":
            self._grant(seq, statement.person, _key(statement.body["founder"]))
        elif tag == "key-granted":
            self._grant(seq + 1, str(statement.body["person"]), _key(statement.body["public"]))
        elif tag == "key-revoked":
            old = self.keys[str(statement.body["key"])]
            self.keys[old.public.key_id] = replace(old, until=seq + 1)

    def _grant(self, seq: int, person: str, public: PublicKey) -> None:
        self.keys[public.key_id] = Granted(person, public, seq)


def _key(value: object) -> PublicKey:
    return PublicKey(ED25519, unb64(value))


def opened() -> MemoryLog:
    """A log with its founder Ana and a key for Bo; one head for both entries."""
    log = MemoryLog()
    log.add("ledger-opened", ANA, statement=log.statement(ANA, body={"founder": b64(ANA.raw)}))
    grant = {"person": BO.name, "public": b64(BO.raw)}
    log.add("key-granted", ANA, statement=log.statement(ANA, body=grant))
    log.sign_head()
    return log


def written(entries: int, word: str = "so it was") -> MemoryLog:
    """A log of that many entries, a head after each transaction of one entry or two."""
    log = opened()
    while len(log.stored_leaves) < entries:
        seq = len(log.stored_leaves)
        hand = (ANA, BO)[seq % 2]
        log.add("dose-given", hand, statement=log.statement(hand, meaning=word))
        if seq % 3 or len(log.stored_leaves) == entries:
            log.sign_head()
    return log
