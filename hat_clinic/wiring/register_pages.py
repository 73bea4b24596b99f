"""The register as it is printed: read in one view of the database, a block of text for each page."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from hat_clinic.domain.register import Footnote, Line, LineKind, Page, SubLine, csv_rows
from hat_clinic.projections.register import lines_of_all, pages
from hat_clinic.projections.staff import PERSONS
from hat_clinic.store.engine import reading
from hat_clinic.store.sites import SiteRow
from hat_clinic.store.states import States
from hat_clinic.vocabulary.ids import PersonId
from hat_clinic.vocabulary.moments import clinic_day, clock_text, date_text
from hat_clinic.vocabulary.quantities import Mass, mass_text
from hat_clinic.vocabulary.reason_words import reason_text
from hat_clinic.wiring.ceremony import is_demo_origin
from hat_clinic.wiring.folder import ClinicFolder, only_site

PREMISES = "premises"
WIDTH, WORDS = 106, 40
SHOWN = 8
"""How many characters of an id are printed for people: its last ones, which are random."""


@dataclass(frozen=True, slots=True)
class Register:
    """Every page of one site with its lines; `codes` are the staff codes of the people on it."""

    site: SiteRow
    pages: tuple[Page, ...]
    on_page: dict[str, tuple[Line, ...]]
    codes: dict[PersonId, str]

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
        first, *rest = csv_rows(self.pages, lines)
        return [[PREMISES, *first], *([self.premises, *row] for row in rest)]

    def lines(self) -> Iterator[str]:
        """The pages for people. Masses are in mg, times are the clinic's wall clock."""
        for page in self.pages:
            yield from self._page(page)
            yield ""

    def _page(self, page: Page) -> Iterator[str]:
        expression = page.balance.expression.value.replace("_", " ")
        mark = "DEMO  " if self.demo else ""
        yield "=" * WIDTH
        yield f"{mark}CONTROLLED-DRUG REGISTER  {self.premises}"
        yield f"page {page.page}  {page.drug}, {page.form}, {page.strength}"
        yield f"masses are of {expression}"
        yield "-" * WIDTH
        yield from _columns("line", "date and time", "what", "in", "out", "balance", "by", "with")
        brought = _balance(page.brought_forward, page.brought_overdrawn)
        yield from _columns("", self._when(page.opened_at), "brought forward", "", "", brought, "", "")
        for line in self.on_page[page.page]:
            yield from self._line(line)
        if page.closed and page.closed_at is not None:
            end = _balance(page.balance, page.overdrawn)
            by = self._who(page.closed_by)
            yield from _columns("", self._when(page.closed_at), "page closed", "", "", end, by, "")

    def _line(self, line: Line) -> Iterator[str]:
        yield from _columns(
            str(line.number),
            self._when(line.at),
            _what(line),
            _text(line.mass_in),
            _text(line.mass_out),
            _balance(line.balance, line.overdrawn),
            self._who(line.performer),
            self._who(line.verifier),
        )
        for part in line.sub_lines:
            yield from self._sub_line(part)
        for note in line.footnotes:
            yield from self._footnote(note)

    def _sub_line(self, part: SubLine) -> Iterator[str]:
        what = f"  of which {part.kind.value} {mass_text(part.mass)}"
        by, verifier = self._who(part.performer), self._who(part.verifier)
        yield from _columns("", self._when(part.at), what, "", "", "", by, verifier)

    def _footnote(self, note: Footnote) -> Iterator[str]:
        what = f"  * {note.what.value.replace('_', ' ')}"
        was, actual = note.recorded_text or _text(note.recorded), note.actual_text or _text(note.actual)
        if actual:
            what += f": {was} should be {actual}"
        if note.reason is not None:
            what += f", {reason_text(note.reason)}"
        by, confirmed = self._who(note.by), self._who(note.confirmed_by)
        yield from _columns("", self._when(note.at), what, "", "", "", by, confirmed)

    def _when(self, moment: datetime) -> str:
        zone = self.site.zone
        return f"{date_text(clinic_day(moment, zone, 0))} {clock_text(moment, zone)}"

    def _who(self, person: PersonId | None) -> str:
        return "" if person is None else self.codes.get(person, person[-SHOWN:])


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
            codes = {each.person: each.staff_code for each in PERSONS.find(tx)}
    finally:
        engine.dispose()
    return Register(site, found, {page: tuple(lines) for page, lines in on_page.items()}, codes)


def _columns(*cells: str) -> Iterator[str]:
    """One line of a page; words that do not fit go on below, nothing is cut off."""
    number, when, what, came, went, balance, by, verifier = cells
    first, *more = textwrap.wrap(what, WORDS, subsequent_indent="    ", drop_whitespace=False) or [""]
    row = (
        f"{number:>4}  {when:<17}  {first:<{WORDS}} {came:>9} {went:>9} {balance:>10}  {by:<5} {verifier:<5}"
    )
    yield row.rstrip()
    for words in more:
        yield f"{'':25}{words}"


def _what(line: Line) -> str:
    match line.kind:
        case LineKind.DOSE | LineKind.UNPREPARED_DOSE:
            what = f"{line.kind.value.replace('_', ' ')}, patient …{(line.patient or '')[-SHOWN:]}"
            return f"{what}, {_why(line)}" if line.reason else what
        case LineKind.RECEIVED:
            return f"received from {line.source or ''}, {line.reference or ''}".rstrip(", ")
        case LineKind.ACCOUNTED:
            return f"{line.whereabouts.value if line.whereabouts else ''}, {_why(line)}"
        case LineKind.COUNT:
            return f"counted by two: {_text(line.counted)}"
        case LineKind.CORRECTION:
            return f"corrects entry {line.corrects}, {_why(line)}"
        case LineKind.OVERFILL:
            return "overfill found"


def _why(line: Line) -> str:
    return "" if line.reason is None else reason_text(line.reason)


def _text(mass: Mass | None) -> str:
    return "" if mass is None else mass_text(mass)


def _balance(held: Mass, overdrawn: Mass | None) -> str:
    return mass_text(held) if overdrawn is None else f"-{mass_text(overdrawn)}"
