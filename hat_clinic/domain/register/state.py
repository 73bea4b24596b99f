"""The controlled-drug register: pages of one product, lines on them, what stands under a line."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from hat_clinic.vocabulary.ids import (
    ContainerId,
    CountId,
    DoseId,
    IncidentId,
    PageId,
    PatientId,
    PersonId,
    PrescriptionId,
    ProductId,
)
from hat_clinic.vocabulary.quantities import Mass, Volume
from hat_clinic.vocabulary.terms import (
    ContainerKind,
    CorrectionReason,
    LossReason,
    UnplannedReason,
    Whereabouts,
)


class LineKind(StrEnum):
    """What a line says happened to the balance."""

    RECEIVED = "received"
    OPENING_BALANCE = "opening_balance"
    OVERFILL = "overfill"
    DOSE = "dose"
    UNPREPARED_DOSE = "unprepared_dose"
    ACCOUNTED = "accounted"
    COUNT = "count"
    CORRECTION = "correction"


class SubKind(StrEnum):
    """Where a part of what went out ended up."""

    GIVEN = "given"
    WASTED = "wasted"
    SPILLED = "spilled"
    RETURNED = "returned"
    UNACCOUNTED = "unaccounted"


class Note(StrEnum):
    """What a footnote is about: the first five correct, the others only tell."""

    MASS = "mass"
    PATIENT = "patient"
    TIME = "time"
    LOT = "lot"
    OTHER = "other"
    MISMATCHED = "mismatched"
    UNDER_INVESTIGATION = "under_investigation"


@dataclass(frozen=True, slots=True)
class SubLine:
    """A part of an out-line: where this much of it went, and who says so.

    `happened_at` is there where the entry says when it happened. `verifier` has signed for this part.
    `read_by` has not: their reading agreed with what is left without the surplus, and that books the
    surplus as wasted. `waived`: the pack lets the dose given whole stand on one signature.
    `actual` is what a correction says the mass was.
    """

    kind: SubKind
    mass: Mass
    seq: int
    at: datetime
    performer: PersonId
    payload: bytes
    verifier: PersonId | None = None
    actual: Mass | None = None
    happened_at: datetime | None = None
    read_by: PersonId | None = None
    waived: bool | None = None

    @property
    def happened(self) -> datetime:
        """When it happened: as its entry says, or else when it was entered."""
        return self.at if self.happened_at is None else self.happened_at

    @property
    def stands(self) -> Mass:
        """The mass as corrections leave it."""
        return self.mass if self.actual is None else self.actual


@dataclass(frozen=True, slots=True)
class Footnote:
    """A dated note under a line, which itself stays as it was written.

    `sub_line` is the entry of the sub-line it is about, where it is about one. `attributed`: the
    machine wrote it because of what the person `by` did, who has not signed it.
    """

    seq: int
    at: datetime
    what: Note
    by: PersonId
    confirmed_by: PersonId | None = None
    reason: CorrectionReason | None = None
    recorded: Mass | None = None
    actual: Mass | None = None
    recorded_text: str | None = None
    actual_text: str | None = None
    sub_line: int | None = None
    incident: IncidentId | None = None
    attributed: bool | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """A page of one product at this site; only its last page is open.

    `overdrawn` is what went out beyond all that came in; it is there only while the balance
    is zero. `brought_forward` and `brought_overdrawn` are both as they stood when it began.
    `content`, `content_volume` and `container_kind` are one container of the product, as its label says.
    """

    page: PageId
    number: int
    product: ProductId
    drug: str
    form: str
    strength: str
    opened_at: datetime
    brought_forward: Mass
    balance: Mass
    lines: int
    closed: bool
    brought_overdrawn: Mass | None = None
    overdrawn: Mass | None = None
    closed_at: datetime | None = None
    closed_by: PersonId | None = None
    content: Mass | None = None
    content_volume: Volume | None = None
    container_kind: ContainerKind | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One line, never changed but completed: by its verifier, its sub-lines and footnotes.

    `seq` is the entry that says what it says, `at` when the line was entered; `happened_at` is there
    where that was at another time. `balance` is after it. `volume` is what its entry says of the
    liquid. `identified`: the dose relies on an identity that was checked. `surplus` is booked as
    wasted when the reading of the second person agrees; `counted` is what a count found; `corrects`
    is the line that a correction belongs to, and `actual` what corrections say its mass was.
    """

    page: PageId
    number: int
    seq: int
    at: datetime
    kind: LineKind
    performer: PersonId
    balance: Mass
    containers: tuple[ContainerId, ...]
    lots: tuple[str, ...]
    sub_lines: tuple[SubLine, ...]
    footnotes: tuple[Footnote, ...]
    mass_in: Mass | None = None
    mass_out: Mass | None = None
    overdrawn: Mass | None = None
    verifier: PersonId | None = None
    dose: DoseId | None = None
    patient: PatientId | None = None
    authority: PersonId | None = None
    prescription: PrescriptionId | None = None
    identified: bool | None = None
    surplus: Mass | None = None
    source: str | None = None
    reference: str | None = None
    whereabouts: Whereabouts | None = None
    lost_by: LossReason | None = None
    unplanned_by: UnplannedReason | None = None
    corrected_by: CorrectionReason | None = None
    count: CountId | None = None
    counted: Mass | None = None
    corrects: int | None = None
    actual: Mass | None = None
    happened_at: datetime | None = None
    volume: Volume | None = None

    @property
    def happened(self) -> datetime:
        """The date of receipt or supply: as the entry says, or else when the line was entered."""
        return self.at if self.happened_at is None else self.happened_at

    @property
    def key(self) -> str:
        """Under what the line is found: its dose, its count, or the number of its entry."""
        return line_key(self.seq, self.dose, self.count)

    @property
    def reason(self) -> LossReason | UnplannedReason | CorrectionReason | None:
        """Why the line was written, where its kind asks for a reason."""
        return self.lost_by or self.unplanned_by or self.corrected_by

    @property
    def stands(self) -> Mass | None:
        """The mass of the line as corrections leave it; None where a line moves nothing."""
        if self.actual is not None:
            return self.actual
        return self.mass_in if self.mass_in is not None else self.mass_out


def line_key(seq: int, dose: DoseId | None = None, count: CountId | None = None) -> str:
    """Where a line is kept, so that the entries that complete it find it without looking back."""
    return dose or count or f"{seq:016d}"


def page_id(product: ProductId, number: int) -> PageId:
    """The id of the product's page of this number, which every copy of the log gives it."""
    return PageId(f"{product}/{number}")


def product_of(page: PageId) -> ProductId:
    """The product whose page this is."""
    return ProductId(page.rpartition("/")[0])


def unclosed(line: Line) -> bool:
    """Whether some of the dose that went out on this line has not been said where it went."""
    if line.kind not in (LineKind.DOSE, LineKind.UNPREPARED_DOSE):
        return False
    out = line.stands
    return out is not None and sum(each.stands.micrograms for each in line.sub_lines) != out.micrograms
