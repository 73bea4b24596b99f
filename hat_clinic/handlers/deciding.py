"""How every act goes: asked, decided, recorded, answered. One way for all of them.

    perform   an attributed act: decided and recorded in one transaction, the machine key signs
    draw      a signed act, first half: the rules run, the server fixes the bytes to be signed
    sign      its second half: the rules run again, the person's envelope becomes the entry

A request id is spent by its first decision, for ever. A refusal is an outcome here, not an exception: it is
on record, and commits like any entry. Nothing that `decide` writes may come before its last refusal.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, TypeVar

from hat_clinic.domain import codec
from hat_clinic.domain.entries import SIGNERS, Entry, Signer, body_of, tag_of
from hat_clinic.domain.entries.system import ActRefused, ClockAgreed
from hat_clinic.handlers.acts import MOST_WAIT, SAID, Act, Actor, Brought, Decision, Drawn, Outcome, signed_as
from hat_clinic.handlers.clock import doubt_to_record, drift
from hat_clinic.handlers.every_act import (
    HOUSE,
    require_clocked_in,
    require_decided,
    require_live,
    require_open,
    require_signed,
    require_unchanged,
)
from hat_clinic.ledger.canonical import decode_object, encode
from hat_clinic.ledger.statement import MACHINE, Statement, parse_statement, payload_hash, payload_type
from hat_clinic.projections.replay import fold
from hat_clinic.store import requests, statements
from hat_clinic.store.newest import Newest
from hat_clinic.store.record import Outgoing, record
from hat_clinic.store.requests import RequestStamp
from hat_clinic.store.statements import OpenStatement
from hat_clinic.store.transaction import Transaction
from hat_clinic.vocabulary.errors import BadProof, Clash, Finding, NotFound, NotPermitted, Refused
from hat_clinic.vocabulary.ids import DoseId, PatientId, RequestId

C = TypeVar("C")
STATEMENT_LIVES = timedelta(seconds=120)
SALT_BYTES = 16
_ASKED = frozenset({"act", "command"})
DRAWN: Newest[str, tuple[str, Any]] = Newest(MOST_WAIT)
"""Act and command by the text they wait as: most statements are signed where they were drawn."""
_NONE: frozenset[str] = frozenset()
_SOMEBODY_ELSES = Finding(
    "SO41", "this request or statement belongs to another person or terminal; start your own", HOUSE
)


def perform(tx: Transaction, actor: Actor, stamp: RequestStamp, act: Act[C], command: C) -> Outcome:
    """The act is on record, accepted or refused, and the request id is spent.

    Raises: Clash, if the id was spent on another body, or a statement waits under it.
    """
    before = _before(tx, actor, stamp, act, command)
    if isinstance(before, Outcome):
        return before
    try:
        require_open(tx, actor, act)
        if act.permit:
            require_clocked_in(actor)
        decision = act.decide(tx, actor, command)
    except (Refused, NotPermitted) as error:
        return _refuse(tx, actor, stamp, act, command, error)
    return _record(tx, actor, stamp, decision)


def draw(tx: Transaction, actor: Actor, stamp: RequestStamp, act: Act[C], command: C) -> Drawn | Outcome:
    """A statement of this act waits 120 seconds for the signature, or the refusal is on record.

    The same request gets the same bytes while they are good.
    Raises: Clash, if the id stands for another body.
    """
    before = _before(tx, actor, stamp, act, command)
    if isinstance(before, Outcome):
        return before
    for waiting in before:
        if not waiting.expired(tx.now):
            return Drawn(waiting.statement_id, waiting.tag, waiting.payload, waiting.expires_at)
    try:
        require_open(tx, actor, act)
        key = require_clocked_in(actor)
        entry = act.draft(tx, actor, command) if act.draft else act.decide(tx, actor, command).entries[0]
    except (Refused, NotPermitted) as error:
        return _refuse(tx, actor, stamp, act, command, error)
    statement = _statement(tx, actor, stamp, entry, key)
    payload = statement.payload()
    SAID.put(payload, statement)
    asked = encode({"act": act.name, "command": codec.encode(command)}).decode()
    DRAWN.put(asked, (act.name, command))
    opened = OpenStatement(
        statement_id=tx.ids.uuid7(),
        request_id=stamp.request_id,
        person=actor.person,
        terminal=actor.terminal,
        tag=tag_of(type(entry)),
        payload=payload,
        command=asked,
        expires_at=tx.now + STATEMENT_LIVES,
    )
    statements.put(tx.conn, tx.site_id, opened)
    return Drawn(opened.statement_id, opened.tag, payload, opened.expires_at)


def sign(
    tx: Transaction, actor: Actor, acts: Mapping[str, Act[Any]], statement_id: str, brought: bytes | Brought
) -> Outcome:
    """The signed statement is an entry, or the refusal is on record; the request id is spent.

    Raises: BadProof, if the envelope is not the bytes that were drawn, truly signed; NotFound,
    if no such statement waits.
    """
    brought = Brought.read(brought) if isinstance(brought, bytes) else brought
    parsed, said = brought.parsed, brought.said
    opened = tx.batch.waiting(statement_id)
    if opened is None:
        return _decided_before(tx, actor, acts, brought)
    if parsed.payload != opened.payload or parsed.payload_type != payload_type(opened.tag):
        raise BadProof("these are not the bytes that were drawn")
    act, command = _asked(acts, opened, brought.envelope)
    stamp = RequestStamp(opened.request_id, actor.person, actor.terminal, _body_of(said))
    if (actor.person, actor.terminal) != (opened.person, opened.terminal):
        return _intruder(tx, actor, act, command, stamp)
    until = require_signed(tx, brought)
    tx.batch.signed(statement_id)
    try:
        require_open(tx, actor, act)
        require_live(tx, actor, opened, said.key, until)
        decision = act.decide(tx, actor, command)
        same = require_unchanged(act, opened, said, decision)
    except (Refused, NotPermitted) as error:
        return _refuse(tx, actor, stamp, act, command, error)
    by_hand = tag_of(type(decision.entries[0])) == opened.tag
    return _record(tx, actor, stamp, decision, brought if by_hand else None, same)


def _decided_before(tx: Transaction, actor: Actor, acts: Mapping[str, Act[Any]], brought: Brought) -> Outcome:
    """What became of this very request; or SO41, for somebody who has another's envelope."""
    said = brought.said
    before = tx.spent(said.request)
    stamp = RequestStamp(said.request, said.person, said.terminal, _body_of(said))
    if before is None or before.stamp != stamp:
        raise NotFound("no such statement waits: ask for it again")
    require_signed(tx, brought)
    require_decided(tx, before, brought)
    if (actor.person, actor.terminal) == (said.person, said.terminal):
        return _again(before)
    act, entry = signed_as(acts, brought)
    return _intruder(tx, actor, act, entry, stamp)


def _asked(acts: Mapping[str, Act[Any]], opened: OpenStatement, envelope: bytes) -> tuple[Act[Any], Any]:
    drawn = DRAWN.get(opened.command)
    if drawn is None:
        members = decode_object(opened.command.encode(), _ASKED, _NONE)
        act = acts[str(members["act"])]
        command = codec.decode(act.command, members["command"])
    else:
        act, command = acts[drawn[0]], drawn[1]
    if hasattr(command, "envelope"):
        command = replace(command, envelope=envelope)
    return act, command


def _body_of(said: Statement) -> bytes:
    if said.body_sha256 is None:
        raise BadProof("the statement does not say what was asked for")
    return said.body_sha256


def _before(
    tx: Transaction, actor: Actor, stamp: RequestStamp, act: Act[Any], command: object
) -> Outcome | tuple[OpenStatement, ...]:
    """What this very request was decided before, or else its statements so far, expired or not.

    Why also of an act that nobody signs: a statement waits no longer once its request is decided, and
    nobody shall put away what they were shown by spending its request on something else.
    Raises: Clash, if the id stands for another body.
    """
    try:
        spent = requests.own(tx.spent(stamp.request_id), stamp)
    except NotPermitted:
        return _intruder(tx, actor, act, command, stamp)
    if spent is not None:
        return _again(spent)
    waiting = statements.of_request(tx.conn, tx.site_id, stamp.request_id)
    for each in waiting:
        if (each.person, each.terminal) != (actor.person, actor.terminal):
            return _intruder(tx, actor, act, command, stamp)
        if parse_statement(each.payload).body_sha256 != stamp.body_sha256:
            raise Clash("this request id stands for another body")
    return waiting


def _again(before: requests.SpentRequest) -> Outcome:
    """SO46: a request that was refused before, sent again."""
    if before.outcome == "accepted":
        return Outcome(True, before.first_seq, before.entries)
    words = f"this request was refused before (entry {before.first_seq}) and stays refused; ask anew"
    return Outcome(False, before.first_seq, before.entries, (Finding("SO46", words, HOUSE),))


# --- what is written ----------------------------------------------------------------------


def _statement(tx: Transaction, actor: Actor, stamp: RequestStamp, entry: Entry, key: str) -> Statement:
    return Statement(
        salt=tx.ids.random(SALT_BYTES),
        origin=tx.site.origin,
        request=stamp.request_id,
        terminal=actor.terminal,
        person=actor.person,
        key=key,
        meaning=SIGNERS[type(entry)].meaning,
        body=body_of(entry),
        body_sha256=stamp.body_sha256,
    )


def _outgoing(
    tx: Transaction, actor: Actor, stamp: RequestStamp, entry: Entry, patient: PatientId | None
) -> Outgoing:
    row, tag = SIGNERS[type(entry)], tag_of(type(entry))
    if row.signer is not Signer.MACHINE:
        raise ValueError(f"{tag} is signed by a person, not attributed")
    statement = _statement(tx, actor, stamp, entry, MACHINE)
    payload = statement.payload()
    envelope = tx.keys.attribute(tag, payload)
    return Outgoing(tag, row.entry_class, envelope, patient, payload_hash(payload), statement, entry)


def _record(
    tx: Transaction,
    actor: Actor,
    stamp: RequestStamp,
    decision: Decision,
    brought: Brought | None = None,
    said: Entry | None = None,
) -> Outcome:
    """`said` is the entry that `brought` carries, where it is known to be that of the decision."""
    entries: Sequence[Entry] = decision.entries
    outgoing: list[Outgoing] = []
    if brought is not None:
        tag, row = tag_of(type(entries[0])), SIGNERS[type(entries[0])]
        envelope, digest = brought.envelope, payload_hash(brought.parsed.payload)
        signed = Outgoing(tag, row.entry_class, envelope, decision.patient, digest, brought.said, said)
        outgoing, entries = [signed], entries[1:]
    agreed = isinstance(decision.entries[0], ClockAgreed)
    doubt = () if agreed else doubt_to_record(tx, drift(tx))
    outgoing += [_outgoing(tx, actor, stamp, each, decision.patient) for each in (*entries, *doubt)]
    done = record(tx, stamp, outgoing, "accepted", fold, turned_back=agreed)
    return Outcome(True, done.first_seq, done.count, recorded=done)


def _refuse(
    tx: Transaction,
    actor: Actor,
    stamp: RequestStamp,
    act: Act[Any],
    command: object,
    error: Refused | NotPermitted,
    attempted: RequestId | None = None,
) -> Outcome:
    """The refusal is on record with its rules; SO40 where only the roles say no."""
    patient: PatientId | None = getattr(command, "patient", None)
    dose: DoseId | None = getattr(command, "dose", None)
    findings = error.findings or (Finding("SO40", str(error), HOUSE),)
    rules = tuple(dict.fromkeys(each.rule for each in findings))
    refused: Entry = ActRefused(act.name, rules, patient, dose, attempted)
    entries = (refused, *doubt_to_record(tx, drift(tx)))
    done = record(tx, stamp, [_outgoing(tx, actor, stamp, each, None) for each in entries], "refused", fold)
    return Outcome(False, done.first_seq, done.count, findings, isinstance(error, NotPermitted), done)


def _intruder(tx: Transaction, actor: Actor, act: Act[Any], command: object, sent: RequestStamp) -> Outcome:
    """SO41: another's request. The attempt has a request id of its own, so it spends nobody else's,
    and says whose it tried, so that no other refusal passes for its answer.
    """
    stamp = RequestStamp(tx.ids.uuid7(), actor.person, actor.terminal, sent.body_sha256)
    error = NotPermitted(_SOMEBODY_ELSES.words, (_SOMEBODY_ELSES,))
    return _refuse(tx, actor, stamp, act, command, error, RequestId(sent.request_id))
