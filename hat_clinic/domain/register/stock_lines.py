"""The lines of stock that no dose was made of: received, overfilled, accounted for, counted."""

from __future__ import annotations

from datetime import datetime

from hat_clinic.domain.entries import Recorded
from hat_clinic.domain.entries.stock import OverfillFound, StockAccounted, StockReceived, StockRecounted
from hat_clinic.domain.register.state import LineKind
from hat_clinic.domain.register.writing import NOTHING, Book, Changes, add_line, distinct, liquid
from hat_clinic.vocabulary.ids import PersonId
from hat_clinic.vocabulary.quantities import Mass
from hat_clinic.vocabulary.replacing import replace
from hat_clinic.vocabulary.terms import ReceiptKind


def received(book: Book, recorded: Recorded, entry: StockReceived) -> Changes:
    """The in-line of a delivery or an opening balance, which two people found and nobody delivered."""
    page = book.open_page(entry.product)
    if page is None:
        return NOTHING
    zero = Mass.zero(page.balance.expression)
    return add_line(
        page,
        recorded,
        LineKind.OPENING_BALANCE if entry.kind is ReceiptKind.OPENING_BALANCE else LineKind.RECEIVED,
        mass_in=sum((each.content for each in entry.containers), zero),
        containers=distinct(each.container for each in entry.containers),
        lots=distinct(each.lot for each in entry.containers),
        source=entry.supplier,
        reference=entry.reference,
        happened_at=entry.happened_at or _first_stated(recorded),
        volume=liquid(each.volume for each in entry.containers),
    )


def overfill(book: Book, recorded: Recorded, entry: OverfillFound) -> Changes:
    """The in-line of an overfill."""
    page = book.open_page(entry.product)
    return add_line(
        page,
        recorded,
        LineKind.OVERFILL,
        mass_in=entry.mass,
        containers=(entry.container,),
        happened_at=_first_stated(recorded),
        volume=entry.volume,
    )


def accounted(book: Book, recorded: Recorded, entry: StockAccounted) -> Changes:
    """The out-line of mass that left its container other than into a dose."""
    return add_line(
        book.open_page(entry.product),
        recorded,
        LineKind.ACCOUNTED,
        mass_out=entry.mass,
        containers=(entry.container,),
        whereabouts=entry.whereabouts,
        lost_by=entry.reason,
        happened_at=entry.happened_at,
        volume=entry.volume,
    )


def counted(book: Book, recorded: Recorded, entry: StockRecounted) -> Changes:
    """A line that moves nothing: what two people found beside what the balance says."""
    page = book.open_page(entry.product)
    if page is None:
        return NOTHING
    zero = Mass.zero(page.balance.expression)
    made = add_line(
        page,
        recorded,
        LineKind.COUNT,
        count=entry.count,
        counted=sum((each.mass for each in entry.counted), zero),
        containers=distinct(each.container for each in entry.counted),
    )
    if entry.first_counter is None:
        return made
    (line,) = made.lines
    both = replace(line, performer=entry.first_counter, verifier=PersonId(recorded.person))
    return Changes(made.pages, (both,))


def _first_stated(recorded: Recorded) -> datetime | None:
    """When the first of two people stated it: then it was there, whenever the second came to it."""
    return None if recorded.named is None else recorded.named.at
