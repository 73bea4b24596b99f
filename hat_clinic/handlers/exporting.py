"""Writes a bundle: everything stored of one site, as it is stored, whether or not it holds.

Verifying is not this part's business, so what does not hold goes into the bundle and is found
there. Only what cannot be put into it at all, an envelope that does not open, a row that no
entry made, is said in `found.jsonl`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import IO, Any

from sqlalchemy import Connection, Engine, select

from hat_clinic.domain.entries import BY_TAG, SIGNERS
from hat_clinic.handlers import bundle_files as names
from hat_clinic.handlers.bundle_lines import row_text
from hat_clinic.handlers.bundle_target import BundleTarget, new_archive, new_folder
from hat_clinic.handlers.bundles import VERSION
from hat_clinic.handlers.records import site_of
from hat_clinic.handlers.register_csv import register_csv
from hat_clinic.handlers.verifying import Progress, silent
from hat_clinic.ledger.audit_source import Missing
from hat_clinic.ledger.canonical import b64, encode
from hat_clinic.ledger.leaf import parse_leaf
from hat_clinic.store import ledger_rows, requests, sites
from hat_clinic.store.engine import reading
from hat_clinic.store.schema import PROJECTION_TABLES, sealed
from hat_clinic.store.scratch import keyed_rows, strange_rows
from hat_clinic.store.sealed_order import require_versions_in_order
from hat_clinic.store.site_keys import SiteKeys
from hat_clinic.store.sites import SiteRow
from hat_clinic.store.states import States
from hat_clinic.store.stored_ledger import StoredLedger, require_no_strays
from hat_clinic.vocabulary.errors import BadProof, HatError, LedgerBroken
from hat_clinic.vocabulary.terms import EntryClass

SHOW_EVERY = 500
_SEALED = select(sealed.c.seq, sealed.c.patient_id)


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written. `found` is what could not be put into it because it did not hold."""

    entries: int
    withheld: int
    found: tuple[str, ...]


def export_database(
    engine: Engine,
    keys: SiteKeys,
    policy: bytes | None,
    target: Path,
    *,
    as_folder: bool = False,
    withhold: Collection[EntryClass] = (),
    progress: Progress = silent,
) -> Exported:
    """A bundle of the log that `keys` are of stands at `target`, for its owner's eyes only.

    Refuses: a target that exists, withholding a class that is not sealed.
    Raises: FileExistsError, ValueError, NotFound.
    """
    with reading(engine) as connection:
        return export(connection, keys, policy, target, as_folder, frozenset(withhold), progress)


def export(
    connection: Connection,
    keys: SiteKeys,
    policy: bytes | None,
    target: Path,
    as_folder: bool,
    withhold: frozenset[EntryClass],
    progress: Progress,
) -> Exported:
    """As `export_database`, of what this transaction sees."""
    if not withhold <= {EntryClass.PATIENT, EntryClass.CLINICAL}:
        raise ValueError("only what is sealed, patient and clinical, can be withheld")
    if target.exists():
        raise FileExistsError(f"{target} exists; choose another name")
    site = site_of(connection, keys.origin)
    one = _Export(connection, site, keys, withhold, progress)
    with (new_folder if as_folder else new_archive)(target) as bundle:
        one.write(bundle, policy)
    return Exported(one.size, one.withheld, tuple(str(LedgerBroken(**each)) for each in one.found))


@dataclass
class _Export:
    connection: Connection
    site: SiteRow
    keys: SiteKeys
    withhold: frozenset[EntryClass]
    progress: Progress
    size: int = 0
    withheld: int = 0
    found: list[dict[str, Any]] = field(default_factory=list)

    def write(self, bundle: BundleTarget, policy: bytes | None) -> None:
        parts = [names.ENTRIES, names.HEADS, names.NODES, names.REQUESTS, names.PROJECTIONS]
        made = (self._entries(), self._heads(), self._nodes(), self._requests(), self._projections())
        for name, lines in zip(parts, made, strict=True):
            self._part(bundle, name, lines)
        self._look(lambda: require_no_strays(self.connection, self.site.site_id, self.size))
        self._look(lambda: require_versions_in_order(self.connection, self.site.site_id))
        head = ledger_rows.newest_head(self.connection, self.site.site_id)
        small = {
            names.POLICY: policy,
            names.CHECKPOINT: None if head is None else head[1].encode(),
            names.REGISTER: self._register(),
        }
        for name, data in small.items():
            if data is not None:
                parts.append(name)
                with bundle.part(name) as file:
                    file.write(data)
        if self.found:
            parts.append(names.FOUND)
            with bundle.part(names.FOUND) as file:
                file.writelines(encode(each) + b"\n" for each in self.found)
        with bundle.part(names.ABOUT) as file:
            file.write(encode(self._about(parts)))

    def _about(self, parts: list[str]) -> dict[str, Any]:
        return {
            "v": VERSION,
            "origin": self.site.origin,
            "head": self.keys.head_vkey.text,
            "site": self.site.site_id,
            "name": self.site.name,
            "zone": self.site.zone,
            "size": self.size,
            "parts": sorted(parts),
        }

    def _part(self, bundle: BundleTarget, name: str, lines: Iterator[dict[str, Any]]) -> None:
        with bundle.part(name) as file:
            try:
                for line in lines:
                    self._line(file, name, line)
            except LedgerBroken as error:
                self._note(error)

    def _line(self, file: IO[bytes], name: str, line: dict[str, Any]) -> None:
        try:
            file.write(encode(line) + b"\n")
        except ValueError as error:
            # Nothing we stored has no canonical form; somebody else's row may.
            self.found.append({"words": f"a row for {name} that was never ours: {error}"})

    def _look(self, check: Callable[[], None]) -> None:
        try:
            check()
        except LedgerBroken as error:
            self._note(error)

    def _note(self, error: LedgerBroken) -> None:
        words = str(error).removeprefix(f"entry {error.seq}: ")  # `seq` says that, and `verify` again
        self.found.append({"words": words, **({} if error.seq is None else {"seq": error.seq})})

    def _entries(self) -> Iterator[dict[str, Any]]:
        here = _SEALED.where(sealed.c.site_id == self.site.site_id)
        patients = {row.seq: row.patient_id for row in self.connection.execute(here)}
        head = ledger_rows.newest_head(self.connection, self.site.site_id)
        total = 0 if head is None else head[0]
        for seq, leaf, envelope in self._stored():
            self.size += 1
            line: dict[str, Any] = {"seq": seq, "leaf": b64(leaf)}
            if seq in patients:
                line["patient"] = patients[seq]
            if isinstance(envelope, LedgerBroken):
                line["broken"] = str(envelope).removeprefix(f"entry {seq}: ")
            elif isinstance(envelope, Missing):
                line["missing"] = envelope.value
            elif self._is_withheld(leaf):
                self.withheld += 1
                line["missing"] = Missing.WITHHELD.value
            else:
                line["envelope"] = b64(envelope)
            yield line
            if seq % SHOW_EVERY == 0:
                self.progress("exporting", seq, total)
        self.progress("exporting", self.size, max(total, self.size))

    def _stored(self) -> Iterator[tuple[int, bytes, bytes | Missing | LedgerBroken]]:
        """Every leaf with its envelope, read in chunks until one does not open, then one by one."""
        ledger, after = StoredLedger(self.connection, self.site.site_id, self.keys), -(1 << 62)
        try:
            for seq, leaf in ledger.leaves():
                yield seq, leaf, ledger.envelope(seq)
                after = seq + 1
            return
        except LedgerBroken:
            pass
        for seq, leaf in ledger_rows.leaves(self.connection, self.site.site_id, after):
            single = StoredLedger(self.connection, self.site.site_id, self.keys)
            found: bytes | Missing | LedgerBroken
            try:
                found = single.envelope(seq)
            except LedgerBroken as error:
                found = error
            yield seq, leaf, found

    def _is_withheld(self, leaf: bytes) -> bool:
        try:
            kind = BY_TAG.get(parse_leaf(leaf).tag)
        except BadProof:
            return False
        return kind is not None and SIGNERS[kind].entry_class in self.withhold

    def _heads(self) -> Iterator[dict[str, Any]]:
        for size, note in ledger_rows.heads(self.connection, self.site.site_id):
            yield {"size": size, "note": note}

    def _nodes(self) -> Iterator[dict[str, Any]]:
        ledger = StoredLedger(self.connection, self.site.site_id, self.keys)
        for level, index, value in ledger.nodes():
            yield {"level": level, "index": index, "hash": b64(value)}

    def _requests(self) -> Iterator[dict[str, Any]]:
        for one in requests.stored(self.connection, self.site.site_id):
            yield {
                "request": one.stamp.request_id,
                "actor": one.stamp.actor,
                "terminal": one.stamp.terminal,
                "body_sha256": b64(one.stamp.body_sha256),
                "outcome": one.outcome,
                "first_seq": one.first_seq,
                "entries": one.entries,
            }

    def _register(self) -> bytes | None:
        """None where the tables cannot be read: the rows themselves are in the bundle and show it."""
        try:
            return register_csv(States(self.connection, self.site.site_id))
        except (HatError, ValueError, TypeError, KeyError):
            return None

    def _projections(self) -> Iterator[dict[str, Any]]:
        known = [site.site_id for site in sites.stored(self.connection)]
        for table in PROJECTION_TABLES:
            # Rows of another site are in its own bundle; those of no site are in every one.
            strange = strange_rows(self.connection, table, known)
            for row in chain(keyed_rows(self.connection, table, self.site.site_id), strange):
                yield {"table": table.name, "row": row_text(dict(row._mapping))}
