"""Everything the auditor asks of a log, entry by entry, while `ledger/audit.py` walks it.

The ledger's audit proves order and integrity and knows nothing of the clinic; what comes here
has passed it. People, their roles and duties, balances and requests are checked in the order in which
things happened, so the first entry that does not hold is the one that is named.
"""

from __future__ import annotations

from collections.abc import Iterator

from hat_clinic.auditor.balances import Balances
from hat_clinic.auditor.chain import Chain
from hat_clinic.auditor.decisions import Decisions
from hat_clinic.auditor.duties import Duties
from hat_clinic.auditor.people import People
from hat_clinic.auditor.prescribed import Prescribed
from hat_clinic.auditor.reading import Reader
from hat_clinic.auditor.readings import Keys
from hat_clinic.auditor.requests import DecidedRequest, Requests
from hat_clinic.auditor.shelves import Shelves
from hat_clinic.domain.entries.incidents import IncidentClosed, IncidentOpened
from hat_clinic.domain.entries.system import LedgerOpened
from hat_clinic.ledger.audit import Audited
from hat_clinic.ledger.keys import PublicKey
from hat_clinic.vocabulary.errors import LedgerBroken


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
        self._reader, self._people, self._duties = Reader(), People(), Duties()
        self.balances = Balances()
        self._decisions = Decisions()
        self._prescribed, self._chain = Prescribed(), Chain(keys, self._decisions)
        self._shelves = Shelves(self._decisions)
        self._incidents: set[str] = set()
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
        self._duties.saw(audited.leaf, None if recorded is None else recorded.entry)
        if recorded is None:
            return
        if isinstance(recorded.entry, LedgerOpened):
            self._open(recorded.entry)
        self._people.take(recorded)
        self._duties.take(recorded)
        self.balances.take(recorded)
        self._chain.take(recorded)
        self._prescribed.take(recorded)
        self._shelves.take(recorded)
        self._take_incident(recorded.entry)

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
            (len(self._incidents), "incidents are open"),
        )
        return tuple(f"{number} {words}" for number, words in told if number)

    def _take_incident(self, entry: object) -> None:
        if isinstance(entry, IncidentOpened):
            self._decisions.opened(entry)
            self._incidents.add(entry.incident)
        elif isinstance(entry, IncidentClosed):
            self._incidents.discard(entry.incident)

    def _open(self, entry: LedgerOpened) -> None:
        if PublicKey(entry.head_alg, entry.head_public) != self._head:
            raise LedgerBroken("it names another head key than the trust anchor", seq=0)
        self.opened = entry
