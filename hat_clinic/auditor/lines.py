"""Lines and pages, by what the entries say: what may be closed, and what may be corrected.

1. a page is closed that is the product's newest, has a line, is not overdrawn, and on which no dose
   is out; a dose whose line was corrected is left out here, for its footnotes say how much is out;
2. a correction is of a line, or a part of one, that stands on its page; of a mass, it names the one
   that stands there and moves the balance by the difference, in the direction that the line moved it;
3. a part of a line moves no balance: what it says is inside what its line took out.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from hat_clinic.domain.entries import Recorded
from hat_clinic.domain.entries.doses import (
    DoseGiven,
    DosePrepared,
    DoseRemainderAccounted,
    DoseVerified,
    Draw,
    UnpreparedDoseReported,
)
from hat_clinic.domain.entries.register import Footnoted, LineCorrected, PageClosed
from hat_clinic.domain.entries.stock import (
    OverfillFound,
    ProductListed,
    StockAccounted,
    StockReceived,
    StockRecounted,
)
from hat_clinic.domain.register.state import page_id
from hat_clinic.vocabulary.errors import LedgerBroken
from hat_clinic.vocabulary.quantities import Mass


@dataclass(slots=True)
class _Page:
    """The newest page of a product, and how much of each dose on it has no place yet."""

    number: int = 1
    lines: int = 0
    micrograms: int = 0
    out: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Line:
    """A line or a part of one, and what stands there; `inward` is None where it moves no balance."""

    page: str
    about: str | None
    stands: Mass | None = None
    inward: bool | None = None
    containers: tuple[str, ...] = ()


class Lines:
    """What stands in the register, and what of it can be corrected."""

    def __init__(self) -> None:
        self._pages: dict[str, _Page] = {}
        self._lines: dict[int, _Line] = {}
        self._doses: dict[str, tuple[str, str, Mass]] = {}  # product, page, surplus

    def take(self, recorded: Recorded) -> None:
        """The entry writes, completes, corrects or closes what is there.

        Raises: LedgerBroken.
        """
        first, seq = recorded.named, recorded.seq
        if first is not None:
            self._confirmed(seq, first)
            return
        match recorded.entry:
            case DosePrepared() as entry:
                self._out(seq, entry.dose, entry.product, entry.draws, entry.surplus)
            case UnpreparedDoseReported() as entry if entry.product in self._pages:
                self._out(seq, entry.dose, entry.product, entry.draws, entry.surplus)
                self._placed(entry.dose, entry.given)
                self._placed(entry.dose, entry.surplus)
            case DoseVerified(dose=dose):
                self._part(seq, dose, self._doses[dose][2])
            case DoseGiven(dose=dose, given=mass) | DoseRemainderAccounted(dose=dose, mass=mass):
                self._part(seq, dose, mass)
            case StockAccounted() as entry:
                self._line(seq, entry.product, None, entry.mass, False, (entry.container,))
            case StockRecounted() as entry:
                self._line(seq, entry.product, entry.count, None, None, ())
            case PageClosed() as entry:
                self._close(seq, entry)
            case _:
                pass  # nothing else writes into the register, or does so before its second person

    def _confirmed(self, seq: int, first: Recorded) -> None:
        match first.entry:
            case ProductListed(product=product):
                self._pages.setdefault(product, _Page())
            case StockReceived(product=product, containers=containers):
                held = tuple(each.container for each in containers)
                came = _sum(seq, tuple(each.content for each in containers))
                self._line(first.seq, product, None, came, True, held)
            case OverfillFound(product=product, container=container, mass=mass):
                self._line(first.seq, product, None, mass, True, (container,))
            case LineCorrected() as entry:
                self._correct(seq, entry)
            case _:
                pass  # what a report wrote, it wrote at once

    def _line(
        self,
        seq: int,
        product: str,
        about: str | None,
        mass: Mass | None,
        inward: bool | None,
        containers: tuple[str, ...],
    ) -> str:
        page = self._pages[product]  # `balances` has asked whether it is listed
        page.lines += 1
        if mass is not None:
            page.micrograms += mass.micrograms if inward else -mass.micrograms
        name = _name(product, page.number)
        self._lines[seq] = _Line(name, about, mass, inward, containers)
        return name

    def _out(self, seq: int, dose: str, product: str, draws: tuple[Draw, ...], surplus: Mass) -> None:
        drawn = _sum(seq, tuple(each.mass for each in draws))
        containers = tuple(each.container for each in draws)
        page = self._line(seq, product, dose, drawn, False, containers)
        self._doses[dose] = product, page, surplus
        self._pages[product].out[dose] = drawn.micrograms

    def _part(self, seq: int, dose: str, mass: Mass) -> None:
        if not mass.is_zero:  # a part of nothing is not written
            self._lines[seq] = _Line(self._doses[dose][1], dose, mass)
            self._placed(dose, mass)

    def _placed(self, dose: str, mass: Mass) -> None:
        out = self._pages[self._doses[dose][0]].out
        if dose in out:
            out[dose] -= mass.micrograms
            if out[dose] == 0:
                del out[dose]

    def _close(self, seq: int, entry: PageClosed) -> None:
        """1. That its lines and its balance are those of the entries, `balances` has looked at."""
        product = entry.page.rpartition("/")[0]
        page = self._pages[product]
        if entry.page != _name(product, page.number):
            raise LedgerBroken("it closes another page than the one that is written on", seq=seq)
        if page.lines == 0 or page.micrograms < 0:
            raise LedgerBroken("it closes a page that is empty, or overdrawn", seq=seq)
        if page.out:
            raise LedgerBroken("it closes a page with a dose that is still out", seq=seq)
        page.number, page.lines = page.number + 1, 0

    def _correct(self, seq: int, entry: LineCorrected) -> None:
        """2 and 3."""
        line = self._lines.get(entry.line)
        if line is None or line.page != entry.page or line.about != (entry.dose or entry.count):
            raise LedgerBroken("it corrects a line that does not stand there", seq=seq)
        moved = [each for each in (entry.adds, entry.takes) if each is not None]
        if entry.what is not Footnoted.MASS:
            if moved or entry.recorded is not None or entry.actual is not None:
                raise LedgerBroken("a correction of something else moves a mass", seq=seq)
            return
        self._correct_mass(seq, line, entry, moved)
        product = entry.page.rpartition("/")[0]
        page = self._pages[product]
        if moved:
            page.lines += 1
            page.micrograms += moved[0].micrograms if entry.adds is not None else -moved[0].micrograms
        page.out.pop(entry.dose or "", None)
        self._lines[entry.line] = replace(line, stands=entry.actual)

    def _correct_mass(self, seq: int, line: _Line, entry: LineCorrected, moved: list[Mass]) -> None:
        recorded, actual = entry.recorded, entry.actual
        if line.stands is None or actual is None or recorded is None:
            raise LedgerBroken("it corrects a mass where none stands", seq=seq)
        if recorded != line.stands or actual.expression is not recorded.expression:
            raise LedgerBroken("it corrects another mass than stands there", seq=seq)
        if line.inward is None:
            if moved:
                raise LedgerBroken("a correction of a part of a line moves the balance", seq=seq)
            return
        by = abs(actual.micrograms - recorded.micrograms)
        if [each.micrograms for each in moved] != [by] or moved[0].expression is not recorded.expression:
            raise LedgerBroken("a correction moves the balance by another difference than it names", seq=seq)
        more_in = (actual.micrograms > recorded.micrograms) == line.inward
        if more_in != (entry.adds is not None):
            raise LedgerBroken("a correction moves the balance the wrong way", seq=seq)
        if entry.container not in line.containers:
            raise LedgerBroken("a correction is of a container that is not its line's", seq=seq)


def _sum(seq: int, masses: tuple[Mass, ...]) -> Mass:
    """All of it; `balances` has asked whether they are of one expression."""
    if not masses:
        raise LedgerBroken("it moves drug, and names no container", seq=seq)
    return Mass(sum(each.micrograms for each in masses), masses[0].expression)


def _name(product: str, number: int) -> str:
    return page_id(product, number)  # type: ignore[arg-type]
