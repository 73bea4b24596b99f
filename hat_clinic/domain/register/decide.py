"""From a command on the register to its entries, or to a refusal with every reason."""

from __future__ import annotations

from collections.abc import Sequence

from hat_clinic.domain.entries.register import LineCorrected, PageClosed
from hat_clinic.domain.register.assess import assess_close, assess_correct, container_of
from hat_clinic.domain.register.commands import ClosePage, CorrectLine
from hat_clinic.domain.register.state import Line, Page
from hat_clinic.vocabulary.errors import Refused
from hat_clinic.vocabulary.quantities import Mass


def decide_close(page: Page | None, lines: Sequence[Line], command: ClosePage) -> PageClosed:
    """The page takes no line any more; the next one carries its balance forward.

    Refuses: CD40 to CD43.
    """
    found = assess_close(page, lines, command)
    if page is None or found:
        raise Refused(found)
    return PageClosed(page.page, page.lines, page.balance)


def decide_correct(line: Line | None, command: CorrectLine) -> LineCorrected:
    """The footnote stands, once a second person confirms it; the line stays as it was.

    Refuses: CD07, CD44 to CD50.
    Why: which way the balance moves is worked out here and signed, so that neither the register
    nor the container has to be asked again what the line said.
    """
    found = assess_correct(line, command)
    if line is None or found:
        raise Refused(found)
    adds, takes = _difference(line, command)
    moves = adds is not None or takes is not None
    return LineCorrected(
        command.line,
        command.page,
        command.what,
        command.reason,
        command.recorded,
        command.actual,
        command.recorded_text,
        command.actual_text,
        adds,
        takes,
        container_of(line, command.container) if moves else None,
        line.dose,
        line.count,
    )


def _difference(line: Line, command: CorrectLine) -> tuple[Mass | None, Mass | None]:
    """What the correction puts into the balance and what it takes out; one of them, or neither.

    A sub-line moves no balance: what it says is inside what its line took out.
    """
    recorded, actual = command.recorded, command.actual
    if recorded is None or actual is None or command.line != line.seq:
        return None, None
    more = recorded < actual
    difference = actual - recorded if more else recorded - actual
    inward = line.mass_in is not None
    return (difference, None) if more == inward else (None, difference)
