"""What would stop somebody from closing a page or correcting a line: rules CD40 to CD50."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from hat_clinic.domain.entries.register import Footnoted, LineCorrected
from hat_clinic.domain.register.commands import ClosePage, CorrectLine
from hat_clinic.domain.register.state import Line, LineKind, Page, unclosed
from hat_clinic.vocabulary.errors import Finding, Rejected
from hat_clinic.vocabulary.ids import ContainerId, is_lot, is_uuid7
from hat_clinic.vocabulary.moments import parse_moment
from hat_clinic.vocabulary.quantities import Mass

REG_20_C = "UK MDR 2001 reg 20(c)"
REG_20_A = "UK MDR 2001 reg 20(a)"


def assess_close(page: Page | None, lines: Sequence[Line], command: ClosePage) -> tuple[Finding, ...]:
    """Every reason why this page cannot be closed; `lines` are those on it.

    CD40: a page that is not there, or closed already.
    """
    if page is None or page.closed:
        words = "There is no open page of this name. Look for the product's newest page."
        return (Finding("CD40", words, REG_20_A),)
    return (*_dose_still_out(lines), *_nothing_on_it(page), *_overdrawn(page))


def _dose_still_out(lines: Sequence[Line]) -> Iterator[Finding]:
    """CD41: a page with a dose of which nobody has yet said where all of it went.

    Source: house rule on stock: whatever was drawn is closed to 0.
    """
    out = [each for each in lines if unclosed(each)]
    if out:
        words = f"{len(out)} doses on this page are still out. Account for all of each, then close the page."
        yield Finding("CD41", words, "house rule on stock")


def _nothing_on_it(page: Page) -> Iterator[Finding]:
    """CD42: a page without a line.

    Source: UK MDR 2001 reg 20(a).
    """
    if page.lines == 0:
        yield Finding("CD42", "Nothing stands on this page yet. Go on using it.", REG_20_A)


def _overdrawn(page: Page) -> Iterator[Finding]:
    """CD43: a page from which more went out than ever came in.

    Source: NHS Tayside, discrepancies: reconcile, then carry forward.
    """
    if page.overdrawn is not None:
        words = (
            f"More went out on this page than came in, by {page.overdrawn.micrograms} micrograms. "
            "Book the overfill or correct the wrong line first."
        )
        yield Finding("CD43", words, "NHS Tayside, discrepancies")


def assess_correct(line: Line | None, command: CorrectLine | LineCorrected) -> tuple[Finding, ...]:
    """Every reason why this footnote cannot stand under this line.

    CD44: a line that is not on this page.
    CD47: a correction of a correction: it goes under the original.
    """
    if line is None or line.page != command.page or not _is_of(line, command.line):
        words = "There is no such line on this page. Open the page and choose the line there."
        return (Finding("CD44", words, REG_20_C),)
    if line.kind is LineKind.CORRECTION:
        words = f"This line is a correction. Correct the original, entry {line.corrects}."
        return (Finding("CD47", words, REG_20_C),)
    if command.what is Footnoted.MASS:
        return (*_mass(line, command), *_not_a_code(command))
    return (*_text(command), *_not_a_code(command))


def _mass(line: Line, command: CorrectLine | LineCorrected) -> Iterator[Finding]:
    """CD45: a mass to correct that is not what stands there. CD07 and CD46 too.

    CD48: a correction that changes nothing.
    CD49: a mass of which nobody can say in which container it was wrong.

    Source: UK MDR 2001 reg 20(c): the footnote says what was wrong, the line stays.
    """
    now = standing(line, command.line)
    if now is None or command.recorded is None or command.actual is None:
        words = "A corrected mass says what was recorded and what it really was, on a line with a mass."
        yield Finding("CD46", words, REG_20_C)
        return
    if command.actual.expression is not now.expression:
        words = f"This line is in {now.expression.value.replace('_', ' ')}. Enter the mass as that."
        yield Finding("CD07", words, "Swissmedic-approved text Diaphin, composition")
    if command.recorded != now:
        words = "Something else stands there now. Look at the line again before you correct it."
        yield Finding("CD45", words, REG_20_C)
    if command.actual == command.recorded:
        yield Finding("CD48", "This changes nothing. Enter what the mass really was.", REG_20_C)
    if command.line == line.seq and container_of(line, command.container) is None:
        words = "Say in which container of this line the mass was wrong."
        yield Finding("CD49", words, REG_20_C)


def _text(command: CorrectLine | LineCorrected) -> Iterator[Finding]:
    """CD46: a footnote that does not say what stood there and what it should be, or mixes text and mass.

    CD48 too.

    Source: UK MDR 2001 reg 20(c).
    """
    if command.recorded is not None or command.actual is not None:
        words = "A mass is corrected by itself. Make this footnote without one."
        yield Finding("CD46", words, REG_20_C)
    if command.what is Footnoted.OTHER:
        return
    if not command.recorded_text or not command.actual_text:
        words = "Say what stands there and what it should have been."
        yield Finding("CD46", words, REG_20_C)
    elif command.recorded_text == command.actual_text:
        yield Finding("CD48", "This changes nothing. Enter what it really was.", REG_20_C)


def _not_a_code(command: CorrectLine | LineCorrected) -> Iterator[Finding]:
    """CD50: a footnote with words of one's own where a patient's id, a moment or a lot belongs, or none.

    Source: house rule on records: register entries hold ids and quantities only.
    """
    said = [each for each in (command.recorded_text, command.actual_text) if each is not None]
    form, allowed = _FORMS.get(command.what, _NONE)
    if not all(allowed(each) for each in said):
        words = f"Words of your own have no place here: {form}."
        yield Finding("CD50", words, "house rule on records")


def _is_moment(text: str) -> bool:
    try:
        parse_moment(text)
    except Rejected:
        return False
    return True


_FORMS: dict[Footnoted, tuple[str, Callable[[str], bool]]] = {
    Footnoted.PATIENT: ("choose both patients from the list", is_uuid7),
    Footnoted.TIME: ("enter both times as RFC 3339 text in UTC", _is_moment),
    Footnoted.LOT: ("a lot has up to 20 letters, digits, dots, slashes and dashes", is_lot),
}
_NONE: tuple[str, Callable[[str], bool]] = ("leave both texts out", lambda _: False)


def standing(line: Line, seq: int) -> Mass | None:
    """The mass that stands now for entry `seq`: the line's own, or its sub-line's."""
    if seq == line.seq:
        return line.stands
    return next((each.stands for each in line.sub_lines if each.seq == seq), None)


def container_of(line: Line, named: ContainerId | None) -> ContainerId | None:
    """The container of the line whose mass is corrected: the one named, or the only one."""
    if named is not None:
        return named if named in line.containers else None
    return line.containers[0] if len(line.containers) == 1 else None


def _is_of(line: Line, seq: int) -> bool:
    return seq == line.seq or any(each.seq == seq for each in line.sub_lines)
