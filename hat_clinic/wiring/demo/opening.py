"""Before the first patient: people are trusted, a pack is adopted, stock is received, patients enrolled."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from hat_clinic.domain.entries.doses import Draw
from hat_clinic.domain.entries.prescriptions import Step
from hat_clinic.domain.entries.staff import Registration
from hat_clinic.domain.entries.stock import ReceivedContainer
from hat_clinic.domain.packs import FilledHole
from hat_clinic.domain.stock import Product
from hat_clinic.handlers.packs import require_pack
from hat_clinic.ledger.keys import ED25519
from hat_clinic.security.tokens import token_hash
from hat_clinic.vocabulary.ids import ContainerId, PrescriptionId, ProductId
from hat_clinic.vocabulary.quantities import Expression, Mass, Strength, Volume
from hat_clinic.vocabulary.terms import ContainerKind, ReceiptKind, Route
from hat_clinic.wiring.demo.bedside import Bedside, Enrolled, Order
from hat_clinic.wiring.demo.people import ADA, ANA, BEN, BO, DARA, NIA, PIA, SECOND
from hat_clinic.wiring.demo.premises import Premises, Recruit
from hat_clinic.wiring.demo.team import Team
from hat_clinic.wiring.demo.titration import Titration
from hat_clinic.wiring.demo.told_clock import Calendar

HYDRATE = Expression.HYDROCHLORIDE_MONOHYDRATE
PACK = "swissmedic-diaphin-iv"
SET_HERE = "set by the demo clinic, for the demo only"
FILLED = {
    "hand_over": 30,
    "late_report": 60,
    "prescriber_may_verify": 0,
}
DIAPHIN = Product(
    product=ProductId("diaphin-iv-10g"),
    drug="diamorphine",
    form="powder for solution for injection",
    strength="10,000 mg in 100 mL",
    kind=ContainerKind.MULTI_DOSE,
    routes=(Route.INTRAVENOUS, Route.INTRAMUSCULAR),
    content=Mass.mg(10_000, HYDRATE),
    source="Diaphin i.v. 10 g (55561), composition; hours of use after opening invented for the demo",
    content_volume=Volume(100_000),
    graduation=Volume(10),
    container_hours=14 * 24,
)
AMPOULE = Product(
    product=ProductId("diamorphine-100"),
    drug="diamorphine",
    form="powder for solution for injection",
    strength="100 mg",
    kind=ContainerKind.SINGLE_USE,
    routes=(Route.INTRAMUSCULAR, Route.SUBCUTANEOUS, Route.INTRAVENOUS),
    content=Mass.mg(100, HYDRATE),
    source="a label invented for the demo",
)
VIAL = ContainerId("DEMO-VIAL-7Q2K")
VIAL_LOT, AMPOULE_LOT = "DEMO-V1", "DEMO-A1"
AMPOULES = 30
EVENING = "18:00"
"""When the first prescription of the second patient ends, on the last day."""


def mg(milligrams: int) -> Mass:
    """So much of the hydrochloride monohydrate."""
    return Mass.mg(milligrams, HYDRATE)


@dataclass
class Cupboard:
    """What really is in the cupboard: one vial, and ampoules in the order of their numbers.

    It knows nothing of the register, so that a count at the end says something.
    """

    ampoules_left: list[ContainerId]
    vial_left: Mass = DIAPHIN.content

    def from_vial(self, mass: Mass) -> tuple[Draw, ...]:
        """One draw of the vial, by volume."""
        self.vial_lost(mass)
        return (Draw(VIAL, VIAL_LOT, mass, concentration().measure(mass, graduation()).volume),)

    def vial_lost(self, mass: Mass) -> None:
        """The vial holds so much less."""
        self.vial_left = self.vial_left - mass

    def ampoules(self, count: int) -> tuple[Draw, ...]:
        """So many ampoules, each issued whole."""
        taken, self.ampoules_left = self.ampoules_left[:count], self.ampoules_left[count:]
        return tuple(Draw(each, AMPOULE_LOT, AMPOULE.content) for each in taken)

    def found(self, product: ProductId) -> tuple[tuple[ContainerId, Mass], ...]:
        """What somebody counts who looks at every container of this product."""
        if product == DIAPHIN.product:
            return ((VIAL, self.vial_left),)
        return tuple((each, AMPOULE.content) for each in self.ampoules_left)


def concentration() -> Strength:
    """Of the vial's content."""
    found = DIAPHIN.concentration
    assert found is not None
    return found


def graduation() -> Volume:
    """The smallest step of the syringe."""
    assert DIAPHIN.graduation is not None
    return DIAPHIN.graduation


# --- trust --------------------------------------------------------------------------------


def open_clinic(team: Team, premises: Premises) -> None:
    """Everybody may work: two administrators have signed for each of them, and for the second terminal."""
    for recruit in premises.recruits:
        _trust(team, recruit)
    second = premises.second
    team.both(
        ADA,
        BO,
        "enrol-terminal",
        terminal=second.terminal,
        name=f"{SECOND} (demo)",
        secret_hash=token_hash(second.secret),
    )


def _trust(team: Team, one: Recruit) -> None:
    player = one.player
    registrations = (Registration("DEMO", f"demo-{player.staff_code}"),)
    team.both(
        ADA,
        BO,
        "appoint-person",
        person=one.person,
        staff_code=player.staff_code,
        name=player.name,
        registrations=registrations,
    )
    team.both(
        ADA,
        BO,
        "grant-key",
        person=one.person,
        key=one.key.key_id,
        alg=ED25519,
        public=one.key.public_raw,
    )
    team.first_passphrase(player, one.person, one.seed)
    for role in player.roles:
        team.both(ADA, BO, "grant-role", person=one.person, role=role)


# --- rules and stock ----------------------------------------------------------------------


def adopt_pack(team: Team, today: date) -> None:
    """The numbers the rules use are adopted by the medical lead and a second person."""
    file = require_pack(PACK)
    filled = tuple(FilledHole(name, number, SET_HERE, today) for name, number in FILLED.items())
    team.both(
        DARA, NIA, "adopt-pack", pack=file.pack, version=file.version, sha256=file.sha256, filled=filled
    )


def receive_stock(team: Team) -> Cupboard:
    """One vial of 10 g and a box of ampoules are in the register."""
    for product in (DIAPHIN, AMPOULE):
        label = {name: getattr(product, name) for name in Product.__slots__}
        team.both(PIA, NIA, "list-product", **label)
    use_by = team.clock.now().date() + timedelta(days=365)
    vial = ReceivedContainer(VIAL, VIAL_LOT, use_by, DIAPHIN.content, DIAPHIN.content_volume)
    ids = [ContainerId(f"DEMO-AMP-{number:04d}") for number in range(1, AMPOULES + 1)]
    box = tuple(ReceivedContainer(each, AMPOULE_LOT, use_by, AMPOULE.content) for each in ids)
    for product, note, containers in ((DIAPHIN, "demo note 1", (vial,)), (AMPOULE, "demo note 2", box)):
        team.both(
            PIA,
            NIA,
            "receive-stock",
            kind=ReceiptKind.DELIVERY,
            product=product.product,
            supplier="Invented Pharma, 1 Nowhere Street, Inventville",
            reference=note,
            containers=containers,
        )
    return Cupboard(ids)


# --- patients -----------------------------------------------------------------------------


def prescribe_titration(team: Team, who: Enrolled, days: Calendar, titration: Titration) -> Order:
    """Five days by the schedule, and what the fifth day allows for the two after it."""
    return _prescribe(team, who, DIAPHIN, Route.INTRAVENOUS, tuple(_titration_steps(days, titration)))


def _titration_steps(days: Calendar, titration: Titration) -> Iterator[Step]:
    first_day, maxima = titration.days[0], titration.daily_maxima()
    at_once = first_day[0].most(mg(0)) + first_day[1].most(mg(0))
    yield Step(days.at(1, "09:00"), days.at(1, "09:30"), first_day[0].most(mg(0)), 0, at_once)
    yield Step(days.at(1, "09:30"), days.at(2), first_day[2].most(mg(0)), 30, maxima[0])
    for day in range(2, len(maxima) + 1):
        most = titration.days[day - 1][0].most(maxima[day - 2])
        ends = days.at(day + 1) if day < len(maxima) else days.at(day + 3)
        yield Step(days.at(day), ends, most, 30, maxima[day - 1])


def prescribe_stable(team: Team, who: Enrolled, days: Calendar) -> Order:
    """Twice a day at most 200 mg, until the evening of the fifth day."""
    step = Step(days.at(1), days.at(5, EVENING), mg(200), 240, mg(400))
    return _prescribe(team, who, AMPOULE, Route.INTRAMUSCULAR, (step,))


def prescribe_on(team: Team, who: Enrolled, days: Calendar) -> Order:
    """The same for the next two weeks; the first one has run out."""
    step = Step(team.clock.now(), days.at(5 + 14), mg(200), 240, mg(400))
    return _prescribe(team, who, AMPOULE, Route.INTRAMUSCULAR, (step,))


def _prescribe(team: Team, who: Enrolled, product: Product, route: Route, steps: tuple[Step, ...]) -> Order:
    signed = team.sign(
        DARA,
        "sign-prescription",
        patient=who.patient,
        product=product.product,
        route=route,
        steps=steps,
    )
    return Order(who, PrescriptionId(signed.made["prescription"]), product.product)


def enrol_both(bedside: Bedside) -> tuple[Enrolled, Enrolled]:
    """Ana, who begins today, and Ben, who has been stable for long."""
    return bedside.enrol(ANA), bedside.enrol(BEN)
