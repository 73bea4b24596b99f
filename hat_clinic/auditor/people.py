"""Who did it, and whether that person might: checked at each entry's own place in the log.

The signature was verified before. Checked here:

 1. the author is a person who worked here when the entry was made; only counted sign-in
    failures are the machine's own;
 2. the terminal is one that two administrators had enrolled, and nobody had revoked;
 3. the author had a role then that may make such an entry;
 4. a second statement is by another person than the first, in a role that may confirm it, who
    gains nothing by it, while the first may still grant it; nor does the first gain by it;
 5. what is granted is granted to somebody who works here, and nobody works here twice: under one
    registration, however it is spelled, one staff code or one id.

Persons are compared, never keys or staff codes.
"""

from __future__ import annotations

from hat_clinic.auditor.roles import ROLES
from hat_clinic.domain.confirmations import ConfirmAct, Signatory, assess_confirm, pending_of
from hat_clinic.domain.entries import Recorded
from hat_clinic.domain.entries.staff import KeyGranted, LicenceRecorded, PersonAppointed, RoleGranted
from hat_clinic.domain.entries.system import ActConfirmed, LedgerOpened, SignInFailures
from hat_clinic.domain.staff import (
    AppointPerson,
    Key,
    Person,
    assess_appoint,
    changes,
    evolve_key,
    evolve_person,
    founding,
)
from hat_clinic.domain.terminals import Terminal, evolve_terminal, terminal_of
from hat_clinic.ledger.statement import MACHINE
from hat_clinic.vocabulary.errors import LedgerBroken
from hat_clinic.vocabulary.ids import PersonId
from hat_clinic.vocabulary.terms import Role

GRANTS = RoleGranted | KeyGranted | LicenceRecorded


class People:
    """The people, keys and terminals of the site as they stood at the entry just taken."""

    def __init__(self) -> None:
        self._persons: dict[str, Person] = {}
        self._keys: dict[str, Key] = {}
        self._terminals: dict[str, Terminal] = {}
        self._founders: frozenset[str] = frozenset()
        self._founding = ""

    def take(self, recorded: Recorded) -> None:
        """The entry was made by somebody who might make it.

        Raises: LedgerBroken.
        """
        if isinstance(recorded.entry, LedgerOpened):
            self._open(recorded, recorded.entry)
        else:
            self._require_author(recorded)
            self._require_terminal(recorded)
            self._require_role(recorded)
            self._require_no_gain(recorded)
            self._require_second(recorded)
        self._evolve(recorded)

    def _open(self, recorded: Recorded, entry: LedgerOpened) -> None:
        self._founders = frozenset(each.person for each in entry.founders)
        self._founding = recorded.request
        if len(entry.founders) != 2 or len(self._founders) != 2 or recorded.seq != 0:
            raise LedgerBroken("a log is opened once, by two different people", seq=recorded.seq)

    def _require_author(self, recorded: Recorded) -> None:
        """1."""
        person = recorded.person
        if isinstance(recorded.entry, SignInFailures):
            if person != MACHINE:
                raise LedgerBroken("failed sign-ins are counted by the machine itself", seq=recorded.seq)
        elif person not in self._persons and not (recorded.seq == 1 and person in self._founders):
            raise LedgerBroken(f"{person} did not work here", seq=recorded.seq)

    def _require_terminal(self, recorded: Recorded) -> None:
        """2. The first terminal is enrolled while the founders already sit at it."""
        if isinstance(recorded.entry, SignInFailures) or recorded.request == self._founding:
            return
        terminal = self._terminals.get(recorded.terminal)
        if terminal is None or terminal.revoked:
            did = "was not enrolled" if terminal is None else "had been revoked"
            raise LedgerBroken(f"terminal {recorded.terminal} {did}", seq=recorded.seq)

    def _require_role(self, recorded: Recorded) -> None:
        """3. Which role confirms what is asked in 4."""
        wanted = ROLES.get(type(recorded.entry))
        if wanted is None or isinstance(recorded.entry, ActConfirmed):
            return
        if not wanted & frozenset(self._persons[recorded.person].roles):
            words = f"{recorded.person} had no role that may make a {recorded.tag}"
            raise LedgerBroken(words, seq=recorded.seq)

    def _require_second(self, recorded: Recorded) -> None:
        """4."""
        entry, first = recorded.entry, recorded.named
        if not isinstance(entry, ActConfirmed) or first is None:
            return
        second = self._signatory(recorded)
        command = ConfirmAct(entry.names, entry.names_tag)
        findings = assess_confirm(pending_of(first), self._known(first), second, command)
        if findings:
            raise LedgerBroken("; ".join(f"{one.rule} {one.words}" for one in findings), seq=recorded.seq)

        self._require_grantee(recorded.seq, first)

    def _require_no_gain(self, recorded: Recorded) -> None:
        """4."""
        entry = recorded.entry
        if isinstance(entry, PersonAppointed | GRANTS) and entry.person == recorded.person:
            raise LedgerBroken("it grants something to whoever signed it", seq=recorded.seq)

    def _require_grantee(self, seq: int, first: Recorded) -> None:
        """5."""
        said = first.entry
        if isinstance(said, PersonAppointed):
            command = AppointPerson(said.person, said.staff_code, said.name, said.registrations)
            found = assess_appoint(tuple(self._persons.values()), PersonId(first.person), command)
            if found:
                raise LedgerBroken("; ".join(f"{one.rule} {one.words}" for one in found), seq=seq)
        elif isinstance(said, GRANTS) and said.person not in self._persons:
            raise LedgerBroken(f"it grants something to {said.person}, who does not work here", seq=seq)

    def roles_of(self, person: str) -> frozenset[Role]:
        """The roles that this person has now."""
        found = self._persons.get(person)
        return frozenset() if found is None else frozenset(found.roles)

    def _known(self, recorded: Recorded) -> Signatory | None:
        return self._signatory(recorded) if recorded.person in self._persons else None

    def _signatory(self, recorded: Recorded) -> Signatory:
        person, key = self._persons.get(recorded.person), self._keys.get(recorded.key)
        roles = frozenset(person.roles) if person is not None else frozenset()
        good = key is not None and key.person == recorded.person and key.until is None
        return Signatory(PersonId(recorded.person), roles, good)

    def _evolve(self, recorded: Recorded) -> None:
        for person, key in founding(recorded):
            self._persons[person.person], self._keys[key.key] = person, key
        changed = changes(recorded)
        for person_id in changed.persons:
            after = evolve_person(self._persons.get(person_id), recorded)
            if after is not None:
                self._persons[person_id] = after
        for key_id in changed.keys:
            key_after = evolve_key(self._keys.get(key_id), recorded)
            if key_after is not None:
                self._keys[key_id] = key_after
        terminal_id = terminal_of(recorded)
        if terminal_id is not None:
            terminal = evolve_terminal(self._terminals.get(terminal_id), recorded)
            if terminal is not None:
                self._terminals[terminal_id] = terminal
