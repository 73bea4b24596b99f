"""Evolve: what a dose leaves in its patient's history."""

from __future__ import annotations

from datetime import datetime

from hat_clinic.domain.doses.state import (
    DAYS_KEPT,
    Dose,
    DoseHistory,
    HistoryDose,
    SiteCalendar,
    Stage,
    counted,
    surely_given,
)


def evolve_history(
    history: DoseHistory | None, dose: Dose, moment: datetime, calendar: SiteCalendar
) -> DoseHistory:
    """The history with what this dose counts now, in place of what it counted before.

    Kept: doses of the last three clinic days that had any, whatever is not closed, and the one
    that ended last. Folded from the dose, so it cannot disagree with it.
    """
    before = history or DoseHistory(dose.patient, ())
    rows = [each for each in before.without(dose.dose).recent if each.counts_at(moment)]
    rows.append(_remembered(dose, moment, calendar))
    # What came to nothing must not push out a day on which something was given.
    rows = [each for each in rows if each.open or each.injections or not each.counted.is_zero]
    rows.sort(key=lambda each: (each.day, each.dose))
    days = sorted({each.day for each in rows})[-DAYS_KEPT:]
    last = DoseHistory(dose.patient, tuple(rows)).last_end
    kept = (row for row in rows if row.day in days or row.open or (last and row.ended_at == last))
    return DoseHistory(dose.patient, tuple(kept))


def _remembered(dose: Dose, moment: datetime, calendar: SiteCalendar) -> HistoryDose:
    entered = dose.given is not None and not dose.given.is_zero
    at = dose.given_at or dose.prepared_at or moment
    return HistoryDose(
        dose=dose.dose,
        day=calendar.day(at),
        counted=counted(dose, moment),
        surely=surely_given(dose),
        open=dose.stage is not Stage.CLOSED,
        injections=1 if entered else 0,
        seq=dose.given_seq if entered else None,
        ended_at=dose.ended_at if entered else None,
        until=dose.permitted_until if dose.stage is Stage.PERMITTED else None,
    )
