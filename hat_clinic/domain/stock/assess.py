"""What would stop an act on stock, or be written beside a report of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from hat_clinic.domain.entries.stock import CountedContainer, OverfillFound, ProductListed, StockReceived
from hat_clinic.domain.stock import rules
from hat_clinic.domain.stock.commands import (
    AccountStock,
    CountStock,
    ListProduct,
    ReceiveStock,
    RecordOverfill,
    RecountStock,
)
from hat_clinic.domain.stock.state import Container, Count, Product, Receipt
from hat_clinic.vocabulary.errors import Finding
from hat_clinic.vocabulary.ids import PersonId
from hat_clinic.vocabulary.quantities import Mass
from hat_clinic.vocabulary.terms import Whereabouts

TWO_PEOPLE = "NHS Tayside, daily stock check: two registered staff, physically counted"
DISCREPANCY = "NHS Tayside, discrepancies: recount, investigate, enter the actual balance by two"


def assess_list(product: Product | None, command: ListProduct | ProductListed) -> tuple[Finding, ...]:
    """Every reason why this product cannot be listed; `product` is what has its id."""
    return (*rules.listed_before(product), *rules.label_incomplete(command))


def assess_receive(
    product: Product | None,
    known: Sequence[Container],
    receipt: Receipt | None,
    by_note: Receipt | None,
    command: ReceiveStock | StockReceived,
    today: date,
) -> tuple[Finding, ...]:
    """Every reason why this cannot be booked in. CD08: a delivery without a container.

    `known` are the containers that have one of its ids, `receipt` and `by_note` what was
    received under its id and under its supplier and delivery note.
    """
    found = (
        *rules.not_listed(product),
        *rules.received_before(receipt, by_note),
        *rules.container_again(command.containers, known),
        *rules.unreadable(command.containers),
        *rules.no_lot(command.containers),
        *rules.delivered_expired(command, today),
        *rules.overfill_as_delivery(command.kind),
    )
    if not command.containers:
        words = "A delivery names its containers, one by one. Scan each of them."
        found = (*found, Finding("CD08", words, f"{rules.REG_19}(d)"))
    if product is None:
        return found
    masses = [each.content for each in command.containers]
    return (
        *found,
        *rules.content_not_of_label(command, product),
        *rules.other_expression(product, masses),
    )


def assess_overfill(
    container: Container | None,
    product: Product | None,
    receipt: Receipt | None,
    command: RecordOverfill | OverfillFound,
) -> tuple[Finding, ...]:
    """Every reason why this overfill cannot be booked in. CD18: an overfill of nothing."""
    found = (*rules.unknown_container(container), *rules.received_before(receipt, None))
    if command.mass.is_zero:
        words = "An overfill of nothing is not one. Enter how much was found."
        found = (*found, Finding("CD18", words, "BtMVV, overfill"))
    if container is None or product is None:
        return found
    return (*found, *rules.other_expression(product, (command.mass,)))


def still_to_come(happened_at: datetime, moment: datetime) -> tuple[Finding, ...]:
    """CD22: a report or a delivery that is still to come.

    Source: house rule on records.
    """
    if happened_at <= moment:
        return ()
    words = "This time is still to come. Enter when it happened."
    return (Finding("CD22", words, "house rule on records"),)


def require_accountable(
    container: Container | None, command: AccountStock, moment: datetime
) -> tuple[Finding, ...]:
    """What makes the report itself impossible: not which rule was broken, but which sum is wrong.

    CD19: a report of nothing. CD07 and CD22 too.
    """
    found = tuple(rules.unknown_container(container))
    if command.mass.is_zero:
        words = "Nothing left the container by this report. Enter how much it was."
        found = (*found, Finding("CD19", words, f"{rules.REG_19}(a)"))
    found = (*found, *still_to_come(command.happened_at, moment))
    if container is not None and command.mass.expression is not container.remaining.expression:
        words = "The mass is of another salt than the container's label. Enter it as on the label."
        found = (*found, Finding("CD07", words, "Swissmedic-approved text Diaphin, composition"))
    return found


def assess_account(container: Container, command: AccountStock) -> tuple[Finding, ...]:
    """What goes on record with the report as breaches. Nothing here refuses it.

    CD20: more out of a container than the register knows in it.
    CD21: drug that left a container and nobody knows where to.
    """
    found: tuple[Finding, ...] = ()
    if container.remaining < command.mass:
        words = "More left this container than the register knows in it. Count the rest with a second person."
        found = (Finding("CD20", words, DISCREPANCY),)
    if command.whereabouts is Whereabouts.UNACCOUNTED:
        words = "Nobody knows where this went. Tell the controlled-drugs lead now."
        found = (*found, Finding("CD21", words, "SI 2013/373 reg 11, incidents; Marsden manual"))
    return found


def assess_count(product: Product | None, count: Count | None, command: CountStock) -> tuple[Finding, ...]:
    """Every reason why this cannot stand as a first count. CD30: a count id used before."""
    found = tuple(rules.not_listed(product))
    if count is not None:
        words = "A count with this id is there already. Start a new count."
        found = (*found, Finding("CD30", words, TWO_PEOPLE))
    if product is not None:
        found = (*found, *_form(product.content, command.counted))
    return found


def assess_recount(count: Count | None, command: RecountStock, person: PersonId) -> tuple[Finding, ...]:
    """Every reason why this person cannot make this second count.

    CD31: a second count by the person who made the first.
    CD32: a second count of nothing that waits for one.
    """
    if count is None:
        words = "There is no first count to this. One person counts first, another after that."
        return (Finding("CD32", words, TWO_PEOPLE),)
    found: tuple[Finding, ...] = ()
    if count.recounted_by is not None:
        words = "This count has its second count already. Start a new one."
        found = (Finding("CD32", words, TWO_PEOPLE),)
    if count.counted_by == person:
        words = "You made the first count yourself. Another person counts now."
        found = (*found, Finding("CD31", words, TWO_PEOPLE))
    zero = next((each.mass for each in count.expected + count.counted), None)
    return found if zero is None else (*found, *_form(zero, command.counted))


def assess_difference(
    count: Count, counted: Sequence[CountedContainer], expected: Sequence[CountedContainer]
) -> tuple[Finding, ...]:
    """What does not agree: first count, second count, and what the entries said at each.

    Doses may be drawn between the two, so each is held against the entries of its own moment;
    two counts agree when they differ from the entries in the same way.

    CD33: a first count that is not what the register says.
    CD34: a second count that is not what the register says.
    CD35: two counts that do not agree.
    """
    first = _differences(count.counted, count.expected)
    second = _differences(counted, expected)
    found: tuple[Finding, ...] = ()
    if first:
        words = f"The first count is not what the register says, in {len(first)} containers. Count again."
        found = (Finding("CD33", words, DISCREPANCY),)
    if second:
        words = f"The second count is not what the register says, in {len(second)} containers. Count again."
        found = (*found, Finding("CD34", words, DISCREPANCY))
    if first != second:
        found = (*found, Finding("CD35", "The two counts do not agree. Count again.", DISCREPANCY))
    return found


def _differences(counted: Sequence[CountedContainer], expected: Sequence[CountedContainer]) -> dict[str, int]:
    """Container to micrograms found beyond what was expected; what agrees is left out."""
    said = {each.container: each.mass.micrograms for each in expected}
    found = {each.container: each.mass.micrograms for each in counted}
    return {
        each: difference
        for each in sorted(said.keys() | found.keys())
        if (difference := found.get(each, 0) - said.get(each, 0))
    }


def _form(like: Mass, counted: Sequence[CountedContainer]) -> tuple[Finding, ...]:
    """CD36: a container that stands twice in one count. CD07 too: another expression than the product's."""
    found: tuple[Finding, ...] = ()
    if len({each.container for each in counted}) != len(counted):
        words = "One container stands twice in this count. Enter each once, with all that is in it."
        found = (Finding("CD36", words, TWO_PEOPLE),)
    if any(each.mass.expression is not like.expression for each in counted):
        words = f"This product is counted as {like.expression.value.replace('_', ' ')}. Enter masses as that."
        found = (*found, Finding("CD07", words, "Swissmedic-approved text Diaphin, composition"))
    return found
