"""The one feed of entries: every leaf to whoever is signed in, an envelope to whom it concerns.

A leaf holds a salted hash and says nothing, so that anybody can follow the log. Envelopes go by
`reads.ENTRIES`. Beside these a person reads what they said themselves, and what waits for their
own second statement: they confirm what they read in the log, not what a screen says of it.

What a second person has yet to read or count for themselves is shown to its author alone.
"""

from __future__ import annotations

from dataclasses import dataclass

from hat_clinic.domain.confirmations import SECONDS
from hat_clinic.domain.doses.hidden import hidden_from
from hat_clinic.domain.entries import tag_of
from hat_clinic.domain.entries.doses import DosePermitted, DosePrepared
from hat_clinic.domain.entries.stock import StockCounted
from hat_clinic.domain.entries.system import ClockAccepted
from hat_clinic.handlers.clock import KEEPERS
from hat_clinic.handlers.ledger import MOST_ENTRIES, newest_head
from hat_clinic.handlers.reads import ENTRIES, Look
from hat_clinic.ledger.dsse import parse_envelope
from hat_clinic.ledger.leaf import parse_leaf
from hat_clinic.ledger.statement import Statement, parse_statement, payload_hash
from hat_clinic.projections.doses import DOSES
from hat_clinic.projections.pending import PENDING
from hat_clinic.projections.stock import COUNTS
from hat_clinic.store import ledger_rows
from hat_clinic.vocabulary.terms import Role

_DOSE = frozenset({tag_of(DosePermitted), tag_of(DosePrepared)})
_COUNT = tag_of(StockCounted)
_CLOCK = tag_of(ClockAccepted)


@dataclass(frozen=True, slots=True)
class FedEntry:
    """An entry of the feed; `envelope` is None where it is sealed, or not for who asks."""

    seq: int
    leaf: bytes
    envelope: bytes | None


@dataclass(frozen=True, slots=True)
class Feed:
    """Entries in their order, under the newest head."""

    entries: tuple[FedEntry, ...]
    size: int
    head: str


def feed(look: Look, after: int, limit: int) -> Feed:
    """At most `limit` entries that come after entry `after`; -1 begins at the beginning."""
    connection, site_id = look.tx.conn, look.site.site_id
    size, note = newest_head(connection, site_id)
    leaves = ledger_rows.leaf_chunk(connection, site_id, after + 1, min(limit, MOST_ENTRIES))
    if not leaves:
        return Feed((), size, note)
    clear = ledger_rows.envelopes(connection, site_id, leaves[0][0], leaves[-1][0])
    entries = (
        FedEntry(seq, leaf, None if seq not in clear else _shown(look, leaf, clear[seq]))
        for seq, leaf in leaves
    )
    return Feed(tuple(entries), size, note)


def _shown(look: Look, leaf: bytes, envelope: bytes) -> bytes | None:
    """The envelope, for somebody who may read it now."""
    tag = parse_leaf(leaf).tag
    by_role = bool(ENTRIES[tag] & look.roles)
    if by_role and tag not in _DOSE and tag != _COUNT:
        return envelope
    payload = parse_envelope(envelope).payload
    said = parse_statement(payload)
    if said.person == look.person:
        return envelope
    if _unread(look, tag, said):
        return None
    return envelope if by_role or _waits_for(look, tag, payload) else None


def _unread(look: Look, tag: str, said: Statement) -> bool:
    """Whether somebody else has yet to read or count this, without knowing it."""
    if tag in _DOSE:
        dose = DOSES.load(look.tx, str(said.body["dose"]))
        return dose is not None and hidden_from(dose, look.person)
    if tag == _COUNT:
        count = COUNTS.load(look.tx, str(said.body["count"]))
        return count is not None and count.recounted_by is None
    return False


def _waits_for(look: Look, tag: str, payload: bytes) -> bool:
    """Whether this statement waits for a second one that who asks may make."""
    if tag == _CLOCK:
        return bool(look.roles & KEEPERS)
    if tag not in SECONDS or PENDING.load(look.tx, payload_hash(payload).hex()) is None:
        return False
    wanted: frozenset[Role] = SECONDS[tag].second
    return bool(wanted & look.roles)
