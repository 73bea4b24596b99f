"""Stock as its entries leave it: products, their containers, receipts and counts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from hat_clinic.domain.entries.stock import CountedContainer
from hat_clinic.vocabulary.ids import ContainerId, CountId, DoseId, PersonId, ProductId, ReceiptId
from hat_clinic.vocabulary.quantities import Mass, Strength, Volume
from hat_clinic.vocabulary.terms import ContainerKind, ReceiptKind, Route


@dataclass(frozen=True, slots=True)
class Product:
    """A product this site may hold, as its label says; `content` is one container."""

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

    @property
    def concentration(self) -> Strength | None:
        """So much drug in so much liquid, where the content has a volume."""
        if self.content_volume is None:
            return None
        return Strength(self.content, self.content_volume)


@dataclass(frozen=True, slots=True)
class Reservation:
    """Mass promised to a dose that may be prepared until `until`; it lapses by comparing times."""

    dose: DoseId
    mass: Mass
    until: datetime


@dataclass(frozen=True, slots=True)
class Accounted:
    """A report of mass that left a container; it awaits the second person until `confirmed_by`."""

    seq: int
    payload: bytes
    person: PersonId
    confirmed_by: PersonId | None = None


@dataclass(frozen=True, slots=True)
class Container:
    """One container: `remaining` is what the entries left in it, `volume` the same as liquid.

    `overdrawn` is what left it beyond all that was booked into it; it is there only while
    `remaining` is zero, until an overfill or a correction explains it. `open` says that
    something is in it.
    """

    container: ContainerId
    product: ProductId
    kind: ContainerKind
    lot: str
    use_by: date
    content: Mass
    remaining: Mass
    open: bool
    receipt: ReceiptId
    reservations: tuple[Reservation, ...]
    accounts: tuple[Accounted, ...]
    volume: Volume | None = None
    opened_at: datetime | None = None
    overdrawn: Mass | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """Stock that came in and was confirmed."""

    receipt: ReceiptId
    kind: ReceiptKind
    product: ProductId
    supplier: str
    reference: str
    containers: tuple[ContainerId, ...]
    seq: int
    received_by: PersonId
    confirmed_by: PersonId


@dataclass(frozen=True, slots=True)
class Count:
    """What one person found, beside what the entries said at that moment; then the second person."""

    count: CountId
    product: ProductId
    payload: bytes
    counted_by: PersonId
    counted: tuple[CountedContainer, ...]
    expected: tuple[CountedContainer, ...]
    recounted_by: PersonId | None = None
    recounted: tuple[CountedContainer, ...] | None = None
    expected_again: tuple[CountedContainer, ...] | None = None


def available(container: Container, moment: datetime, dose: DoseId | None = None) -> Mass:
    """What may still be promised to `dose`: what remains, less what is reserved for others at `moment`.

    A single-use container is whole or nothing: opened or reserved, none of it is available.
    """
    zero = Mass.zero(container.remaining.expression)
    others = (each for each in container.reservations if each.dose != dose)
    live = [each.mass for each in others if moment < each.until]
    if container.kind is ContainerKind.SINGLE_USE and (live or container.opened_at is not None):
        return zero
    reserved = sum(live, zero)
    return container.remaining - reserved if reserved < container.remaining else zero


def usable_until(container: Container, product: Product) -> datetime | None:
    """When its hours since opening are over; None while it is closed or where the label names none."""
    if container.opened_at is None or product.container_hours is None:
        return None
    return container.opened_at + timedelta(hours=product.container_hours)


def held(containers: tuple[Container, ...]) -> tuple[CountedContainer, ...]:
    """What a right count would find: each container with something in it, in order of ids."""
    found = (CountedContainer(each.container, each.remaining) for each in containers if each.open)
    return tuple(sorted(found, key=lambda each: each.container))
