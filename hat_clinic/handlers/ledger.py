"""Reading the log: its newest head, and proofs.

Whoever holds an old head can ask for the proof that nothing before it changed; that is why
heads and proofs are given to every enrolled terminal, signed in or not. They hold hashes only.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from hat_clinic.ledger.proofs import consistency_proof
from hat_clinic.store import ledger_rows
from hat_clinic.vocabulary.errors import NotFound, Rejected

MOST_ENTRIES = 500


@dataclass(frozen=True, slots=True)
class Consistency:
    """That the log of `old` entries is the beginning of the log of `new`; `head` is the newest."""

    old: int
    new: int
    hashes: tuple[bytes, ...]
    head: str


@dataclass(frozen=True, slots=True)
class Proven:
    """An entry's leaf and the proof that it is in the log."""

    seq: int
    leaf: bytes
    proof: str


def newest_head(connection: Connection, site_id: str) -> tuple[int, str]:
    """(size, signed note) of the newest head.

    Raises: NotFound for a log without entries.
    """
    found = ledger_rows.newest_head(connection, site_id)
    if found is None:
        raise NotFound("the log has no entries")
    return found


def consistency(connection: Connection, site_id: str, old: int, new: int | None) -> Consistency:
    """The proof from `old` entries to `new`, or to the newest head.

    Raises: Rejected, for sizes the log never had.
    """
    size, note = newest_head(connection, site_id)
    end = size if new is None else new
    if end > size:
        raise Rejected(f"the log has {size} entries", "to")
    if not 1 <= old <= end:
        raise Rejected("a proof goes from a smaller size, 1 at least, to a larger one", "from")
    hashes = consistency_proof(old, end, ledger_rows.node_reader(connection, site_id))
    return Consistency(old, end, hashes, note)


def proof(connection: Connection, site_id: str, seq: int) -> Proven:
    """The entry's leaf and its proof against the newest head.

    Raises: NotFound.
    """
    size, _ = newest_head(connection, site_id)
    if seq >= size:
        raise NotFound(f"the log has {size} entries")
    (_, leaf), *_rest = ledger_rows.leaf_chunk(connection, site_id, seq, 1)
    (receipt,) = ledger_rows.receipts(connection, site_id, seq, 1)
    return Proven(seq, leaf, receipt.text())
