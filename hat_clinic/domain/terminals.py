"""Terminals: the enrolled places where people may act."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hat_clinic.domain.confirmations import HOUSE, in_force
from hat_clinic.domain.entries import Recorded
from hat_clinic.domain.entries.terminals import TerminalEnrolled, TerminalRevoked
from hat_clinic.vocabulary.errors import Finding, Refused, Rejected
from hat_clinic.vocabulary.ids import TerminalId
from hat_clinic.vocabulary.replacing import replace
from hat_clinic.vocabulary.terms import RevocationReason

HASH_BYTES = 32

# --- state ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Terminal:
    """An enrolled terminal. A revoked one stays known: its id is never used again."""

    terminal: TerminalId
    name: str
    revoked: bool
    secret_hash: bytes | None = None


# --- commands ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class EnrolTerminal:
    """Let a terminal talk to this site; `secret_hash` is of what it will send."""

    terminal: TerminalId
    name: str
    secret_hash: bytes


@dataclass(frozen=True, slots=True)
class RevokeTerminal:
    """Let a terminal talk to this site no more. `envelope` is there once it is signed."""

    terminal: TerminalId
    reason: RevocationReason
    envelope: bytes | None = None


# --- assess -----------------------------------------------------------------------------


def assess_enrol_terminal(terminal: Terminal | None, command: EnrolTerminal) -> tuple[Finding, ...]:
    """Every reason against the enrolment; `terminal` is what is known under this id."""
    return terminal_id_taken(terminal)


def assess_revoke_terminal(
    terminal: Terminal | None, known: Sequence[Terminal], command: RevokeTerminal
) -> tuple[Finding, ...]:
    """Every reason against it; `known` is every terminal there ever was."""
    return no_such_terminal(terminal) or no_terminal_left(known, command.terminal)


def terminal_id_taken(terminal: Terminal | None) -> tuple[Finding, ...]:
    """SO35: a terminal enrolled under an id that is or was another one's.

    Source: house rule on persons.
    """
    if terminal is None:
        return ()
    words = f"this id is or was that of {terminal.name}: set the terminal up anew, under a new id"
    return (Finding("SO35", words, HOUSE),)


def no_such_terminal(terminal: Terminal | None) -> tuple[Finding, ...]:
    """SO36: a revocation of a terminal that is not enrolled, or not any more.

    Source: house rule on persons.
    """
    if terminal is not None and not terminal.revoked:
        return ()
    return (Finding("SO36", "no terminal is enrolled under this id: there is nothing to revoke", HOUSE),)


def no_terminal_left(known: Sequence[Terminal], losing: TerminalId) -> tuple[Finding, ...]:
    """SO55: a revocation of the last terminal.

    Why: a terminal is enrolled at a terminal, so a clinic without one is locked for good.
    Source: house rule on persons.
    """
    if any(not each.revoked and each.terminal != losing for each in known):
        return ()
    return (Finding("SO55", "this is the last terminal: enrol another one first", HOUSE),)


# --- decide -----------------------------------------------------------------------------


def decide_enrol_terminal(terminal: Terminal | None, command: EnrolTerminal) -> tuple[TerminalEnrolled, ...]:
    """The terminal, which counts once confirmed.

    Raises: Refused; Rejected, without a name or for something that is no hash.
    """
    if not command.name.strip():
        raise Rejected("a terminal has a name people know it by", "name")
    if len(command.secret_hash) != HASH_BYTES:
        raise Rejected(f"a hash of {HASH_BYTES} bytes is wanted here", "secret_hash")
    findings = assess_enrol_terminal(terminal, command)
    if findings:
        raise Refused(findings)
    return (TerminalEnrolled(command.terminal, command.name, command.secret_hash),)


def decide_revoke_terminal(
    terminal: Terminal | None, known: Sequence[Terminal], command: RevokeTerminal
) -> tuple[TerminalRevoked, ...]:
    """The terminal is out. One signature suffices to remove trust.

    Raises: Refused.
    """
    findings = assess_revoke_terminal(terminal, known, command)
    if findings:
        raise Refused(findings)
    return (TerminalRevoked(command.terminal, command.reason),)


# --- evolve -----------------------------------------------------------------------------


def terminal_of(recorded: Recorded) -> TerminalId | None:
    """Which terminal this entry changes."""
    said = in_force(recorded)
    match said.entry if said is not None else None:
        case TerminalEnrolled(terminal=terminal) | TerminalRevoked(terminal=terminal):
            return terminal
        case _:
            return None


def evolve_terminal(state: Terminal | None, recorded: Recorded) -> Terminal | None:
    """The terminal after this entry."""
    said = in_force(recorded)
    match said.entry if said is not None else None:
        case TerminalEnrolled() as entry if state is None:
            return Terminal(entry.terminal, entry.name, False, entry.secret_hash)
        case TerminalRevoked() if state is not None:
            return replace(state, revoked=True)
        case _:
            return state
