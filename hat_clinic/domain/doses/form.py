"""Form: what no statement about a dose can be without, whatever the rules say of it."""

from __future__ import annotations

from datetime import datetime

from hat_clinic.domain.doses.commands import ReportUnpreparedDose, VerifyDose
from hat_clinic.domain.doses.facts import Facts
from hat_clinic.domain.doses.state import Dose, sum_of
from hat_clinic.domain.entries.doses import Draw
from hat_clinic.vocabulary.errors import Finding, Refused, Rejected
from hat_clinic.vocabulary.ids import ENDING, is_lot
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


def require_endings(read: VerifyDose) -> None:
    """What was read of each container is four characters; of how many it was nothing is said here.

    Why no empty list: what one person read of one container has one spelling.
    """
    others = read.other_container_endings
    if others == ():
        raise Rejected("leave this out where one container was read", "other_container_endings")
    told = {"container_ending": (read.container_ending,), "other_container_endings": others or ()}
    for field, endings in told.items():
        if any(len(each) != ENDING for each in endings):
            raise Rejected(f"enter the last {ENDING} characters of each container", field)


def require_masses(masses: tuple[Mass, ...], like: Mass, field: str = "mass") -> None:
    """Masses of two expressions are not one quantity, so that nothing can be said about them."""
    if any(mass.expression is not like.expression for mass in masses):
        raise Rejected(f"write every mass as {like.expression.value.replace('_', ' ')}", field)


def require_unplanned(facts: Facts, told: ReportUnpreparedDose, moment: datetime) -> None:
    """Something was given, in the past, and drawn: in the expression of its label and its containers."""
    require_draws(told.draws, told.given)
    require_masses((told.surplus,), told.given, "surplus")
    labels = () if facts.product is None else (facts.product.content,)
    for like in (*labels, *(each.remaining for each in facts.containers)):
        require_masses((told.given,), like, "given")
    require_past(told.happened_at, moment, None)
    if told.given.is_zero:
        raise Rejected("nothing was given: account for the stock instead", "given")
    if sum_of((draw.mass for draw in told.draws), told.given.expression) != told.given + told.surplus:
        raise Rejected("the draws do not add up to what was given and the surplus", "draws")


def require_past(happened_at: datetime, moment: datetime, dose: Dose | None) -> None:
    """It happened before now, and after the drug was there; a clock set back is no reason against."""
    if happened_at > moment:
        raise Rejected("this moment has not come yet", "happened_at")
    there_at = None if dose is None else dose.handed_over_at or dose.prepared_at
    if there_at is not None and happened_at < min(there_at, moment):
        raise Rejected("this is before the dose was prepared or handed over", "happened_at")
