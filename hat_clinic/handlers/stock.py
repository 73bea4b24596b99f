"""The use cases of stock: list, receive, overfill, account, count."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

from hat_clinic.domain.entries import Entry
from hat_clinic.domain.entries.stock import (
    OverfillFound,
    ProductListed,
    StockAccounted,
    StockCounted,
    StockReceived,
    StockRecounted,
)
from hat_clinic.domain.stock.assess import assess_list, assess_overfill, assess_receive
from hat_clinic.domain.stock.commands import (
    AccountStock,
    CountStock,
    ListProduct,
    ReceiveStock,
    RecordOverfill,
    RecountStock,
)
from hat_clinic.domain.stock.decide import (
    decide_account,
    decide_count,
    decide_list,
    decide_overfill,
    decide_receive,
    decide_recount,
    draft_recount,
)
from hat_clinic.domain.stock.state import Container, Receipt, held
from hat_clinic.handlers.acts import Act, Actor, Decision
from hat_clinic.handlers.unread import drawn_from, unread_by
from hat_clinic.projections.stock import CONTAINERS, COUNTS, PRODUCTS, RECEIPTS, containers_of, note_key
from hat_clinic.store.states import States
from hat_clinic.store.transaction import Transaction
from hat_clinic.vocabulary.errors import Finding
from hat_clinic.vocabulary.ids import PersonId
from hat_clinic.vocabulary.moments import clinic_day
from hat_clinic.vocabulary.terms import Role

HANDLERS_OF_STOCK = frozenset({Role.NURSE, Role.PHARMACIST, Role.CONTROLLED_DRUGS_LEAD})
LISTERS = frozenset({Role.PHARMACIST, Role.CONTROLLED_DRUGS_LEAD, Role.MEDICAL_LEAD})


def today(tx: Transaction) -> date:
    """The calendar day at the site, by which labels expire."""
    return clinic_day(tx.now, tx.site.zone, 0)


def _list(tx: Transaction, actor: Actor, command: ListProduct) -> Decision:
    return Decision((decide_list(PRODUCTS.load(tx, command.product), command),))


def _came(tx: States, command: ReceiveStock | StockReceived) -> tuple[Receipt | None, Receipt | None]:
    note = RECEIPTS.load(tx, note_key(command.supplier, command.reference)) if command.reference else None
    return RECEIPTS.load(tx, command.receipt), note


def _known(tx: States, command: ReceiveStock | StockReceived) -> list[Container]:
    loaded = (CONTAINERS.load(tx, each.container) for each in command.containers)
    return [each for each in loaded if each is not None]


def _receive(tx: Transaction, actor: Actor, command: ReceiveStock) -> Decision:
    receipt, by_note = _came(tx, command)
    product = PRODUCTS.load(tx, command.product)
    entry = decide_receive(product, _known(tx, command), receipt, by_note, command, today(tx), tx.now)
    return Decision((entry,))


def _overfill(tx: Transaction, actor: Actor, command: RecordOverfill) -> Decision:
    container = CONTAINERS.load(tx, command.container)
    product = None if container is None else PRODUCTS.load(tx, container.product)
    receipt = RECEIPTS.load(tx, command.receipt)
    return Decision((decide_overfill(container, product, receipt, command),))


def _account(tx: Transaction, actor: Actor, command: AccountStock) -> Decision:
    return Decision(decide_account(CONTAINERS.load(tx, command.container), command, tx.at))


def _draft_account(tx: Transaction, actor: Actor, command: AccountStock) -> Entry:
    """Without CD20, where it would tell how much somebody else holds; the incident has it."""
    entry = decide_account(CONTAINERS.load(tx, command.container), command, tx.at)[0]
    if not isinstance(entry, StockAccounted):
        return entry
    if command.container not in drawn_from(unread_by(tx, actor.person)):
        return entry
    return replace(entry, breaches=tuple(each for each in entry.breaches if each != "CD20"))


def _count(tx: Transaction, actor: Actor, command: CountStock) -> Decision:
    product = PRODUCTS.load(tx, command.product)
    return Decision((decide_count(product, COUNTS.load(tx, command.count), command),))


def _draft_recount(tx: Transaction, actor: Actor, command: RecountStock) -> StockRecounted:
    return draft_recount(COUNTS.load(tx, command.count), command, actor.person)


def _recount(tx: Transaction, actor: Actor, command: RecountStock) -> Decision:
    count = COUNTS.load(tx, command.count)
    expected = () if count is None else held(containers_of(tx, count.product))
    return Decision(decide_recount(count, expected, command, actor.person))


def _list_again(tx: States, by: PersonId, said: ProductListed) -> tuple[Finding, ...]:
    return assess_list(PRODUCTS.load(tx, said.product), said)


def _receive_again(tx: States, by: PersonId, said: StockReceived) -> tuple[Finding, ...]:
    receipt, by_note = _came(tx, said)
    product = PRODUCTS.load(tx, said.product)
    # Labels were held against the day on which the first person signed.
    return assess_receive(product, _known(tx, said), receipt, by_note, said, date.min)


def _overfill_again(tx: States, by: PersonId, said: OverfillFound) -> tuple[Finding, ...]:
    container, product = CONTAINERS.load(tx, said.container), PRODUCTS.load(tx, said.product)
    return assess_overfill(container, product, RECEIPTS.load(tx, said.receipt), said)


# What the rules say of a first statement at the moment of the second.
AGAIN: dict[type[Any], Callable[[States, PersonId, Any], tuple[Finding, ...]]] = {
    ProductListed: _list_again,
    StockReceived: _receive_again,
    OverfillFound: _overfill_again,
}

ACTS: tuple[Act[Any], ...] = (
    Act("list-product", ListProduct, ProductListed, LISTERS, _list),
    Act("receive-stock", ReceiveStock, StockReceived, HANDLERS_OF_STOCK, _receive),
    Act("record-overfill", RecordOverfill, OverfillFound, HANDLERS_OF_STOCK, _overfill),
    Act("account-stock", AccountStock, StockAccounted, HANDLERS_OF_STOCK, _account, _draft_account),
    Act("count-stock", CountStock, StockCounted, HANDLERS_OF_STOCK, _count),
    Act("recount-stock", RecountStock, StockRecounted, HANDLERS_OF_STOCK, _recount, _draft_recount),
)
