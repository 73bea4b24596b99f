"""A bundle: a site's whole record in files, verified the same way with the database gone.

    bundle.json        which log, which site, which parts      policy.txt   as it lay beside the record
    entries.jsonl      leaf, envelope, and whose it is          checkpoint   the newest signed head
    heads.jsonl        every signed head                        nodes.jsonl  the stored tree
    requests.jsonl     what is kept of each decision            projections.jsonl   every row
    register.csv       the register, for people
    found.jsonl        what could not be exported, because it did not hold

Every line is canonical JSON; a row of a projection lies in it as JSON text. Nothing here is
believed: a bundle is as suspect as a database.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection, insert
from sqlalchemy.exc import SQLAlchemyError

from hat_clinic.auditor.requests import DecidedRequest
from hat_clinic.domain.entries.system import LedgerOpened
from hat_clinic.handlers.bundle_files import (
    ABOUT,
    CHECKPOINT,
    ENTRIES,
    FOUND,
    HEADS,
    NODES,
    PROJECTIONS,
    REGISTER,
    REQUESTS,
    BundleFiles,
)
from hat_clinic.handlers.bundle_lines import Object, binary, number, objects, row_of, text
from hat_clinic.ledger.audit_source import Missing
from hat_clinic.ledger.canonical import decode_object
from hat_clinic.ledger.dsse import parse_envelope
from hat_clinic.ledger.leaf import envelope_hash, parse_leaf
from hat_clinic.ledger.note import Vkey
from hat_clinic.ledger.statement import parse_statement, payload_hash
from hat_clinic.store.record import Appended
from hat_clinic.store.schema import PROJECTION_TABLES
from hat_clinic.store.scratch import scratch
from hat_clinic.vocabulary.errors import BadProof, LedgerBroken
from hat_clinic.vocabulary.moments import parse_moment

VERSION = 1
ALWAYS = (ENTRIES, HEADS, NODES, REQUESTS, PROJECTIONS, CHECKPOINT, REGISTER)
_ABOUT = frozenset({"v", "origin", "head", "site", "name", "zone", "size", "parts"})
_ENTRY, _ENTRY_MAY = frozenset({"seq", "leaf"}), frozenset({"envelope", "missing", "broken", "patient"})
_HEAD, _NODE, _ROW = (
    frozenset({"size", "note"}),
    frozenset({"level", "index", "hash"}),
    frozenset({"table", "row"}),
)
_REQUEST = frozenset({"request", "actor", "terminal", "body_sha256", "outcome", "first_seq", "entries"})
_FOUND, _FOUND_MAY = frozenset({"words"}), frozenset({"seq"})
_NONE: frozenset[str] = frozenset()
_TABLES = {table.name: table for table in PROJECTION_TABLES}


@dataclass(frozen=True, slots=True)
class About:
    """What a bundle says of itself."""

    origin: str
    head: Vkey
    site: str
    name: str
    zone: str
    size: int
    parts: tuple[str, ...]


def about(files: BundleFiles) -> About:
    """What the bundle says of itself.

    Raises: LedgerBroken, if it cannot be read.
    """
    try:
        found = decode_object(files.small(ABOUT), _ABOUT, _NONE)
        if number(found, "v") != VERSION:
            raise BadProof("a bundle of a version that is not known here")
        parts = found["parts"]
        if not isinstance(parts, list):
            raise BadProof("parts is a list")
        origin, head = text(found, "origin"), Vkey.parse(text(found, "head"))
        if head.name != origin:
            raise BadProof(f"the head key is of {head.name}")
        site, name, zone = (text(found, each) for each in ("site", "name", "zone"))
        return About(origin, head, site, name, zone, number(found, "size"), tuple(map(str, parts)))
    except BadProof as error:
        raise LedgerBroken(f"{ABOUT}: {error}") from error


class BundleRecord:
    """The record in a bundle: a `Record`."""

    def __init__(self, files: BundleFiles) -> None:
        self._files = files
        self.about = about(files)

    @property
    def site_id(self) -> str:
        """The site, as the bundle says."""
        return self.about.site

    @property
    def sites(self) -> tuple[str, ...]:
        """The one site it is of."""
        return (self.about.site,)

    @property
    def ledger(self) -> BundleLedger:
        """The log in the bundle, from its beginning."""
        return BundleLedger(self._files, self.about.origin)

    @property
    def missing_parts(self) -> tuple[str, ...]:
        """Parts that every bundle has, or this one says it has, and that are not there."""
        return tuple(sorted((set(ALWAYS) | set(self.about.parts)) - self._files.names))

    @property
    def shows_erasure(self) -> bool:
        """No: a bundle has no keys, so an erased envelope is one that its exporter calls so."""
        return False

    def size(self) -> int:
        """How many entries the bundle says it has."""
        return self.about.size

    def requests(self) -> Iterator[DecidedRequest] | None:
        """What is kept of each decision, in the order of the file."""
        return self._requests() if REQUESTS in self._files.names else None

    def _requests(self) -> Iterator[DecidedRequest]:
        for one in objects(self._files, REQUESTS, _REQUEST):
            yield DecidedRequest(
                text(one, "request"), text(one, "actor"), text(one, "terminal"),
                binary(one, "body_sha256"), text(one, "outcome"), number(one, "first_seq"),
                number(one, "entries"),
            )  # fmt: skip

    def entries(self) -> Iterator[Appended]:
        """Every entry as projections get it. The audit has passed it before."""
        for one in self.ledger.entries():
            yield one.appended()

    @contextmanager
    def projections(self) -> Iterator[Connection | None]:
        """The rows in the bundle, in tables in memory; None if they are missing."""
        if PROJECTIONS not in self._files.names:
            yield None
            return
        with scratch() as connection:
            for row in objects(self._files, PROJECTIONS, _ROW):
                self._load(connection, row)
            yield connection

    def _load(self, connection: Connection, line: Object) -> None:
        table, row = _TABLES.get(text(line, "table")), row_of(text(line, "row"))
        if table is None or row.keys() != {column.name for column in table.columns}:
            raise LedgerBroken(f"{PROJECTIONS} has a row of no projection")
        try:
            connection.execute(insert(table), row)
        except (SQLAlchemyError, OverflowError, UnicodeEncodeError) as error:
            # The driver's own words: those around them tell the row, with names in it.
            words = getattr(error, "orig", error)
            raise LedgerBroken(f"{PROJECTIONS}: {table.name} cannot hold a row of it: {words}") from error

    def register(self) -> Iterator[bytes] | None:
        """The lines of `register.csv`."""
        return self._files.lines(REGISTER) if REGISTER in self._files.names else None

    def require_nothing_else(self, size: int, opened: LedgerOpened) -> None:
        """Exporting found nothing that did not hold, and what the bundle says of itself is so.

        Raises: LedgerBroken.
        """
        for found in objects(self._files, FOUND, _FOUND, _FOUND_MAY):
            seq = number(found, "seq") if "seq" in found else None
            raise LedgerBroken(f"{text(found, 'words')} (found when it was exported)", seq=seq)
        said = (self.about.site, self.about.name, self.about.zone)
        if said != (opened.site, opened.site_name, opened.zone):
            raise LedgerBroken("the bundle says otherwise of which site it is", seq=0)
        self._require_newest(size)
        self._require_erased_whole()

    def _require_newest(self, size: int) -> None:
        if self.about.size != size:
            raise LedgerBroken(f"{ABOUT} says {self.about.size} entries, there are {size}")
        if CHECKPOINT in self._files.names:
            newest = max(self.ledger.heads(), default=(0, ""))[1]
            if self._files.small(CHECKPOINT) != newest.encode():
                raise LedgerBroken(f"{CHECKPOINT} is not the newest signed head")

    def _require_erased_whole(self) -> None:
        """Nobody whose key opened one envelope, or would have opened a withheld one, is erased in another."""
        erased: dict[str, int] = {}
        kept: set[str] = set()
        for one in self.ledger.entries():
            if one.patient is None:
                continue
            if one.envelope is Missing.ERASED:
                erased.setdefault(one.patient, one.seq)
            else:
                kept.add(one.patient)
        alone = [seq for patient, seq in erased.items() if patient in kept]
        if alone:
            raise LedgerBroken("it is said to be erased, and others of its patient are not", seq=min(alone))


@dataclass(frozen=True, slots=True)
class BundledEntry:
    """One line of `entries.jsonl`."""

    seq: int
    leaf: bytes
    envelope: bytes | Missing
    patient: str | None

    def appended(self) -> Appended:
        """The entry as projections get it."""
        leaf = parse_leaf(self.leaf)
        whole = None if isinstance(self.envelope, Missing) else self.envelope
        if whole is not None and envelope_hash(whole) != leaf.rec:
            raise LedgerBroken("the envelope is not the one the leaf commits to", seq=self.seq)
        digest = said = None
        if whole is not None:
            payload = parse_envelope(whole).payload
            digest, said = payload_hash(payload), parse_statement(payload)  # read here, and not again
        at = parse_moment(leaf.at)
        return Appended(self.seq, at, leaf.tag, leaf.request, leaf.rec, self.patient, whole, digest, said)


class BundleLedger:
    """The log in a bundle: a `LedgerSource` that is walked once, in order."""

    def __init__(self, files: BundleFiles, origin: str) -> None:
        self._files, self._origin = files, origin
        self._line: Object = {}
        self._seq = -1

    @property
    def origin(self) -> str:
        """The name of the log, as the bundle says."""
        return self._origin

    def leaves(self) -> Iterator[tuple[int, bytes]]:
        """(seq, leaf) in the order of the file."""
        for line in objects(self._files, ENTRIES, _ENTRY, _ENTRY_MAY):
            self._line, self._seq = line, number(line, "seq")
            yield self._seq, binary(line, "leaf", self._seq)

    def envelope(self, seq: int) -> bytes | Missing:
        """The envelope of the entry whose leaf came last, or why there is none.

        Raises: LedgerBroken, if it is gone for no reason.
        """
        line = self._line
        if seq != self._seq:
            raise LedgerBroken("its envelope is missing", seq=seq)
        if "broken" in line:
            raise LedgerBroken(f"{text(line, 'broken')} (found when it was exported)", seq=seq)
        if "missing" in line:
            reasons = {reason.value: reason for reason in Missing}
            reason = reasons.get(text(line, "missing"))
            if reason is None or "envelope" in line:
                raise LedgerBroken("its envelope is missing for a reason that is none", seq=seq)
            return reason
        if "envelope" not in line:
            raise LedgerBroken("its envelope is missing", seq=seq)
        return binary(line, "envelope", seq)

    def entries(self) -> Iterator[BundledEntry]:
        """Every entry with whose it is."""
        for seq, leaf in self.leaves():
            patient = text(self._line, "patient") if "patient" in self._line else None
            yield BundledEntry(seq, leaf, self.envelope(seq), patient)

    def heads(self) -> Iterator[tuple[int, str]]:
        """(size, note) in the order of the file."""
        for one in objects(self._files, HEADS, _HEAD):
            yield number(one, "size"), text(one, "note")

    def nodes(self) -> Iterator[tuple[int, int, bytes]] | None:
        """(level, index, hash) in the order of the file; None if the bundle has no nodes."""
        return self._nodes() if NODES in self._files.names else None

    def _nodes(self) -> Iterator[tuple[int, int, bytes]]:
        for one in objects(self._files, NODES, _NODE):
            yield number(one, "level"), number(one, "index"), binary(one, "hash")
