"""How a log begins: two founders open it, and enrol the terminal they sit at.

    entry 0   LedgerOpened, signed by the first founder     entry 1   confirmed by the second
    entry 2   TerminalEnrolled, signed by the first         entry 3   confirmed by the second

One transaction, one head over all four. There is no moment at which one person owns the log.
"""

from __future__ import annotations

from dataclasses import dataclass

from hat_clinic.domain.entries import SIGNERS, Entry, body_of, tag_of
from hat_clinic.domain.entries.system import ActConfirmed, LedgerOpened
from hat_clinic.domain.entries.terminals import TerminalEnrolled
from hat_clinic.handlers.acts import body_digest
from hat_clinic.ledger.dsse import make_envelope
from hat_clinic.ledger.statement import Statement, payload_hash, payload_type
from hat_clinic.projections.replay import fold
from hat_clinic.security.signing import SigningKey
from hat_clinic.store.record import Outgoing, Recorded, record
from hat_clinic.store.requests import RequestStamp
from hat_clinic.store.transaction import Transaction
from hat_clinic.vocabulary.errors import Clash

SALT_BYTES = 16


@dataclass(frozen=True, slots=True)
class Founding:
    """What the two founders state together, and their keys for the minutes of the ceremony."""

    opened: LedgerOpened
    terminal: TerminalEnrolled
    first: SigningKey
    second: SigningKey


def found(tx: Transaction, founding: Founding) -> Recorded:
    """The log holds its first four entries, each pair by two people.

    Raises: Clash, if the log has begun; ValueError, unless two persons with two keys found it.
    """
    if tx.tip.frontier.size:
        raise Clash("this log has begun; it cannot be founded twice")
    people = founding.opened.founders
    keys = (founding.first.key_id, founding.second.key_id)
    if len({each.person for each in people}) != 2 or len({each.staff_code for each in people}) != 2:
        raise ValueError("two different people found a log")
    if len(set(keys)) != 2 or tuple(each.key for each in people) != keys:
        raise ValueError("each founder signs with a key of their own")
    digest = body_digest("found", body_of(founding.opened))
    stamp = RequestStamp(tx.ids.uuid7(), people[0].person, founding.terminal.terminal, digest)
    outgoing = []
    for entry in (founding.opened, founding.terminal):
        first = _signed(tx, stamp, entry, people[0].person, founding.first)
        confirmation = ActConfirmed(first.payload_hash, first.tag)
        second = _signed(tx, stamp, confirmation, people[1].person, founding.second)
        outgoing += [first, second]
    return record(tx, stamp, outgoing, "accepted", fold)


def _signed(tx: Transaction, stamp: RequestStamp, entry: Entry, person: str, key: SigningKey) -> Outgoing:
    row, tag = SIGNERS[type(entry)], tag_of(type(entry))
    payload = Statement(
        salt=tx.ids.random(SALT_BYTES),
        origin=tx.site.origin,
        request=stamp.request_id,
        terminal=stamp.terminal,
        person=person,
        key=key.key_id,
        meaning=row.meaning,
        body=body_of(entry),
        body_sha256=stamp.body_sha256,
    ).payload()
    envelope = make_envelope(payload_type(tag), payload, key.key_id, key.sign)
    return Outgoing(tag, row.entry_class, envelope, None, payload_hash(payload))
