"""Incidents: each is opened once, and closed once, by somebody who took no part in what it is about."""

from __future__ import annotations

from dataclasses import dataclass, field

from hat_clinic.auditor.decisions import Decisions
from hat_clinic.domain.entries import Recorded
from hat_clinic.domain.entries.doses import (
    DoseGiven,
    DoseMismatched,
    DosePrepared,
    DoseRemainderAccounted,
    DoseVerified,
    GivenVerified,
    UnpreparedDoseReported,
)
from hat_clinic.domain.entries.incidents import IncidentClosed, IncidentOpened
from hat_clinic.domain.entries.register import LineCorrected
from hat_clinic.domain.entries.stock import StockAccounted, StockCounted, StockRecounted
from hat_clinic.vocabulary.errors import LedgerBroken


@dataclass(slots=True)
class _Parts:
    """Who took part in what, by what it was about."""

    doses: dict[str, tuple[str, ...]] = field(default_factory=dict)
    containers: dict[str, tuple[str, ...]] = field(default_factory=dict)
    counts: dict[str, tuple[str, ...]] = field(default_factory=dict)


class Incidents:
    """Incidents that nobody has closed, and everybody who may not."""

    def __init__(self, decisions: Decisions) -> None:
        self._decisions = decisions
        self._open: dict[str, tuple[IncidentOpened, str]] = {}
        self._opened: set[str] = set()
        self._parts = _Parts()
        self._given: set[str] = set()  # doses of which something was given, and nobody saw it yet

    @property
    def open(self) -> int:
        """How many nobody has closed."""
        return len(self._open)

    def take(self, recorded: Recorded) -> None:
        """An incident is opened or closed as incidents are; who took part in anything else is noted.

        Raises: LedgerBroken.
        """
        match recorded.entry:
            case IncidentOpened() as entry:
                if entry.incident in self._opened:
                    raise LedgerBroken("an incident of this id was opened before", seq=recorded.seq)
                self._opened.add(entry.incident)
                self._open[entry.incident] = entry, recorded.person
                self._decisions.opened(entry)
                if entry.dose is not None and entry.count is None:
                    _note(self._parts.doses, entry.dose, recorded.person)
            case IncidentClosed() as entry:
                self._close(recorded, entry)
            case _:
                self._take_part(recorded)

    def _close(self, recorded: Recorded, entry: IncidentClosed) -> None:
        opened = self._open.pop(entry.incident, None)
        if opened is None:
            raise LedgerBroken("it closes an incident that was not open", seq=recorded.seq)
        incident, by = opened
        people = {
            by,
            *self._parts.doses.get(incident.dose or "", ()),
            *self._parts.containers.get(incident.container or "", ()),
            *self._parts.counts.get(incident.count or "", ()),
        }
        if recorded.person in people:
            raise LedgerBroken("whoever closed it took part in what it is about", seq=recorded.seq)

    def _take_part(self, recorded: Recorded) -> None:
        """Why a report of nothing is left out: it leaves no line in the register, and no trace there."""
        doses, person = self._parts.doses, recorded.person
        first = recorded.named
        match recorded.entry if first is None else first.entry:
            case DosePrepared() as entry:
                _note(doses, entry.dose, person, entry.prescriber)
            case DoseGiven(dose=dose, given=given):
                if not given.is_zero:
                    self._given.add(dose)
                    _note(doses, dose, person)
            case DoseVerified(dose=dose) | DoseMismatched(dose=dose):
                _note(doses, dose, person)
            case DoseRemainderAccounted(dose=dose):
                _note(doses, dose, person)
            case UnpreparedDoseReported(dose=dose):
                self._given.add(dose)
                _note(doses, dose, person)
            case LineCorrected(dose=dose) if first is not None and dose is not None:
                _note(doses, dose, first.person)
            case StockAccounted(container=container):
                _note(self._parts.containers, container, person)
            case StockCounted(count=count) | StockRecounted(count=count):
                _note(self._parts.counts, count, person)
            case GivenVerified(dose=dose):
                self._saw_given(dose, person)
            case _:
                pass  # nothing else is about a dose, a container or a count

    def _saw_given(self, dose: str, person: str) -> None:
        if dose in self._given:
            self._given.discard(dose)
            _note(self._parts.doses, dose, person)


def _note(of: dict[str, tuple[str, ...]], about: str, *people: str) -> None:
    before = of.get(about, ())
    of[about] = (*before, *(each for each in people if each not in before))
