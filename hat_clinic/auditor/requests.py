"""Requests: what is kept of each decision is what its entries say.

A decision's entries stand together in the log, under one request id that occurs nowhere else.
The row kept of it names the author, the terminal and the body of the first of them, its
outcome, where its entries begin and how many they are. Where every entry of a decision was
erased, only the last three can be compared.

A head is signed when a transaction ends, and a decision lies in one transaction: so no head
stands in the middle of a decision. That no head is missing, the heads say themselves (`ledger/audit.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from hat_clinic.domain.entries import tag_of
from hat_clinic.domain.entries.system import ActRefused
from hat_clinic.ledger.audit import Audited
from hat_clinic.ledger.audit_source import Missing
from hat_clinic.vocabulary.errors import LedgerBroken

_REFUSED = tag_of(ActRefused)


@dataclass(frozen=True, slots=True)
class DecidedRequest:
    """What is kept of a decision; author, terminal and body are None where nothing says them."""

    request_id: str
    actor: str | None
    terminal: str | None
    body_sha256: bytes | None
    outcome: str
    first_seq: int
    entries: int


class Requests:
    """Compares kept requests, by the number of their first entry, with the log as it goes by.

    `head_sizes` are the sizes of the stored heads, rising.
    """

    def __init__(self, kept: Iterator[DecidedRequest], head_sizes: Iterator[int]) -> None:
        self._kept, self._head_sizes = kept, head_sizes
        self._head: int | None = 0
        self._now: DecidedRequest | None = None
        self._seen: set[str] = set()

    def take(self, audited: Audited) -> None:
        """The decision before this entry, if it ended with it, is kept as it was made.

        Raises: LedgerBroken, naming the first entry of the decision.
        """
        leaf = audited.leaf
        if self._now is None or self._now.request_id != leaf.request:
            self._close()
            if leaf.request in self._seen:
                raise LedgerBroken("its request id was spent by an earlier decision", seq=leaf.seq)
            self._seen.add(leaf.request)
            outcome = "refused" if leaf.tag == _REFUSED else "accepted"
            self._now = DecidedRequest(leaf.request, None, None, None, outcome, leaf.seq, 0)
        self._now = _with(self._now, audited)

    def end(self, size: int) -> None:
        """The last decision is kept as it was made, and nothing is kept of decisions never made.

        Raises: LedgerBroken.
        """
        self._close()
        left = next(self._kept, None)
        if left is not None:
            raise LedgerBroken(f"request {left.request_id} is kept, and no entry was made for it", seq=size)

    def _close(self) -> None:
        made = self._now
        if made is None:
            return
        kept = next(self._kept, None)
        if kept is None:
            raise LedgerBroken(f"its request {made.request_id} is not kept", seq=made.first_seq)
        if (kept.first_seq, kept.request_id) != (made.first_seq, made.request_id):
            words = f"request {kept.request_id} is kept in place of its request {made.request_id}"
            raise LedgerBroken(words, seq=min(kept.first_seq, made.first_seq))
        if made.actor is None:
            kept = replace(kept, actor=None, terminal=None, body_sha256=None)
        if kept != made:
            words = f"request {made.request_id} is kept otherwise than its entries say"
            raise LedgerBroken(words, seq=made.first_seq)
        self._require_no_head_within(made.first_seq, made.first_seq + made.entries)

    def _require_no_head_within(self, first: int, end: int) -> None:
        while self._head is not None and self._head <= first:
            self._head = next(self._head_sizes, None)
        if self._head is not None and self._head < end:
            raise LedgerBroken("a head stands in the middle of its decision", seq=self._head - 1)


def _with(request: DecidedRequest, audited: Audited) -> DecidedRequest:
    counted = replace(request, entries=request.entries + 1)
    statement = audited.statement
    if isinstance(statement, Missing) or counted.actor is not None:
        return counted
    return replace(
        counted, actor=statement.person, terminal=statement.terminal, body_sha256=statement.body_sha256
    )
