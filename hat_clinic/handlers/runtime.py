"""One site as this process serves it: what the routes hand their work to.

The loop that answers requests never waits for the database or a slow hash itself: reads go to
a few reader threads, writes to the site's one writer, slow hashes to a pool of their own that
takes only so many at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine

from hat_clinic.handlers.acts import Act
from hat_clinic.handlers.identity import SeenLately
from hat_clinic.ledger.keys import PublicKey
from hat_clinic.store.engine import reading
from hat_clinic.store.newest import Newest
from hat_clinic.store.site_keys import SiteKeys
from hat_clinic.store.sites import SiteRow
from hat_clinic.store.throttles import Bucket
from hat_clinic.store.transaction import Transaction
from hat_clinic.store.turns import Call
from hat_clinic.store.writer import Writer
from hat_clinic.store.writer_process import WriterProcess
from hat_clinic.vocabulary.errors import LedgerBroken, Throttled
from hat_clinic.vocabulary.ids import IdSource
from hat_clinic.vocabulary.moments import Clock

T = TypeVar("T")
READERS = 4
SLOW_HASHES = 2
SLOW_HASHES_WAITING = 32
SILENT_FOR = 10
"""Seconds without an answer of the writer after which it is not there, as far as anybody can tell."""


@dataclass(frozen=True, slots=True)
class ClockInKeys:
    """Two keys derived from the root secret, which only clocking in needs.

    `server` opens the outer box around staff's wrapped seeds; `unknown` makes the salts that
    are answered for staff codes that do not exist.
    """

    server: bytes = field(repr=False)
    unknown: bytes = field(repr=False)


class SiteRuntime:
    """A site's writer, readers, keys, clock, ids and acts. Wiring makes it and closes it."""

    def __init__(
        self,
        site: SiteRow,
        engine: Engine,
        writer: Writer | WriterProcess,
        keys: SiteKeys,
        clock_in_keys: ClockInKeys,
        clock: Clock,
        ids: IdSource,
        acts: Mapping[str, Act[Any]],
    ) -> None:
        self.site, self.engine, self.writer = site, engine, writer
        self.keys, self.clock_in_keys = keys, clock_in_keys
        self.clock, self.ids = clock, ids
        self.acts = acts
        self.judging: set[Bucket] = set()
        self.counting_strangers = False
        self.seen_lately = SeenLately()
        self.keys_read: Newest[str, PublicKey] = Newest(1024)
        self._broken: LedgerBroken | None = None
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix=f"reader-{site.site_id}")
        self._slow = ThreadPoolExecutor(SLOW_HASHES, thread_name_prefix="slow-hash")
        self._slow_waiting = 0

    async def read(self, work: Callable[[Connection], T]) -> T:
        """What `work` finds in one consistent view."""

        def run() -> T:
            with reading(self.engine) as connection:
                return work(connection)

        return await asyncio.get_running_loop().run_in_executor(self._readers, run)

    async def write(self, work: Callable[..., T], *said: object) -> T:
        """`work`, given its transaction and what was said, has run in its turn, and is durable.

        Why not a closure: the writer may be another process, and gets the two by name and value.
        """
        return await self.writer.asubmit(Call(work, said))

    async def slowly(self, work: Callable[[], T]) -> T:
        """What `work`, a slow hash, gives; two run at once, few wait.

        Raises: Throttled, if too many wait already.
        """
        if self._slow_waiting >= SLOW_HASHES + SLOW_HASHES_WAITING:
            raise Throttled("too many people clock in at once", timedelta(seconds=1))
        self._slow_waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._slow, work)
        finally:
            self._slow_waiting -= 1

    def ledger_broke(self, error: LedgerBroken) -> None:
        """This process writes nothing more for this site, and says so to whoever asks."""
        if self._broken is None:
            self._broken = error

            # The writer stops at what any of its works finds broken, so it is told the same way.
            self.writer.submit(Call(_stop, (error,)))

    @property
    def not_ready_because(self) -> str:
        """Why nothing can be written here now, in words; empty if it can."""
        broken = self._broken or self.writer.stopped_by
        if broken is None and self.writer.silent_for > SILENT_FOR:
            return f"the writer has answered nobody for {SILENT_FOR} s"
        return "" if broken is None else str(broken)

    def close(self) -> None:
        """The threads made here have ended. Writer and engine belong to whoever made them."""
        self._readers.shutdown()
        self._slow.shutdown()


def _stop(tx: Transaction, error: LedgerBroken) -> None:
    raise error
