"""Doses as their entries leave them, what each patient had lately, and by which days it is counted."""

from __future__ import annotations

from hat_clinic.domain.doses import (
    Dose,
    DoseHistory,
    SiteCalendar,
    Stage,
    evolve_dose,
    evolve_history,
)
from hat_clinic.domain.doses.evolve import lapsed
from hat_clinic.domain.entries import Recorded
from hat_clinic.domain.entries.doses import DosePermitted
from hat_clinic.domain.entries.system import LedgerOpened
from hat_clinic.projections.keyed import Keyed
from hat_clinic.store.schema import projection_clock, projection_dose, projection_dose_history
from hat_clinic.store.states import States
from hat_clinic.vocabulary.errors import LedgerBroken
from hat_clinic.vocabulary.ids import DoseId, PatientId


def _columns(dose: Dose) -> dict[str, str | int]:
    """A dose is found among the open ones until all of it has its place and every signature."""
    at_rest = dose.stage is Stage.CLOSED and not dose.awaits_second
    return {"patient_id": dose.patient, "open": int(not at_rest)}


DOSES = Keyed(projection_dose, Dose, _columns)
HISTORIES = Keyed(projection_dose_history, DoseHistory)
CALENDARS = Keyed(projection_clock, SiteCalendar)
THIS_SITE = "calendar"


def calendar(tx: States) -> SiteCalendar:
    """By which days this site counts, as the first entry of its log says.

    Raises: LedgerBroken, if a dose comes before that entry.
    """
    found = CALENDARS.load(tx, THIS_SITE)
    if found is None:
        raise LedgerBroken("doses are counted by the days that the first entry names, and there is none")
    return found


def open_doses(tx: States, patient: PatientId | None = None) -> list[Dose]:
    """Doses that wait for somebody, of one patient or of all. Permits that lapsed may be among them."""
    return DOSES.find(tx, open=1) if patient is None else DOSES.find(tx, open=1, patient_id=patient)


def apply(tx: States, recorded: Recorded) -> None:
    """The dose this entry speaks of, and its patient's history, are as it leaves them."""
    entry = recorded.entry
    if isinstance(entry, LedgerOpened):
        CALENDARS.save(tx, THIS_SITE, SiteCalendar(entry.zone, entry.day_starts_minutes))
        return
    first = recorded.named
    if isinstance(entry, DosePermitted):
        _close_lapsed(tx, entry.patient, recorded)
    spoken_of: DoseId | None = getattr(entry if first is None else first.entry, "dose", None)
    if spoken_of is None:
        return
    before = DOSES.load(tx, spoken_of)
    after = evolve_dose(before, recorded)
    if after is None or after == before:
        return
    DOSES.save(tx, after.dose, after)
    history = evolve_history(HISTORIES.load(tx, after.patient), after, recorded.at, calendar(tx))
    HISTORIES.save(tx, after.patient, history)


def _close_lapsed(tx: States, patient: PatientId, recorded: Recorded) -> None:
    """Permits of this patient that nobody used in time are closed now that there is a new one.

    Why here: they lapsed by themselves, without an entry, and would be listed as open for ever.
    """
    history = HISTORIES.load(tx, patient)
    for each in () if history is None else history.recent:
        dose = DOSES.load(tx, each.dose) if each.until is not None else None
        if dose is not None and lapsed(dose, recorded.at) != dose:
            DOSES.save(tx, dose.dose, lapsed(dose, recorded.at))
