"""What a decision must hold besides the entry somebody asked for: checked when it is over.

 1. one signed envelope is one entry: the same one twice in a decision is one act told twice;
 2. whatever broke a rule opened an incident in the same decision, which names what it is about
    and every rule that was broken;
 3. all of its entries bear one moment; what the machine attributes in it bears the author, the
    terminal and the body of the entry it begins with, as far as those can be read: what follows
    from an act is nobody else's, and no time passes within one;
 4. a refusal is all there is of its decision, but for a doubt about the clock.

Left out of 3 are the two founders, who open the log together.
Why a decision is enough for 1: an envelope names its request, and no two decisions share one.
"""

from __future__ import annotations

from dataclasses import dataclass

from hat_clinic.domain.entries import tag_of
from hat_clinic.domain.entries.incidents import IncidentOpened
from hat_clinic.domain.entries.system import ActRefused, ClockDoubted
from hat_clinic.ledger.audit import Audited
from hat_clinic.ledger.audit_source import Missing
from hat_clinic.ledger.statement import MACHINE
from hat_clinic.vocabulary.errors import LedgerBroken

_REFUSED, _DOUBTED = tag_of(ActRefused), tag_of(ClockDoubted)
_NOBODY: tuple[str, str, bytes | None] = ("", "", None)


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
        self._at, self._by, self._refused, self._founding = "", _NOBODY, False, ""

    def take(self, audited: Audited) -> None:
        """1, 3 and 4, and 2 for the decision that ended before this entry.

        Raises: LedgerBroken.
        """
        leaf = audited.leaf
        if leaf.request != self._request:
            self.end()
            self._request, self._at, self._by = leaf.request, leaf.at, _NOBODY
            self._refused = leaf.tag == _REFUSED
            if leaf.seq == 0:
                self._founding = leaf.request
        elif leaf.tag == _REFUSED or (self._refused and leaf.tag != _DOUBTED):
            raise LedgerBroken("its decision is a refusal, and something else", seq=leaf.seq)
        self._require_one(audited)
        if leaf.rec in self._envelopes:
            raise LedgerBroken("the same signed envelope stands twice in its decision", seq=leaf.seq)
        self._envelopes.add(leaf.rec)

    def _require_one(self, audited: Audited) -> None:
        """3."""
        leaf, said = audited.leaf, audited.statement
        if leaf.at != self._at:
            raise LedgerBroken("it bears another moment than its decision", seq=leaf.seq)
        if isinstance(said, Missing) or leaf.request == self._founding:
            return
        by = said.person, said.terminal, said.body_sha256
        if self._by is _NOBODY:
            self._by = by
        elif said.key == MACHINE and by != self._by:
            raise LedgerBroken("it is another person's than its decision, or of another body", seq=leaf.seq)

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
