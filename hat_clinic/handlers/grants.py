"""Every act there is, and which roles may ask for it: one table for routes, tests and documents."""

from __future__ import annotations

from typing import Any

from hat_clinic.handlers import (
    clock,
    confirmations,
    doses,
    incidents,
    packs,
    patients,
    prescriptions,
    register,
    staff,
    stock,
    terminals,
    visits,
)
from hat_clinic.handlers.acts import Act
from hat_clinic.vocabulary.terms import Role

COLUMNS = (
    clock,
    staff,
    terminals,
    packs,
    confirmations,
    patients,
    prescriptions,
    visits,
    doses,
    stock,
    register,
    incidents,
)
ACTS: dict[str, Act[Any]] = {act.name: act for column in COLUMNS for act in column.ACTS}
GRANTS: dict[str, frozenset[Role]] = {name: act.roles for name, act in sorted(ACTS.items())}

if len(ACTS) != sum(len(column.ACTS) for column in COLUMNS):
    raise TypeError("two acts have the same name")
