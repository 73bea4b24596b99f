"""A register in a test, folded beside the cupboard, with verbs for what people do."""

from __future__ import annotations

from dataclasses import dataclass, field

from hat_clinic.domain.entries import Entry, Recorded
from hat_clinic.domain.entries.doses import (
    DoseGiven,
    DoseRemainderAccounted,
    DoseVerified,
    Draw,
    GivenVerified,
)
from hat_clinic.domain.register.commands import ClosePage, CorrectLine
from hat_clinic.domain.register.decide import decide_close, decide_correct
from hat_clinic.domain.register.evolve import evolve_register
from hat_clinic.domain.register.state import Line, Page, line_key, product_of
from hat_clinic.domain.stock.amounts import signed
from hat_clinic.vocabulary.ids import DoseId, PageId, PatientId, ProductId
from hat_clinic.vocabulary.quantities import Mass
from hat_clinic.vocabulary.terms import LossReason, Whereabouts
from tests.domain.told_stock import ANA, BO, NOON, VIAL, ToldCupboard, mg, prepared


@dataclass
class MemoryBook:
    """Pages and lines in dictionaries."""

    pages: dict[str, Page] = field(default_factory=dict)
    lines: dict[str, Line] = field(default_factory=dict)

    def open_page(self, product: ProductId) -> Page | None:
        mine = (each for each in self.pages.values() if each.product == product and not each.closed)
        return next(mine, None)

    def page(self, page: PageId) -> Page | None:
        return self.pages.get(page)

    def line(self, key: str) -> Line | None:
        return self.lines.get(key)

    def take_note(self, recorded: Recorded) -> None:
        changes = evolve_register(self, recorded)
        self.pages |= {each.page: each for each in changes.pages}
        self.lines |= {each.key: each for each in changes.lines}


@dataclass
class ToldRegister(ToldCupboard):
    """A cupboard with its register."""

    book: MemoryBook = field(default_factory=MemoryBook)

    def tell(self, entry: Entry, by: str = ANA, named: Recorded | None = None) -> Recorded:
        recorded = ToldCupboard.tell(self, entry, by, named)
        self.book.take_note(recorded)
        return recorded

    def page(self, product: str = VIAL.product) -> Page:
        found = self.book.open_page(ProductId(product))
        assert found is not None
        return found

    def line(self, of: Recorded | str) -> Line:
        return self.book.lines[of if isinstance(of, str) else line_key(of.seq)]

    def lines_on(self, page: PageId) -> list[Line]:
        return sorted(
            (each for each in self.book.lines.values() if each.page == page), key=lambda e: e.number
        )

    def balance(self, product: str = VIAL.product) -> int:
        """Units: micrograms, below zero when overdrawn."""
        return signed(self.page(product).balance, self.page(product).overdrawn)

    def in_containers(self, product: str = VIAL.product) -> int:
        mine = (each for each in self.containers.values() if each.product == product)
        return sum(signed(each.remaining, each.overdrawn) for each in mine)

    def prepare(self, dose: str, *draws: Draw, surplus: Mass | None = None) -> Recorded:
        return self.tell(prepared(dose, *draws, surplus=surplus))

    def verify(self, dose: str, reading: Mass, by: str = BO) -> Recorded:
        entry = DoseVerified(DoseId(dose), PatientId("pat"), bytes(32), bytes(32), reading, "0001", bytes(16))
        return self.tell(entry, by)

    def give(self, dose: str, given: Mass, remainder: Mass | None = None) -> Recorded:
        rest = mg(0) if remainder is None else remainder
        first = self.tell(DoseGiven(DoseId(dose), PatientId("pat"), given, rest, self.moment, ()))
        self.tell(GivenVerified(DoseId(dose), PatientId("pat"), first.payload), BO)
        return first

    def remainder(self, dose: str, mass: Mass, whereabouts: Whereabouts = Whereabouts.WASTED) -> Recorded:
        entry = DoseRemainderAccounted(
            DoseId(dose), PatientId("pat"), whereabouts, mass, NOON, LossReason.LEFT_IN_SYRINGE, ()
        )
        return self.both(entry)

    def correct(self, line: Line, command: CorrectLine) -> Recorded:
        return self.both(decide_correct(line, command))

    def close_page(self, product: str = VIAL.product) -> Recorded:
        page = self.page(product)
        entry = decide_close(page, self.lines_on(page.page), ClosePage(page.page))
        assert product_of(page.page) == product
        return self.tell(entry)
