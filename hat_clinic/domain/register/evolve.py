"""What each entry does to the register. Total: a new kind of entry must say so here.

Nothing is ever taken off a line. A dose's line is completed by its verifier, its sub-lines say
where the drug went, footnotes correct; a corrected mass also gets a line of its own with the
difference, so that the running balance is right while the wrong line stays readable.
"""

from __future__ import annotations

from typing import assert_never

from hat_clinic.domain.entries import Recorded, SealedEntry
from hat_clinic.domain.entries.doses import (
    DoseGiven,
    DoseHandedOver,
    DoseMismatched,
    DosePermitted,
    DosePrepared,
    DoseRemainderAccounted,
    DoseVerified,
    GivenVerified,
    UnpreparedDoseReported,
)
from hat_clinic.domain.entries.incidents import IncidentClosed, IncidentOpened
from hat_clinic.domain.entries.packs import PackAdopted
from hat_clinic.domain.entries.patients import PatientEnrolled
from hat_clinic.domain.entries.prescriptions import PrescriptionEnded, PrescriptionSigned
from hat_clinic.domain.entries.register import LineCorrected, PageClosed
from hat_clinic.domain.entries.staff import (
    KeyGranted,
    KeyRevoked,
    LicenceRecorded,
    PersonAppointed,
    RoleGranted,
    RoleRevoked,
)
from hat_clinic.domain.entries.stock import (
    OverfillFound,
    ProductListed,
    StockAccounted,
    StockCounted,
    StockReceived,
    StockRecounted,
)
from hat_clinic.domain.entries.system import (
    ActConfirmed,
    ActRefused,
    ClockAccepted,
    ClockAgreed,
    ClockDoubted,
    LedgerOpened,
    SignInFailures,
)
from hat_clinic.domain.entries.terminals import TerminalEnrolled, TerminalRevoked
from hat_clinic.domain.entries.visits import (
    FitnessStated,
    IdentityChecked,
    PatientArrived,
    PatientAssessed,
    PatientLeft,
)
from hat_clinic.domain.register import stock_lines
from hat_clinic.domain.register.state import (
    Footnote,
    LineKind,
    Note,
    Page,
    SubKind,
    line_key,
    page_id,
    product_of,
)
from hat_clinic.domain.register.writing import (
    NOTHING,
    Book,
    Changes,
    add_line,
    by_machine,
    drawn,
    sub_line,
    sub_lines_verified,
    with_footnote,
    with_sub_lines,
)
from hat_clinic.vocabulary.ids import PersonId
from hat_clinic.vocabulary.quantities import Mass
from hat_clinic.vocabulary.replacing import replace


def evolve_register(book: Book, recorded: Recorded) -> Changes:
    """The pages and lines this entry makes or completes."""
    first, confirmed = recorded.named or recorded, recorded.named is not None
    entry, person = first.entry, PersonId(recorded.person)
    match entry:
        case ProductListed():
            return _first_page(book, recorded, entry) if confirmed else NOTHING
        case StockReceived():
            return stock_lines.received(book, recorded, entry) if confirmed else NOTHING
        case OverfillFound():
            return stock_lines.overfill(book, recorded, entry) if confirmed else NOTHING
        case LineCorrected():
            return _corrected(book, recorded, entry) if confirmed else NOTHING
        case StockAccounted():
            if confirmed:
                return _line_verified(book, line_key(first.seq), person)
            return stock_lines.accounted(book, recorded, entry)
        case DoseRemainderAccounted():
            if confirmed:
                return sub_lines_verified(book.line(entry.dose), first.payload, person)
            part = sub_line(recorded, SubKind(entry.whereabouts), entry.mass, entry.happened_at)
            return with_sub_lines(book.line(entry.dose), part)
        case UnpreparedDoseReported():
            if confirmed:
                return _unprepared_confirmed(book, recorded, entry, first.payload)
            return _unprepared(book, recorded, entry)
        case DosePrepared():
            return _prepared(book, recorded, entry)
        case DoseVerified():
            return _verified(book, recorded, entry)
        case DoseMismatched():
            return with_footnote(book.line(entry.dose), _mismatched(recorded, entry))
        case DoseGiven():
            given = sub_line(
                recorded, SubKind.GIVEN, entry.given, entry.happened_at, waived=entry.verifier_waived
            )
            return with_sub_lines(book.line(entry.dose), given)
        case GivenVerified():
            return sub_lines_verified(book.line(entry.dose), entry.names, person)
        case StockRecounted():
            return stock_lines.counted(book, recorded, entry)
        case IncidentOpened():
            return _under_investigation(book, recorded, entry)
        case PageClosed():
            return _closed(book, recorded, entry)
        case (
            SealedEntry() | LedgerOpened() | ActConfirmed() | ActRefused() | SignInFailures()
            | ClockDoubted() | ClockAccepted() | ClockAgreed() | PersonAppointed() | RoleGranted()
            | RoleRevoked() | KeyGranted() | KeyRevoked() | LicenceRecorded() | TerminalEnrolled()
            | TerminalRevoked() | PackAdopted() | PatientEnrolled() | PrescriptionSigned()
            | PrescriptionEnded() | PatientArrived()
            | IdentityChecked() | PatientAssessed() | FitnessStated() | PatientLeft() | DosePermitted()
            | DoseHandedOver() | StockCounted() | IncidentClosed()
        ):  # fmt: skip
            return NOTHING
        case _:
            assert_never(entry)


def _first_page(book: Book, recorded: Recorded, entry: ProductListed) -> Changes:
    if book.open_page(entry.product) is not None:
        return NOTHING
    zero = Mass.zero(entry.content.expression)
    page = Page(
        page_id(entry.product, 1), 1, entry.product, entry.drug, entry.form, entry.strength,
        recorded.at, zero, zero, 0, False, content=entry.content, content_volume=entry.content_volume,
        container_kind=entry.kind,
    )  # fmt: skip
    return Changes(pages=(page,))


def _closed(book: Book, recorded: Recorded, entry: PageClosed) -> Changes:
    """The next page begins at once, so that there always is one to write on."""
    page = book.page(entry.page)
    if page is None or page.closed:
        return NOTHING
    closed = replace(page, closed=True, closed_at=recorded.at, closed_by=PersonId(recorded.person))
    following = replace(
        page,
        page=page_id(page.product, page.number + 1),
        number=page.number + 1,
        opened_at=recorded.at,
        brought_forward=page.balance,
        brought_overdrawn=page.overdrawn,
        lines=0,
    )
    return Changes(pages=(closed, following))


def _line_verified(book: Book, key: str, person: PersonId) -> Changes:
    line = book.line(key)
    return NOTHING if line is None else Changes(lines=(replace(line, verifier=person),))


def _prepared(book: Book, recorded: Recorded, entry: DosePrepared) -> Changes:
    return add_line(
        book.open_page(entry.product),
        recorded,
        LineKind.DOSE,
        dose=entry.dose,
        patient=entry.patient,
        authority=entry.prescriber,
        prescription=entry.prescription,
        identified=bool(entry.relies_on),
        surplus=None if entry.surplus.is_zero else entry.surplus,
        **drawn(entry.draws, entry.mass),
    )


def _verified(book: Book, recorded: Recorded, entry: DoseVerified) -> Changes:
    line = book.line(entry.dose)
    if line is None:
        return NOTHING
    line = replace(line, verifier=PersonId(recorded.person))
    if line.surplus is None:
        return Changes(lines=(line,))
    # The second person signed what they read in the syringe; the surplus was not in it.
    part = sub_line(recorded, SubKind.WASTED, line.surplus, read_by=line.verifier)
    return with_sub_lines(line, replace(part, performer=line.performer))


def _mismatched(recorded: Recorded, entry: DoseMismatched) -> Footnote:
    written = by_machine(recorded)
    return Footnote(recorded.seq, recorded.at, Note.MISMATCHED, entry.verifier, attributed=written)


def _unprepared(book: Book, recorded: Recorded, entry: UnpreparedDoseReported) -> Changes:
    parts = (
        sub_line(recorded, SubKind.GIVEN, entry.given, entry.happened_at),
        sub_line(recorded, SubKind.WASTED, entry.surplus, entry.happened_at),
    )
    return add_line(
        book.open_page(entry.product),
        recorded,
        LineKind.UNPREPARED_DOSE,
        dose=entry.dose,
        patient=entry.patient,
        prescription=entry.prescription,
        unplanned_by=entry.reason,
        happened_at=entry.happened_at,
        sub_lines=tuple(each for each in parts if not each.mass.is_zero),
        **drawn(entry.draws, entry.given),
    )


def _unprepared_confirmed(
    book: Book, recorded: Recorded, entry: UnpreparedDoseReported, payload: bytes
) -> Changes:
    line, person = book.line(entry.dose), PersonId(recorded.person)
    return NOTHING if line is None else sub_lines_verified(replace(line, verifier=person), payload, person)


def _corrected(book: Book, recorded: Recorded, entry: LineCorrected) -> Changes:
    line, first = book.line(line_key(entry.line, entry.dose, entry.count)), recorded.named
    if line is None or first is None:
        return NOTHING
    footnote = Footnote(
        first.seq, recorded.at, Note(entry.what), PersonId(first.person), PersonId(recorded.person),
        entry.reason, entry.recorded, entry.actual, entry.recorded_text, entry.actual_text,
        None if entry.line == line.seq else entry.line,
    )  # fmt: skip
    noted = replace(line, footnotes=(*line.footnotes, footnote))
    if entry.actual is not None and entry.line == line.seq:
        noted = replace(noted, actual=entry.actual)
    elif entry.actual is not None:
        parts = (
            replace(each, actual=entry.actual) if each.seq == entry.line else each for each in line.sub_lines
        )
        noted = replace(noted, sub_lines=tuple(parts))
    if entry.adds is None and entry.takes is None:
        return Changes(lines=(noted,))
    made = add_line(
        book.open_page(product_of(line.page)),
        recorded,
        LineKind.CORRECTION,
        mass_in=entry.adds,
        mass_out=entry.takes,
        containers=() if entry.container is None else (entry.container,),
        corrected_by=entry.reason,
        corrects=line.seq,
    )
    return Changes(made.pages, (noted, *made.lines))


def _under_investigation(book: Book, recorded: Recorded, entry: IncidentOpened) -> Changes:
    line = None
    if entry.count is not None:
        line = book.line(line_key(recorded.seq, count=entry.count))
    elif entry.dose is not None:
        line = book.line(entry.dose)
    note = Footnote(
        recorded.seq, recorded.at, Note.UNDER_INVESTIGATION, PersonId(recorded.person),
        incident=entry.incident, attributed=by_machine(recorded),
    )  # fmt: skip
    return with_footnote(line, note)
