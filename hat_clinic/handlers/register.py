"""The use cases of the register: close a page, correct a line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hat_clinic.domain.doses.hidden import hidden_from
from hat_clinic.domain.entries.register import LineCorrected, PageClosed
from hat_clinic.domain.register.assess import assess_correct
from hat_clinic.domain.register.commands import ClosePage, CorrectLine
from hat_clinic.domain.register.decide import decide_close, decide_correct
from hat_clinic.domain.register.state import line_key
from hat_clinic.handlers.acts import Act, Actor, Decision
from hat_clinic.projections.doses import DOSES
from hat_clinic.projections.register import LINES, StoredBook, lines_of
from hat_clinic.store.states import States
from hat_clinic.store.transaction import Transaction
from hat_clinic.vocabulary.errors import Finding
from hat_clinic.vocabulary.ids import PersonId
from hat_clinic.vocabulary.terms import Role

CLOSERS = frozenset({Role.PHARMACIST, Role.CONTROLLED_DRUGS_LEAD})
CORRECTORS = frozenset({Role.NURSE, Role.PHARMACIST, Role.CONTROLLED_DRUGS_LEAD})


def _close(tx: Transaction, actor: Actor, command: ClosePage) -> Decision:
    page = StoredBook(tx).page(command.page)
    return Decision((decide_close(page, lines_of(tx, command.page), command),))


def _correct(tx: Transaction, actor: Actor, command: CorrectLine) -> Decision:
    """Under a dose that is unread there is no line yet: what stands on it could be tried out."""
    line = LINES.load(tx, line_key(command.line, command.dose, command.count))
    dose = None if line is None or line.dose is None else DOSES.load(tx, line.dose)
    if dose is not None and hidden_from(dose, actor.person):
        line = None
    return Decision((decide_correct(line, command),))


def _correct_again(tx: States, by: PersonId, said: LineCorrected) -> tuple[Finding, ...]:
    return assess_correct(LINES.load(tx, line_key(said.line, said.dose, said.count)), said)


# What the rules say of a first statement at the moment of the second.
AGAIN: dict[type[Any], Callable[[States, PersonId, Any], tuple[Finding, ...]]] = {
    LineCorrected: _correct_again,
}

ACTS: tuple[Act[Any], ...] = (
    Act("close-page", ClosePage, PageClosed, CLOSERS, _close),
    Act("correct-line", CorrectLine, LineCorrected, CORRECTORS, _correct),
)
