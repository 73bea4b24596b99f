"""Terminals are enrolled by two administrators and put out by one person who leads."""

from __future__ import annotations

from typing import Any

from hat_clinic.domain.entries.terminals import TerminalEnrolled, TerminalRevoked
from hat_clinic.domain.terminals import (
    EnrolTerminal,
    RevokeTerminal,
    decide_enrol_terminal,
    decide_revoke_terminal,
)
from hat_clinic.handlers.acts import Act, Actor, Decision
from hat_clinic.handlers.staff import ADMINISTRATORS, REVOKERS
from hat_clinic.projections.terminals import TERMINALS
from hat_clinic.store import clock_ins, sign_ins, terminal_secrets
from hat_clinic.store.transaction import Transaction


def _enrol(tx: Transaction, actor: Actor, command: EnrolTerminal) -> Decision:
    return Decision(decide_enrol_terminal(TERMINALS.load(tx, command.terminal), command))


def _revoke(tx: Transaction, actor: Actor, command: RevokeTerminal) -> Decision:
    terminal, known = TERMINALS.load(tx, command.terminal), TERMINALS.find(tx)
    entries = decide_revoke_terminal(terminal, known, command)
    if command.envelope is not None:
        terminal_secrets.drop(tx.conn, tx.site_id, command.terminal)
        clock_ins.end_terminal(tx.conn, tx.site_id, command.terminal)
        sign_ins.end_terminal(tx.conn, tx.site_id, command.terminal)
    return Decision(entries)


ACTS: tuple[Act[Any], ...] = (
    Act("enrol-terminal", EnrolTerminal, TerminalEnrolled, ADMINISTRATORS, _enrol, permit=True),
    Act("revoke-terminal", RevokeTerminal, TerminalRevoked, REVOKERS, _revoke),
)
