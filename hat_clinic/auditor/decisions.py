"""What a decision must hold besides the entry somebody asked for: checked when it is over.

 1. one signed envelope is one entry: the same one twice in a decision is one act told twice;
 2. whatever broke a rule opened an incident in the same decision, which names what it is about
    and every rule that was broken.

Why a decision is enough for 1: an envelope names its request, and no two decisions share one.
"""

from __future__ import annotations

from dataclasses import dataclass

from hat_clinic.domain.entries.incidents import IncidentOpened
from hat_clinic.ledger.audit import Audited
from hat_clinic.vocabulary.errors import LedgerBroken


@dataclass(frozen=True, slots=True)
class Owed:
    """An incident that the decision of entry `seq` must open, about one of these, for these rules."""

    seq: int
    rules: tuple[str, ...]
    dose: str | None = None
    container: str | None = None
    count: str | None = None

    def is_met_by(self, incident: IncidentOpened) -> bool:
        """Whether this incident is about the same, and names every rule."""
        about = (incident.dose, incident.container, incident.count)
        return about == (self.dose, self.container, self.count) and set(self.rules) <= set(incident.rules)


class Decisions:
    """The decision whose entries are going by. Give it each entry before the other checks see it."""

    def __init__(self) -> None:
        self._request = ""
        self._envelopes: set[bytes] = set()
        self._owed: list[Owed] = []
        self._opened: list[IncidentOpened] = []

    def take(self, audited: Audited) -> None:
        """1, and 2 for the decision that ended before this entry.

        Raises: LedgerBroken.
        """
        leaf = audited.leaf
        if leaf.request != self._request:
            self.end()
            self._request = leaf.request
        if leaf.rec in self._envelopes:
            raise LedgerBroken("the same signed envelope stands twice in its decision", seq=leaf.seq)
        self._envelopes.add(leaf.rec)

    def opened(self, incident: IncidentOpened) -> None:
        """This decision opened an incident."""
        self._opened.append(incident)

    def owe(self, owed: Owed) -> None:
        """This decision has to open this incident."""
        self._owed.append(owed)

    def end(self) -> None:
        """2.

        Raises: LedgerBroken.
        """
        for owed in self._owed:
            if not any(owed.is_met_by(each) for each in self._opened):
                rules = ", ".join(owed.rules)
                raise LedgerBroken(f"it opened no incident, though {rules} was broken", seq=owed.seq)
        self._request, self._envelopes, self._owed, self._opened = "", set(), [], []
