"""What there is to verify of one site, read from its database or from a bundle."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import Connection

from hat_clinic.auditor.requests import DecidedRequest
from hat_clinic.domain.entries.system import LedgerOpened
from hat_clinic.ledger.audit_source import LedgerSource
from hat_clinic.store import requests, sites
from hat_clinic.store.ledger_rows import newest_head
from hat_clinic.store.record import Appended
from hat_clinic.store.sealed_order import require_versions_in_order
from hat_clinic.store.site_keys import SiteKeys
from hat_clinic.store.sites import SiteRow
from hat_clinic.store.stored_ledger import StoredLedger, require_no_strays
from hat_clinic.vocabulary.errors import LedgerBroken, NotFound


class Record(Protocol):
    """One site's log with everything kept beside it, read only."""

    @property
    def site_id(self) -> str:
        """The site whose log it is."""
        ...

    @property
    def sites(self) -> tuple[str, ...]:
        """The sites of which there may be rows here."""
        ...

    @property
    def ledger(self) -> LedgerSource:
        """The log."""
        ...

    @property
    def missing_parts(self) -> tuple[str, ...]:
        """Parts that should be here and are not."""
        ...

    @property
    def shows_erasure(self) -> bool:
        """Whether it is seen here that an erased envelope's key is gone, and not only said."""
        ...

    def size(self) -> int:
        """How many entries there should be, by the newest stored head; for showing progress only."""
        ...

    def requests(self) -> Iterator[DecidedRequest] | None:
        """What is kept of each decision, by the number of its first entry; None if that is missing."""
        ...

    def entries(self) -> Iterator[Appended]:
        """Every entry as projections get it."""
        ...

    def projections(self) -> AbstractContextManager[Connection | None]:
        """The stored projections, in their tables; None if they are missing."""
        ...

    def register(self) -> Iterator[bytes] | None:
        """The lines of a register that was written out, without their ends; None if there is none."""
        ...

    def require_nothing_else(self, size: int, opened: LedgerOpened) -> None:
        """Beside the log of `size` entries nothing is stored that no entry put there.

        Raises: LedgerBroken.
        """
        ...


@dataclass(frozen=True, slots=True)
class DatabaseRecord:
    """The record of a site, in one consistent view of its database."""

    connection: Connection
    site_id: str
    keys: SiteKeys

    @property
    def sites(self) -> tuple[str, ...]:
        """Every site that has a row."""
        return tuple(row.site_id for row in sites.stored(self.connection))

    @property
    def ledger(self) -> StoredLedger:
        """The log as it is stored; sealed envelopes are opened on the way."""
        return StoredLedger(self.connection, self.site_id, self.keys)

    @property
    def missing_parts(self) -> tuple[str, ...]:
        """A database lacks no part."""
        return ()

    @property
    def shows_erasure(self) -> bool:
        """Yes: a database has the keys."""
        return True

    def size(self) -> int:
        """How many entries the newest stored head claims."""
        head = newest_head(self.connection, self.site_id)
        return 0 if head is None else head[0]

    def requests(self) -> Iterator[DecidedRequest]:
        """The rows of `request`, those that claim to begin before the log first."""
        for one in requests.stored(self.connection, self.site_id):
            stamp = one.stamp
            yield DecidedRequest(
                stamp.request_id, stamp.actor, stamp.terminal, stamp.body_sha256,
                one.outcome, one.first_seq, one.entries,
            )  # fmt: skip

    def entries(self) -> Iterator[Appended]:
        """Every stored entry."""
        return self.ledger.entries()

    def projections(self) -> AbstractContextManager[Connection | None]:
        """The tables of the database itself."""
        return nullcontext(self.connection)

    def register(self) -> Iterator[bytes] | None:
        """A database has its register in tables only."""
        return None

    def require_nothing_else(self, size: int, opened: LedgerOpened) -> None:
        """No strays, keys in order, and the site's row says what entry 0 says.

        Raises: LedgerBroken.
        """
        require_no_strays(self.connection, self.site_id, size)
        require_versions_in_order(self.connection, self.site_id)
        row = sites.get(self.connection, self.site_id)
        if (row.site_id, row.name, row.zone) != (opened.site, opened.site_name, opened.zone):
            raise LedgerBroken("the site's row says otherwise", seq=0)


def site_of(connection: Connection, origin: str) -> SiteRow:
    """The site whose log is `origin`.

    Raises: NotFound.
    """
    stored = sites.stored(connection)
    for one in stored:
        if one.origin == origin:
            return one
    here = ", ".join(one.origin for one in stored) or "no log"
    raise NotFound(f"the trust anchor is of {origin}; this database holds {here}")
