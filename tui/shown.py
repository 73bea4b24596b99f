"""Lines for screens: the patient's banner, a medicine, a statement, a row of the board."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta

from hat_clinic.client.identity import Identity
from hat_clinic.client.statements import Shown
from hat_clinic.vocabulary.moments import (
    clinic_day,
    clock_text,
    date_text,
    duration_text,
    local_text,
    parse_moment,
    weekday_text,
)
from hat_clinic.vocabulary.one_line import one_line
from hat_clinic.vocabulary.quantities import Mass, mass_text
from hat_clinic.wire.board import BoardRow, CourseView, DoseOnBoard, ProductView
from tui import words
from tui.drawing import mass_of
from tui.typed import ENDING, passed

DASH = " — "
GAP = "    "
NBSP = "\N{NO-BREAK SPACE}"
LABEL = 18
MINUTE = timedelta(minutes=1)


def wrapped(text: str, width: int, hang: int = 0) -> str:
    """The text in lines of at most this width, broken at spaces but never at a no-break space.

    Lines that were too long go on `hang` columns further in.
    """
    if width < 1:
        return text
    lines = [
        part
        for each in text.split("\n")
        for part in (textwrap.wrap(each, width, subsequent_indent=" " * hang, break_on_hyphens=False) or [""])
    ]
    return "\n".join(lines).replace(NBSP, " ")


def printing(text: str) -> str:
    """The same lines, with whatever does not print written out: no name can move or turn another."""
    return "\n".join(NBSP.join(map(one_line, each.split(NBSP))) for each in text.split("\n"))


def so_far(containers: Sequence[str], goes_on: bool) -> str:
    """How many containers were typed or scanned, what of each is read, and what Enter does next."""
    if not containers:
        return ""
    ends = "  ".join(f"…{each[-ENDING:]}" for each in containers)
    then = words.ENDS_IT if goes_on else words.GOES_ON
    return f"{'':<{LABEL}}{words.SO_FAR.format(count=len(containers), ends=ends, then=then)}"


def name_of(identity: Identity | None) -> str:
    """FAMILY, Given."""
    if identity is None:
        return words.ERASED
    return one_line(f"{identity.family.upper()}, {identity.given}")


def banner(identity: Identity, today: date, *, numbers: bool = True) -> str:
    """Who it is, in the order and form of the NHS patient banner; never with a label's colon."""
    parts = [name_of(identity), f"Born {date_text(identity.born)} ({age(identity.born, today)}y)"]
    if numbers:
        parts += [_number(each.system, each.value) for each in identity.identifiers]
    return GAP.join(part.replace(" ", NBSP) for part in parts)


def age(born: date, today: date) -> int:
    """Whole years."""
    before = (today.month, today.day) < (born.month, born.day)
    return today.year - born.year - before


def _number(system: str, value: str) -> str:
    digits = value.replace(" ", "")
    if system == "nhs-number" and len(digits) == 10:
        return one_line(f"NHS No. {digits[:3]} {digits[3:6]} {digits[6:]}")
    return one_line(f"{system} {value}")


def medicine(product: ProductView, mass: Mass | None, route: str) -> str:
    """Name, strength, form, DOSE and route; a dose and its unit never part at a line's end."""
    parts = [product.drug, product.strength, product.form]
    if mass is not None:
        parts.append(f"DOSE {mass_text(mass)}".replace(" ", NBSP))
    return DASH.join((*parts, route))


def headline(moment: datetime, zone: str) -> str:
    """Day and wall clock."""
    return f"{weekday_text(clinic_day(moment, zone, 0))} {clock_text(moment, zone)} (24h)"


def statement(
    tag: str, fields: Iterable[Shown], known: Mapping[str, str], zone: str
) -> tuple[list[str], list[str]]:
    """Every line of a statement: first what people judge, then what this terminal has checked.

    `known` puts a name beside an id.
    """
    judged, rest = [], []
    labels = words.FIELDS | words.FIELDS_OF.get(tag, {})
    for each in fields:
        text = words.plain(each.text) if each.name in words.CHOSEN else _moment(each.text, zone)
        named = known.get(each.text)
        if named is not None:
            text = f"{named}  ({text})"
        top = each.name.partition(" ")[0]
        plain = each.name.rstrip("0123456789 ")
        label = labels.get(plain, each.name.replace("draws", "DRAW"))
        if plain in words.FIELDS or top == "draws":
            judged.append((each.name, f"{label:<{LABEL}}{text}"))
        else:
            rest.append(f"{each.name:<{LABEL}}{text}")
    judged.sort(key=lambda line: words.FIRST.index(line[0]) if line[0] in words.FIRST else len(words.FIRST))
    return [line for _, line in judged], rest


def _moment(text: str, zone: str) -> str:
    if len(text) == 27 and text.endswith("Z") and text[10] == "T":
        return f"{local_text(parse_moment(text), zone)}  ({text})"
    return text


def state(row: BoardRow, now: datetime, zone: str) -> tuple[str, str]:
    """The mark and the words of where a patient is: what is open comes before what may begin."""
    if row.doses:
        return dose_state(row.doses[0])
    visit = row.visit
    if visit is None:
        return "○", "Not here"
    if not visit.identified:
        return "▲", "Arrived, who is it?"
    if visit.fit is None:
        return "▲", "Identified, assess"
    if not visit.fit:
        return "■", "Hold: not fit"
    if not row.courses:
        return "■", "No prescription"
    course = row.courses[0]
    if not course.stops:
        return "●", "Ready"
    due = None if course.due is None else parse_moment(course.due)
    if due is not None and due > now:
        return "○", f"Not before {clock_text(due, zone)}"
    return "■", f"Hold: {course.stops[0].rule}"


def dose_state(dose: DoseOnBoard) -> tuple[str, str]:
    """How far a dose is."""
    if dose.stage in ("given", "closed") and dose.unplaced:
        return "▲", "Rest not accounted for"
    if dose.stage == "mismatched":
        return "■", "Does not match, account"
    return words.STAGES.get(dose.stage, ("▲", dose.stage.replace("_", " ")))


def due(row: BoardRow, now: datetime, zone: str) -> str:
    """When the next dose is due by the first prescription."""
    if not row.courses or row.courses[0].due is None:
        return ""
    moment = parse_moment(row.courses[0].due)
    return "now" if moment <= now else clock_text(moment, zone)


def today(row: BoardRow) -> str:
    """What was given today, and how much of a day's maximum that is."""
    if not row.courses:
        return ""
    course = row.courses[0]
    given = mass_text(mass_of(course.given_today))
    return given if course.step is None else f"{given} of {mass_text(mass_of(course.step.daily_maximum))}"


def course_lines(course: CourseView, row: BoardRow, now: datetime, zone: str) -> list[str]:
    """A prescription, what it permits now, and what was given last."""
    lines = [medicine(course.product, permitted(course), course.route)]
    if course.step is not None:
        until = local_text(parse_moment(course.step.ends), zone)
        lines.append(f"PRESCRIBED BY {course.prescriber.name}, until {until}")
    return [*lines, last_line(row, now, zone)]


def last_line(row: BoardRow, now: datetime, zone: str) -> str:
    """The last dose that entered the patient."""
    if row.last is None:
        return "LAST  none on record"
    ended = parse_moment(row.last.ended_at)
    ago = minutes_text(passed(ended, now))
    return f"LAST  {local_text(ended, zone)}   {mass_text(mass_of(row.last.mass))}   {ago} ago"


def minutes_text(time: timedelta) -> str:
    """The time in whole minutes."""
    minutes = max(time, timedelta(0)) // MINUTE * MINUTE
    return duration_text(minutes) if minutes else "less than 1min"


def permitted(course: CourseView) -> Mass | None:
    """The largest mass of a prescription now: what its syringe can hold, where it is measured in one."""
    if course.measurable is not None:
        return mass_of(course.measurable)
    return None if course.step is None else mass_of(course.step.largest_single)
