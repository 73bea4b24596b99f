"""What people ask of the register."""

from __future__ import annotations

from dataclasses import dataclass

from hat_clinic.domain.entries.register import Footnoted
from hat_clinic.vocabulary.ids import ContainerId, CountId, DoseId, PageId
from hat_clinic.vocabulary.quantities import Mass
from hat_clinic.vocabulary.terms import CorrectionReason


@dataclass(frozen=True, slots=True)
class ClosePage:
    """Let no line be added to this page any more."""

    page: PageId


@dataclass(frozen=True, slots=True)
class CorrectLine:
    """Put a dated footnote under the line, or sub-line, of entry `line`.

    `recorded_text` and `actual_text` are, by `what`: a patient's id; a moment in RFC 3339; a lot.
    `dose` or `count` is what the line is about, where it is about one. A mass is corrected in
    `container`; where the line has only one, it need not be named.
    """

    page: PageId
    line: int
    what: Footnoted
    reason: CorrectionReason
    recorded: Mass | None = None
    actual: Mass | None = None
    recorded_text: str | None = None
    actual_text: str | None = None
    container: ContainerId | None = None
    dose: DoseId | None = None
    count: CountId | None = None
