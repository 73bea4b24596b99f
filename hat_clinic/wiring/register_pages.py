"""The register as it is printed: read in one view of the database, and laid out page by page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from hat_clinic.domain.register import Line, Page, csv_rows
from hat_clinic.domain.staff.state import Person
from hat_clinic.projections.register import lines_of_all, pages
from hat_clinic.projections.staff import PERSONS
from hat_clinic.store.engine import reading
from hat_clinic.store.sites import SiteRow
from hat_clinic.store.states import States
from hat_clinic.vocabulary.ids import PersonId
from hat_clinic.wiring.ceremony import is_demo_origin
from hat_clinic.wiring.folder import ClinicFolder, only_site
from hat_clinic.wiring.register_layout import USUAL, Sheet

PREMISES = "premises"


@dataclass(frozen=True, slots=True)
class Register:
    """Every page of one site with its lines, and everybody who works or worked there."""

    site: SiteRow
    pages: tuple[Page, ...]
    on_page: Mapping[str, tuple[Line, ...]]
    people: Mapping[PersonId, Person]

    @property
    def demo(self) -> bool:
        """Whether all of it is invented."""
        return is_demo_origin(self.site.origin)

    @property
    def premises(self) -> str:
        """What stands at the head of every page and in every row."""
        name = f"{self.site.name} ({self.site.origin})"
        return f"DEMO {name}" if self.demo and "DEMO" not in self.site.name else name

    def rows(self) -> list[list[str]]:
        """The headings and every row, each with the premises it belongs to."""
        lines = [line for page in self.pages for line in self.on_page[page.page]]
        first, *rest = csv_rows(self.pages, lines, self.site.zone)
        return [[PREMISES, *first], *([self.premises, *row] for row in rest)]

    def lines(self, width: int = USUAL) -> Iterator[str]:
        """The pages for people, no line of them longer than `width` allows."""
        title = f"{'DEMO  ' if self.demo else ''}CONTROLLED-DRUG REGISTER"
        for page in self.pages:
            sheet = Sheet(width, page, self.site.zone, self.people)
            yield from sheet.head(title, self.premises)
            yield from sheet.body(self.on_page[page.page])
            yield ""


def read_register(data: Path) -> Register:
    """The register of the clinic in this folder, in one consistent view; a server may run beside.

    Raises: Rejected, OSError, StoreUnusable, NotFound.
    """
    engine = ClinicFolder.open(data).engine(alone=False)
    try:
        site = only_site(engine)
        with reading(engine) as connection:
            tx = States(connection, site.site_id)
            found = tuple(pages(tx))
            on_page: dict[str, list[Line]] = {page.page: [] for page in found}
            for line in lines_of_all(tx, found):
                on_page[line.page].append(line)
            people = {each.person: each for each in PERSONS.find(tx)}
    finally:
        engine.dispose()
    return Register(site, found, {page: tuple(lines) for page, lines in on_page.items()}, people)
