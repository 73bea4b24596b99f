"""Random legal histories: what the register says is in the cupboard is what is in its containers."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from hat_clinic.domain.entries.register import Footnoted
from hat_clinic.domain.entries.stock import (
    CountedContainer,
    OverfillFound,
    StockAccounted,
    StockCounted,
    StockRecounted,
)
from hat_clinic.domain.register.commands import CorrectLine
from hat_clinic.domain.register.rows import csv_rows
from hat_clinic.domain.register.state import Line, LineKind, unclosed
from hat_clinic.domain.stock.rules import draw_findings
from hat_clinic.domain.stock.state import Container, available
from hat_clinic.vocabulary.ids import CountId, DoseId, ReceiptId
from hat_clinic.vocabulary.quantities import Mass
from hat_clinic.vocabulary.terms import ContainerKind, CorrectionReason, LossReason, Whereabouts
from tests.domain.told_register import ToldRegister
from tests.domain.told_stock import AMPOULE, ANA, BO, VIAL, ampoule, draw, permitted, prepared, received, vial

STEPS = (
    "receive",
    "permit",
    "dose",
    "dose",
    "dose",
    "account",
    "overfill",
    "count",
    "correct",
    "close",
    "wait",
)
Step = tuple[str, int, int]
PRODUCTS = (VIAL, AMPOULE)


class History:
    """Turns three numbers a step into something a clinic may do."""

    def __init__(self) -> None:
        found = ToldRegister.with_stock()
        assert isinstance(found, ToldRegister)
        self.register = found
        self.made = 0

    def step(self, step: Step) -> None:
        name, which, much = step
        self.made += 1
        getattr(self, name)(which, much)

    def pick(self, which: int) -> Container | None:
        full = [each for each in self.register.containers.values() if each.open]
        return full[which % len(full)] if full else None

    def some(self, container: Container, much: int) -> Mass:
        if container.kind is ContainerKind.SINGLE_USE:
            return container.remaining
        return Mass(1 + much % container.remaining.micrograms, container.remaining.expression)

    def receive(self, which: int, much: int) -> None:
        name, product = f"n{self.made}", PRODUCTS[which % 2]
        came = vial(name) if product is VIAL else ampoule(name)
        self.register.both(received(came, product=product, name=name))

    def permit(self, which: int, much: int) -> None:
        container = self.pick(which)
        if container is not None:
            until = self.register.moment.replace(second=59)
            one = draw(container.container, self.some(container, much), lot=container.lot)
            self.register.tell(permitted(f"p{self.made}", one, until=until))

    def dose(self, which: int, much: int) -> None:
        container, register, dose = self.pick(which), self.register, f"d{self.made}"
        if container is None:
            return
        wanted, product = self.some(container, much), register.products[container.product]
        one = draw(container.container, wanted, lot=container.lot)
        listed = VIAL if product.product == VIAL.product else AMPOULE
        if draw_findings(container, product, one, register.moment, register.moment.date(), DoseId(dose)):
            return
        surplus = Mass(much % (wanted.micrograms + 1), wanted.expression)
        register.tell(prepared(dose, one, surplus=surplus, product=listed))
        syringe = wanted - surplus
        if which % 3 == 0:
            register.remainder(dose, wanted)
            return
        register.verify(dose, syringe)
        left = Mass(which % (syringe.micrograms + 1), syringe.expression)
        register.give(dose, syringe - left, left)
        register.remainder(dose, left)

    def account(self, which: int, much: int) -> None:
        container = self.pick(which)
        if container is not None:
            mass = self.some(container, much)
            if much % 10 == 0:
                mass = container.remaining + Mass(much, mass.expression)
            self.register.both(
                StockAccounted(
                    container.product, container.container, Whereabouts.SPILLED, mass, self.register.moment,
                    LossReason.DROPPED, (),
                )
            )  # fmt: skip

    def overfill(self, which: int, much: int) -> None:
        every = list(self.register.containers.values())
        container = every[which % len(every)]
        name = ReceiptId(f"o{self.made}")
        mass = Mass(1 + much % 50_000, container.content.expression)
        self.register.both(OverfillFound(name, container.product, container.container, mass))

    def count(self, which: int, much: int) -> None:
        before = self.register.balance(), self.register.balance(AMPOULE.product)
        product, count = PRODUCTS[which % 2].product, CountId(f"c{self.made}")
        mine = (each for each in self.register.containers.values() if each.product == product)
        counted = tuple(
            CountedContainer(each.container, Mass(much, each.content.expression)) for each in mine
        )
        first = self.register.tell(StockCounted(count, product, counted))
        self.register.tell(StockRecounted(count, product, first.payload, counted, ANA), BO)
        assert before == (self.register.balance(), self.register.balance(AMPOULE.product))

    def correct(self, which: int, much: int) -> None:
        fit = [each for each in self.register.book.lines.values() if _has_one_mass(each)]
        if fit:
            line = fit[which % len(fit)]
            stands = line.stands
            assert stands is not None
            actual = Mass(much, stands.expression)
            if actual != stands:
                self.register.correct(
                    line,
                    CorrectLine(
                        line.page,
                        line.seq,
                        Footnoted.MASS,
                        CorrectionReason.MISREAD,
                        stands,
                        actual,
                        dose=line.dose,
                    ),
                )

    def close(self, which: int, much: int) -> None:
        product = PRODUCTS[which % 2].product
        page = self.register.page(product)
        lines = self.register.lines_on(page.page)
        if page.lines and page.overdrawn is None and not any(unclosed(each) for each in lines):
            self.register.close_page(product)

    def wait(self, which: int, much: int) -> None:
        self.register.pass_time(minutes=which % 30)


def _has_one_mass(line: Line) -> bool:
    return line.kind is not LineKind.CORRECTION and line.stands is not None and len(line.containers) == 1


def require_agreement(register: ToldRegister) -> None:
    for product in PRODUCTS:
        mine = [each for each in register.book.lines.values() if each.page.startswith(f"{product.product}/")]
        came = sum(each.mass_in.micrograms for each in mine if each.mass_in is not None)
        left = sum(each.mass_out.micrograms for each in mine if each.mass_out is not None)
        balance = register.balance(product.product)
        assert balance == came - left == register.in_containers(product.product)


numbers = st.integers(min_value=0, max_value=20_000_000)
steps = st.tuples(st.sampled_from(STEPS), st.integers(min_value=0, max_value=1_000), numbers)


@settings(max_examples=200, deadline=None)
@given(st.lists(steps, max_size=50))
def test_the_register_and_the_containers_agree_after_every_step(history: list[Step]) -> None:
    told = History()
    for step in history:
        told.step(step)
        require_agreement(told.register)
    register, book = told.register, told.register.book
    for each in register.containers.values():
        assert available(each, register.moment) <= each.remaining
        assert each.open == (not each.remaining.is_zero)
    for page in book.pages.values():
        lines = register.lines_on(page.page)
        assert [each.number for each in lines] == list(range(1, page.lines + 1))
        assert page.closed or page == register.page(page.product)
    rows = csv_rows(book.pages.values(), book.lines.values(), "Europe/Zurich")
    in_, out = (rows[0].index(name) for name in ("in (micrograms)", "out (micrograms)"))
    total = sum(int(row[in_] or 0) - int(row[out] or 0) for row in rows[1:])
    assert total == sum(register.balance(product.product) for product in PRODUCTS)
