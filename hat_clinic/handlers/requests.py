"""From a request to its answer: one command to the writer, and the receipts of what it decided.

A receipt is derived when it is asked for, against the newest head, and stored nowhere: a
repeated request gets the same entries with newer proofs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import Connection

from hat_clinic.handlers import deciding
from hat_clinic.handlers.acts import Act, Brought, Drawn, Outcome, body_digest
from hat_clinic.handlers.identity import Asking, still_signed_in
from hat_clinic.handlers.runtime import SiteRuntime
from hat_clinic.ledger.canonical import b64
from hat_clinic.ledger.keys import PublicKey
from hat_clinic.ledger.leaf import parse_leaf
from hat_clinic.ledger.statement import parse_statement, payload_type
from hat_clinic.projections.staff import KEYS
from hat_clinic.store import ledger_rows, requests
from hat_clinic.store.requests import RequestStamp
from hat_clinic.store.states import States
from hat_clinic.store.transaction import Transaction
from hat_clinic.vocabulary.errors import Finding, NotFound, Rejected
from hat_clinic.vocabulary.strict_json import JsonValue

C = TypeVar("C")
MOST_SIGNED = 26 * 1024
"""Bytes of a payload whose envelope can come back as the signature route takes it, in base64 twice."""
ANOTHERS_REQUEST = "no request of yours was decided under this id"


@dataclass(frozen=True, slots=True)
class EntryLine:
    """An entry's place in the log, its kind, and in base64 the hash of its envelope and its leaf."""

    seq: int
    tag: str
    rec: str
    leaf: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What a request came to: its entries, and a proof of each against the signed head.

    `forbidden` tells a refusal to somebody who may never do this from one by the rules;
    `replayed` says that the decision was made before.
    """

    request_id: str
    accepted: bool
    first_seq: int
    count: int
    entries: tuple[EntryLine, ...]
    head: str
    proofs: tuple[str, ...]
    findings: tuple[Finding, ...] = ()
    forbidden: bool = False
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class ToSign:
    """What the terminal must show, and its person sign."""

    drawn: Drawn
    payload_type: str


async def perform(
    runtime: SiteRuntime, asking: Asking, act: Act[C], request_id: str, body: JsonValue, command: C
) -> Answer:
    """The attributed act is decided, for ever, and on record.

    Raises: Clash; Unauthenticated.
    """
    stamp = RequestStamp(request_id, asking.person, asking.terminal, body_digest(act.name, body))
    return await _answer(runtime, request_id, await runtime.write(_perform, asking, stamp, act, command))


async def draw(
    runtime: SiteRuntime, asking: Asking, act: Act[C], request_id: str, body: JsonValue, command: C
) -> ToSign | Answer:
    """A statement waits for the person's signature, or the refusal is on record.

    Raises: Clash; Unauthenticated; Rejected, for more than a signature can send back.
    """
    stamp = RequestStamp(request_id, asking.person, asking.terminal, body_digest(act.name, body))
    done = await runtime.write(_draw, asking, stamp, act, command)
    if isinstance(done, Outcome):
        return await _answer(runtime, request_id, done)
    return ToSign(done, payload_type(done.tag))


async def sign(runtime: SiteRuntime, asking: Asking, statement_id: str, envelope: bytes) -> Answer:
    """The signed statement is an entry, or the refusal is on record.

    Raises: BadProof; NotFound; NotPermitted; Unauthenticated.
    """
    brought = await _tried(runtime, Brought.read(envelope))
    request_id, outcome = await runtime.write(_sign, asking, runtime.acts, statement_id, brought)
    return await _answer(runtime, request_id, outcome)


def find(connection: Connection, site_id: str, asking: Asking, request_id: str) -> Answer:
    """What this person's request came to.

    Raises: NotFound, also for somebody else's.
    """
    spent = requests.find(connection, site_id, request_id)
    if spent is None or spent.stamp.actor != asking.person:
        raise NotFound(ANOTHERS_REQUEST)
    outcome = Outcome(spent.outcome == "accepted", spent.first_seq, spent.entries)
    return _stored_answer(connection, site_id, request_id, outcome)


async def _tried(runtime: SiteRuntime, brought: Brought) -> Brought:
    """Verified under the key it names, if there is such a key; the writer then need not do it again.

    Why here: the writer is what all wait for. A key's name is its hash, so a key read once is right
    for ever; whether it is the person's, and good now, is asked under the lock.
    Raises: BadProof, where nobody signed it and it is no statement either.
    """
    named = brought.parsed.keyid
    key = runtime.keys_read.get(named)
    if key is None:
        site_id = runtime.site.site_id
        state = await runtime.read(lambda conn: KEYS.load(States(conn, site_id), named))
        if state is not None:
            key = PublicKey(state.alg, state.public)
            runtime.keys_read.put(named, key)
    tried = brought if key is None else brought.tried(key)
    if tried.signed_by is None:
        parse_statement(brought.parsed.payload)  # nonsense goes no further than this
    return tried


def _perform(tx: Transaction, asking: Asking, stamp: RequestStamp, act: Act[C], command: C) -> Outcome:
    return deciding.perform(tx, still_signed_in(tx, asking), stamp, act, command)


def _draw(tx: Transaction, asking: Asking, stamp: RequestStamp, act: Act[C], command: C) -> Drawn | Outcome:
    drawn = deciding.draw(tx, still_signed_in(tx, asking), stamp, act, command)
    if isinstance(drawn, Drawn) and len(drawn.payload) > MOST_SIGNED:
        raise Rejected("this is too long to be signed at once; record it in several parts")
    return drawn


def _sign(
    tx: Transaction, asking: Asking, acts: Mapping[str, Act[Any]], statement_id: str, brought: Brought
) -> tuple[str, Outcome]:
    outcome = deciding.sign(tx, still_signed_in(tx, asking), acts, statement_id, brought)
    return brought.said.request, outcome


async def _answer(runtime: SiteRuntime, request_id: str, outcome: Outcome) -> Answer:
    recorded = outcome.recorded
    if recorded is None:
        site_id = runtime.site.site_id
        return await runtime.read(lambda conn: _stored_answer(conn, site_id, request_id, outcome))
    proofs = tuple(proof.text() for proof in recorded.proofs())
    lines = [(seq, *each) for seq, each in enumerate(recorded.entries, recorded.first_seq)]
    return _with(request_id, outcome, lines, recorded.head_note, proofs, replayed=False)


def _stored_answer(connection: Connection, site_id: str, request_id: str, outcome: Outcome) -> Answer:
    first, count = outcome.first_seq, outcome.count
    stored = ledger_rows.leaf_chunk(connection, site_id, first, count)
    lines = [(seq, leaf.tag, leaf.rec, data) for seq, data in stored for leaf in (parse_leaf(data),)]
    receipts = ledger_rows.receipts(connection, site_id, first, count)
    proofs = tuple(proof.text() for proof in receipts)
    return _with(request_id, outcome, lines, receipts[0].checkpoint_note, proofs, replayed=True)


def _with(
    request_id: str,
    outcome: Outcome,
    lines: Iterable[tuple[int, str, bytes, bytes]],
    head: str,
    proofs: tuple[str, ...],
    *,
    replayed: bool,
) -> Answer:
    entries = tuple([EntryLine(seq, tag, b64(rec), b64(leaf)) for seq, tag, rec, leaf in lines])
    return Answer(
        request_id,
        outcome.accepted,
        outcome.first_seq,
        outcome.count,
        entries,
        head,
        proofs,
        outcome.findings,
        outcome.forbidden,
        replayed,
    )
