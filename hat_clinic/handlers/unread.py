"""Doses of which somebody may not know how much they are, and what that keeps from their eyes.

A second person reads a syringe without having seen what was entered. Nothing that they can look
at, ask for or draw may tell it them beforehand, neither as a figure nor by a rule that is broken
by one mass and not by another.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from hat_clinic.domain.doses.hidden import hidden_from
from hat_clinic.domain.doses.state import Dose, DoseHistory
from hat_clinic.domain.entries import tag_of
from hat_clinic.domain.entries.doses import DoseGiven, DoseRemainderAccounted, Draw
from hat_clinic.domain.entries.register import LineCorrected
from hat_clinic.domain.stock import Container
from hat_clinic.ledger.statement import parse_statement
from hat_clinic.projections.doses import DOSES, open_doses
from hat_clinic.store.statements import OpenStatement
from hat_clinic.store.states import States
from hat_clinic.store.transaction import Transaction
from hat_clinic.vocabulary.errors import Finding
from hat_clinic.vocabulary.ids import ContainerId, DoseId, PersonId

REPORTS = frozenset({tag_of(DoseGiven), tag_of(DoseRemainderAccounted), tag_of(LineCorrected)})


def unread_by(tx: States, person: PersonId) -> tuple[Dose, ...]:
    """Every dose of which this person may not know how much it is."""
    return tuple(each for each in open_doses(tx) if hidden_from(each, person))


def unread_of(tx: States, history: DoseHistory | None, person: PersonId, now: datetime) -> frozenset[DoseId]:
    """Those of one patient."""
    waiting = () if history is None else history.blocking(now)
    found = (DOSES.load(tx, each.dose) for each in waiting)
    return frozenset(each.dose for each in found if each is not None and hidden_from(each, person))


def drawn_from(unread: Iterable[Dose]) -> frozenset[ContainerId]:
    """The containers these doses are from."""
    return frozenset(draw.container for dose in unread for draw in dose.draws)


def has_report(tx: Transaction, person: PersonId, dose: DoseId) -> bool:
    """Whether a statement on how much this dose is waits for this person's signature."""
    waiting = tx.batch.waiting_for(person)
    return any(dose_in(each) == dose for each in waiting if each.tag in REPORTS)


def dose_in(opened: OpenStatement) -> object:
    """The dose that the statement is about, or None."""
    return parse_statement(opened.payload).body.get("dose")


def without_amounts(
    tx: States, person: PersonId, draws: tuple[Draw, ...], findings: tuple[Finding, ...]
) -> tuple[Finding, ...]:
    """The findings without CD15 and CD16, where they would tell how much somebody else holds.

    Why only beside other findings: a dose that may be prepared but for this is refused, and must
    hear why. Whoever asks for what is refused anyhow could find the mass by asking often.
    """
    others = tuple(each for each in findings if each.rule not in ("CD15", "CD16"))
    if not others or len(others) == len(findings):
        return findings
    wanted = {draw.container for draw in draws}
    return others if wanted & drawn_from(unread_by(tx, person)) else findings


def as_before(container: Container, unread: Iterable[Dose]) -> Container:
    """The container as it was before these doses were asked for."""
    unread = tuple(unread)
    names = {dose.dose for dose in unread}
    kept = tuple(each for each in container.reservations if each.dose not in names)
    container = replace(container, reservations=kept)
    for dose in unread:
        for draw in dose.draws:
            if dose.drawn is None or draw.container != container.container:
                continue
            opened = None if container.opened_at == dose.prepared_at else container.opened_at
            remaining = container.remaining + draw.mass
            container = replace(container, remaining=remaining, open=True, opened_at=opened)
    return container
