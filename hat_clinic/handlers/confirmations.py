"""Second statements, for every act that needs one by somebody else.

What the pair permits begins here, so the rules of the act itself are asked again: two grants
that were fine one by one may not both stand.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hat_clinic.domain.confirmations import (
    SECONDS,
    ConfirmAct,
    Pending,
    Signatory,
    decide_confirm,
)
from hat_clinic.domain.entries.staff import KeyGranted, LicenceRecorded, PersonAppointed, RoleGranted
from hat_clinic.domain.entries.system import ActConfirmed
from hat_clinic.domain.entries.terminals import TerminalEnrolled
from hat_clinic.domain.staff import (
    AppointPerson,
    GrantKey,
    GrantRole,
    RecordLicence,
    assess_appoint,
    assess_grant_key,
    assess_grant_role,
    assess_record_licence,
)
from hat_clinic.domain.terminals import EnrolTerminal, assess_enrol_terminal
from hat_clinic.handlers import register, stock
from hat_clinic.handlers.acts import Act, Actor, Decision
from hat_clinic.projections.pending import PENDING
from hat_clinic.projections.staff import KEYS, PERSONS
from hat_clinic.projections.terminals import TERMINALS
from hat_clinic.store import terminal_secrets
from hat_clinic.store.states import States
from hat_clinic.store.transaction import Transaction
from hat_clinic.vocabulary.errors import Finding
from hat_clinic.vocabulary.ids import PersonId

CONFIRMERS = frozenset(role for pair in SECONDS.values() for role in pair.second)
Again = Callable[[States, PersonId, Any], tuple[Finding, ...]]


def _appoint(tx: States, by: PersonId, said: PersonAppointed) -> tuple[Finding, ...]:
    command = AppointPerson(said.person, said.staff_code, said.name, said.registrations)
    return assess_appoint(PERSONS.find(tx), by, command)


def _grant_role(tx: States, by: PersonId, said: RoleGranted) -> tuple[Finding, ...]:
    return assess_grant_role(PERSONS.load(tx, said.person), by, GrantRole(said.person, said.role))


def _grant_key(tx: States, by: PersonId, said: KeyGranted) -> tuple[Finding, ...]:
    command = GrantKey(said.person, said.key, said.alg, said.public)
    return assess_grant_key(PERSONS.load(tx, said.person), KEYS.load(tx, said.key), by, command)


def _record_licence(tx: States, by: PersonId, said: LicenceRecorded) -> tuple[Finding, ...]:
    command = RecordLicence(said.person, said.number, said.drug, said.valid_from, said.valid_to)
    return assess_record_licence(PERSONS.load(tx, said.person), by, command)


def _enrol_terminal(tx: States, by: PersonId, said: TerminalEnrolled) -> tuple[Finding, ...]:
    command = EnrolTerminal(said.terminal, said.name, said.secret_hash or b"")
    return assess_enrol_terminal(TERMINALS.load(tx, said.terminal), command)


# What the rules of an act say of its first statement at the moment of the second. A column whose
# first statements may collide with each other keeps such rows too.
AGAIN: dict[type[Any], Again] = {
    PersonAppointed: _appoint,
    RoleGranted: _grant_role,
    KeyGranted: _grant_key,
    LicenceRecorded: _record_licence,
    TerminalEnrolled: _enrol_terminal,
}
EVERY_AGAIN: dict[type[Any], Again] = AGAIN | stock.AGAIN | register.AGAIN


def signatory(tx: States, person: PersonId, key: str) -> Signatory | None:
    """The person as trusted now, with whether that key still speaks for them."""
    found, known = PERSONS.load(tx, person), KEYS.load(tx, key)
    if found is None:
        return None
    good = known is not None and known.person == person and known.until is None
    return Signatory(person, frozenset(found.roles), good)


def waiting(tx: States) -> list[Pending]:
    """Everything at this site that waits for a second person, oldest first."""
    return sorted(PENDING.find(tx), key=lambda each: each.seq)


def _confirm(tx: Transaction, actor: Actor, command: ConfirmAct) -> Decision:
    pending = PENDING.load(tx, command.names.hex())
    again = () if pending is None else _again(tx, pending)
    entries = decide_confirm(pending, _first(tx, pending), _second(actor), again, command)
    if pending is not None and command.envelope is not None:
        _let_in(tx, pending)
    return Decision(entries)


def _let_in(tx: Transaction, pending: Pending) -> None:
    """An enrolled terminal is known by the secret that both people signed for."""
    said = pending.entry
    if isinstance(said, TerminalEnrolled) and said.secret_hash is not None:
        terminal_secrets.put(tx.conn, tx.site_id, said.terminal, said.secret_hash)


def _first(tx: States, pending: Pending | None) -> Signatory | None:
    return None if pending is None else signatory(tx, PersonId(pending.person), pending.key)


def _second(actor: Actor) -> Signatory:
    return Signatory(actor.person, actor.roles, actor.key is not None)


def _again(tx: States, pending: Pending) -> tuple[Finding, ...]:
    said = pending.entry
    rules = EVERY_AGAIN.get(type(said))
    return () if rules is None else rules(tx, PersonId(pending.person), said)


ACTS: tuple[Act[Any], ...] = (Act("confirm-act", ConfirmAct, ActConfirmed, CONFIRMERS, _confirm),)
