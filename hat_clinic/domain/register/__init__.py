"""The controlled-drug register: pages, lines, footnotes.

Read in this order: `state`, `commands`, `assess`, `decide`, `writing` and `evolve`, `measures`, `rows`.
"""

from __future__ import annotations

from hat_clinic.domain.register.evolve import evolve_register
from hat_clinic.domain.register.rows import csv_rows, page_rows
from hat_clinic.domain.register.state import Footnote, Line, LineKind, Note, Page, SubKind, SubLine, line_key
from hat_clinic.domain.register.writing import Book, Changes

__all__ = [
    "Book",
    "Changes",
    "Footnote",
    "Line",
    "LineKind",
    "Note",
    "Page",
    "SubKind",
    "SubLine",
    "csv_rows",
    "evolve_register",
    "line_key",
    "page_rows",
]
