"""The register's tables: pages and lines.

A product's open page stands under the product's id, so that a dose finds it by key; a closed
one stands under its own.
"""

from __future__ import annotations

from collections.abc import Iterable

from hat_clinic.domain.entries import Recorded
from hat_clinic.domain.register.evolve import evolve_register
from hat_clinic.domain.register.state import Line, Page, product_of
from hat_clinic.projections.keyed import Keyed
from hat_clinic.store.schema import projection_line, projection_page
from hat_clinic.store.states import States
from hat_clinic.vocabulary.ids import PageId, ProductId

PAGES = Keyed(projection_page, Page)
LINES = Keyed(projection_line, Line, lambda line: {"page_id": line.page, "number": line.number})


class StoredBook:
    """The register as one transaction sees it."""

    def __init__(self, tx: States) -> None:
        self._tx = tx

    def open_page(self, product: ProductId) -> Page | None:
        """The page of the product that lines are added to."""
        return PAGES.load(self._tx, product)

    def page(self, page: PageId) -> Page | None:
        """The page of this id, open or closed."""
        newest = self.open_page(product_of(page))
        if newest is not None and newest.page == page:
            return newest
        return PAGES.load(self._tx, page)

    def line(self, key: str) -> Line | None:
        """The line under `line_key`."""
        return LINES.load(self._tx, key)


def pages(tx: States) -> list[Page]:
    """Every page of the register, by product and number."""
    return sorted(PAGES.find(tx), key=lambda each: (each.product, each.number))


def lines_of(tx: States, page: PageId) -> list[Line]:
    """The lines on a page, in their order."""
    return sorted(LINES.find(tx, page_id=page), key=lambda each: each.number)


def lines_of_all(tx: States, some: Iterable[Page]) -> list[Line]:
    """The lines on these pages, page by page."""
    return [line for page in some for line in lines_of(tx, page.page)]


def apply(tx: States, recorded: Recorded) -> None:
    """The register's tables have taken note of this entry."""
    changes = evolve_register(StoredBook(tx), recorded)
    for page in changes.pages:
        PAGES.save(tx, page.page if page.closed else page.product, page)
    for line in changes.lines:
        LINES.save(tx, line.key, line)
