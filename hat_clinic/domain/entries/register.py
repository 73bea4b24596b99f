"""Entries about the register itself: footnotes and closed pages."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from hat_clinic.vocabulary.ids import ContainerId, CountId, DoseId, PageId
from hat_clinic.vocabulary.quantities import Mass
from hat_clinic.vocabulary.terms import CorrectionReason


class Footnoted(StrEnum):
    """What about a line was wrong."""

    MASS = "mass"
    PATIENT = "patient"
    TIME = "time"
    LOT = "lot"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class LineCorrected:
    """A dated footnote to the line of entry `line`; counts once confirmed. The line stays.

    For a mass, `recorded` and `actual` say both. `recorded_text` and `actual_text` are a patient's id,
    a moment or a lot, by `what`, and nothing else.
    A mass also says what its correction puts into the balance (`adds`) or takes out of it
    (`takes`), and in which container; `dose` or `count` is what the line is about.
    """

    line: int
    page: PageId
    what: Footnoted
    reason: CorrectionReason
    recorded: Mass | None = None
    actual: Mass | None = None
    recorded_text: str | None = None
    actual_text: str | None = None
    adds: Mass | None = None
    takes: Mass | None = None
    container: ContainerId | None = None
    dose: DoseId | None = None
    count: CountId | None = None


@dataclass(frozen=True, slots=True)
class PageClosed:
    """No line is added to this page from here on; the next page carries the balance forward."""

    page: PageId
    lines: int
    balance: Mass
