"""A site's stored log as `ledger/audit.py` walks it, and as projections replay it.

Everything comes in chunks, so that neither needs more memory for a longer log. What the walk
cannot see, rows beside the log, `require_no_strays` looks for.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator

from sqlalchemy import Connection, bindparam, exists, func, or_, select

from hat_clinic.ledger.audit_source import Missing
from hat_clinic.ledger.dsse import parse_envelope
from hat_clinic.ledger.leaf import envelope_hash, parse_leaf
from hat_clinic.ledger.statement import payload_hash
from hat_clinic.ledger.tree import creation_order
from hat_clinic.store import ledger_rows, sealed, sites
from hat_clinic.store.record import Appended
from hat_clinic.store.schema import (
    LEDGER_TABLES,
    envelope,
    ledger_leaf,
    ledger_node,
    patient_key,
    site,
)
from hat_clinic.store.schema import sealed as sealed_table
from hat_clinic.store.site_keys import SiteKeys
from hat_clinic.vocabulary.errors import BadProof, LedgerBroken
from hat_clinic.vocabulary.moments import parse_moment

CHUNK = 500

_LEVELS = (
    select(ledger_node.c.level)
    .where(ledger_node.c.site_id == bindparam("site_id"))
    .distinct()
    .order_by(ledger_node.c.level)
)
_NODES = (
    select(ledger_node.c.idx, ledger_node.c.hash)
    .where(
        ledger_node.c.site_id == bindparam("site_id"),
        ledger_node.c.level == bindparam("level"),
        ledger_node.c.idx >= bindparam("first"),
    )
    .order_by(ledger_node.c.idx)
    .limit(CHUNK)
)
_PATIENT_OF = select(sealed_table.c.seq, sealed_table.c.patient_id).where(
    sealed_table.c.site_id == bindparam("site_id"),
    sealed_table.c.seq >= bindparam("first"),
    sealed_table.c.seq <= bindparam("last"),
)
_STRAY_ENVELOPE = (
    select(func.min(envelope.c.seq))
    .where(envelope.c.site_id == bindparam("site_id"))
    .where(
        or_(
            envelope.c.seq < 0,
            envelope.c.seq >= bindparam("size"),
            exists().where(
                sealed_table.c.site_id == envelope.c.site_id, sealed_table.c.seq == envelope.c.seq
            ),
        )
    )
)
_STRAY_BOX = select(func.min(sealed_table.c.seq)).where(
    sealed_table.c.site_id == bindparam("site_id"),
    or_(sealed_table.c.seq < 0, sealed_table.c.seq >= bindparam("size")),
)
# Newest key version a patient has; a box under a later one was never written by us.
_NEWEST_VERSION = (
    select(func.max(patient_key.c.version))
    .where(patient_key.c.patient_id == sealed_table.c.patient_id)
    .scalar_subquery()
)
_BOX_WITHOUT_KEY = select(func.min(sealed_table.c.seq)).where(
    sealed_table.c.site_id == bindparam("site_id"), sealed_table.c.key_version > _NEWEST_VERSION
)
_TWO_PATIENTS = (
    select(sealed_table.c.seq)
    .where(sealed_table.c.site_id == bindparam("site_id"))
    .group_by(sealed_table.c.seq)
    .having(func.min(sealed_table.c.patient_id) != func.max(sealed_table.c.patient_id))
    .order_by(sealed_table.c.seq)
    .limit(1)
)


class StoredLedger:
    """The log of one site in a database: a `LedgerSource`."""

    def __init__(self, connection: Connection, site_id: str, keys: SiteKeys) -> None:
        self._connection, self._site_id, self._keys = connection, site_id, keys
        self._origin = sites.get(connection, site_id).origin
        self._chunk: dict[int, bytes | Missing] = {}

    @property
    def origin(self) -> str:
        """The name of the log, as this database has it."""
        return self._origin

    def leaves(self) -> Iterator[tuple[int, bytes]]:
        """(seq, leaf), by seq; each chunk brings its envelopes with it."""
        first = -(1 << 62)
        while rows := ledger_rows.leaf_chunk(self._connection, self._site_id, first, CHUNK):
            self._chunk = self._envelopes(rows)
            yield from rows
            first = rows[-1][0] + 1

    def envelope(self, seq: int) -> bytes | Missing:
        """The envelope of an entry, or `Missing.ERASED` if its patient's key is gone.

        Raises: LedgerBroken, if it is not stored or does not open.
        """
        if seq not in self._chunk:
            self._chunk = self._envelopes(ledger_rows.leaf_chunk(self._connection, self._site_id, seq, 1))
        if seq not in self._chunk:
            raise LedgerBroken("its envelope is missing", seq=seq)
        return self._chunk[seq]

    def heads(self) -> Iterator[tuple[int, str]]:
        """(size, note) of every stored head, by size."""
        return ledger_rows.heads(self._connection, self._site_id)

    def nodes(self) -> Iterator[tuple[int, int, bytes]]:
        """(level, index, hash) of every stored node, in the order appending made them."""
        levels = self._connection.execute(_LEVELS, {"site_id": self._site_id}).scalars().all()
        if any(not 0 <= level < 64 for level in levels):
            raise LedgerBroken("a tree node is stored at a level no tree has", seq=0)
        yield from heapq.merge(*map(self._level, levels), key=lambda node: creation_order(node[0], node[1]))

    def entries(self, first: int = 0) -> Iterator[Appended]:
        """Every entry from `first` on, as `apply` got it when it was appended.

        Nothing is verified but what must be to read it: a log is audited before it is replayed.
        Raises: LedgerBroken.
        """
        while rows := ledger_rows.leaf_chunk(self._connection, self._site_id, first, CHUNK):
            found = self._envelopes(rows)
            patients = self._patients(rows[0][0], rows[-1][0])
            for seq, data in rows:
                yield _appended(seq, data, found.get(seq), patients.get(seq))
            first = rows[-1][0] + 1

    def _envelopes(self, rows: list[tuple[int, bytes]]) -> dict[int, bytes | Missing]:
        """Those of these leaves that are stored; what is not there is left to be missed by number."""
        if not rows:
            return {}
        first, last = rows[0][0], rows[-1][0]
        found: dict[int, bytes | Missing] = {}
        found.update(ledger_rows.envelopes(self._connection, self._site_id, first, last))
        patients = self._patients(first, last)
        tags = {seq: _tag(seq, data) for seq, data in rows if seq not in found and seq in patients}
        for seq, opened in sealed.get_many(self._connection, self._site_id, self._keys, tags).items():
            found[seq] = Missing.ERASED if opened is None else opened
        return found

    def _patients(self, first: int, last: int) -> dict[int, str]:
        here = {"site_id": self._site_id, "first": first, "last": last}
        return {row.seq: row.patient_id for row in self._connection.execute(_PATIENT_OF, here)}

    def _level(self, level: int) -> Iterator[tuple[int, int, bytes]]:
        first = -(1 << 62)
        while True:
            here = {"site_id": self._site_id, "level": level, "first": first}
            rows = self._connection.execute(_NODES, here).all()
            if not rows:
                return
            for row in rows:
                yield level, row.idx, row.hash
            first = rows[-1].idx + 1


def require_no_strays(connection: Connection, site_id: str, size: int) -> None:
    """Beside the log of `size` entries nothing is stored that no entry put there.

    Raises: LedgerBroken, for an envelope or box of no entry, an entry stored both in clear and
    sealed or for two patients, a box under a key that was never made, a row of no known site, a
    site without a log.
    """
    here = {"site_id": site_id, "size": size}
    checks = (
        (_STRAY_ENVELOPE, "an envelope is stored that does not belong there"),
        (_STRAY_BOX, "a sealed envelope is stored that does not belong there"),
        (_BOX_WITHOUT_KEY, "a sealed envelope is stored under a key its patient never had"),
        (_TWO_PATIENTS, "sealed envelopes of two patients are stored for it"),
    )
    for query, words in checks:
        seq = connection.execute(query, here).scalar()
        if seq is not None:
            raise LedgerBroken(words, seq=seq)
    for table in LEDGER_TABLES:
        unknown = select(table.c.site_id).where(table.c.site_id.not_in(select(site.c.site_id))).limit(1)
        found = connection.execute(unknown).scalar()
        if found is not None:
            raise LedgerBroken(f"{table.name} holds rows of {found!r}, which is no site here", seq=0)
    _require_no_strange_sites(connection)


def _require_no_strange_sites(connection: Connection) -> None:
    """A site that no log began was never ours."""
    begun = exists().where(ledger_leaf.c.site_id == site.c.site_id)
    found = connection.execute(select(site.c.site_id).where(~begun).limit(1)).scalar()
    if found is not None:
        raise LedgerBroken(f"{found!r} is among the sites, and no log began it")


def _tag(seq: int, data: bytes) -> str:
    try:
        return parse_leaf(data).tag
    except BadProof as error:
        raise LedgerBroken(str(error), seq=seq) from error


def _appended(seq: int, data: bytes, stored: bytes | Missing | None, patient: str | None) -> Appended:
    if stored is None:
        raise LedgerBroken("its envelope is missing", seq=seq)
    try:
        leaf = parse_leaf(data)
        whole = None if isinstance(stored, Missing) else stored
        if whole is not None and envelope_hash(whole) != leaf.rec:
            raise BadProof("the envelope is not the one the leaf commits to")
        digest = None if whole is None else payload_hash(parse_envelope(whole).payload)
    except BadProof as error:
        raise LedgerBroken(str(error), seq=seq) from error
    return Appended(seq, parse_moment(leaf.at), leaf.tag, leaf.request, leaf.rec, patient, whole, digest)
