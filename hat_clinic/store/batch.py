"""What the acts of one database transaction do together: rows sent at its end, the head last.

An act sees what the acts before it did, though most of it has not been sent: states and spent
requests are looked up here first, and sealed envelopes are sent at once. Nothing else of the
log is read back by an act.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, insert
from sqlalchemy.exc import IntegrityError

from hat_clinic.ledger.checkpoint import Checkpoint, sign_checkpoint
from hat_clinic.store import requests, statements
from hat_clinic.store.ledger_rows import Tip
from hat_clinic.store.prepared import Prepared
from hat_clinic.store.requests import SpentRequest
from hat_clinic.store.schema import envelope, ledger_head, ledger_leaf, ledger_node
from hat_clinic.store.site_keys import SiteKeys
from hat_clinic.store.sites import SiteRow
from hat_clinic.store.statements import OpenStatement
from hat_clinic.store.states import Known, States
from hat_clinic.store.timekeeping import Timekeeper
from hat_clinic.vocabulary.errors import Clash, LedgerBroken
from hat_clinic.vocabulary.ids import IdSource

Rows = list[dict[str, Any]]

_ADD_LEAVES = Prepared(insert(ledger_leaf))
_ADD_NODES = Prepared(insert(ledger_node))
_ADD_ENVELOPES = Prepared(insert(envelope))
_ADD_HEAD = Prepared(insert(ledger_head))


class Head:
    """The newest head over everything a batch appends, and the tree nodes that proofs need.

    `note` is empty until the head is signed, which is the last thing that happens.
    """

    def __init__(self, nodes: dict[tuple[int, int], bytes]) -> None:
        self.size, self.note, self.nodes = 0, "", nodes


@dataclass(slots=True)
class _Unsent:
    """What is made and not sent: rows of the log, spent requests, statements that were signed."""

    leaves: Rows
    nodes: Rows
    envelopes: Rows
    spent: dict[str, SpentRequest]
    signed: set[str]

    def copy(self) -> _Unsent:
        return _Unsent(
            list(self.leaves),
            list(self.nodes),
            list(self.envelopes),
            dict(self.spent),
            set(self.signed),
        )


class Batch:
    """One database transaction, from the lock to the head."""

    def __init__(
        self,
        conn: Connection,
        site: SiteRow,
        ids: IdSource,
        keys: SiteKeys,
        tip: Tip,
        timekeeper: Timekeeper,
        known: Known | None = None,
    ) -> None:
        self.conn, self.site, self.ids, self.keys = conn, site, ids, keys
        self.timekeeper = timekeeper
        self.tip = tip
        self.states = States(conn, site.site_id, known)
        self.head = Head(tip.frontier.nodes())
        self.unsent = _Unsent([], [], [], {}, set())
        self._previous = tip.frontier.size

    def send_log(self) -> None:
        """Every leaf, tree node and clear envelope made so far has been sent.

        Raises: LedgerBroken, if a place in the log is taken.
        """
        unsent = self.unsent
        if not unsent.leaves:
            return
        with self.taken_means_broken(unsent.leaves[0]["seq"]):
            _ADD_LEAVES.run_each(self.conn, unsent.leaves)
            _ADD_NODES.run_each(self.conn, unsent.nodes)
            if unsent.envelopes:
                _ADD_ENVELOPES.run_each(self.conn, unsent.envelopes)
        unsent.leaves, unsent.nodes, unsent.envelopes = [], [], []

    def spent(self, request_id: str) -> SpentRequest | None:
        """The decided request of this id, sent or not."""
        return self.unsent.spent.get(request_id) or requests.find(self.conn, self.site.site_id, request_id)

    def waiting(self, statement_id: str) -> OpenStatement | None:
        """The statement that waits for its signature, unless it was signed in this batch."""
        if statement_id in self.unsent.signed:
            return None
        return statements.get(self.conn, self.site.site_id, statement_id)

    def waiting_for(self, person: str) -> tuple[OpenStatement, ...]:
        """The statements that wait for this person, but for those signed in this batch."""
        found = statements.of_person(self.conn, self.site.site_id, person)
        return tuple(each for each in found if each.statement_id not in self.unsent.signed)

    def signed(self, statement_id: str) -> None:
        """The statement waits no longer, for whatever is decided after it here."""
        self.unsent.signed.add(statement_id)

    def close(self) -> None:
        """All of it has been sent, the head last; it counts once the transaction commits.

        Raises: Clash, if a request id was spent before; LedgerBroken, if a place is taken.
        """
        self.send_log()
        self.states.flush()
        if not self.unsent.spent:
            return
        try:
            requests.spend(self.conn, self.site.site_id, self.unsent.spent.values())
        except IntegrityError as error:
            raise Clash("this request id is spent") from error
        self._sign_head()

    def _sign_head(self) -> None:
        """One head over all the decisions, which names the size of the one before."""
        end, head = self.tip.frontier, self.keys.head
        checkpoint = Checkpoint(self.site.origin, end.size, end.root, self._previous)
        note = sign_checkpoint(checkpoint, head.sign, head.public_raw)
        with self.taken_means_broken(end.size):
            _ADD_HEAD.run_each(self.conn, [{"site_id": self.site.site_id, "size": end.size, "note": note}])
        self.head.size, self.head.note = end.size, note
        self.tip = Tip(end, note, self.tip.at)

    @contextmanager
    def taken_means_broken(self, seq: int) -> Iterator[None]:
        """A row that stands where the newest head says the log ends was not written by us."""
        try:
            yield
        except IntegrityError as error:
            raise LedgerBroken(f"something is stored where the log ends: {error.orig}", seq=seq) from error
