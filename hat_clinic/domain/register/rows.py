"""The register as rows of text, under the headings the law asks for.

Ids stand where names belong: whoever prints it and may know the names puts them in. Each moment
stands there twice: on the wall clock of the site's zone, by which the law counts days, and in UTC.
Source: UK MDR 2001 reg 19(1)(d) and (e), reg 20; BtMVV §14.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from hat_clinic.domain.register.measures import pieces_of, volume_of
from hat_clinic.domain.register.state import Footnote, Line, LineKind, Page, SubLine
from hat_clinic.domain.stock.amounts import signed
from hat_clinic.vocabulary.ids import DoseId
from hat_clinic.vocabulary.moments import clinic_day, moment_text, zoned_text
from hat_clinic.vocabulary.quantities import Mass

HEADINGS = (
    "page",
    "drug",
    "form",
    "strength",
    "expression",
    "one container (micrograms)",
    "one container (microlitres)",
    "zone",
    "line",
    "entry",
    "obtained or supplied (site time)",
    "obtained or supplied (UTC)",
    "entered (site time)",
    "entered (UTC)",
    "kind",
    "obtained from (name and address)",
    "delivery note",
    "supplied to",
    "authority (prescriber)",
    "authority (prescription)",
    "collected by",
    "proof of identity requested",
    "proof of identity provided",
    "in (micrograms)",
    "out (micrograms)",
    "balance (micrograms)",
    "of which (micrograms)",
    "in (microlitres)",
    "out (microlitres)",
    "balance (microlitres)",
    "of which (microlitres)",
    "in (pieces)",
    "out (pieces)",
    "balance (pieces)",
    "performer",
    "verifier",
    "attributed to",
    "lots",
    "containers",
    "note",
)
UNITS = ("micrograms", "microlitres", "pieces")
DOSES = frozenset({LineKind.DOSE, LineKind.UNPREPARED_DOSE})
LATE = "entered after the day that followed"
_BALANCES = tuple(f"balance ({unit})" for unit in UNITS)
_OF_A_DOSE = (*(f"out ({unit})" for unit in UNITS), *_BALANCES, "lots", "containers", "note")


def csv_rows(pages: Iterable[Page], lines: Iterable[Line], zone: str) -> list[list[str]]:
    """The headings, then every page in order with its lines in order."""
    on_page: dict[str, list[Line]] = {}
    for line in lines:
        on_page.setdefault(line.page, []).append(line)
    rows = [list(HEADINGS)]
    for page in sorted(pages, key=lambda each: (each.product, each.number)):
        rows += page_rows(page, on_page.get(page.page, ()), zone)
    return rows


def page_rows(
    page: Page, lines: Iterable[Line], zone: str, unread: frozenset[DoseId] = frozenset()
) -> list[list[str]]:
    """What came forward, each line with its sub-lines and footnotes under it, and the closing.

    Of the doses in `unread` it is said that they are there, and neither how much they are nor what
    the balance is from there on: it would tell.
    """
    begin = {
        "kind": "brought_forward",
        **_entered(page.opened_at, zone),
        **_amounts(page, "balance", page.brought_forward, page.brought_overdrawn),
    }
    rows = [_row(page, zone, begin)]
    told = True
    for line in sorted(lines, key=lambda each: each.number):
        told = told and line.dose not in unread
        cells = _line(page, line, zone)
        if not told:
            cells |= dict.fromkeys(_BALANCES, "")
        if line.counted is not None and not told:
            cells |= {"note": ""}
        if line.dose in unread:
            rows.append(_row(page, zone, cells | dict.fromkeys(_OF_A_DOSE, "")))
            continue
        rows.append(_row(page, zone, cells))
        rows += [_row(page, zone, _sub_line(page, line, each, zone)) for each in line.sub_lines]
        rows += [_row(page, zone, _footnote(line, each, zone)) for each in line.footnotes]
    if page.closed and page.closed_at is not None:
        end = {
            "kind": "page_closed",
            **_entered(page.closed_at, zone),
            **_amounts(page, "balance", page.balance, page.overdrawn),
            "performer": page.closed_by or "",
            "note": f"{page.lines} lines",
        }
        rows.append(_row(page, zone, end))
    return rows


def is_late(happened: datetime, entered: datetime, zone: str) -> bool:
    """Whether it was entered later than the law lets it be: not on its day, and not on the next.

    Source: UK MDR 2001 reg 20(b).
    """
    return clinic_day(entered, zone, 0) - clinic_day(happened, zone, 0) > timedelta(days=1)


def _row(page: Page, zone: str, cells: dict[str, str]) -> list[str]:
    liquid = page.content_volume
    head = {
        "page": page.page,
        "drug": page.drug,
        "form": page.form,
        "strength": page.strength,
        "expression": page.balance.expression.value,
        "one container (micrograms)": _mass(page.content),
        "one container (microlitres)": "" if liquid is None else str(liquid.microlitres),
        "zone": zone,
    }
    found = head | cells
    return [_cell(found.get(heading, "")) for heading in HEADINGS]


def _line(page: Page, line: Line, zone: str) -> dict[str, str]:
    return {
        "line": str(line.number),
        "entry": str(line.seq),
        **_happened(line.happened, zone),
        **_entered(line.at, zone),
        "kind": line.kind.value,
        "obtained from (name and address)": line.source or "",
        "delivery note": line.reference or "",
        "supplied to": line.patient or "",
        "authority (prescriber)": line.authority or "",
        "authority (prescription)": line.prescription or "",
        "collected by": "patient" if line.kind in DOSES else "",
        **_proof_of_identity(line),
        **_amounts(page, "in", line.mass_in),
        **_amounts(page, "out", line.mass_out),
        **_amounts(page, "balance", line.balance, line.overdrawn),
        "performer": line.performer,
        "verifier": line.verifier or "",
        "lots": " ".join(line.lots),
        "containers": " ".join(line.containers),
        "note": _note(page, line, zone),
    }


def _proof_of_identity(line: Line) -> dict[str, str]:
    if line.identified is None:
        return {}
    answer = "Y" if line.identified else "N"
    return {"proof of identity requested": answer, "proof of identity provided": answer}


def _note(page: Page, line: Line, zone: str) -> str:
    parts = []
    if line.whereabouts is not None:
        parts.append(line.whereabouts.value)
    if line.counted is not None:
        parts.append(f"counted {line.counted.micrograms}")
    if line.corrects is not None:
        parts.append(f"corrects entry {line.corrects}")
    if line.reason is not None:
        parts.append(line.reason.value)
    if (stated := stated_otherwise(page, line)) is not None:
        parts.append(f"{stated} microlitres were stated")
    if is_late(line.happened, line.at, zone):
        parts.append(LATE)
    return "; ".join(parts)


def stated_otherwise(page: Page, line: Line) -> int | None:
    """The liquid its entry states, where that is not what the mass comes to by the label.

    Units: microlitres.
    """
    moved = line.mass_in if line.mass_in is not None else line.mass_out
    if line.volume is None or moved is None or line.volume == volume_of(page, moved):
        return None
    return line.volume.microlitres


def _sub_line(page: Page, line: Line, part: SubLine, zone: str) -> dict[str, str]:
    said = []
    if part.read_by is not None:
        said.append(f"surplus; {part.read_by} read the dose without it, nobody signed that it was wasted")
    if part.waived and part.verifier is None:
        said.append("the second signature is waived")
    if is_late(part.happened, part.at, zone):
        said.append(LATE)
    return {
        "line": str(line.number),
        "entry": str(part.seq),
        **_happened(part.happened, zone),
        **_entered(part.at, zone),
        "kind": part.kind.value,
        **_amounts(page, "of which", part.mass),
        "performer": part.performer,
        "verifier": part.verifier or "",
        "note": "; ".join(said),
    }


def _footnote(line: Line, note: Footnote, zone: str) -> dict[str, str]:
    was = note.recorded_text or _mass(note.recorded)
    actual = note.actual_text or _mass(note.actual)
    said = [f"{note.what.value}: {was} should be {actual}" if actual else note.what.value]
    if note.sub_line is not None:
        said.append(f"of entry {note.sub_line}")
    if note.incident is not None:
        said.append(f"incident {note.incident}")
    if note.reason is not None:
        said.append(note.reason.value)
    return {
        "line": str(line.number),
        "entry": str(note.seq),
        **_entered(note.at, zone),
        "kind": "footnote",
        "performer": "" if note.attributed else note.by,
        "verifier": note.confirmed_by or "",
        "attributed to": note.by if note.attributed else "",
        "note": "; ".join(said),
    }


def _happened(moment: datetime, zone: str) -> dict[str, str]:
    return {
        "obtained or supplied (site time)": zoned_text(moment, zone),
        "obtained or supplied (UTC)": moment_text(moment),
    }


def _entered(moment: datetime, zone: str) -> dict[str, str]:
    return {"entered (site time)": zoned_text(moment, zone), "entered (UTC)": moment_text(moment)}


def _amounts(page: Page, where: str, mass: Mass | None, overdrawn: Mass | None = None) -> dict[str, str]:
    """The mass, and beside it what it is in liquid or in pieces; below zero where it is overdrawn."""
    if mass is None:
        return {}
    amount = signed(mass, overdrawn)
    sign, size = "-" if amount < 0 else "", Mass(abs(amount), mass.expression)
    found = {f"{where} (micrograms)": f"{sign}{size.micrograms}"}
    if (volume := volume_of(page, size)) is not None:
        found[f"{where} (microlitres)"] = f"{sign}{volume.microlitres}"
    if (pieces := pieces_of(page, size)) is not None:
        found[f"{where} (pieces)"] = f"{sign}{pieces}"
    return found


def _mass(mass: Mass | None) -> str:
    return "" if mass is None else str(mass.micrograms)


def _cell(text: str) -> str:
    """Text that a spreadsheet shows and does not run; numbers below zero stay numbers."""
    if text[:1] in ("=", "+", "@", "\t", "\r") or (text[:1] == "-" and not text[1:].isdigit()):
        return f"'{text}"
    return text
