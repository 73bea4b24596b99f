"""Rules AD32 to AD35: can this mass come out of these containers? The containers' own rules (CD) too."""

from __future__ import annotations

from datetime import datetime

from hat_clinic.domain.doses.facts import Facts, Wanted
from hat_clinic.domain.entries.doses import Draw
from hat_clinic.domain.stock import Product, draw_findings
from hat_clinic.vocabulary.errors import Finding
from hat_clinic.vocabulary.ids import ending
from hat_clinic.vocabulary.moments import clinic_day
from hat_clinic.vocabulary.quantities import mass_text, volume_text
from hat_clinic.vocabulary.terms import ContainerKind

STOCK = "house rule on stock"
EXACT = "house rule on numbers: what a syringe cannot measure is rounded down"


def assess_containers(facts: Facts, wanted: Wanted, moment: datetime) -> tuple[Finding, ...]:
    """Every reason against taking this mass out of these containers."""
    rules = (not_measurable, does_not_add_up, twice_the_same, surplus_measured, unfit_container)
    return tuple(finding for rule in rules for finding in rule(facts, wanted, moment))


def unfit_container(facts: Facts, wanted: Wanted, moment: datetime) -> tuple[Finding, ...]:
    """The rules of stock, CD07 and CD11 to CD17, of each draw: is this the container, and is it in it?

    Source: as the rules of stock say.
    """
    product, today = facts.product, clinic_day(moment, facts.calendar.zone, 0)
    if product is None:
        return ()  # AD26 says so.
    return tuple(
        finding
        for draw in wanted.draws
        for finding in draw_findings(facts.container(draw), product, draw, moment, today, wanted.dose)
    )


def not_measurable(facts: Facts, wanted: Wanted, moment: datetime) -> tuple[Finding, ...]:
    """AD32: a mass out of a multi-dose container that no mark of its syringes stands for.

    Source: house rule on numbers.
    """
    product = facts.product
    if product is None or product.kind is not ContainerKind.MULTI_DOSE:
        return ()
    return tuple(found for draw in wanted.draws for found in _measured(product, draw))


def _measured(product: Product, draw: Draw) -> tuple[Finding, ...]:
    """What is wrong with measuring this draw: AD32."""
    strength, graduation = product.concentration, product.graduation
    if strength is None or graduation is None or graduation.is_zero:
        words = "the product's list entry names no volume or graduation: list it again with both"
        return (Finding("AD32", words, EXACT),)
    if draw.mass.expression is not strength.mass.expression:
        return ()  # AD26 says so.
    can = strength.measure(draw.mass, graduation)
    if not can.shortfall.is_zero:
        words = (
            f"{mass_text(draw.mass)} cannot be measured: take {mass_text(can.mass)}, "
            f"which is {volume_text(can.volume)}"
        )
        return (Finding("AD32", words, EXACT),)
    if draw.volume != can.volume:
        words = f"{mass_text(draw.mass)} of this product is {volume_text(can.volume)}: enter that volume"
        return (Finding("AD32", words, EXACT),)
    return ()


def does_not_add_up(facts: Facts, wanted: Wanted, moment: datetime) -> tuple[Finding, ...]:
    """AD33: draws that do not add up to the mass and its surplus, or a draw or dose of nothing.

    Source: arithmetic.
    """
    found = []
    if wanted.mass.is_zero or any(draw.mass.is_zero for draw in wanted.draws):
        found.append("a dose is of more than nothing, and so is each draw")
    if wanted.one_expression and wanted.drawn < wanted.mass:
        found.append(f"{mass_text(wanted.drawn)} is drawn, {mass_text(wanted.mass)} is the dose: add a draw")
    return tuple(Finding("AD33", words, "arithmetic") for words in found)


def twice_the_same(facts: Facts, wanted: Wanted, moment: datetime) -> tuple[Finding, ...]:
    """AD34: two draws from one container in one dose, so that neither shows what is left for the other.

    Source: house rule on stock.
    """
    ids = [draw.container for draw in wanted.draws]
    twice = sorted({each for each in ids if ids.count(each) > 1})
    words = "container {} is named twice: enter one draw of it"
    return tuple(Finding("AD34", words.format(ending(each)), STOCK) for each in twice)


def surplus_measured(facts: Facts, wanted: Wanted, moment: datetime) -> tuple[Finding, ...]:
    """AD35: surplus out of a multi-dose container, which is drawn by volume and not beyond it.

    Source: house rule on stock.
    """
    if facts.product is None or facts.product.kind is not ContainerKind.MULTI_DOSE:
        return ()
    if not wanted.one_expression or wanted.drawn <= wanted.mass:
        return ()
    words = f"draw {mass_text(wanted.mass)} and no more: this container keeps what is not drawn"
    return (Finding("AD35", words, STOCK),)
