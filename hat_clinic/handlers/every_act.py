"""The rules every act has, whatever it is about: a role, a clock, a key, the time, and nothing changed.

Each is asked under the site's lock, when a statement is drawn and again when it is signed.
"""

from __future__ import annotations

from typing import Any, cast

from hat_clinic.domain.clock import assess_permit
from hat_clinic.domain.entries import Entry, body_of, tag_of
from hat_clinic.domain.entries.doses import DoseMismatched
from hat_clinic.domain.entries.system import ActRefused
from hat_clinic.handlers.acts import Act, Actor, Brought, Decision
from hat_clinic.handlers.clock import drift
from hat_clinic.ledger.keys import PublicKey
from hat_clinic.ledger.leaf import envelope_hash, parse_leaf
from hat_clinic.ledger.statement import Statement
from hat_clinic.projections.clock import site_clock
from hat_clinic.projections.staff import KEYS
from hat_clinic.store import ledger_rows
from hat_clinic.store.requests import SpentRequest
from hat_clinic.store.statements import OpenStatement
from hat_clinic.store.transaction import Transaction
from hat_clinic.vocabulary.errors import BadProof, Finding, NotPermitted, Refused

HOUSE = "house rule on persons"
INSTEAD = frozenset({tag_of(ActRefused), tag_of(DoseMismatched)})
"""Entries that are written in place of the one that was signed."""
_NOT_CLOCKED_IN = Finding("SO43", "you are not clocked in here with a key that is good now; clock in", HOUSE)


def require_open(tx: Transaction, actor: Actor, act: Act[Any]) -> None:
    """SO40: an act by somebody without a role for it. A permit while the clock is in doubt (SO50)."""
    off = drift(tx)
    if not actor.roles & act.roles:
        roles = ", ".join(sorted(act.roles)).replace("_", " ")
        words = f"your roles do not allow this; it takes one of: {roles}"
        raise NotPermitted(words, (Finding("SO40", words, HOUSE),))
    if act.permit and (findings := assess_permit(site_clock(tx), off)):
        raise Refused(findings)


def require_clocked_in(actor: Actor) -> str:
    """SO43: a signature, or a permit, without a live clock-in at this terminal."""
    if actor.key is None:
        raise Refused((_NOT_CLOCKED_IN,))
    return actor.key


def require_signed(tx: Transaction, brought: Brought) -> int | None:
    """The key that the statement names signed it; returns until which entry that key is good.

    Raises: BadProof.
    """
    parsed, said = brought.parsed, brought.said
    key = KEYS.load(tx, said.key)
    if key is None or parsed.keyid != said.key:
        raise BadProof("this key is not known here")
    brought.require_signed(PublicKey(key.alg, key.public))
    return key.until


def require_decided(tx: Transaction, before: SpentRequest, brought: Brought) -> None:
    """What was brought again is the very envelope that became the entry, where one did.

    Raises: BadProof.
    """
    tx.batch.send_log()  # it may have been decided a moment ago, in this very transaction
    ((_, data),) = ledger_rows.leaf_chunk(tx.conn, tx.site_id, before.first_seq, 1)
    leaf = parse_leaf(data)
    if leaf.tag not in INSTEAD and leaf.rec != envelope_hash(brought.envelope):
        raise BadProof("another envelope was decided under this request")


def require_live(
    tx: Transaction, actor: Actor, opened: OpenStatement, key: str, until: int | None
) -> None:
    """SO42: a statement signed after its time. SO43 too: with a key that is not good any more."""
    findings = []
    if opened.expired(tx.now):
        words = "the statement was shown more than two minutes ago; look again and sign the new one"
        findings.append(Finding("SO42", words, HOUSE))
    if until is not None or actor.key != key:
        findings.append(_NOT_CLOCKED_IN)
    if findings:
        raise Refused(tuple(findings))


def require_unchanged(
    act: Act[Any], opened: OpenStatement, said: Statement, decision: Decision
) -> Entry | None:
    """SO45: a signature on what would not follow now. Breaches may only grow: the incident has today's.

    Why not shrink: whoever verifies the log asks an incident of every breach that was signed.
    Returns the entry, if exactly it was signed.
    """
    entry = decision.entries[0]
    if act.draft is not None and tag_of(type(entry)) != opened.tag:
        return None
    now, then = body_of(entry), dict(said.body)
    if now == then:
        return entry
    broken_now, broken_then = (frozenset(cast(list[str], body.pop("breaches", []))) for body in (now, then))
    if now != then or not broken_then <= broken_now:
        words = "something changed since you were shown this; look again and sign the new statement"
        raise Refused((Finding("SO45", words, HOUSE),))
    return None
