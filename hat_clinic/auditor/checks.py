"""Everything the auditor asks of a log, entry by entry, while `ledger/audit.py` walks it.

The ledger's audit proves order and integrity and knows nothing of the clinic; what comes here
has passed it. People, their roles and duties, balances and requests are checked in the order in which
things happened, so the first entry that does not hold is the one that is named.
"""

from __future__ import annotations

from collections.abc import Iterator

from hat_clinic.auditor.balances import Balances
from hat_clinic.auditor.decisions import Decisions
from hat_clinic.auditor.duties import Duties
from hat_clinic.auditor.people import People
from hat_clinic.auditor.reading import Reader
from hat_clinic.auditor.requests import DecidedRequest, Requests
from hat_clinic.domain.entries.system import LedgerOpened
from hat_clinic.ledger.audit import Audited
from hat_clinic.ledger.keys import PublicKey
from hat_clinic.vocabulary.errors import LedgerBroken


class Checks:
    """The auditor at work on one log. `opened` is entry 0, once it was taken.

    `requests` is None where an export lacks them; they are then not checked.
    """

    def __init__(
        self, head: PublicKey, requests: Iterator[DecidedRequest] | None, head_sizes: Iterator[int]
    ) -> None:
        self._head = head
        self._reader, self._people, self._duties = Reader(), People(), Duties()
        self.balances = Balances()
        self._decisions = Decisions()
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

    def end(self, size: int) -> None:
        """Nothing is left over after the last of `size` entries.

        Raises: LedgerBroken.
        """
        if self._requests is not None:
            self._requests.end(size)
        self._decisions.end()

    def _open(self, entry: LedgerOpened) -> None:
        if PublicKey(entry.head_alg, entry.head_public) != self._head:
            raise LedgerBroken("it names another head key than the trust anchor", seq=0)
        self.opened = entry
