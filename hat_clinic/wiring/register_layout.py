"""A page of the register laid out for a terminal or for paper, 80 characters wide or wider.

The date of a line is the date of receipt or supply; when it was entered stands below, where that
was another minute. Nothing is cut off: words that do not fit go on below.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import zip_longest

from hat_clinic.domain.register import Footnote, Line, LineKind, Note, Page, SubKind, SubLine
from hat_clinic.domain.register.measures import pieces_of, volume_of
from hat_clinic.domain.register.rows import DOSES, is_late, stated_otherwise
from hat_clinic.domain.staff.state import Person
from hat_clinic.domain.stock.amounts import signed
from hat_clinic.vocabulary.errors import Rejected
from hat_clinic.vocabulary.ids import PersonId
from hat_clinic.vocabulary.moments import local_text, parse_moment
from hat_clinic.vocabulary.quantities import Mass, Volume, mass_text, volume_text
from hat_clinic.vocabulary.reason_words import reason_text

NARROWEST, USUAL, WIDEST = 80, 100, 120
SHOWN = 8
"""How many characters of an id are printed for people: its last ones, which are random."""
FEW = 3
"""So many containers are named one by one; of more the page says how many, the rows say which."""
_NUMBER, _WHEN, _IN, _OUT, _BALANCE = 4, 17, 10, 9, 10
_INDENT = _NUMBER + 2 + _WHEN + 2
_AMOUNTS = 1 + _IN + 1 + _OUT + 1 + _BALANCE


class Sheet:
    """One page of the register, `width` characters wide."""

    def __init__(self, width: int, page: Page, zone: str, people: Mapping[PersonId, Person]) -> None:
        self._width = max(NARROWEST, min(width, WIDEST))
        self._page, self._zone, self._people = page, zone, people
        self._signed: dict[PersonId, None] = {}
        self._notes = 0

    def head(self, title: str, premises: str) -> Iterator[str]:
        """Whose register it is, and of what: one drug, form and strength at one premises."""
        page = self._page
        expression = page.balance.expression.value.replace("_", " ")
        yield "=" * self._width
        yield from self._wrapped(f"{title}  {premises}")
        yield from self._wrapped(f"page {page.page}  {page.drug}, {page.form}, {page.strength}")
        yield from self._wrapped(f"masses are mg of {expression}{_container(page)}")
        yield from self._wrapped(
            f"dates of receipt and supply, on the wall clock of {self._zone}; balances after each line"
        )
        yield "-" * self._width
        yield self._columns("line", "received/supplied", "what", "in mg", "out mg", "balance mg")
        came = f"brought forward from page {page.number - 1}" if page.number > 1 else "this page begins"
        balance = self._balance(page.brought_forward, page.brought_overdrawn)
        yield from self._row("", self._when(page.opened_at), came, (), (), balance)

    def body(self, lines: Iterable[Line]) -> Iterator[str]:
        """The lines in order, what stands under each, the closing, and who all these people are."""
        for line in lines:
            yield from self._line(line)
        page = self._page
        if page.closed and page.closed_at is not None:
            words = f"page closed, carried forward to page {page.number + 1}"
            balance = self._balance(page.balance, page.overdrawn)
            yield from self._row("", self._when(page.closed_at), words, (), (), balance)
            yield from self._below("", f"{page.lines} lines; closed by {self._who(page.closed_by)}")
        if self._signed:
            yield "-" * self._width
            yield from self._wrapped("; ".join(self._person(each) for each in self._signed))

    def _line(self, line: Line) -> Iterator[str]:
        first = self._notes + 1
        marks = "".join(f" *{number}" for number in range(first, first + len(line.footnotes)))
        yield from self._row(
            str(line.number),
            self._when(line.happened),
            f"{_what(line)}{marks}",
            self._amount(line.mass_in),
            self._amount(line.mass_out),
            self._balance(line.balance, line.overdrawn),
        )
        yield from self._below("", "; ".join(self._details(line)))
        for part in line.sub_lines:
            yield from self._below(self._when(part.happened), "; ".join(self._part(part)))
        for note in line.footnotes:
            self._notes += 1
            yield from self._below(self._when(note.at), f"*{self._notes} {'; '.join(self._footnote(note))}")

    def _details(self, line: Line) -> Iterator[str]:
        second = "read by" if line.kind is LineKind.DOSE else "with"
        yield f"by {self._who(line.performer)}{self._second(second, line.verifier)}"
        if line.kind in DOSES:
            if line.authority is not None:
                yield f"authority {self._who(line.authority)}"
            named = line.prescription
            yield f"prescription {_ending(named)}" if named else "no prescription named"
            yield f"collected by the patient; proof of identity {_proof(line)}"
        if line.lots:
            yield f"lot {', '.join(line.lots)}"
        if line.containers:
            few = len(line.containers) <= FEW
            yield f"container {', '.join(line.containers)}" if few else f"{len(line.containers)} containers"
        if (stated := stated_otherwise(self._page, line)) is not None:
            yield f"{volume_text(Volume(stated))} was stated"
        yield from self._entry(line.seq, line.happened, line.at)

    def _part(self, part: SubLine) -> Iterator[str]:
        liquid = volume_of(self._page, part.mass)
        same = "" if liquid is None else f" = {volume_text(liquid)}"
        yield f"of which {part.kind.value} {mass_text(part.mass)}{same}"
        if part.read_by is not None:
            yield f"by {self._who(part.performer)}"
            yield f"surplus: {self._who(part.read_by)} read the dose without it"
            yield "no second signature for the waste itself"
        elif part.waived and part.verifier is None:
            yield f"by {self._who(part.performer)}, second signature waived"
        else:
            second = "seen by" if part.kind is SubKind.GIVEN else "with"
            yield f"by {self._who(part.performer)}{self._second(second, part.verifier)}"
        yield from self._entry(part.seq, part.happened, part.at)

    def _footnote(self, note: Footnote) -> Iterator[str]:
        what = note.what.value.replace("_", " ")
        if note.sub_line is not None:
            what = f"{what} of entry {note.sub_line}"
        was = self._corrected(note.what, note.recorded_text, note.recorded)
        actual = self._corrected(note.what, note.actual_text, note.actual)
        yield f"{what}: {was} should be {actual}" if actual else what
        if note.reason is not None:
            yield reason_text(note.reason)
        if note.incident is not None:
            yield f"incident {_ending(note.incident)}"
        if note.attributed:
            yield f"written by the machine on what {self._who(note.by)} did"
        else:
            yield f"by {self._who(note.by)}{self._second('with', note.confirmed_by)}"
        yield f"entry {note.seq}"

    def _corrected(self, what: Note, text: str | None, mass: Mass | None) -> str:
        if mass is not None or text is None:
            return "" if mass is None else mass_text(mass)
        if what is Note.TIME:
            return self._told(text)
        return _ending(text) if what is Note.PATIENT else text

    def _told(self, text: str) -> str:
        """Why: a text that is no moment is shown as it is; it must not keep the other lines from print."""
        try:
            return self._when(parse_moment(text))
        except (Rejected, OverflowError):
            return text

    def _entry(self, seq: int, happened: datetime, entered: datetime) -> Iterator[str]:
        late = " LATE, not by the next day" if is_late(happened, entered, self._zone) else ""
        same = self._when(happened) == self._when(entered)
        yield f"entry {seq}" if same else f"entry {seq}, entered {self._when(entered)}{late}"

    def _when(self, moment: datetime) -> str:
        return local_text(moment, self._zone)

    def _who(self, person: PersonId | None) -> str:
        if person is None:
            return "nobody"
        self._signed.setdefault(person)
        found = self._people.get(person)
        return person[-SHOWN:] if found is None else found.staff_code

    def _person(self, person: PersonId) -> str:
        found = self._people.get(person)
        if found is None:
            return f"{person[-SHOWN:]} is {person}"
        numbers = (f"{each.body} {each.number}" for each in found.registrations)
        return ", ".join((f"{found.staff_code} is {found.name}", *numbers))

    def _second(self, how: str, person: PersonId | None) -> str:
        return ", no second signature" if person is None else f", {how} {self._who(person)}"

    def _amount(self, mass: Mass | None, sign: str = "") -> tuple[str, ...]:
        """The mass, and below it what it is in liquid or in pieces."""
        if mass is None:
            return ()
        said = [f"{sign}{mass_text(mass).removesuffix(' mg')}"]
        if (volume := volume_of(self._page, mass)) is not None:
            said.append(f"{sign}{volume_text(volume)}")
        if (pieces := pieces_of(self._page, mass)) is not None:
            said.append(f"{sign}{pieces:,} pc")
        return tuple(said)

    def _balance(self, held: Mass, overdrawn: Mass | None) -> tuple[str, ...]:
        amount = signed(held, overdrawn)
        return self._amount(Mass(abs(amount), held.expression), "-" if amount < 0 else "")

    def _row(
        self, number: str, when: str, what: str, came: tuple[str, ...], went: tuple[str, ...],
        balance: tuple[str, ...],
    ) -> Iterator[str]:  # fmt: skip
        words = textwrap.wrap(what, self._width - _INDENT - _AMOUNTS, subsequent_indent="  ")
        times = textwrap.wrap(when, _WHEN)
        columns = zip_longest((number,), times, words, came, went, balance, fillvalue="")
        for cells in columns:
            yield self._columns(*cells)

    def _columns(self, number: str, when: str, what: str, came: str, went: str, balance: str) -> str:
        room = self._width - _INDENT - _AMOUNTS
        row = f"{number:>{_NUMBER}}  {when:<{_WHEN}}  {what:<{room}}"
        return f"{row} {came:>{_IN}} {went:>{_OUT}} {balance:>{_BALANCE}}".rstrip()

    def _below(self, when: str, words: str) -> Iterator[str]:
        times = textwrap.wrap(when, _WHEN)
        said = textwrap.wrap(words, self._width - _INDENT, subsequent_indent="  ")
        for time, more in zip_longest(times, said, fillvalue=""):
            yield f"{'':{_NUMBER}}  {time:<{_WHEN}}  {more}".rstrip()

    def _wrapped(self, words: str) -> list[str]:
        return textwrap.wrap(words, self._width, subsequent_indent="  ")


def _what(line: Line) -> str:
    match line.kind:
        case LineKind.DOSE | LineKind.UNPREPARED_DOSE:
            what = f"{line.kind.value.replace('_', ' ')}, patient {_ending(line.patient or '')}"
            return f"{what}, {_why(line)}" if line.reason else what
        case LineKind.RECEIVED:
            return f"received from {line.source or ''}, {line.reference or ''}".rstrip(", ")
        case LineKind.OPENING_BALANCE:
            came = ", ".join(each for each in (line.source, line.reference) if each)
            return f"opening balance, not a delivery; {came}".rstrip("; ")
        case LineKind.ACCOUNTED:
            return f"{line.whereabouts.value if line.whereabouts else ''}, {_why(line)}"
        case LineKind.COUNT:
            return _counted(line)
        case LineKind.CORRECTION:
            return f"corrects entry {line.corrects}, {_why(line)}"
        case LineKind.OVERFILL:
            return "overfill found"


def _counted(line: Line) -> str:
    if line.counted is None:
        return "counted by two"
    agrees = line.counted.micrograms == signed(line.balance, line.overdrawn)
    return f"counted by two: {mass_text(line.counted)}, {'as the balance' if agrees else 'NOT the balance'}"


def _proof(line: Line) -> str:
    if line.identified is None:
        return "not recorded"
    return "asked for and given" if line.identified else "not asked for"


def _why(line: Line) -> str:
    return "" if line.reason is None else reason_text(line.reason)


def _ending(text: str) -> str:
    return f"…{text[-SHOWN:]}"


def _container(page: Page) -> str:
    if page.content is None:
        return ""
    liquid = "" if page.content_volume is None else f" in {volume_text(page.content_volume)}"
    return f"; one container is {mass_text(page.content)}{liquid}"
