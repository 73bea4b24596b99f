"""A cupboard in a test: products, containers and people by short names, entries as folds get them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import Any

from hat_clinic.domain.entries import Entry, Recorded, tag_of
from hat_clinic.domain.entries.doses import DosePermitted, DosePrepared, Draw
from hat_clinic.domain.entries.stock import ProductListed, ReceivedContainer, StockReceived
from hat_clinic.domain.entries.system import ActConfirmed
from hat_clinic.domain.stock.evolve import (
    containers_received,
    containers_touched,
    evolve_container,
    evolve_product,
    evolve_receipt,
)
from hat_clinic.domain.stock.state import Container, Product, Receipt
from hat_clinic.vocabulary.ids import (
    ContainerId,
    DoseId,
    PatientId,
    PersonId,
    PrescriptionId,
    ProductId,
    ReceiptId,
    VisitId,
)
from hat_clinic.vocabulary.quantities import Expression, Mass, Volume
from hat_clinic.vocabulary.terms import ContainerKind, ReceiptKind, Route

HYDRATE = Expression.HYDROCHLORIDE_MONOHYDRATE
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
TODAY = NOON.date()
ANA, BO, CY, DI = (PersonId(name) for name in ("ana", "bo", "cy", "di"))
USE_BY = date(2027, 6, 30)

VIAL = ProductListed(
    ProductId("diaphin-10g"), "diamorphine hydrochloride", "powder for solution", "10 g in 100 mL",
    ContainerKind.MULTI_DOSE, (Route.INTRAVENOUS,), Mass.mg(10_000, HYDRATE), "leaflet",
    Volume(100_000), Volume(10), 12,
)  # fmt: skip
AMPOULE = ProductListed(
    ProductId("ampoule-100"), "diamorphine hydrochloride", "lyophilisate", "100 mg",
    ContainerKind.SINGLE_USE, (Route.INTRAVENOUS,), Mass.mg(100, HYDRATE), "leaflet",
)  # fmt: skip


def mg(milligrams: int) -> Mass:
    return Mass.mg(milligrams, HYDRATE)


def ml(millilitres: int) -> Volume:
    return Volume(millilitres * 1000)


def vial(name: str, **other: Any) -> ReceivedContainer:
    return ReceivedContainer(
        **{"container": name, "lot": "L1", "use_by": USE_BY, "content": mg(10_000), "volume": ml(100)} | other
    )


def ampoule(name: str, **other: Any) -> ReceivedContainer:
    return ReceivedContainer(**{"container": name, "lot": "A1", "use_by": USE_BY, "content": mg(100)} | other)


def received(
    *containers: ReceivedContainer, product: ProductListed = VIAL, name: str = "r1"
) -> StockReceived:
    return StockReceived(
        ReceiptId(name), ReceiptKind.DELIVERY, product.product, "Pharm Co", f"note {name}", containers
    )


def draw(container: str, mass: Mass, volume: Volume | None = None, lot: str = "L1") -> Draw:
    return Draw(ContainerId(container), lot, mass, volume)


def permitted(dose: str, *draws: Draw, until: datetime, product: ProductListed = VIAL) -> DosePermitted:
    return DosePermitted(
        DoseId(dose), PatientId("pat"), VisitId("v"), PrescriptionId("rx"), product.product,
        draws[0].mass, draws, until,
    )  # fmt: skip


def prepared(
    dose: str, *draws: Draw, surplus: Mass | None = None, product: ProductListed = VIAL, patient: str = "pat"
) -> DosePrepared:
    total = sum((each.mass for each in draws), mg(0))
    rest = surplus if surplus is not None else mg(0)
    return DosePrepared(
        DoseId(dose), PatientId(patient), VisitId("v"), PrescriptionId("rx"), bytes(32), PersonId("dr"),
        product.product, Route.INTRAVENOUS, draws, total - rest, rest, (bytes(32),), bytes(16),
    )  # fmt: skip


@dataclass
class ToldLog:
    """Entries numbered and timed one after another; `moment` is the time of the next."""

    moment: datetime = NOON
    size: int = 0
    entries: list[Recorded] = field(default_factory=list)

    def tell(self, entry: Entry, by: str = ANA, named: Recorded | None = None) -> Recorded:
        payload = sha256(b"payload %d" % self.size).digest()
        recorded = Recorded(
            self.size, self.moment, tag_of(type(entry)), f"request-{self.size}", by, f"key-{by}", "t1",
            payload, sha256(payload).digest(), entry, named,
        )  # fmt: skip
        self.size += 1
        self.entries.append(recorded)
        return recorded

    def confirm(self, first: Recorded, by: str = BO) -> Recorded:
        return self.tell(ActConfirmed(first.payload, first.tag), by, first)

    def pass_time(self, **parts: int) -> None:
        self.moment += timedelta(**parts)


@dataclass
class ToldCupboard(ToldLog):
    """A log whose stock is folded as it is told."""

    products: dict[str, Product] = field(default_factory=dict)
    containers: dict[str, Container] = field(default_factory=dict)
    receipts: dict[str, Receipt] = field(default_factory=dict)

    def tell(self, entry: Entry, by: str = ANA, named: Recorded | None = None) -> Recorded:
        recorded = ToldLog.tell(self, entry, by, named)
        told = entry if named is None else named.entry
        if isinstance(told, ProductListed):
            product = evolve_product(self.products.get(told.product), recorded)
            if product is not None:
                self.products[told.product] = product
        if isinstance(told, StockReceived) and named is not None:
            for each in containers_received(self.products[told.product], recorded):
                self.containers[each.container] = each
        receipt = evolve_receipt(None, recorded)
        if receipt is not None:
            self.receipts[receipt.receipt] = receipt
        for touched in containers_touched(recorded):
            if touched in self.containers:
                self.containers[touched] = evolve_container(self.containers[touched], recorded)
        return recorded

    def both(self, entry: Entry) -> Recorded:
        """The entry by one and its confirmation by another; returns the first."""
        first = self.tell(entry)
        self.confirm(first)
        return first

    @classmethod
    def with_stock(cls) -> ToldCupboard:
        """Two vials `v001`, `v002` and two ampoules `a001`, `a002`, an hour ago."""
        cupboard = cls()
        cupboard.moment = NOON - timedelta(hours=1)
        cupboard.both(VIAL)
        cupboard.both(AMPOULE)
        cupboard.both(received(vial("v001"), vial("v002")))
        cupboard.both(received(ampoule("a001"), ampoule("a002"), product=AMPOULE, name="r2"))
        cupboard.moment = NOON
        return cupboard
