"""`record()`: the only appender. Either all of this is in the database, or none of it.

The order is the design; the writer holds the site's lock around it:

 1. every entry gets the next number, the moment of the act and its leaf; the tree grows in
    memory only;
 2. sealed envelopes are sent, under their patient's key, after the leaves before them;
 3. `apply` folds each entry into the projections; the request id is noted as spent;

    and when the batch is closed, for all acts of its transaction together, see `batch.py`:

 4. leaves, tree nodes and clear envelopes are sent, then the states that the projections
    saved, then the request rows: the ids are spent;
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
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from hat_clinic.domain.entries import Entry
from hat_clinic.ledger.leaf import Leaf, envelope_hash
from hat_clinic.ledger.proofs import inclusion_proof
from hat_clinic.ledger.statement import Statement, payload_hash, payload_type
from hat_clinic.ledger.tlog_proof import TlogProof
from hat_clinic.ledger.tree import append, leaf_hash
from hat_clinic.store import sealed
from hat_clinic.store.batch import Head
from hat_clinic.store.ledger_rows import Tip
from hat_clinic.store.requests import Outcome, RequestStamp, SpentRequest
from hat_clinic.store.transaction import Transaction
from hat_clinic.vocabulary.errors import Clash
from hat_clinic.vocabulary.moments import moment_text, parse_moment
from hat_clinic.vocabulary.terms import EntryClass

SEALED_CLASSES = frozenset({EntryClass.PATIENT, EntryClass.CLINICAL})

_PAYLOAD_BEGINS = b'{"payload":"'


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A signed envelope that is to become an entry.

    `payload_hash` is how a second statement names this one. `patient_id` says whose key seals
    it; the sealed classes need one, for the others it is not used. `statement` is the payload as
    whoever made or checked it has read it, and `entry` what its body says, so that neither need be
    read again.
    """

    tag: str
    entry_class: EntryClass
    envelope: bytes
    patient_id: str | None
    payload_hash: bytes
    statement: Statement | None = field(default=None, compare=False, repr=False)
    entry: Entry | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Appended:
    """An entry of the log as projections get it: when it is appended, and when they are rebuilt.

    `patient_id` is there for sealed entries only, since nothing else keeps it; `envelope` and
    `payload_hash` are None only in a rebuild, when the patient's key is gone. `statement` is the
    envelope's and `entry` the statement's, where they have been read already.
    """

    seq: int
    at: datetime
    tag: str
    request: str
    rec: bytes
    patient_id: str | None
    envelope: bytes | None
    payload_hash: bytes | None
    statement: Statement | None = field(default=None, compare=False, repr=False)
    entry: Entry | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Proven:
    """The signed head and the proofs of some entries against it."""

    note: str
    proofs: tuple[TlogProof, ...]


@dataclass(frozen=True, slots=True)
class Recorded:
    """What was appended, and the head it is under. True once the writer has committed.

    `entries` are kind, envelope hash and leaf of each. The head is signed for all acts of the
    transaction together: until then there is none.
    """

    first_seq: int
    count: int
    at: datetime
    entries: tuple[tuple[str, bytes, bytes], ...]
    _head: Head | Proven = field(repr=False)

    @property
    def leaves(self) -> tuple[bytes, ...]:
        """What the tree holds of each entry."""
        return tuple([leaf for _, _, leaf in self.entries])

    def __reduce__(self) -> tuple[Any, ...]:
        # To another process goes what receipts need, not the tree they were made from.
        ways = tuple([proof.hashes for proof in self.proofs()])
        return _proven, (self.first_seq, self.at, self.entries, self.head_note, ways)

    @property
    def head_note(self) -> str:
        """The signed head.

        Raises: ValueError, as long as the transaction goes on.
        """
        if not self._head.note:
            raise ValueError("the head is signed last, when all of the transaction has been sent")
        return self._head.note

    def proofs(self) -> tuple[TlogProof, ...]:
        """The receipts, made without reading anything back."""
        if isinstance(self._head, Proven):
            return self._head.proofs
        note, size, nodes = self.head_note, self._head.size, self._head.nodes
        seqs = range(self.first_seq, self.first_seq + self.count)
        return tuple(
            TlogProof(seq, inclusion_proof(seq, size, lambda *at: nodes[at]), note) for seq in seqs
        )


def _proven(
    first_seq: int,
    at: datetime,
    entries: tuple[tuple[str, bytes, bytes], ...],
    note: str,
    ways: tuple[tuple[bytes, ...], ...],
) -> Recorded:
    proofs = tuple([TlogProof(seq, way, note) for seq, way in enumerate(ways, first_seq)])
    return Recorded(first_seq, len(entries), at, entries, Proven(note, proofs))


def record(
    tx: Transaction,
    request: RequestStamp,
    entries: Sequence[Outgoing],
    outcome: Outcome,
    apply: Callable[[Transaction, Appended], None],
    *,
    turned_back: bool = False,
) -> Recorded:
    """The entries are in the log and folded into the projections, under the head to be signed.

    Their `at` is the moment of the act, or that of the last entry where the clock now shows an
    earlier one, unless they say that two people have `turned_back` the clock.
    Raises: Clash, if the request id is spent, here or when the batch is closed; LedgerBroken,
    if a place in the log is taken; ValueError for a call that can only be a mistake in this program.
    """
    if not entries:
        raise ValueError("a decision is at least one entry")
    if tx.recorded:
        raise ValueError("an act records once: one decision spends its request id")
    tx.recorded = True
    unsent = tx.batch.unsent
    if request.request_id in unsent.spent:
        raise Clash("this request id is spent")
    now = moment_text(tx.now)
    at = now if turned_back else max(now, tx.tip.at)
    first_seq = tx.tip.frontier.size
    appended, leaves = _grow(tx, request, entries, at)
    _seal(tx, entries, first_seq)
    for one in appended:
        apply(tx, one)
    unsent.spent[request.request_id] = SpentRequest(request, outcome, first_seq, len(entries))
    told = tuple([(one.tag, one.rec, leaf) for one, leaf in zip(appended, leaves, strict=True)])
    return Recorded(first_seq, len(entries), appended[0].at, told, tx.batch.head)


def _grow(
    tx: Transaction, request: RequestStamp, entries: Sequence[Outgoing], at: str
) -> tuple[list[Appended], tuple[bytes, ...]]:
    """Step 1: the entries as projections get them, and their leaves; what to insert waits."""
    site_id, origin, moment = tx.site_id, tx.site.origin, parse_moment(at)
    if len({one.envelope for one in entries}) != len(entries):
        raise ValueError("one signed statement is one entry")
    frontier, unsent, known = tx.tip.frontier, tx.batch.unsent, tx.batch.head.nodes
    appended, leaves = [], []
    for one in entries:
        _require_consistent(one)
        seq, rec = frontier.size, envelope_hash(one.envelope)
        leaf = Leaf(origin, seq, at, one.tag, request.request_id, rec).to_bytes()
        nodes, frontier = append(frontier, leaf_hash(leaf))
        leaves.append(leaf)
        unsent.leaves.append({"site_id": site_id, "seq": seq, "leaf": leaf})
        for node in nodes:
            known[node.level, node.index] = node.hash
            unsent.nodes.append(
                {"site_id": site_id, "level": node.level, "idx": node.index, "hash": node.hash}
            )
        patient = one.patient_id if one.entry_class in SEALED_CLASSES else None
        if patient is None:
            unsent.envelopes.append({"site_id": site_id, "seq": seq, "bytes": one.envelope})
        appended.append(
            Appended(
                seq, moment, one.tag, request.request_id, rec, patient, one.envelope, one.payload_hash,
                one.statement, one.entry,
            )
        )  # fmt: skip
    tx.batch.tip = Tip(frontier, "", at)
    return appended, tuple(leaves)


def _seal(tx: Transaction, entries: Sequence[Outgoing], first_seq: int) -> None:
    """Step 2. Sent at once, for a later act of the batch may open them."""
    secret = [
        sealed.ToSeal(seq, one.tag, one.patient_id, one.envelope)
        for seq, one in enumerate(entries, first_seq)
        if one.entry_class in SEALED_CLASSES and one.patient_id is not None
    ]
    if secret:
        tx.batch.send_log()
        with tx.batch.taken_means_broken(first_seq):
            sealed.put(tx.conn, tx.site_id, tx.keys, tx.ids.random, secret)


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
