"""Reading the controlled-drug register: its pages, and one page with its lines."""

from __future__ import annotations

from hat_clinic.domain.register.state import Line, Page, page_id
from hat_clinic.handlers.reads import Look
from hat_clinic.handlers.unread import unread_by
from hat_clinic.projections.register import StoredBook, lines_of, pages
from hat_clinic.vocabulary.errors import NotFound
from hat_clinic.vocabulary.ids import DoseId, ProductId


def all_pages(look: Look) -> tuple[Page, ...]:
    """Every page, by product and number."""
    return tuple(pages(look.tx))


def unread_on(look: Look, page: Page) -> frozenset[DoseId]:
    """The doses on this page of which who asks may not know how much they are.

    A page is not closed before all on it is accounted for, so they are on the open one.
    """
    if page.closed:
        return frozenset()
    found = unread_by(look.tx, look.person)
    return frozenset(each.dose for each in found if each.product == page.product and each.drawn is not None)


def one_page(look: Look, product: ProductId, number: int) -> tuple[Page, tuple[Line, ...]]:
    """The page and its lines, in their order.

    Raises: NotFound.
    """
    page = StoredBook(look.tx).page(page_id(product, number))
    if page is None:
        raise NotFound("the register has no such page")
    return page, tuple(lines_of(look.tx, page.page))
