"""From a command on stock to its entries, or to a refusal with every reason."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from hat_clinic.domain.entries.incidents import IncidentOpened
from hat_clinic.domain.entries.stock import (
    CountedContainer,
    OverfillFound,
    ProductListed,
    StockAccounted,
    StockCounted,
    StockReceived,
    StockRecounted,
)
from hat_clinic.domain.stock.assess import (
    assess_account,
    assess_count,
    assess_difference,
    assess_list,
    assess_overfill,
    assess_receive,
    assess_recount,
    require_accountable,
    still_to_come,
)
from hat_clinic.domain.stock.commands import (
    AccountStock,
    CountStock,
    ListProduct,
    ReceiveStock,
    RecordOverfill,
    RecountStock,
)
from hat_clinic.domain.stock.state import Container, Count, Product, Receipt
from hat_clinic.vocabulary.errors import Finding, Refused
from hat_clinic.vocabulary.ids import PersonId


def require_none(findings: tuple[Finding, ...]) -> None:
    """There is nothing against it.

    Raises: Refused, with every finding.
    """
    if findings:
        raise Refused(findings)


def decide_list(product: Product | None, command: ListProduct) -> ProductListed:
    """The product is listed, once a second person confirms its label.

    Refuses: CD02, CD10.
    """
    require_none(assess_list(product, command))
    return ProductListed(
        command.product,
        command.drug,
        command.form,
        command.strength,
        command.kind,
        command.routes,
        command.content,
        command.source,
        command.content_volume,
        command.graduation,
        command.container_hours,
    )


def decide_receive(
    product: Product | None,
    known: Sequence[Container],
    receipt: Receipt | None,
    by_note: Receipt | None,
    command: ReceiveStock,
    today: date,
    moment: datetime,
) -> StockReceived:
    """The containers are stock, once a second person confirms them.

    Refuses: CD01, CD03 to CD09, CD22, CD51, CD52.
    """
    came = moment if command.happened_at is None else command.happened_at
    found = assess_receive(product, known, receipt, by_note, command, today)
    require_none((*found, *still_to_come(came, moment)))
    return StockReceived(
        command.receipt,
        command.kind,
        command.product,
        command.supplier,
        command.reference,
        command.containers,
        command.happened_at,
    )


def decide_overfill(
    container: Container | None, product: Product | None, receipt: Receipt | None, command: RecordOverfill
) -> OverfillFound:
    """The overfill is in its container and in the register, once a second person confirms it.

    Refuses: CD03, CD07, CD11, CD18.
    """
    found = assess_overfill(container, product, receipt, command)
    if container is None or found:
        raise Refused(found)
    return OverfillFound(command.receipt, container.product, command.container, command.mass, command.volume)


def decide_account(
    container: Container | None, command: AccountStock, moment: datetime
) -> tuple[StockAccounted | IncidentOpened, ...]:
    """The mass is out of its container at once, with the rules it broke; a second person confirms.

    Refuses: form and identity only (CD07, CD11, CD19, CD22).
    """
    impossible = require_accountable(container, command, moment)
    if container is None or impossible:
        raise Refused(impossible)
    breaches = tuple(each.rule for each in assess_account(container, command))
    entry = StockAccounted(
        container.product,
        command.container,
        command.whereabouts,
        command.mass,
        command.happened_at,
        command.reason,
        breaches,
        command.volume,
    )
    if not breaches:
        return (entry,)
    return entry, IncidentOpened(command.incident, breaches, container=command.container)


def decide_count(product: Product | None, count: Count | None, command: CountStock) -> StockCounted:
    """What one person found is on record; nothing is compared before the second count.

    Refuses: CD01, CD07, CD30, CD36.
    """
    require_none(assess_count(product, count, command))
    return StockCounted(command.count, command.product, command.counted)


def draft_recount(count: Count | None, command: RecountStock, person: PersonId) -> StockRecounted:
    """What the second person signs, before anything is compared.

    Refuses: CD07, CD31, CD32, CD36.
    """
    found = assess_recount(count, command, person)
    if count is None or found:
        raise Refused(found)
    return StockRecounted(command.count, count.product, count.payload, command.counted, count.counted_by)


def decide_recount(
    count: Count | None,
    expected: Sequence[CountedContainer],
    command: RecountStock,
    person: PersonId,
) -> tuple[StockRecounted | IncidentOpened, ...]:
    """The second count is on record; a difference opens an incident and changes no balance.

    Refuses: CD07, CD31, CD32, CD36.
    """
    entry = draft_recount(count, command, person)
    differences = assess_difference(count, command.counted, expected) if count is not None else ()
    if not differences:
        return (entry,)
    rules = tuple(each.rule for each in differences)
    return entry, IncidentOpened(command.incident, rules, count=command.count)
