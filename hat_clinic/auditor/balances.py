"""The register added up a second time, by other arithmetic than the register's own.

While the log goes by, each product has one running sum and each dose that is out one open rest:

 1. a product's masses are all of one expression; what is reported of a product that is not listed is
    marked so, and is in no sum;
 2. what was drawn for a dose is the dose and its surplus, and what is said of where it went is
    never more than was drawn;
 3. a page is closed with the lines and the balance that the entries before it make.

Then the pages as the register's own fold leaves them:

 4. every line's balance is the one before it, and what it says came in or went out;
 5. a page begins with what the page before it ended with, and holds the lines it says it holds;
 6. the last page of each product ends with the running sum of 1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from hat_clinic.domain.entries import Recorded
from hat_clinic.domain.entries.doses import (
    DoseGiven,
    DosePrepared,
    DoseRemainderAccounted,
    DoseVerified,
    UnpreparedDoseReported,
)
from hat_clinic.domain.entries.register import LineCorrected, PageClosed
from hat_clinic.domain.entries.stock import (
    OverfillFound,
    ProductListed,
    StockAccounted,
    StockReceived,
    StockRecounted,
)
from hat_clinic.domain.register.state import Line, Page, product_of
from hat_clinic.vocabulary.errors import LedgerBroken
from hat_clinic.vocabulary.quantities import Expression, Mass

_NOT_LISTED = "AD26"
"""AD26 is what a report of a product that is not listed is marked with."""


@dataclass(slots=True)
class _Running:
    """One product: micrograms booked in less those booked out, and lines since the last page."""

    expression: Expression
    micrograms: int = 0
    lines: int = 0


@dataclass(slots=True)
class _Out:
    """One dose that is out: what has no place yet, and the surplus a second person's reading ends."""

    expression: Expression
    open: int
    surplus: int


class Balances:
    """What every product and every dose comes to, as the log goes by."""

    def __init__(self) -> None:
        self._products: dict[str, _Running] = {}
        self._out: dict[str, _Out] = {}

    @property
    def totals(self) -> dict[str, int]:
        """What is left of each product, below zero where more went out than ever came in.

        Units: micrograms.
        """
        return {product: each.micrograms for product, each in self._products.items()}

    @property
    def out(self) -> int:
        """How many doses are out: some of what was drawn for them has no place yet."""
        return len(self._out)

    def take(self, recorded: Recorded) -> None:
        """The entry adds up.

        Raises: LedgerBroken.
        """
        if recorded.named is not None:
            self._confirmed(recorded.seq, recorded.named)
            return
        seq, entry = recorded.seq, recorded.entry
        match entry:
            case DosePrepared(dose=dose, product=product, mass=mass, surplus=surplus):
                drawn = [draw.mass for draw in entry.draws]
                self._moves(seq, product, -1, drawn)
                self._goes_out(seq, dose, drawn, mass, surplus)
            case UnpreparedDoseReported(dose=dose, product=product, given=given, surplus=surplus):
                drawn = [draw.mass for draw in entry.draws]
                # Of a product that is not listed there is no page, and a report is never refused.
                if product in self._products or _NOT_LISTED not in entry.breaches:
                    self._moves(seq, product, -1, drawn)
                self._goes_out(seq, dose, drawn, given, surplus)
                self._placed(seq, dose, given)
                self._placed(seq, dose, surplus)
            case StockAccounted(product=product, mass=mass):
                self._moves(seq, product, -1, [mass])
            case StockRecounted(product=product):
                self._moves(seq, product, 1, [])
            case DoseVerified(dose=dose):
                self._surplus_wasted(dose)
            case DoseGiven(dose=dose, given=mass) | DoseRemainderAccounted(dose=dose, mass=mass):
                self._placed(seq, dose, mass)
            case PageClosed():
                self._closed(seq, entry)
            case _:
                pass  # nothing else moves drug, or does so before its second person

    def _confirmed(self, seq: int, first: Recorded) -> None:
        match first.entry:
            case ProductListed(product=product, content=content):
                self._products.setdefault(product, _Running(content.expression))
            case StockReceived(product=product, containers=containers):
                self._moves(seq, product, 1, [each.content for each in containers])
            case OverfillFound(product=product, mass=mass):
                self._moves(seq, product, 1, [mass])
            case LineCorrected(page=page, adds=adds, takes=takes):
                if adds is not None:
                    self._moves(seq, product_of(page), 1, [adds])
                elif takes is not None:
                    self._moves(seq, product_of(page), -1, [takes])
            case _:
                pass  # what a report moved, it moved at once

    def _moves(self, seq: int, product: str, sign: int, masses: list[Mass]) -> None:
        """One line, which puts these masses in (1) or takes them out (-1)."""
        running = self._products.get(product)
        if running is None:
            raise LedgerBroken(f"it moves {product}, which was never listed", seq=seq)
        if any(mass.expression is not running.expression for mass in masses):
            raise LedgerBroken(f"a mass of {product} in another expression than its label's", seq=seq)
        running.micrograms += sign * sum(mass.micrograms for mass in masses)
        running.lines += 1

    def _goes_out(self, seq: int, dose: str, drawn: list[Mass], mass: Mass, surplus: Mass) -> None:
        total = sum(each.micrograms for each in drawn)
        if total != mass.micrograms + surplus.micrograms:
            raise LedgerBroken("what was drawn is not the dose and its surplus", seq=seq)
        if dose in self._out:
            raise LedgerBroken("this dose is out already", seq=seq)
        self._out[dose] = _Out(mass.expression, total, surplus.micrograms)

    def _surplus_wasted(self, dose: str) -> None:
        out = self._out.get(dose)
        if out is not None:
            out.open, out.surplus = out.open - out.surplus, 0
            self._close(dose, out)

    def _placed(self, seq: int, dose: str, mass: Mass) -> None:
        out = self._out.get(dose)
        if out is None:
            if mass.micrograms:
                raise LedgerBroken("it says where drug of a dose went, and none of it is out", seq=seq)
            return
        if mass.expression is not out.expression or mass.micrograms > out.open:
            raise LedgerBroken("more of this dose has a place than was drawn", seq=seq)
        out.open -= mass.micrograms
        self._close(dose, out)

    def _close(self, dose: str, out: _Out) -> None:
        if out.open == 0:
            del self._out[dose]

    def _closed(self, seq: int, entry: PageClosed) -> None:
        running = self._products.get(product_of(entry.page))
        if running is None:
            raise LedgerBroken("it closes a page of a product that was never listed", seq=seq)
        if (entry.lines, entry.balance.micrograms) != (running.lines, max(0, running.micrograms)):
            words = f"the page was closed with {entry.lines} lines and {entry.balance.micrograms} micrograms;"
            said = f"the entries make {running.lines} and {running.micrograms}"
            raise LedgerBroken(f"{words} {said}", seq=seq)
        running.lines = 0


def require_pages(
    pages: Iterable[Page], lines_of: Callable[[Page], Iterable[Line]], totals: dict[str, int]
) -> None:
    """The register, page after page, adds up to what the entries come to.

    Raises: LedgerBroken.
    """
    ends: dict[str, int] = {}
    for page in sorted(pages, key=lambda each: (each.product, each.number)):
        balance, number = _signed(page.brought_forward, page.brought_overdrawn), 0
        if balance != ends.get(page.product, 0):
            raise LedgerBroken(f"page {page.page} does not begin with what the one before it ended with")
        for number, line in enumerate(sorted(lines_of(page), key=lambda each: each.number), 1):
            balance += _micrograms(line.mass_in) - _micrograms(line.mass_out)
            if (line.number, _signed(line.balance, line.overdrawn)) != (number, balance):
                raise LedgerBroken(f"line {number} of page {page.page} does not add up", seq=line.seq)
        if (page.lines, _signed(page.balance, page.overdrawn)) != (number, balance):
            raise LedgerBroken(f"page {page.page} does not end as its lines do")
        ends[page.product] = balance
    if ends != totals:
        raise LedgerBroken("the register does not come to what the entries come to")


def _micrograms(mass: Mass | None) -> int:
    return 0 if mass is None else mass.micrograms


def _signed(held: Mass, overdrawn: Mass | None) -> int:
    return held.micrograms - _micrograms(overdrawn)
