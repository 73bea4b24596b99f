"""What people ask of the stock column."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from hat_clinic.domain.entries.stock import CountedContainer, ReceivedContainer
from hat_clinic.vocabulary.ids import ContainerId, CountId, IncidentId, ProductId, ReceiptId
from hat_clinic.vocabulary.quantities import Mass, Volume
from hat_clinic.vocabulary.terms import ContainerKind, LossReason, ReceiptKind, Route, Whereabouts


@dataclass(frozen=True, slots=True)
class ListProduct:
    """Let this site hold a product."""

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
class ReceiveStock:
    """Book containers of one product in.

    `supplier` is from whom, with name and address, as the register has to show it. `happened_at` is
    when they came, where that is not now.
    """

    receipt: ReceiptId
    kind: ReceiptKind
    product: ProductId
    supplier: str
    reference: str
    containers: tuple[ReceivedContainer, ...]
    happened_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class RecordOverfill:
    """Book in what a container held beyond its label."""

    receipt: ReceiptId
    container: ContainerId
    mass: Mass
    volume: Volume | None = None


@dataclass(frozen=True, slots=True)
class AccountStock:
    """Report where mass went that left a container other than into a dose.

    `incident` is the id an incident gets, if one is opened.
    """

    container: ContainerId
    whereabouts: Whereabouts
    mass: Mass
    happened_at: datetime
    reason: LossReason
    incident: IncidentId
    volume: Volume | None = None


@dataclass(frozen=True, slots=True)
class CountStock:
    """State what was found of a product, container by container."""

    count: CountId
    product: ProductId
    counted: tuple[CountedContainer, ...]


@dataclass(frozen=True, slots=True)
class RecountStock:
    """State what a second person found, without having seen the first count."""

    count: CountId
    counted: tuple[CountedContainer, ...]
    incident: IncidentId
