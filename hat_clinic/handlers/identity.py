"""Who is asking: an enrolled terminal, a signed-in person at it, and what that person may do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from hat_clinic.handlers.acts import Actor
from hat_clinic.projections.staff import KEYS, PERSONS
from hat_clinic.projections.terminals import TERMINALS
from hat_clinic.security.tokens import require_token, token_hash
from hat_clinic.store import sign_ins, terminal_secrets, throttles
from hat_clinic.store.newest import Newest
from hat_clinic.store.states import States
from hat_clinic.store.throttles import UNKNOWN_TERMINAL
from hat_clinic.store.transaction import Transaction
from hat_clinic.vocabulary.errors import Throttled, Unauthenticated
from hat_clinic.vocabulary.ids import PersonId, TerminalId

IDLE = timedelta(minutes=5)
LONGEST_SIGN_IN = timedelta(hours=12)
TOUCH_AFTER = IDLE / 10
NOT_SIGNED_IN = "nobody is signed in with this token; sign in"


class UnknownTerminal(Unauthenticated):
    """The terminal is not enrolled, or its secret is not this one."""


@dataclass(frozen=True, slots=True)
class Asking:
    """A signed-in person at an enrolled terminal. What they may do is judged under the lock."""

    person: PersonId
    terminal: TerminalId
    token_hash: bytes
    touch_due: bool

    def __reduce__(self) -> tuple[Any, ...]:
        return Asking, (self.person, self.terminal, self.token_hash, self.touch_due)


def require_terminal(
    connection: Connection, site_id: str, terminal_id: str, secret: str, now: datetime
) -> TerminalId:
    """The terminal is enrolled, and this is its secret.

    Raises: UnknownTerminal; Throttled, while too many unknown ones have tried.
    """
    stored = terminal_secrets.get(connection, site_id, terminal_id)
    try:
        if stored is None:
            raise Unauthenticated("no such terminal")
        require_token(secret, stored)
    except Unauthenticated:
        wait = throttles.wait(connection, site_id, UNKNOWN_TERMINAL, now)
        if wait:
            raise Throttled("too many unknown terminals have asked", wait) from None
        raise UnknownTerminal("this terminal is not enrolled here") from None
    return TerminalId(terminal_id)


def count_unknown_terminal(tx: Transaction) -> None:
    """One more unknown terminal has asked; all of them wait together."""
    throttles.note_failure(tx.conn, tx.site_id, UNKNOWN_TERMINAL, tx.now)


def require_sign_in(
    connection: Connection, site_id: str, terminal: TerminalId, token: str, now: datetime
) -> Asking:
    """Somebody who works here is signed in with this token, at this terminal and no other.

    Raises: Unauthenticated.
    """
    digest = token_hash(token)
    found = sign_ins.live(connection, site_id, digest, now, IDLE)
    if found is None or found.terminal_id != terminal:
        raise Unauthenticated(NOT_SIGNED_IN)
    person = PERSONS.load(States(connection, site_id), found.person_id)
    if person is None or not person.roles:
        raise Unauthenticated(NOT_SIGNED_IN)
    touch_due = abs(now - found.last_seen) >= TOUCH_AFTER
    return Asking(PersonId(found.person_id), terminal, digest, touch_due)


def require_asking(
    connection: Connection, site_id: str, terminal_id: str, secret: str, token: str, now: datetime
) -> Asking:
    """Both at once: an enrolled terminal, and somebody signed in there. The terminal is judged first.

    `token` is empty where none was sent.
    Raises: UnknownTerminal; Unauthenticated; Throttled.
    """
    terminal = require_terminal(connection, site_id, terminal_id, secret, now)
    if not token:
        raise Unauthenticated("sign in, and send the token")
    return require_sign_in(connection, site_id, terminal, token, now)


def touch(tx: Transaction, asking: Asking) -> None:
    """The person is still there: the idle time begins again."""
    sign_ins.touch(tx.conn, tx.site_id, asking.token_hash, tx.now)


class SeenLately:
    """Who asked from where a moment ago, so that not every act of theirs is preceded by a look.

    For acts only, whose person is judged again under the lock (`still_signed_in`): nobody acts on
    what is remembered here.
    """

    def __init__(self) -> None:
        self._askings: Newest[bytes, tuple[Asking, datetime]] = Newest(1024)

    def find(self, shown: bytes, now: datetime) -> Asking | None:
        """Whoever showed this less than a tenth of the idle time ago."""
        found = self._askings.get(shown)
        return found[0] if found is not None and abs(now - found[1]) < TOUCH_AFTER else None

    def note(self, shown: bytes, asking: Asking, now: datetime) -> None:
        """This was shown now, and it was good."""
        self._askings.put(shown, (asking, now))


def still_signed_in(tx: Transaction, asking: Asking) -> Actor:
    """As `actor_of`, for somebody whose sign-in lives at this very moment.

    Raises: Unauthenticated; UnknownTerminal.
    """
    found = sign_ins.live(tx.conn, tx.site_id, asking.token_hash, tx.now, IDLE)
    if found is None or (found.person_id, found.terminal_id) != (asking.person, asking.terminal):
        raise Unauthenticated(NOT_SIGNED_IN)
    return actor_of(tx, asking, found.key_id)


def actor_of(tx: Transaction, asking: Asking, clocked_in: str | None) -> Actor:
    """The person as the rules see them: roles as they stand now, and the key they are clocked in with.

    Why the terminal again: it may have been revoked while the act waited for the lock.
    Raises: Unauthenticated, for somebody who does not work here any more; UnknownTerminal.
    """
    terminal = TERMINALS.load(tx, asking.terminal)
    if terminal is not None and terminal.revoked:
        raise UnknownTerminal("this terminal is not enrolled here")
    person = PERSONS.load(tx, asking.person)
    if person is None:
        raise Unauthenticated(NOT_SIGNED_IN)
    known = None if clocked_in is None else KEYS.load(tx, clocked_in)
    key = None if known is None or known.until is not None else known.key
    return Actor(asking.person, asking.terminal, key, frozenset(person.roles))
