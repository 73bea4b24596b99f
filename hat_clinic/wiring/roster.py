"""Who works at a clinic and which terminals it has, read from its folder beside a running server."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from hat_clinic.domain.staff.state import Key, Person
from hat_clinic.domain.terminals import Terminal
from hat_clinic.projections.staff import KEYS, PERSONS
from hat_clinic.projections.terminals import TERMINALS
from hat_clinic.store.engine import reading
from hat_clinic.store.states import States
from hat_clinic.wiring.folder import ClinicFolder, only_site

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Employed:
    """Somebody who works here or did, with every key that speaks or spoke for them."""

    person: Person
    keys: tuple[Key, ...]


def read_staff(data: Path) -> tuple[Employed, ...]:
    """Everybody who was ever appointed, in order of their staff codes.

    Raises: Rejected, OSError, StoreUnusable, NotFound.
    """

    def found(tx: States) -> tuple[Employed, ...]:
        people = sorted(PERSONS.find(tx), key=lambda one: one.staff_code.casefold())
        return tuple(Employed(one, tuple(KEYS.find(tx, person_id=one.person))) for one in people)

    return _read(data, found)


def read_terminals(data: Path) -> tuple[Terminal, ...]:
    """Every terminal that was ever enrolled, oldest id first.

    Raises: Rejected, OSError, StoreUnusable, NotFound.
    """
    return _read(data, lambda tx: tuple(sorted(TERMINALS.find(tx), key=lambda one: one.terminal)))


def _read(data: Path, find: Callable[[States], T]) -> T:
    engine = ClinicFolder.open(data).engine(alone=False)
    try:
        site = only_site(engine)
        with reading(engine) as connection:
            return find(States(connection, site.site_id))
    finally:
        engine.dispose()
