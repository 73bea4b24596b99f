"""Everything the auditor asks of a log, entry by entry, while `ledger/audit.py` walks it.

The ledger's audit proves order and integrity and knows nothing of the clinic; what comes here
has passed it. People, their roles and duties, balances and requests are checked in the order in which
things happened, so the first entry that does not hold is the one that is named.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from hat_clinic.auditor.balances import Balances
from hat_clinic.auditor.chain import Chain
from hat_clinic.auditor.clock import SiteClock
from hat_clinic.auditor.decisions import Decisions
from hat_clinic.auditor.duties import Duties
from hat_clinic.auditor.incidents import Incidents
from hat_clinic.auditor.lines import Lines
from hat_clinic.auditor.people import People
from hat_clinic.auditor.prescribed import Prescribed
from hat_clinic.auditor.reading import Reader
from hat_clinic.auditor.readings import Keys
from hat_clinic.auditor.requests import DecidedRequest, Requests
from hat_clinic.auditor.shelves import Shelves
from hat_clinic.auditor.visits import Visits
from hat_clinic.domain.entries import Recorded
from hat_clinic.domain.entries.system import LedgerOpened
from hat_clinic.ledger.audit import Audited
from hat_clinic.ledger.keys import PublicKey
from hat_clinic.vocabulary.errors import LedgerBroken


class Taker(Protocol):
    """One part of the auditor, which is told of every entry that can be read."""

    def take(self, recorded: Recorded) -> None:
        """The entry holds, as far as this part can tell. Raises: LedgerBroken."""
        ...


class Checks:
    """The auditor at work on one log. `opened` is entry 0, once it was taken.

    `requests` is None where an export lacks them; they are then not checked.
    """

    def __init__(
        self,
        head: PublicKey,
        keys: Keys,
        requests: Iterator[DecidedRequest] | None,
        head_sizes: Iterator[int],
    ) -> None:
        self._head = head
        self._reader, self._people, self._decisions = Reader(), People(), Decisions()
        self._visits, self._chain = Visits(), Chain(keys, self._decisions)
        self._incidents, self.balances = Incidents(self._decisions), Balances()
        # In this order each is told of an entry, and may rely on what those before it have asked.
        self._takers: tuple[Taker, ...] = (
            self._people, SiteClock(), self._visits, Duties(self._people.roles_of), self.balances,
            self._chain, Prescribed(), Shelves(self._decisions), Lines(), self._incidents,
        )  # fmt: skip
        self._requests = None if requests is None else Requests(requests, head_sizes)
        self.opened: LedgerOpened | None = None

    def take(self, audited: Audited) -> None:
        """The entry holds, as far as those before it can tell.

        Raises: LedgerBroken.
        """
        if self._requests is not None:
            self._requests.take(audited)
        self._decisions.take(audited)
        recorded = self._reader.read(audited)
        self._visits.saw(audited.leaf, None if recorded is None else recorded.entry)
        if recorded is None:
            return
        if isinstance(recorded.entry, LedgerOpened):
            self._open(recorded.entry)
        try:
            for one in self._takers:
                one.take(recorded)
        except LedgerBroken:
            raise
        except Exception as error:
            # A forged log can be well signed and make no sense; whatever stumbles over an entry is
            # then what is wrong with it, and a verdict is owed all the same.
            raise LedgerBroken(f"it makes no sense: {error!r}", seq=recorded.seq) from error

    def end(self, size: int) -> None:
        """Nothing is left over after the last of `size` entries.

        Raises: LedgerBroken.
        """
        if self._requests is not None:
            self._requests.end(size)
        self._decisions.end()

    @property
    def unfinished(self) -> tuple[str, ...]:
        """What nobody has finished yet, a line each. It breaks nothing, and somebody should look."""
        told = (
            (self.balances.out, "doses are out: not all of their drug has its place"),
            (self._chain.unseen, "doses were reported given by one person, and nobody else says so yet"),
            (self._reader.unconfirmed, "statements wait for their second person"),
            (self._incidents.open, "incidents are open"),
        )
        return tuple(f"{number} {words}" for number, words in told if number)

    def _open(self, entry: LedgerOpened) -> None:
        if PublicKey(entry.head_alg, entry.head_public) != self._head:
            raise LedgerBroken("it names another head key than the trust anchor", seq=0)
        self.opened = entry
