"""Entries about drug in containers: receipts, losses, counts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from hat_clinic.vocabulary.ids import ContainerId, CountId, PersonId, ProductId, ReceiptId
from hat_clinic.vocabulary.quantities import Mass, Volume
from hat_clinic.vocabulary.terms import ContainerKind, LossReason, ReceiptKind, Route, Whereabouts


@dataclass(frozen=True, slots=True)
class ProductListed:
    """A product this site may hold, as its label says; counts once confirmed.

    `content` is one container. A multi-dose content has a volume and the graduation its syringes
    can measure; `container_hours` is its use after opening. `source` is the label.
    """

    product: ProductId
    drug: str
    form: str
    strength: str
    kind: ContainerKind
    routes: tuple[Route, ...]
    content: Mass
    source: str
    content_volume: Volume | None = None
    graduation: Volume | None = None
    container_hours: int | None = None


@dataclass(frozen=True, slots=True)
class ReceivedContainer:
    """One container as it came in, under its own id."""

    container: ContainerId
    lot: str
    use_by: date
    content: Mass
    volume: Volume | None = None


@dataclass(frozen=True, slots=True)
class StockReceived:
    """Containers of one product came in; they are stock once a second person confirmed.

    `supplier` is from whom, with name and address. `happened_at` is when they came, where that is not
    when the first person signed.
    """

    receipt: ReceiptId
    kind: ReceiptKind
    product: ProductId
    supplier: str
    reference: str
    containers: tuple[ReceivedContainer, ...]
    happened_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class OverfillFound:
    """A container held more than its label said; a receipt, once confirmed."""

    receipt: ReceiptId
    product: ProductId
    container: ContainerId
    mass: Mass
    volume: Volume | None = None


@dataclass(frozen=True, slots=True)
class StockAccounted:
    """Mass left a container other than into a dose; a report, confirmed by a second person."""

    product: ProductId
    container: ContainerId
    whereabouts: Whereabouts
    mass: Mass
    happened_at: datetime
    reason: LossReason
    breaches: tuple[str, ...]
    volume: Volume | None = None


@dataclass(frozen=True, slots=True)
class CountedContainer:
    """What one person found in one container."""

    container: ContainerId
    mass: Mass


@dataclass(frozen=True, slots=True)
class StockCounted:
    """One person counted a product, seeing no balance. An assertion, never an adjustment."""

    count: CountId
    product: ProductId
    counted: tuple[CountedContainer, ...]


@dataclass(frozen=True, slots=True)
class StockRecounted:
    """A second person counted the same, seeing neither the balance nor the first count.

    `first_counter` is who signed the count that `names` points to.
    """

    count: CountId
    product: ProductId
    names: bytes
    counted: tuple[CountedContainer, ...]
    first_counter: PersonId | None = None
