"""What each entry does to products, containers, receipts and counts."""

from __future__ import annotations

from datetime import datetime

from hat_clinic.domain.entries import Entry, Recorded, SealedEntry
from hat_clinic.domain.entries.doses import DosePermitted, DosePrepared, Draw, UnpreparedDoseReported
from hat_clinic.domain.entries.register import LineCorrected
from hat_clinic.domain.entries.stock import (
    OverfillFound,
    ProductListed,
    StockAccounted,
    StockCounted,
    StockReceived,
    StockRecounted,
)
from hat_clinic.domain.stock.amounts import put, take
from hat_clinic.domain.stock.state import Accounted, Container, Count, Product, Receipt, Reservation, held
from hat_clinic.vocabulary.ids import ContainerId, DoseId, PersonId
from hat_clinic.vocabulary.quantities import Mass, Volume
from hat_clinic.vocabulary.replacing import replace
from hat_clinic.vocabulary.terms import ReceiptKind


def evolve_product(product: Product | None, recorded: Recorded) -> Product | None:
    """The product once its label was confirmed by a second person."""
    first = recorded.named
    if first is None or not isinstance(first.entry, ProductListed):
        return product
    listed = first.entry
    return Product(
        listed.product,
        listed.drug,
        listed.form,
        listed.strength,
        listed.kind,
        listed.routes,
        listed.content,
        listed.source,
        listed.content_volume,
        listed.graduation,
        listed.container_hours,
    )


def evolve_receipt(receipt: Receipt | None, recorded: Recorded) -> Receipt | None:
    """The receipt, of containers or of an overfill, once a second person confirmed it."""
    first = recorded.named
    if first is None:
        return receipt
    by, confirmer = PersonId(first.person), PersonId(recorded.person)
    match first.entry:
        case StockReceived() as came:
            containers = tuple(each.container for each in came.containers)
            return Receipt(
                came.receipt,
                came.kind,
                came.product,
                came.supplier,
                came.reference,
                containers,
                first.seq,
                by,
                confirmer,
            )
        case OverfillFound() as found:
            kind = ReceiptKind.OVERFILL
            containers = (found.container,)
            return Receipt(found.receipt, kind, found.product, "", "", containers, first.seq, by, confirmer)
        case _:
            return receipt


def containers_received(product: Product, recorded: Recorded) -> tuple[Container, ...]:
    """The containers that exist from this confirmed receipt on; none for any other entry."""
    first = recorded.named
    if first is None or not isinstance(first.entry, StockReceived):
        return ()
    return tuple(
        Container(
            each.container,
            product.product,
            product.kind,
            each.lot,
            each.use_by,
            each.content,
            each.content,
            not each.content.is_zero,
            first.entry.receipt,
            (),
            (),
            each.volume,
            # Of one that came already opened nobody here knows since when: its hours run from now.
            None if each.content == product.content else recorded.at,
        )
        for each in first.entry.containers
    )


def containers_touched(recorded: Recorded) -> tuple[ContainerId, ...]:
    """Which containers this entry does something to."""
    entry = _effective(recorded)
    if isinstance(entry, DosePermitted | DosePrepared | UnpreparedDoseReported):
        return tuple(dict.fromkeys(each.container for each in entry.draws))
    if isinstance(entry, OverfillFound | StockAccounted):
        return (entry.container,)
    if isinstance(entry, LineCorrected) and entry.container is not None:
        return (entry.container,)
    return ()


def evolve_container(container: Container, recorded: Recorded) -> Container:
    """The container after this entry. What physically left it leaves at once, confirmed or not."""
    confirmed = recorded.named is not None
    match _effective(recorded):
        case DosePermitted() as entry:
            return _reserve(container, entry, recorded.at)
        case DosePrepared() as entry:
            return _draw(_release(container, entry.dose), entry.draws, recorded.at)
        case UnpreparedDoseReported() as entry if not confirmed:
            return _draw(_release(container, entry.dose), entry.draws, recorded.at)
        case StockAccounted() as entry if not confirmed:
            left = _take(container, entry.mass, entry.volume, recorded.at)
            account = Accounted(recorded.seq, recorded.payload, PersonId(recorded.person))
            return replace(left, accounts=(*left.accounts, account))
        case StockAccounted() if recorded.named is not None:
            return _confirm(container, recorded.named.payload, PersonId(recorded.person))
        case OverfillFound() as entry if confirmed:
            return _put(container, entry.mass, entry.volume)
        case LineCorrected() as entry if confirmed:
            return _correct(container, entry, recorded.at)
        case _:
            return container


def evolve_count(count: Count | None, recorded: Recorded, containers: tuple[Container, ...]) -> Count | None:
    """The count with what was found and what the entries said then; no balance changes.

    `containers` are those of the product that hold something at this entry.
    """
    entry, person = recorded.entry, PersonId(recorded.person)
    if isinstance(entry, StockCounted):
        return Count(entry.count, entry.product, recorded.payload, person, entry.counted, held(containers))
    if isinstance(entry, StockRecounted) and count is not None:
        return replace(count, recounted_by=person, recounted=entry.counted, expected_again=held(containers))
    return count


def _effective(recorded: Recorded) -> Entry | SealedEntry:
    return recorded.entry if recorded.named is None else recorded.named.entry


def _reserve(container: Container, entry: DosePermitted, at: datetime) -> Container:
    """The draw is promised to the dose; what has lapsed or stood for this dose before is dropped."""
    others = (each for each in container.reservations if each.dose != entry.dose and at < each.until)
    zero = Mass.zero(container.remaining.expression)
    mass = sum((each.mass for each in entry.draws if each.container == container.container), zero)
    return replace(container, reservations=(*others, Reservation(entry.dose, mass, entry.until)))


def _release(container: Container, dose: DoseId) -> Container:
    kept = tuple(each for each in container.reservations if each.dose != dose)
    return replace(container, reservations=kept)


def _draw(container: Container, draws: tuple[Draw, ...], at: datetime) -> Container:
    for draw in draws:
        if draw.container == container.container:
            container = _take(container, draw.mass, draw.volume, at)
    return container


def _take(container: Container, mass: Mass, volume: Volume | None, at: datetime) -> Container:
    remaining, overdrawn = take(container.remaining, container.overdrawn, mass)
    liquid = container.volume
    if liquid is not None:
        gone = volume if volume is not None else Volume(0)
        liquid = liquid - gone if gone < liquid and not remaining.is_zero else Volume(0)
    return replace(
        container,
        remaining=remaining,
        overdrawn=overdrawn,
        volume=liquid,
        open=not remaining.is_zero,
        opened_at=container.opened_at or at,
    )


def _put(container: Container, mass: Mass, volume: Volume | None) -> Container:
    remaining, overdrawn = put(container.remaining, container.overdrawn, mass)
    liquid = container.volume
    if liquid is not None and volume is not None and not remaining.is_zero:
        liquid = liquid + volume
    return replace(
        container, remaining=remaining, overdrawn=overdrawn, volume=liquid, open=not remaining.is_zero
    )


def _confirm(container: Container, payload: bytes, person: PersonId) -> Container:
    accounts = tuple(
        replace(each, confirmed_by=person) if each.payload == payload else each for each in container.accounts
    )
    return replace(container, accounts=accounts)


def _correct(container: Container, entry: LineCorrected, at: datetime) -> Container:
    """The difference between what was recorded and what was so moves in the container too."""
    if entry.takes is not None:
        # Nobody opened it by putting a number right.
        return replace(_take(container, entry.takes, None, at), opened_at=container.opened_at)
    if entry.adds is not None:
        return _put(container, entry.adds, None)
    return container
