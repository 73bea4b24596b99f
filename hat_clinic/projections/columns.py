"""Every column's projection, in the order in which they take note of an entry.

`pending` comes last: until then a first statement can still be named by its confirmation.
"""

from __future__ import annotations

from collections.abc import Callable

from hat_clinic.domain.entries import Recorded
from hat_clinic.projections import (
    clock,
    doses,
    incidents,
    packs,
    patients,
    pending,
    prescriptions,
    register,
    staff,
    stock,
    terminals,
    visits,
)
from hat_clinic.projections.pending import named
from hat_clinic.store.states import States

__all__ = ["COLUMNS", "named"]

COLUMNS: tuple[Callable[[States, Recorded], None], ...] = (
    clock.apply,
    staff.apply,
    terminals.apply,
    packs.apply,
    patients.apply,
    visits.apply,
    prescriptions.apply,
    stock.apply,
    doses.apply,
    register.apply,
    incidents.apply,
    pending.apply,
)
