"""The stored log, read row by row, and the one check that start-up and every append share."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, bindparam, exists, literal, select

from hat_clinic.ledger.checkpoint import open_checkpoint
from hat_clinic.ledger.leaf import Leaf, parse_leaf
from hat_clinic.ledger.proofs import inclusion_proof
from hat_clinic.ledger.tlog_proof import TlogProof
from hat_clinic.ledger.tree import Frontier, GetNode, leaf_hash
from hat_clinic.store.prepared import Prepared
from hat_clinic.store.schema import LEDGER_TABLES, envelope, ledger_head, ledger_leaf, ledger_node
from hat_clinic.store.site_keys import SiteKeys
from hat_clinic.vocabulary.errors import BadProof, LedgerBroken, Rejected

CHUNK = 1000


def _of_site(table: Any) -> Any:
    return table.c.site_id == bindparam("site_id")


_NEWEST_HEAD = Prepared(
    select(ledger_head.c.size, ledger_head.c.note)
    .where(_of_site(ledger_head))
    .order_by(ledger_head.c.size.desc())
    .limit(1)
)
_LAST_LEAF = (
    select(ledger_leaf.c.seq, ledger_leaf.c.leaf)
    .where(_of_site(ledger_leaf))
    .order_by(ledger_leaf.c.seq.desc())
    .limit(1)
)
_NODE = select(ledger_node.c.hash).where(
    _of_site(ledger_node), ledger_node.c.level == bindparam("level"), ledger_node.c.idx == bindparam("idx")
)
_LEAVES = (
    select(ledger_leaf.c.seq, ledger_leaf.c.leaf)
    .where(_of_site(ledger_leaf), ledger_leaf.c.seq >= bindparam("first"))
    .order_by(ledger_leaf.c.seq)
    .limit(bindparam("count"))
)
_ENVELOPES = (
    select(envelope.c.seq, envelope.c.bytes)
    .where(_of_site(envelope), envelope.c.seq >= bindparam("first"), envelope.c.seq <= bindparam("last"))
    .order_by(envelope.c.seq)
)
_HEADS = (
    select(ledger_head.c.size, ledger_head.c.note)
    .where(_of_site(ledger_head), ledger_head.c.size >= bindparam("first"))
    .order_by(ledger_head.c.size)
    .limit(CHUNK)
)
_ANY_ROW: tuple[Select[Any], ...] = tuple(
    select(literal(table.name)).where(exists().where(_of_site(table))) for table in LEDGER_TABLES
)


@dataclass(frozen=True, slots=True)
class Tip:
    """The end of the log: where the next entry goes.

    `note` is the newest signed head and `at` the moment of the last entry; both are empty
    for a log without entries.
    """

    frontier: Frontier
    note: str = ""
    at: str = ""


EMPTY_TIP = Tip(Frontier.empty())


def newest_head(connection: Connection, site_id: str) -> tuple[int, str] | None:
    """(size, signed note) of the newest stored head. Nothing is verified."""
    row = _NEWEST_HEAD.first(connection, {"site_id": site_id})
    return None if row is None else (row[0], row[1])


def read_tip(connection: Connection, site_id: str, keys: SiteKeys) -> Tip:
    """The end of the log, its root computed anew from the stored nodes.

    The newest stored head carries our signature, speaks of exactly the stored leaves and has
    that root; the last leaf is the one the tree holds.
    Raises: LedgerBroken.
    """
    head = newest_head(connection, site_id)
    if head is None:
        _require_nothing(connection, site_id)
        return EMPTY_TIP
    stored_as, note = head
    try:
        checkpoint = open_checkpoint(note, keys.origin, keys.head_vkey)
    except BadProof as error:
        raise LedgerBroken(f"the newest stored head is not ours: {error}") from error
    if checkpoint.size != stored_as:
        raise LedgerBroken(f"the head stored for {stored_as} entries speaks of {checkpoint.size}")
    frontier = Frontier.from_nodes(stored_as, node_reader(connection, site_id))
    if frontier.root != checkpoint.root:
        raise LedgerBroken(f"the tree of {stored_as} entries does not have the root that was signed")
    last = _last_leaf(connection, site_id, keys.origin, stored_as)
    return Tip(frontier, note, last.at)


def get_node(connection: Connection, site_id: str, level: int, index: int) -> bytes:
    """The hash of a complete subtree.

    Raises: LedgerBroken, if it is not stored.
    """
    row = connection.execute(_NODE, {"site_id": site_id, "level": level, "idx": index}).one_or_none()
    if row is None:
        raise LedgerBroken(f"tree node {level}/{index} is missing", seq=index << level)
    found: bytes = row.hash
    return found


def node_reader(connection: Connection, site_id: str) -> GetNode:
    """What makes proofs from the stored tree."""

    def read(level: int, index: int) -> bytes:
        return get_node(connection, site_id, level, index)

    return read


def leaves(connection: Connection, site_id: str, first: int = 0) -> Iterator[tuple[int, bytes]]:
    """(seq, leaf) of every stored leaf from `first` on, by seq; few are held at a time."""
    while rows := leaf_chunk(connection, site_id, first, CHUNK):
        yield from rows
        first = rows[-1][0] + 1


def leaf_chunk(connection: Connection, site_id: str, first: int, count: int) -> list[tuple[int, bytes]]:
    """(seq, leaf) of at most `count` stored leaves from `first` on."""
    found = connection.execute(_LEAVES, {"site_id": site_id, "first": first, "count": count})
    return [(row.seq, row.leaf) for row in found]


def envelopes(connection: Connection, site_id: str, first: int, last: int) -> dict[int, bytes]:
    """The envelopes stored in clear from `first` to `last`, by seq."""
    found = connection.execute(_ENVELOPES, {"site_id": site_id, "first": first, "last": last})
    return {row.seq: row.bytes for row in found}


def heads(connection: Connection, site_id: str) -> Iterator[tuple[int, str]]:
    """(size, signed note) of every stored head, by size."""
    first = -(1 << 62)
    while rows := connection.execute(_HEADS, {"site_id": site_id, "first": first}).all():
        for row in rows:
            yield row.size, row.note
        first = rows[-1].size + 1


def receipts(connection: Connection, site_id: str, first_seq: int, count: int) -> tuple[TlogProof, ...]:
    """The proofs that these entries are in the log, each against the newest head."""
    head = newest_head(connection, site_id)
    if head is None:
        raise Rejected("the log has no entries", "index")
    size, note = head
    read = node_reader(connection, site_id)
    return tuple(
        TlogProof(seq, inclusion_proof(seq, size, read), note) for seq in range(first_seq, first_seq + count)
    )


def _last_leaf(connection: Connection, site_id: str, origin: str, size: int) -> Leaf:
    row = connection.execute(_LAST_LEAF, {"site_id": site_id}).one_or_none()
    last = size - 1
    if row is None or row.seq < last:
        raise LedgerBroken("missing, though the newest head speaks of it", seq=last)
    if row.seq > last:
        raise LedgerBroken("stored, though the newest head does not speak of it", seq=row.seq)
    if leaf_hash(row.leaf) != get_node(connection, site_id, 0, last):
        raise LedgerBroken("the leaf is not the one in the tree", seq=last)
    try:
        leaf = parse_leaf(row.leaf)
    except BadProof as error:
        raise LedgerBroken(str(error), seq=last) from error
    if (leaf.origin, leaf.seq) != (origin, last):
        raise LedgerBroken(f"the leaf calls itself entry {leaf.seq} of {leaf.origin}", seq=last)
    return leaf


def _require_nothing(connection: Connection, site_id: str) -> None:
    for query in _ANY_ROW:
        table = connection.execute(query, {"site_id": site_id}).scalar_one_or_none()
        if table is not None:
            raise LedgerBroken(f"no head is stored, and yet {table} holds rows", seq=0)
