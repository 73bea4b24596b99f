"""`record()`: the only appender. Either all of this is in the database, or none of it.

The order is the design; the writer holds the site's lock around it:

 1. every entry gets the next number, the moment of the act and its leaf; the tree grows in
    memory only;
 2. leaves, tree nodes and envelopes (clear, or sealed under the patient's key) are inserted;
 3. `apply` folds each entry into the projections, and what they saved is sent;
 4. the request row is inserted: the id is spent;
 5. the tree head is signed, last, when everything it speaks of has been sent, and inserted;
 6. the writer commits, once. Only then does the head, or any answer, leave the process.

A failure before 6 leaves nothing, for it all was one transaction; whatever was signed in 5 is
thrown away unseen. When nobody can tell whether 6 happened, the process ends, and the next
one finds out the ordinary way: by reading the newest head. There is no recovery code.

Left out here, because it needs to know what entries mean: whether the author may make such an
entry, and whether the signatures verify. Handlers decide that before they come here.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from hat_clinic.ledger.checkpoint import Checkpoint, sign_checkpoint
from hat_clinic.ledger.leaf import Leaf, envelope_hash
from hat_clinic.ledger.proofs import inclusion_proof
from hat_clinic.ledger.statement import payload_hash, payload_type
from hat_clinic.ledger.tlog_proof import TlogProof
from hat_clinic.ledger.tree import append, leaf_hash
from hat_clinic.store import requests, sealed
from hat_clinic.store.ledger_rows import Tip
from hat_clinic.store.requests import Outcome, RequestStamp
from hat_clinic.store.schema import envelope, ledger_head, ledger_leaf, ledger_node
from hat_clinic.store.transaction import Transaction
from hat_clinic.vocabulary.errors import Clash, LedgerBroken
from hat_clinic.vocabulary.moments import moment_text, parse_moment
from hat_clinic.vocabulary.terms import EntryClass

SEALED_CLASSES = frozenset({EntryClass.PATIENT, EntryClass.CLINICAL})

_ADD_LEAVES = insert(ledger_leaf)
_ADD_NODES = insert(ledger_node)
_ADD_ENVELOPES = insert(envelope)
_ADD_HEAD = insert(ledger_head)
_PAYLOAD_BEGINS = b'{"payload":"'


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A signed envelope that is to become an entry.

    `payload_hash` is how a second statement names this one. `patient_id` says whose key seals
    it; the sealed classes need one, for the others it is not used.
    """

    tag: str
    entry_class: EntryClass
    envelope: bytes
    patient_id: str | None
    payload_hash: bytes


@dataclass(frozen=True, slots=True)
class Appended:
    """An entry of the log as projections get it: when it is appended, and when they are rebuilt.

    `patient_id` is there for sealed entries only, since nothing else keeps it; `envelope` and
    `payload_hash` are None only in a rebuild, when the patient's key is gone.
    """

    seq: int
    at: datetime
    tag: str
    request: str
    rec: bytes
    patient_id: str | None
    envelope: bytes | None
    payload_hash: bytes | None


@dataclass(frozen=True, slots=True)
class Recorded:
    """What was appended, under which signed head. True once the writer has committed."""

    first_seq: int
    count: int
    at: datetime
    head_note: str
    leaves: tuple[bytes, ...]
    _size: int = field(repr=False)
    _nodes: Mapping[tuple[int, int], bytes] = field(repr=False)

    def proofs(self) -> tuple[TlogProof, ...]:
        """The receipts, made without reading anything back."""
        seqs = range(self.first_seq, self.first_seq + self.count)
        return tuple(
            TlogProof(seq, inclusion_proof(seq, self._size, self._node), self.head_note) for seq in seqs
        )

    def _node(self, level: int, index: int) -> bytes:
        return self._nodes[level, index]


def record(
    tx: Transaction,
    request: RequestStamp,
    entries: Sequence[Outgoing],
    outcome: Outcome,
    apply: Callable[[Transaction, Appended], None],
    *,
    turned_back: bool = False,
) -> Recorded:
    """The entries are in the log, folded into the projections, under one newly signed head.

    Their `at` is the moment of the act, or that of the last entry where the clock now shows an
    earlier one, unless they say that two people have `turned_back` the clock.
    Raises: Clash, if the request id is spent; LedgerBroken, if a place in the log is taken;
    ValueError for a call that can only be a mistake in this program.
    """
    if not entries:
        raise ValueError("a decision is at least one entry")
    if tx.recorded:
        raise ValueError("a transaction records once: its head is signed last")
    tx.recorded = True
    now = moment_text(tx.now)
    at = now if turned_back else max(now, tx.tip.at)
    growth = _grow(tx, request, entries, at)
    _insert(tx, growth, entries)
    for one in growth.appended:
        apply(tx, one)
    tx.flush()
    try:
        requests.spend(tx.conn, tx.site_id, request, outcome, growth.first_seq, len(entries))
    except IntegrityError as error:
        raise Clash("this request id is spent") from error
    note = _sign_head(tx, growth)
    tx.tip = Tip(growth.frontier, note, at)
    leaves = tuple(row["leaf"] for row in growth.leaf_rows)
    moment = growth.appended[0].at
    size = growth.frontier.size
    return Recorded(growth.first_seq, len(entries), moment, note, leaves, size, growth.nodes)


class _Growth:
    """What step 1 makes: rows to insert, and the tree with the entries in it."""

    def __init__(self, tx: Transaction) -> None:
        self.frontier = tx.tip.frontier
        self.first_seq = self.frontier.size
        self.nodes = self.frontier.nodes()
        self.leaf_rows: list[dict[str, Any]] = []
        self.node_rows: list[dict[str, Any]] = []
        self.appended: list[Appended] = []


def _grow(tx: Transaction, request: RequestStamp, entries: Sequence[Outgoing], at: str) -> _Growth:
    """Step 1."""
    growth = _Growth(tx)
    site_id, origin, moment = tx.site_id, tx.site.origin, parse_moment(at)
    for one in entries:
        _require_consistent(one)
        seq, rec = growth.frontier.size, envelope_hash(one.envelope)
        leaf = Leaf(origin, seq, at, one.tag, request.request_id, rec).to_bytes()
        nodes, growth.frontier = append(growth.frontier, leaf_hash(leaf))
        growth.leaf_rows.append({"site_id": site_id, "seq": seq, "leaf": leaf})
        for node in nodes:
            growth.nodes[node.level, node.index] = node.hash
            growth.node_rows.append(
                {"site_id": site_id, "level": node.level, "idx": node.index, "hash": node.hash}
            )
        patient = one.patient_id if one.entry_class in SEALED_CLASSES else None
        growth.appended.append(
            Appended(seq, moment, one.tag, request.request_id, rec, patient, one.envelope, one.payload_hash)
        )
    return growth


def _insert(tx: Transaction, growth: _Growth, entries: Sequence[Outgoing]) -> None:
    """Step 2."""
    clear, secret = [], []
    for seq, one in enumerate(entries, growth.first_seq):
        if one.entry_class in SEALED_CLASSES and one.patient_id is not None:
            secret.append(sealed.ToSeal(seq, one.tag, one.patient_id, one.envelope))
        else:
            clear.append({"site_id": tx.site_id, "seq": seq, "bytes": one.envelope})
    with _taken_means_broken(growth.first_seq):
        tx.conn.execute(_ADD_LEAVES, growth.leaf_rows)
        tx.conn.execute(_ADD_NODES, growth.node_rows)
        if clear:
            tx.conn.execute(_ADD_ENVELOPES, clear)
        if secret:
            sealed.put(tx.conn, tx.site_id, tx.keys, tx.ids.random, secret)


def _sign_head(tx: Transaction, growth: _Growth) -> str:
    """Step 5."""
    checkpoint = Checkpoint(tx.site.origin, growth.frontier.size, growth.frontier.root)
    note = sign_checkpoint(checkpoint, tx.keys.head.sign, tx.keys.head.public_raw)
    with _taken_means_broken(growth.first_seq):
        tx.conn.execute(_ADD_HEAD, {"site_id": tx.site_id, "size": growth.frontier.size, "note": note})
    return note


def _require_consistent(one: Outgoing) -> None:
    """The envelope is of this tag and this payload: an entry nobody can verify is never written."""
    if one.entry_class in SEALED_CLASSES and one.patient_id is None:
        raise ValueError(f"an entry of class {one.entry_class} names the patient whose key seals it")
    if f'"payloadType":"{payload_type(one.tag)}"'.encode() not in one.envelope:
        raise ValueError(f"the envelope is not of tag {one.tag}")
    start = len(_PAYLOAD_BEGINS)
    encoded, quote, _ = one.envelope[start:].partition(b'"')
    if not one.envelope.startswith(_PAYLOAD_BEGINS) or not quote:
        raise ValueError("the envelope is not canonical")
    if payload_hash(b64decode(encoded)) != one.payload_hash:
        raise ValueError("the payload hash is of another payload")


@contextmanager
def _taken_means_broken(seq: int) -> Iterator[None]:
    """A row that stands where the newest head says the log ends was not written by us."""
    try:
        yield
    except IntegrityError as error:
        raise LedgerBroken(f"something is stored where the log ends: {error.orig}", seq=seq) from error
