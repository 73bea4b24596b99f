"""Each dose, step by step: permitted, prepared, verified, handed over, given, seen given.

1. the first five follow each other in this order, once each, and speak of the same dose: patient,
   product, containers and masses as they were permitted, readings as `readings` holds them;
2. a permit lasts its minutes, and is used by whom it was given to, where it was given; a dose is
   verified and handed over whole, within the pack's minutes, and handed over by its two;
3. reports come whenever they come, but a dose that had not been handed over, whose author is not
   its performer, or whose drug nobody can find, is marked so, and opens an incident as every breach does;
4. what is given and what is left make the dose; it happened before it was recorded, and not before
   the dose was there;
5. one signature suffices for a dose given whole where the pack in force says so, and nowhere else;
6. whoever verified a dose also says that they saw it given, unless they reported it themselves;
7. no dose is permitted, prepared or handed over before a protocol pack is in force.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum, auto

from hat_clinic.auditor.clock import CLOCKS_DIFFER
from hat_clinic.auditor.decisions import Decisions, Owed
from hat_clinic.auditor.readings import Keys, require_agrees, require_differs
from hat_clinic.domain.confirmations import in_force
from hat_clinic.domain.doses.state import PERMIT_LASTS
from hat_clinic.domain.entries import Recorded
from hat_clinic.domain.entries.doses import (
    DoseGiven,
    DoseHandedOver,
    DoseMismatched,
    DosePermitted,
    DosePrepared,
    DoseRemainderAccounted,
    DoseVerified,
    GivenVerified,
    UnpreparedDoseReported,
)
from hat_clinic.domain.entries.packs import PackAdopted
from hat_clinic.vocabulary.errors import LedgerBroken
from hat_clinic.vocabulary.terms import Whereabouts

_HAND_OVER_WITHIN = "hand_over"
_WHOLE_NEEDS_NO_VERIFIER = "given_needs_verifier_unless_whole"
_MATCHES_NOT, _NOT_PERFORMER, _NOT_HANDED_OVER, _LOST = "SO08", "SO10", "AD43", "AD45"
"""What the log itself shows to be broken: SO08, SO10, AD43, AD45."""


class _Step(Enum):
    PERMITTED = auto()
    PREPARED = auto()
    VERIFIED = auto()
    MISMATCHED = auto()
    HANDED_OVER = auto()
    GIVEN = auto()


@dataclass(slots=True)
class _Dose:
    patient: str
    performer: str
    terminal: str
    step: _Step
    permit: DosePermitted | None = None
    prepared: DosePrepared | None = None
    payload: bytes = field(default=b"", repr=False)
    verifier: str | None = None
    given_by: str | None = None
    prepared_at: datetime | None = None
    there_at: datetime | None = None
    in_part: bool = False


class Chain:
    """How far every dose has come."""

    def __init__(self, keys: Keys, decisions: Decisions) -> None:
        self._keys, self._decisions = keys, decisions
        self._doses: dict[str, _Dose] = {}
        self._pack: dict[str, int] | None = None  # what it says, once one is in force
        self._unseen: set[str] = set()

    @property
    def unseen(self) -> int:
        """How many doses were reported given by one person, and nobody has said yet that they saw it."""
        return len(self._unseen)

    def take(self, recorded: Recorded) -> None:
        """The entry is the next step of its dose, or a report on it.

        Raises: LedgerBroken.
        """
        match recorded.entry:
            case DosePermitted() as entry:
                self._require_pack(recorded)
                lasts = entry.until - recorded.at <= PERMIT_LASTS
                _require(recorded, lasts, "it was permitted for longer than a permit lasts")
                self._begin(recorded, entry).permit = entry
            case UnpreparedDoseReported() as entry:
                self._report_unprepared(recorded, entry)
            case DosePrepared() as entry:
                self._prepare(recorded, entry)
            case DoseVerified() as entry:
                dose = self._next(recorded, entry, _Step.PREPARED, _Step.VERIFIED)
                assert dose.prepared is not None  # by its step
                self._require_whole_in_time(recorded, dose)
                require_agrees(recorded.seq, dose.prepared, entry)
                dose.verifier = recorded.person
            case DoseMismatched() as entry:
                self._mismatch(recorded, entry)
            case DoseHandedOver() as entry:
                self._hand_over(recorded, entry)
            case DoseGiven() as entry:
                self._give(recorded, entry)
            case GivenVerified() as entry:
                self._see(recorded, entry)
            case DoseRemainderAccounted() as entry:
                self._account(recorded, entry)
            case _:
                self._take_pack(recorded)

    def _take_pack(self, recorded: Recorded) -> None:
        said = in_force(recorded)
        if said is not None and isinstance(said.entry, PackAdopted):
            self._pack = {each.name: each.number for each in said.entry.values}

    def _says(self, name: str) -> int | None:
        return None if self._pack is None else self._pack.get(name)

    def _require_pack(self, recorded: Recorded) -> None:
        """7."""
        _require(recorded, self._pack is not None, "no protocol pack was in force")

    def _require_whole_in_time(self, recorded: Recorded, dose: _Dose) -> None:
        """2."""
        _require(recorded, not dose.in_part, "part of the dose had another place already")
        minutes = self._says(_HAND_OVER_WITHIN)
        assert dose.prepared_at is not None  # by its step
        if minutes is not None:
            late = recorded.at - dose.prepared_at - timedelta(minutes=minutes) > CLOCKS_DIFFER
            _require(recorded, not late, "the dose had been prepared longer ago than the pack allows")

    def _begin(self, recorded: Recorded, entry: DosePermitted | UnpreparedDoseReported) -> _Dose:
        _require(recorded, entry.dose not in self._doses, "there was a dose of this id before")
        dose = _Dose(entry.patient, recorded.person, recorded.terminal, _Step.PERMITTED)
        self._doses[entry.dose] = dose
        return dose

    def _report_unprepared(self, recorded: Recorded, entry: UnpreparedDoseReported) -> None:
        """3 and 4."""
        dose = self._begin(recorded, entry)
        dose.step, dose.given_by = _Step.GIVEN, recorded.person
        _require(recorded, entry.happened_at <= recorded.at, "it had not happened yet")
        self._require_marked(recorded, entry, {_NOT_HANDED_OVER})

    def _prepare(self, recorded: Recorded, entry: DosePrepared) -> None:
        """1 and 2."""
        dose = self._next(recorded, entry, _Step.PERMITTED, _Step.PREPARED)
        permit = dose.permit
        assert permit is not None  # by its step
        asked = (permit.visit, permit.prescription, permit.product, permit.mass, permit.draws)
        done = (entry.visit, entry.prescription, entry.product, entry.mass, entry.draws)
        _require(recorded, asked == done, "it is another dose than was permitted")
        whose = (recorded.person, recorded.terminal) == (dose.performer, dose.terminal)
        _require(recorded, whose, "the permit was another person's, or another terminal's")
        _require(recorded, recorded.at < permit.until + CLOCKS_DIFFER, "the permit had lapsed")
        self._require_pack(recorded)
        dose.permit, dose.prepared, dose.payload = None, entry, recorded.payload
        dose.prepared_at = dose.there_at = recorded.at

    def _hand_over(self, recorded: Recorded, entry: DoseHandedOver) -> None:
        """1, 2 and 7."""
        dose = self._next(recorded, entry, _Step.VERIFIED, _Step.HANDED_OVER)
        _require(recorded, recorded.person in (dose.performer, dose.verifier), "it was a third person")
        self._require_whole_in_time(recorded, dose)
        self._require_pack(recorded)
        dose.there_at = recorded.at

    def _mismatch(self, recorded: Recorded, entry: DoseMismatched) -> None:
        """1 and 3."""
        dose = self._next(recorded, entry, _Step.PREPARED, _Step.MISMATCHED)
        assert dose.prepared is not None  # by its step
        self._require_whole_in_time(recorded, dose)
        require_differs(recorded, entry, dose.prepared, dose.payload, self._keys)
        dose.verifier = recorded.person
        self._decisions.owe(Owed(recorded.seq, (_MATCHES_NOT,), dose=entry.dose))

    def _give(self, recorded: Recorded, entry: DoseGiven) -> None:
        """3 to 5."""
        dose = self._drawn(recorded, entry)
        _require(recorded, dose.step is not _Step.GIVEN, "it was given before")
        prepared = dose.prepared
        assert prepared is not None  # by its step
        masses = {entry.given.expression, entry.remainder.expression, prepared.mass.expression}
        whole = len(masses) == 1 and entry.given + entry.remainder == prepared.mass
        _require(recorded, whole, "what was given and what is left are not the dose")
        _require(recorded, entry.happened_at <= recorded.at, "it had not happened yet")
        assert dose.there_at is not None  # by its step
        # Where the clock was put back since, the moment of the report itself is all there is.
        there = entry.happened_at >= min(dose.there_at, recorded.at)
        _require(recorded, there, "it happened before the dose was there")
        marks = set() if recorded.person == dose.performer else {_NOT_PERFORMER}
        if dose.step is not _Step.HANDED_OVER and not entry.given.is_zero:
            marks.add(_NOT_HANDED_OVER)
        self._require_marked(recorded, entry, marks)
        if entry.verifier_waived:
            may = self._says(_WHOLE_NEEDS_NO_VERIFIER) == 1 and entry.remainder.is_zero
            _require(recorded, may, "no pack lets it stand on one signature")
        else:
            self._unseen.add(entry.dose)
        dose.step, dose.given_by = _Step.GIVEN, recorded.person
        dose.prepared = None

    def _see(self, recorded: Recorded, entry: GivenVerified) -> None:
        """6. That it was given, and by whom, `duties` has looked at."""
        dose = self._of(recorded, entry)
        who = dose.verifier is None or dose.verifier in (recorded.person, dose.given_by)
        _require(recorded, who, "somebody else had verified the dose")
        self._unseen.discard(entry.dose)

    def _account(self, recorded: Recorded, entry: DoseRemainderAccounted) -> None:
        """3 and 4."""
        dose = self._drawn(recorded, entry)
        _require(recorded, entry.happened_at <= recorded.at, "it had not happened yet")
        marks = set() if recorded.person == dose.performer else {_NOT_PERFORMER}
        if entry.whereabouts is Whereabouts.UNACCOUNTED:
            marks.add(_LOST)
        self._require_marked(recorded, entry, marks)
        dose.in_part = True

    def _require_marked(
        self,
        recorded: Recorded,
        entry: DoseGiven | DoseRemainderAccounted | UnpreparedDoseReported,
        marks: set[str],
    ) -> None:
        """3."""
        missing = ", ".join(sorted(marks - set(entry.breaches)))
        _require(recorded, not missing, f"it broke {missing} and is not marked so")
        if entry.breaches:
            self._decisions.owe(Owed(recorded.seq, entry.breaches, dose=entry.dose))

    def _next(
        self,
        recorded: Recorded,
        entry: DosePrepared | DoseVerified | DoseMismatched | DoseHandedOver,
        before: _Step,
        after: _Step,
    ) -> _Dose:
        dose = self._of(recorded, entry)
        stood = dose.step.name.lower().replace("_", " ")
        _require(recorded, dose.step is before, f"the dose was {stood}, and this is not the next step")
        dose.step = after
        return dose

    def _drawn(self, recorded: Recorded, entry: DoseGiven | DoseRemainderAccounted) -> _Dose:
        dose = self._of(recorded, entry)
        _require(recorded, dose.step is not _Step.PERMITTED, "nothing was drawn for it")
        return dose

    def _of(
        self,
        recorded: Recorded,
        entry: DosePrepared | DoseVerified | DoseMismatched | DoseHandedOver
        | DoseGiven | GivenVerified | DoseRemainderAccounted,
    ) -> _Dose:  # fmt: skip
        dose = self._doses.get(entry.dose)
        if dose is None:
            raise LedgerBroken("there was no permit for it", seq=recorded.seq)
        _require(recorded, dose.patient == entry.patient, "the dose is another patient's")
        return dose


def _require(recorded: Recorded, holds: bool, words: str) -> None:
    if not holds:
        raise LedgerBroken(words, seq=recorded.seq)
