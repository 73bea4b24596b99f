"""The stock tables: products, containers, receipts, counts."""

from __future__ import annotations

from hat_clinic.domain.entries import Recorded
from hat_clinic.domain.entries.stock import (
    OverfillFound,
    ProductListed,
    StockCounted,
    StockReceived,
    StockRecounted,
)
from hat_clinic.domain.stock.evolve import (
    containers_received,
    containers_touched,
    evolve_container,
    evolve_count,
    evolve_product,
    evolve_receipt,
)
from hat_clinic.domain.stock.state import Container, Count, Product, Receipt
from hat_clinic.projections.keyed import Keyed
from hat_clinic.store.schema import (
    projection_container,
    projection_count,
    projection_product,
    projection_receipt,
)
from hat_clinic.store.states import States

PRODUCTS = Keyed(projection_product, Product)
CONTAINERS = Keyed(
    projection_container,
    Container,
    lambda container: {"product_id": container.product, "open": int(container.open)},
)
RECEIPTS = Keyed(projection_receipt, Receipt)
COUNTS = Keyed(projection_count, Count)


def note_key(supplier: str, reference: str) -> str:
    """The second key of a receipt: by whom and on which delivery note."""
    return f"note\n{supplier}\n{reference}"


def containers_of(tx: States, product: str) -> tuple[Container, ...]:
    """The product's containers that hold something, in order of their ids."""
    return tuple(CONTAINERS.find(tx, product_id=product, open=1))


def apply(tx: States, recorded: Recorded) -> None:
    """The stock tables have taken note of this entry."""
    entry = recorded.entry if recorded.named is None else recorded.named.entry
    match entry:
        case ProductListed():
            product = evolve_product(PRODUCTS.load(tx, entry.product), recorded)
            if product is not None:
                PRODUCTS.save(tx, entry.product, product)
        case StockReceived():
            _receive(tx, recorded)
        case OverfillFound():
            _note_receipt(tx, recorded)
            _touch(tx, recorded)
        case StockCounted() | StockRecounted():
            holding = containers_of(tx, entry.product)
            count = evolve_count(COUNTS.load(tx, entry.count), recorded, holding)
            if count is not None:
                COUNTS.save(tx, entry.count, count)
        case _:
            _touch(tx, recorded)


def _touch(tx: States, recorded: Recorded) -> None:
    for touched in containers_touched(recorded):
        container = CONTAINERS.load(tx, touched)
        if container is not None:
            CONTAINERS.save(tx, touched, evolve_container(container, recorded))


def _note_receipt(tx: States, recorded: Recorded) -> Receipt | None:
    receipt = evolve_receipt(None, recorded)
    if receipt is not None:
        RECEIPTS.save(tx, receipt.receipt, receipt)
        if receipt.reference:
            RECEIPTS.save(tx, note_key(receipt.supplier, receipt.reference), receipt)
    return receipt


def _receive(tx: States, recorded: Recorded) -> None:
    receipt = _note_receipt(tx, recorded)
    product = None if receipt is None else PRODUCTS.load(tx, receipt.product)
    if product is not None:
        for container in containers_received(product, recorded):
            CONTAINERS.save(tx, container.container, container)
