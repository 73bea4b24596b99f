"""From the doses a patient had to what titration looks at."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Protocol

from hat_clinic.domain.prescriptions.state import RecentDoses
from hat_clinic.vocabulary.quantities import Expression, Mass


class PastDose(Protocol):
    """One dose of a patient's history; `counted` is no more than what surely entered the patient."""

    @property
    def day(self) -> date: ...

    @property
    def counted(self) -> Mass: ...

    @property
    def open(self) -> bool: ...

    @property
    def injections(self) -> int: ...


def recent_doses(doses: Iterable[PastDose], day: date, expression: Expression) -> RecentDoses:
    """What these doses come to around `day`, of one expression only.

    Why one expression: the label's titration is of that drug and route; a patient who had
    tablets so far begins it at the first dose. Why closed doses only: what is still in somebody's
    hands was not given yet, and would raise the next limit.
    """
    given = [
        each
        for each in doses
        if each.injections > 0 and not each.open and each.counted.expression is expression
    ]
    before = [each for each in given if each.day == day - timedelta(days=1)]
    today = [each for each in given if each.day == day]
    total = sum((each.counted for each in before), Mass.zero(expression))
    return RecentDoses(
        previous_day_given=total if any(each.day < day for each in given) else None,
        injections=sum(each.injections for each in before),
        today=sum(each.injections for each in today),
        largest=max((each.counted for each in before + today), default=None),
    )
