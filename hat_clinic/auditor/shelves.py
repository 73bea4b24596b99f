"""What is in each container, added up a second time, and what was counted there.

1. a container is received once, with no more than its product's label says, and a loss or an
   overfill is of one that was; a dose is prepared out of such, of its product and lot, from each
   once and from none more than is in it, and out of a single-use one all of it; a report may say
   more, which is marked and opens an incident;
2. the second count is of the same product as the first, and names who made that;
3. counts that differ from the entries, or from each other, open an incident;
4. drug that nobody can find opens one.
"""

from __future__ import annotations

from dataclasses import dataclass

from hat_clinic.auditor.decisions import Decisions, Owed
from hat_clinic.domain.entries import Recorded
from hat_clinic.domain.entries.doses import DosePrepared, Draw, UnpreparedDoseReported
from hat_clinic.domain.entries.register import LineCorrected
from hat_clinic.domain.entries.stock import (
    CountedContainer,
    OverfillFound,
    ProductListed,
    StockAccounted,
    StockCounted,
    StockReceived,
    StockRecounted,
)
from hat_clinic.vocabulary.errors import LedgerBroken
from hat_clinic.vocabulary.quantities import Mass
from hat_clinic.vocabulary.terms import ContainerKind, Whereabouts

_MORE_THAN_IN_IT, _LOST = "CD20", "CD21"
_FIRST, _SECOND, _EACH_OTHER = "CD33", "CD34", "CD35"
"""What the log itself shows to be broken: CD20 and CD21 of a loss, CD33, CD34 and CD35 of two counts."""


@dataclass(slots=True)
class _Held:
    """One container: micrograms in it, below zero where more left it than ever came in."""

    product: str
    lot: str
    micrograms: int


@dataclass(frozen=True, slots=True)
class _Counted:
    product: str
    person: str
    differences: dict[str, int]


class Shelves:
    """What the entries leave in each container."""

    def __init__(self, decisions: Decisions) -> None:
        self._decisions = decisions
        self._products: dict[str, ProductListed] = {}
        self._held: dict[str, _Held] = {}
        self._counts: dict[str, _Counted] = {}

    def take(self, recorded: Recorded) -> None:
        """The entry fits what is in the containers.

        Raises: LedgerBroken.
        """
        if recorded.named is not None:
            self._confirmed(recorded.seq, recorded.named)
            return
        seq = recorded.seq
        match recorded.entry:
            case DosePrepared(product=product, draws=draws):
                if len({draw.container for draw in draws}) != len(draws):
                    raise LedgerBroken("it was drawn from one container twice", seq=seq)
                for draw in draws:
                    self._require_there(seq, product, draw)
                    self._held[draw.container].micrograms -= draw.mass.micrograms
            case UnpreparedDoseReported(draws=draws):
                for draw in draws:
                    self._move(draw.container, -draw.mass.micrograms)
            case StockAccounted() as entry:
                self._account(recorded, entry)
            case StockCounted() as entry:
                found = self._differences(entry.product, entry.counted)
                self._counts[entry.count] = _Counted(entry.product, recorded.person, found)
            case StockRecounted() as entry:
                self._recount(seq, entry)
            case _:
                pass  # nothing else moves drug, or does so before its second person

    def _confirmed(self, seq: int, first: Recorded) -> None:
        match first.entry:
            case ProductListed() as entry:
                self._products.setdefault(entry.product, entry)
            case StockReceived() as entry:
                self._receive(seq, entry)
            case OverfillFound() as entry:
                self._require_known(seq, entry.product, entry.container)
                self._move(entry.container, entry.mass.micrograms)
            case LineCorrected(container=container, adds=adds, takes=takes) if container is not None:
                self._move(container, _micrograms(adds) - _micrograms(takes))
            case _:
                pass  # what a report moved, it moved at once

    def _move(self, container: str, micrograms: int) -> None:
        held = self._held.get(container)
        if held is not None:  # a report may name one that nobody ever received
            held.micrograms += micrograms

    def _receive(self, seq: int, entry: StockReceived) -> None:
        """1."""
        label = self._products.get(entry.product)
        for each in entry.containers:
            if each.container in self._held:
                raise LedgerBroken("a container was received that was there before", seq=seq)
            if label is None or each.content.micrograms > label.content.micrograms:
                raise LedgerBroken("a container was received with more than its label says", seq=seq)
            self._held[each.container] = _Held(entry.product, each.lot, each.content.micrograms)

    def _require_known(self, seq: int, product: str, container: str) -> None:
        """1."""
        held = self._held.get(container)
        if held is None or held.product != product:
            raise LedgerBroken("it is of a container that was never received so", seq=seq)

    def _require_there(self, seq: int, product: str, draw: Draw) -> None:
        """1."""
        held = self._held.get(draw.container)
        if held is None or (held.product, held.lot) != (product, draw.lot):
            raise LedgerBroken("it was drawn from a container that was never received so", seq=seq)
        if held.micrograms < draw.mass.micrograms:
            raise LedgerBroken("more was drawn from a container than was in it", seq=seq)
        whole = self._products[product].kind is ContainerKind.SINGLE_USE
        if whole and held.micrograms != draw.mass.micrograms:
            raise LedgerBroken("part of a single-use container was drawn, and it is issued whole", seq=seq)

    def _account(self, recorded: Recorded, entry: StockAccounted) -> None:
        """1 and 4."""
        self._require_known(recorded.seq, entry.product, entry.container)
        if entry.happened_at > recorded.at:
            raise LedgerBroken("it had not happened yet", seq=recorded.seq)
        if entry.whereabouts is Whereabouts.UNACCOUNTED and _LOST not in entry.breaches:
            raise LedgerBroken(f"it broke {_LOST} and is not marked so", seq=recorded.seq)
        held, rules = self._held[entry.container], dict.fromkeys(entry.breaches)
        if max(0, held.micrograms) < entry.mass.micrograms:
            rules[_MORE_THAN_IN_IT] = None  # drawn between the statement and its signature, perhaps
        if rules:
            self._decisions.owe(Owed(recorded.seq, tuple(rules), container=entry.container))
        self._move(entry.container, -entry.mass.micrograms)

    def _recount(self, seq: int, entry: StockRecounted) -> None:
        """2 and 3."""
        first = self._counts.pop(entry.count, None)
        if first is None or first.product != entry.product:
            raise LedgerBroken("the first count was of another product", seq=seq)
        if entry.first_counter not in (None, first.person):
            raise LedgerBroken("somebody else made the first count", seq=seq)
        second = self._differences(entry.product, entry.counted)
        rules = [_FIRST] if first.differences else []
        rules += [_SECOND] if second else []
        rules += [_EACH_OTHER] if second != first.differences else []
        if rules:
            self._decisions.owe(Owed(seq, tuple(rules), count=entry.count))

    def _differences(self, product: str, counted: tuple[CountedContainer, ...]) -> dict[str, int]:
        """Micrograms found in each container beyond what the entries leave there, where they differ."""
        said = {name: max(0, each.micrograms) for name, each in self._held.items() if each.product == product}
        found: dict[str, int] = {each.container: each.mass.micrograms for each in counted}
        names: set[str] = {*said, *found}
        return {name: more for name in names if (more := found.get(name, 0) - said.get(name, 0))}


def _micrograms(mass: Mass | None) -> int:
    return 0 if mass is None else mass.micrograms
