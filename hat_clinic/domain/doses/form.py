"""Form: what no statement about a dose can be without, whatever the rules say of it."""

from __future__ import annotations

from datetime import datetime

from hat_clinic.domain.doses.facts import Facts
from hat_clinic.domain.doses.state import Dose
from hat_clinic.domain.entries.doses import Draw
from hat_clinic.vocabulary.errors import Finding, Refused, Rejected
from hat_clinic.vocabulary.ids import is_lot
from hat_clinic.vocabulary.quantities import Mass


def require_none(findings: tuple[Finding, ...]) -> None:
    """Nothing was found.

    Raises: Refused, with all of it.
    """
    if findings:
        raise Refused(findings)


def require_draws(draws: tuple[Draw, ...], mass: Mass) -> None:
    if not draws:
        raise Rejected("name at least one container", "draws")
    if not all(is_lot(draw.lot) for draw in draws):
        raise Rejected("a lot has up to 20 letters, digits, dots, slashes and dashes", "draws")
    require_masses(tuple(draw.mass for draw in draws), mass, "draws")


def require_masses(masses: tuple[Mass, ...], like: Mass, field: str = "mass") -> None:
    """Masses of two expressions are not one quantity, so that nothing can be said about them."""
    if any(mass.expression is not like.expression for mass in masses):
        raise Rejected(f"write every mass as {like.expression.value.replace('_', ' ')}", field)


def require_measured_as(facts: Facts, mass: Mass, field: str) -> None:
    """The mass is of the expression of the product's label, and of each container it came from."""
    if facts.product is not None:
        require_masses((mass,), facts.product.content, field)
    for container in facts.containers:
        require_masses((mass,), container.remaining, field)


def require_past(happened_at: datetime, moment: datetime, dose: Dose | None) -> None:
    """It happened before now, and after the drug was there; a clock set back is no reason against."""
    if happened_at > moment:
        raise Rejected("this moment has not come yet", "happened_at")
    there_at = None if dose is None else dose.handed_over_at or dose.prepared_at
    if there_at is not None and happened_at < min(there_at, moment):
        raise Rejected("this is before the dose was prepared or handed over", "happened_at")
