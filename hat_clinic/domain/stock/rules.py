"""The rules of stock, one function each, CD01 to CD22, CD51, CD52: what comes in, lies there, goes out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime

from hat_clinic.domain.entries.doses import Draw
from hat_clinic.domain.entries.stock import ProductListed, ReceivedContainer, StockReceived
from hat_clinic.domain.stock.commands import ListProduct, ReceiveStock
from hat_clinic.domain.stock.state import Container, Product, Receipt, available, usable_until
from hat_clinic.vocabulary.errors import Finding
from hat_clinic.vocabulary.ids import DoseId, ending, is_lot, is_readable
from hat_clinic.vocabulary.quantities import Mass
from hat_clinic.vocabulary.terms import ContainerKind, ReceiptKind

REG_19 = "UK MDR 2001 reg 19(1)"
REG_20 = "UK MDR 2001 reg 20"
LABEL = "the product's label"
TWO_PHASES = "house rule on stock"


def not_listed(product: Product | None) -> Iterator[Finding]:
    """CD01: a product that is not on this site's list.

    Source: UK MDR 2001 reg 20(a), one page for each drug, form and strength.
    """
    if product is None:
        words = "This product is not on the list of this site. Ask the pharmacist to list it first."
        yield Finding("CD01", words, f"{REG_20}(a)")


def listed_before(product: Product | None) -> Iterator[Finding]:
    """CD02: a product id that stands for a product already.

    Source: UK MDR 2001 reg 20(a).
    """
    if product is not None:
        words = f"{product.product} is listed already. A changed label is a new product with its own id."
        yield Finding("CD02", words, f"{REG_20}(a)")


def received_before(receipt: Receipt | None, by_note: Receipt | None) -> Iterator[Finding]:
    """CD03: a delivery that is in the register already, by its id or by supplier and delivery note.

    Source: UK MDR 2001 reg 19(1)(d).
    """
    if receipt is not None or by_note is not None:
        words = "This delivery is in the register already. Look at its line before you book anything."
        yield Finding("CD03", words, f"{REG_19}(d)")


def container_again(containers: Sequence[ReceivedContainer], known: Sequence[Container]) -> Iterator[Finding]:
    """CD04: a container id that was received before, or stands twice in one delivery.

    Source: house rule on containers: a container has its own id.
    """
    ids = [each.container for each in containers]
    again = {each.container for each in known} | {each for each in ids if ids.count(each) > 1}
    for each in sorted(again):
        words = f"Container {ending(each)} is booked in already, or twice here. Give each one its own label."
        yield Finding("CD04", words, "house rule on containers")


def unreadable(containers: Sequence[ReceivedContainer]) -> Iterator[Finding]:
    """CD52: a delivered container whose id does not end in four letters, digits, dots, slashes or dashes.

    Source: house rule on containers: a second person reads and types this of each one, unprompted.
    """
    for each in containers:
        if not is_readable(each.container):
            words = (
                f"Nobody could read back the id of container “{each.container}”: it ends in four letters, "
                "digits, dots, slashes or dashes. Give it a label of your own that does, and scan that."
            )
            yield Finding("CD52", words, "house rule on containers")


def no_lot(containers: Sequence[ReceivedContainer]) -> Iterator[Finding]:
    """CD51: a delivered container with a lot that is not 1 to 20 letters, digits, dots, slashes, dashes.

    Source: GS1 General Specifications, AI (10): a batch or lot has at most 20 characters.
    """
    for each in containers:
        if not is_lot(each.lot):
            words = (
                f"The lot of container {ending(each.container)} has up to 20 letters, digits, dots, slashes "
                "and dashes. Copy it from the label and leave everything else out."
            )
            yield Finding("CD51", words, "GS1 General Specifications, AI (10)")


def delivered_expired(received: ReceiveStock | StockReceived, today: date) -> Iterator[Finding]:
    """CD05: a delivered container past its use-by date. An opening balance may hold some: they are there.

    Source: the product's label.
    """
    for each in received.containers:
        if received.kind is ReceiptKind.DELIVERY and each.use_by < today:
            words = (
                f"Container {ending(each.container)} was to be used by {each.use_by.isoformat()}. "
                "Do not accept it; send it back with the driver."
            )
            yield Finding("CD05", words, LABEL)


def content_not_of_label(received: ReceiveStock | StockReceived, product: Product) -> Iterator[Finding]:
    """CD06: a delivered container whose content is not what the product's label says.

    Source: the product's label. An opening balance may hold opened containers, never fuller ones.
    """
    for each in received.containers:
        if each.content.expression is not product.content.expression:
            continue
        whole = each.content == product.content and each.volume == product.content_volume
        opened = (
            received.kind is ReceiptKind.OPENING_BALANCE
            and each.content <= product.content
            and not each.content.is_zero
            and (each.volume is None) == (product.content_volume is None)
        )
        if not (whole or opened):
            words = (
                f"Container {ending(each.container)} does not hold what the label of {product.product} "
                "says. Check strength and pack, then enter what the label says."
            )
            yield Finding("CD06", words, LABEL)


def other_expression(product: Product, masses: Sequence[Mass]) -> Iterator[Finding]:
    """CD07: a mass of another salt or of the base than the product is labelled in.

    Source: Swissmedic-approved text Diaphin, composition: 10,000 mg hydrochloride
    monohydrate are 8,710 mg base.
    """
    wanted = product.content.expression
    if any(each.expression is not wanted for each in masses):
        words = f"{product.product} is measured as {wanted.value.replace('_', ' ')}. Enter the mass as that."
        yield Finding("CD07", words, "Swissmedic-approved text Diaphin, composition")


def overfill_as_delivery(kind: ReceiptKind) -> Iterator[Finding]:
    """CD09: an overfill booked as if new containers had come.

    Source: BtMVV: overfill is booked as a receipt of its own, into its container.
    """
    if kind is ReceiptKind.OVERFILL:
        words = "An overfill has no containers of its own. Record it at the container it was found in."
        yield Finding("CD09", words, "BtMVV, overfill")


def label_incomplete(label: ListProduct | ProductListed) -> Iterator[Finding]:
    """CD10: a label without what its kind needs: content; of a multi-dose one volume, graduation, hours too.

    Source: house rule on numbers: what a syringe cannot measure is rounded down to its graduation.
    """
    missing = [] if not label.content.is_zero else ["content"]
    if label.kind is ContainerKind.MULTI_DOSE:
        if label.content_volume is None or label.content_volume.is_zero:
            missing.append("volume of the content")
        if label.graduation is None or label.graduation.is_zero:
            missing.append("smallest step of the syringe")
        if label.container_hours is None or label.container_hours <= 0:
            missing.append("hours of use after opening")
    if missing:
        words = f"The label is missing: {', '.join(missing)}. Take it from the leaflet."
        yield Finding("CD10", words, "house rule on numbers")


def unknown_container(container: Container | None) -> Iterator[Finding]:
    """CD11: a container that was never booked in here.

    Source: UK MDR 2001 reg 19(1)(a): every quantity obtained is entered.
    """
    if container is None:
        words = "This container is not in the register. Scan it again; if it is new, book it in first."
        yield Finding("CD11", words, f"{REG_19}(a)")


def other_product(container: Container, product: Product) -> Iterator[Finding]:
    """CD12: a container of another product.

    Source: UK MDR 2001 reg 20(a).
    """
    if container.product != product.product:
        words = (
            f"Container {ending(container.container)} is {container.product}, not {product.product}. "
            "Put it back and take the right one."
        )
        yield Finding("CD12", words, f"{REG_20}(a)")


def expired(container: Container, today: date) -> Iterator[Finding]:
    """CD13: a container past its use-by date; on the day itself it may be used.

    Source: the product's label.
    """
    if container.use_by < today:
        words = (
            f"Container {ending(container.container)} was to be used by {container.use_by.isoformat()}. "
            "Set it aside for destruction and take another."
        )
        yield Finding("CD13", words, LABEL)


def open_too_long(container: Container, product: Product, moment: datetime) -> Iterator[Finding]:
    """CD14: a container whose hours since opening are over.

    Source: the product's label.
    """
    until = usable_until(container, product)
    if until is not None and until <= moment:
        words = (
            f"Container {ending(container.container)} has been open for more than "
            f"{product.container_hours} hours. Set it aside for destruction and take another."
        )
        yield Finding("CD14", words, LABEL)


def not_enough(container: Container, mass: Mass, moment: datetime, dose: DoseId | None) -> Iterator[Finding]:
    """CD15: more than is left in the container beside what other doses have reserved.

    Source: house rule on stock: permitted reserves.
    """
    left = available(container, moment, dose)
    if left.expression is mass.expression and left < mass:
        words = (
            f"Container {ending(container.container)} has less than {mass.micrograms} micrograms free. "
            "Take another, or wait until the reserved dose is done."
        )
        yield Finding("CD15", words, TWO_PHASES)


def not_whole(container: Container, mass: Mass) -> Iterator[Finding]:
    """CD16: part of a single-use container: it is issued whole, and the surplus wasted by two.

    Source: house rule on stock.
    """
    if container.kind is ContainerKind.SINGLE_USE and mass != container.remaining:
        words = f"Container {ending(container.container)} is for one use: take all of it and waste the rest."
        yield Finding("CD16", words, TWO_PHASES)


def other_lot(container: Container, lot: str) -> Iterator[Finding]:
    """CD17: a lot that is not the container's.

    Source: house rule on containers: a container has its own lot.
    """
    if container.lot != lot:
        words = (
            f"Container {ending(container.container)} is of lot {container.lot}, not {lot}. Read it again."
        )
        yield Finding("CD17", words, "house rule on containers")


def draw_findings(
    container: Container | None, product: Product, draw: Draw, moment: datetime, today: date, dose: DoseId
) -> tuple[Finding, ...]:
    """Every reason why this draw may not be made for this dose. For the dose column."""
    if container is None:
        return tuple(unknown_container(container))
    return (
        *other_product(container, product),
        *expired(container, today),
        *open_too_long(container, product, moment),
        *other_expression(product, (draw.mass,)),
        *not_enough(container, draw.mass, moment, dose),
        *not_whole(container, draw.mass),
        *other_lot(container, draw.lot),
    )
