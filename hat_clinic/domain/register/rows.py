"""The register as rows of text, under the headings the law asks for.

Ids stand where names belong: whoever prints it and may know the names puts them in.
Source: UK MDR 2001 reg 19(1)(d) and (e), reg 20.
"""

from __future__ import annotations

from collections.abc import Iterable

from hat_clinic.domain.register.state import Footnote, Line, LineKind, Page, SubLine
from hat_clinic.domain.stock.amounts import signed
from hat_clinic.vocabulary.ids import DoseId
from hat_clinic.vocabulary.moments import moment_text
from hat_clinic.vocabulary.quantities import Mass

HEADINGS = (
    "page",
    "drug",
    "form",
    "strength",
    "expression",
    "line",
    "entry",
    "date",
    "kind",
    "obtained from",
    "delivery note",
    "supplied to",
    "authority",
    "collected by",
    "proof of identity requested",
    "proof of identity provided",
    "in (micrograms)",
    "out (micrograms)",
    "balance (micrograms)",
    "of which (micrograms)",
    "performer",
    "verifier",
    "lots",
    "containers",
    "note",
)
_OF_A_DOSE = ("out (micrograms)", "lots", "containers", "note")
DOSES = frozenset({LineKind.DOSE, LineKind.UNPREPARED_DOSE})


def csv_rows(pages: Iterable[Page], lines: Iterable[Line]) -> list[list[str]]:
    """The headings, then every page in order with its lines in order."""
    on_page: dict[str, list[Line]] = {}
    for line in lines:
        on_page.setdefault(line.page, []).append(line)
    rows = [list(HEADINGS)]
    for page in sorted(pages, key=lambda each: (each.product, each.number)):
        rows += page_rows(page, on_page.get(page.page, ()))
    return rows


def page_rows(page: Page, lines: Iterable[Line], unread: frozenset[DoseId] = frozenset()) -> list[list[str]]:
    """What came forward, each line with its sub-lines and footnotes under it, and the closing.

    Of the doses in `unread` it is said that they are there, and neither how much they are nor what
    the balance is from there on: it would tell.
    """
    begin = {
        "date": moment_text(page.opened_at),
        "kind": "brought_forward",
        "balance (micrograms)": str(signed(page.brought_forward, page.brought_overdrawn)),
    }
    rows = [_row(page, begin)]
    told = True
    for line in sorted(lines, key=lambda each: each.number):
        told = told and line.dose not in unread
        cells = _line(line) if told else _line(line) | {"balance (micrograms)": ""}
        if line.counted is not None and not told:
            cells |= {"note": ""}
        if line.dose in unread:
            rows.append(_row(page, cells | dict.fromkeys(_OF_A_DOSE, "")))
            continue
        rows.append(_row(page, cells))
        rows += [_row(page, _sub_line(line, each)) for each in line.sub_lines]
        rows += [_row(page, _footnote(line, each)) for each in line.footnotes]
    if page.closed and page.closed_at is not None:
        end = {
            "date": moment_text(page.closed_at),
            "kind": "page_closed",
            "balance (micrograms)": str(signed(page.balance, page.overdrawn)),
            "performer": page.closed_by or "",
            "note": f"{page.lines} lines",
        }
        rows.append(_row(page, end))
    return rows


def _row(page: Page, cells: dict[str, str]) -> list[str]:
    head = {
        "page": page.page,
        "drug": page.drug,
        "form": page.form,
        "strength": page.strength,
        "expression": page.balance.expression.value,
    }
    found = head | cells
    return [_cell(found.get(heading, "")) for heading in HEADINGS]


def _line(line: Line) -> dict[str, str]:
    return {
        "line": str(line.number),
        "entry": str(line.seq),
        "date": moment_text(line.at),
        "kind": line.kind.value,
        "obtained from": line.source or "",
        "delivery note": line.reference or "",
        "supplied to": line.patient or "",
        "authority": line.authority or "",
        "collected by": "patient" if line.kind in DOSES else "",
        **_proof_of_identity(line),
        "in (micrograms)": _mass(line.mass_in),
        "out (micrograms)": _mass(line.mass_out),
        "balance (micrograms)": str(signed(line.balance, line.overdrawn)),
        "performer": line.performer,
        "verifier": line.verifier or "",
        "lots": " ".join(line.lots),
        "containers": " ".join(line.containers),
        "note": _note(line),
    }


def _proof_of_identity(line: Line) -> dict[str, str]:
    if line.kind not in DOSES:
        return {}
    answer = "Y" if line.identified else "N"
    return {"proof of identity requested": answer, "proof of identity provided": answer}


def _note(line: Line) -> str:
    parts = []
    if line.whereabouts is not None:
        parts.append(line.whereabouts.value)
    if line.counted is not None:
        parts.append(f"counted {line.counted.micrograms}")
    if line.corrects is not None:
        parts.append(f"corrects entry {line.corrects}")
    if line.reason is not None:
        parts.append(line.reason.value)
    return "; ".join(parts)


def _sub_line(line: Line, part: SubLine) -> dict[str, str]:
    return {
        "line": str(line.number),
        "entry": str(part.seq),
        "date": moment_text(part.at),
        "kind": part.kind.value,
        "of which (micrograms)": _mass(part.mass),
        "performer": part.performer,
        "verifier": part.verifier or "",
    }


def _footnote(line: Line, note: Footnote) -> dict[str, str]:
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
        "date": moment_text(note.at),
        "kind": "footnote",
        "performer": note.by,
        "verifier": note.confirmed_by or "",
        "note": "; ".join(said),
    }


def _mass(mass: Mass | None) -> str:
    return "" if mass is None else str(mass.micrograms)


def _cell(text: str) -> str:
    """Text that a spreadsheet shows and does not run; numbers below zero stay numbers."""
    if text[:1] in ("=", "+", "@", "\t", "\r") or (text[:1] == "-" and not text[1:].isdigit()):
        return f"'{text}"
    return text
