"""A clinic with verbs, on a real database of either engine: the same code paths as in service.

Only the clock and the ids are told what to say. People sign with real keys; every verb goes
through `handlers.deciding`, so it draws, signs and records as a terminal would.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from typing import Any, TypeVar

from sqlalchemy import Engine

from hat_clinic.domain import codec
from hat_clinic.domain.confirmations import ConfirmAct
from hat_clinic.domain.entries.staff import Registration
from hat_clinic.domain.entries.system import Founder, LedgerOpened
from hat_clinic.domain.entries.terminals import TerminalEnrolled
from hat_clinic.domain.staff import AppointPerson, GrantKey, GrantRole
from hat_clinic.handlers import confirmations, staff
from hat_clinic.handlers.acts import SAID, Act, Actor, Brought, Drawn, Outcome, body_digest
from hat_clinic.handlers.clock import drift
from hat_clinic.handlers.deciding import draw, perform, sign
from hat_clinic.handlers.founding import Founding, found
from hat_clinic.handlers.identity import Asking, actor_of
from hat_clinic.ledger.dsse import make_envelope
from hat_clinic.ledger.statement import parse_statement, payload_hash, payload_type
from hat_clinic.security.signing import SigningKey
from hat_clinic.store import clock_ins, sites
from hat_clinic.store.clock_ins import ClockIn
from hat_clinic.store.committer import Committer
from hat_clinic.store.engine import reading, writing
from hat_clinic.store.requests import RequestStamp
from hat_clinic.store.sites import SiteRow
from hat_clinic.store.states import States
from hat_clinic.store.transaction import Transaction
from hat_clinic.store.writer import Writer
from hat_clinic.vocabulary.ids import PersonId, SiteId, TerminalId
from hat_clinic.vocabulary.terms import Role
from tests.prepared import prepared
from tests.store.log_of_site import CountedIds, ToldClock, site_keys

T = TypeVar("T")
SITE = SiteRow("zh1", "hat.invalid/zh1", "Invented Clinic", "Europe/Zurich")
SHIFT = timedelta(hours=12)
STAFF_ACTS: tuple[Act[Any], ...] = (*staff.ACTS, *confirmations.ACTS)


@dataclass
class Member:
    """Somebody who works here, with the key they sign with."""

    person: PersonId
    staff_code: str
    key: SigningKey

    @property
    def founder(self) -> Founder:
        """As entry 0 names a founder."""
        key = self.key
        name = f"{self.staff_code} Invented"
        return Founder(self.person, self.staff_code, name, key.key_id, "ed25519", key.public_raw)


def founded(engine: Engine) -> Clinic:
    """A clinic made by its founding, with the acts about staff alone."""
    return Clinic(engine, {act.name: act for act in STAFF_ACTS})


@dataclass
class Clinic:
    """One site in a test's database, founded by `ada` and `bo`; `close` it at the end."""

    engine: Engine
    acts: dict[str, Act[Any]]
    clock: ToldClock = field(default_factory=ToldClock)
    ids: CountedIds = field(default_factory=CountedIds)
    site: SiteRow = SITE

    def __post_init__(self) -> None:
        self.keys = site_keys(self.site.origin)
        self.ada, self.bo = self._member("A-01"), self._member("A-02")
        self.terminal = TerminalId(self.ids.uuid7())
        with writing(self.engine) as connection:
            sites.add(connection, self.site)
        self._begin_writing()
        self.in_one(lambda tx: found(tx, self._founding()))
        for one in (self.ada, self.bo):
            self.clock_in(one)

    def _begin_writing(self) -> None:
        self.writer = Writer(
            Committer(self.engine, self.site.site_id, self.keys, self.clock, self.ids)
        )
        self.writer.start()

    @classmethod
    def open(cls, engine: Engine, *tables: tuple[Act[Any], ...]) -> Clinic:
        """A founded clinic that offers these acts besides those about staff."""
        one = prepared(engine, founded)
        one.acts |= {act.name: act for table in tables for act in table}
        return one

    def asleep(self) -> Clinic:
        """As it is now, holding nothing that must be closed."""
        one = copy(self)
        one.clock, one.ids, one.acts = copy(self.clock), copy(self.ids), dict(self.acts)
        del one.engine, one.writer
        return one

    def on(self, engine: Engine) -> Clinic:
        """The clinic that slept, in another database with the same rows."""
        one = copy(self)
        one.clock, one.ids, one.acts = copy(self.clock), copy(self.ids), dict(self.acts)
        one.engine = engine
        one._begin_writing()
        one.in_one(drift)  # its writer knows when it was, as the first one's did
        return one

    def close(self) -> None:
        """The writer has ended."""
        self.writer.close()

    def in_one(self, work: Callable[[Transaction], T]) -> T:
        """What `work` gives, done in one transaction of the writer."""
        return self.writer.submit(work).result(timeout=30)

    def state(self, read: Callable[[States], T]) -> T:
        """What `read` finds in the projections now."""
        with reading(self.engine) as connection:
            return read(States(connection, self.site.site_id))

    # --- people -------------------------------------------------------------------------

    def clock_in(self, one: Member, terminal: TerminalId | None = None) -> None:
        """`one` may sign at the terminal for a shift."""
        at = terminal or self.terminal
        begun = ClockIn(one.person, at, one.key.key_id, self.clock.now(), self.clock.now() + SHIFT)
        self.in_one(lambda tx: clock_ins.put(tx.conn, tx.site_id, begun))

    def hire(self, staff_code: str, *roles: Role, registration: Registration | None = None) -> Member:
        """A new member, appointed, keyed and trusted by ada, confirmed by bo, and clocked in."""
        one = self._member(staff_code)
        registrations = () if registration is None else (registration,)
        self.both(
            "appoint-person", AppointPerson(one.person, staff_code, f"{staff_code} Invented", registrations)
        )
        self.both("grant-key", GrantKey(one.person, one.key.key_id, "ed25519", one.key.public_raw))
        for role in roles:
            self.both("grant-role", GrantRole(one.person, role))
        self.clock_in(one)
        return one

    def actor(self, one: Member, terminal: TerminalId | None = None) -> Actor:
        """`one` as the rules see them now, with the key of a live clock-in there."""
        at = terminal or self.terminal
        asking = Asking(one.person, at, b"", False)

        def seen(tx: Transaction) -> Actor:
            clocked = clock_ins.live(tx.conn, tx.site_id, one.person, at, tx.now)
            return actor_of(tx, asking, None if clocked is None else clocked.key_id)

        return self.in_one(seen)

    # --- acts ---------------------------------------------------------------------------

    def stamp(self, actor: Actor, name: str, command: object, request: str | None = None) -> RequestStamp:
        """A fresh request for this command, or the one given."""
        digest = body_digest(name, codec.encode(command))
        return RequestStamp(request or self.ids.uuid7(), actor.person, actor.terminal, digest)

    def do(self, one: Member, name: str, command: object, request: str | None = None) -> Outcome:
        """An attributed act by `one`."""
        actor = self.actor(one)
        stamp = self.stamp(actor, name, command, request)
        return self.in_one(lambda tx: perform(tx, actor, stamp, self.acts[name], command))

    def draw(
        self, one: Member, name: str, command: object, request: str | None = None,
        terminal: TerminalId | None = None,
    ) -> Drawn | Outcome:  # fmt: skip
        """The statement of a signed act, shown to `one`."""
        actor = self.actor(one, terminal)
        stamp = self.stamp(actor, name, command, request)
        drawn = self.in_one(lambda tx: draw(tx, actor, stamp, self.acts[name], command))
        if isinstance(drawn, Drawn):
            # What is remembered of a statement is what anybody would read in it.
            assert SAID.get(drawn.payload) == parse_statement(drawn.payload)
        return drawn

    def sign(self, one: Member, drawn: Drawn, terminal: TerminalId | None = None) -> Outcome:
        """`one` signs what was drawn."""
        return self.send(one, drawn.statement_id, self.envelope(one, drawn), terminal)

    def send(
        self, one: Member, statement_id: str, envelope: bytes | Brought, terminal: TerminalId | None = None
    ) -> Outcome:
        """`one` sends these bytes as the signed statement."""
        actor = self.actor(one, terminal)
        return self.in_one(lambda tx: sign(tx, actor, self.acts, statement_id, envelope))

    @staticmethod
    def envelope(one: Member, drawn: Drawn) -> bytes:
        """What was drawn, signed with the key of `one`, under the key id that was drawn."""
        keyid = parse_statement(drawn.payload).key
        return make_envelope(payload_type(drawn.tag), drawn.payload, keyid, one.key.sign)

    def signed(self, one: Member, name: str, command: object) -> Outcome:
        """A signed act by `one`, both halves; a refusal at either is the outcome."""
        drawn = self.draw(one, name, command)
        return drawn if isinstance(drawn, Outcome) else self.sign(one, drawn)

    def confirm(self, one: Member, drawn: Drawn) -> Outcome:
        """`one` makes the second statement to what was drawn and signed."""
        return self.signed(one, "confirm-act", ConfirmAct(payload_hash(drawn.payload), drawn.tag))

    def both(
        self, name: str, command: object, first: Member | None = None, second: Member | None = None
    ) -> Drawn:
        """A two-person act, accepted: by ada and bo unless others are named."""
        drawn = self.draw(first or self.ada, name, command)
        assert isinstance(drawn, Drawn), drawn
        for outcome in (self.sign(first or self.ada, drawn), self.confirm(second or self.bo, drawn)):
            assert outcome.accepted, outcome
        return drawn

    # --- how it begins ------------------------------------------------------------------

    def _member(self, staff_code: str) -> Member:
        key = SigningKey.from_seed(sha256(staff_code.encode()).digest())
        return Member(PersonId(self.ids.uuid7()), staff_code, key)

    def _founding(self) -> Founding:
        head, machine = self.keys.head.public_raw, self.keys.machine.public_raw
        opened = LedgerOpened(
            SiteId(self.site.site_id), self.site.name, self.site.zone, 0, "ed25519", head,
            "ed25519", machine, (self.ada.founder, self.bo.founder), True,
        )  # fmt: skip
        return Founding(opened, TerminalEnrolled(self.terminal, "terminal 1"), self.ada.key, self.bo.key)
