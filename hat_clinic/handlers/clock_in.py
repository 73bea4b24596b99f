"""Clock-in: a person's key may sign at one terminal for a shift, and the person may look.

The terminal proves the passphrase with one half of what it derives; the other half opens the
key and never comes here. Judging costs a slow hash, so it runs in a bounded pool, before and
outside the writer, one guess at a time for each staff code and terminal. A code that is nobody's is
treated like anybody's all along: same parameters, questions to the database, cost, words, waiting.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Connection

from hat_clinic.domain.staff import Key, Person
from hat_clinic.handlers.failures import book_failures, count_failure, require_no_wait
from hat_clinic.handlers.identity import Asking
from hat_clinic.handlers.runtime import SiteRuntime
from hat_clinic.handlers.sign_in import SignedIn, begin_sign_in
from hat_clinic.projections.staff import KEYS, PERSONS
from hat_clinic.security.derive import guess_slot, unknown_salt
from hat_clinic.security.signing import CLOCK_IN_FLOOR, KdfParams, unwrap_outer
from hat_clinic.security.slow_hash import refuse_unknown
from hat_clinic.store import clock_ins, credentials, sign_ins, throttles
from hat_clinic.store.clock_ins import ClockIn
from hat_clinic.store.credentials import Credential
from hat_clinic.store.states import States
from hat_clinic.store.throttles import Bucket
from hat_clinic.store.transaction import Transaction
from hat_clinic.vocabulary.errors import BadProof, LedgerBroken, Throttled, Unauthenticated
from hat_clinic.vocabulary.ids import TerminalId

LONGEST_SHIFT = timedelta(hours=12)
WRONG = "the passphrase is not this person's"


@dataclass(frozen=True, slots=True)
class Parameters:
    """How the terminal turns this person's passphrase into its two halves."""

    salt: bytes
    kdf: KdfParams


@dataclass(frozen=True, slots=True)
class ClockedIn:
    """Who is clocked in, with which key, until when; `c1` opens with the other half only."""

    person: Person
    key: Key
    c1: bytes = field(repr=False)
    until: datetime
    sign_in: SignedIn


@dataclass(frozen=True, slots=True)
class _Account:
    person: Person
    key: Key
    credential: Credential


def parameters(connection: Connection, site_id: str, unknown_key: bytes, staff_code: str) -> Parameters:
    """What to derive with, for every staff code: one that does not exist gets an answer too."""
    account = _account(States(connection, site_id), staff_code)
    if account is None:
        return Parameters(unknown_salt(unknown_key, staff_code), CLOCK_IN_FLOOR)
    return Parameters(account.credential.kdf_salt, account.credential.kdf)


async def clock_in(runtime: SiteRuntime, terminal: TerminalId, staff_code: str, auth: bytes) -> ClockedIn:
    """The person is clocked in at this terminal for a shift, and signed in.

    Raises: Unauthenticated, in the same words and time for a wrong passphrase and an unknown
    code; Throttled.
    """
    site_id = runtime.site.site_id
    bucket = guesses(runtime.clock_in_keys.unknown, staff_code, terminal)

    def look_up(connection: Connection) -> _Account | None:
        require_no_wait(connection, site_id, bucket, runtime.clock.now())
        return _account(States(connection, site_id), staff_code)

    account = await runtime.read(look_up)
    whose = "" if account is None else account.person.person
    with _one_at_a_time(runtime, bucket):
        try:
            await runtime.slowly(lambda: _judge(account, auth))
        except Unauthenticated:
            await runtime.write(count_failure, bucket, whose)
            raise
    if account is None:  # refuse_unknown always raises
        raise Unauthenticated(WRONG)
    proven = account
    return await runtime.write(_begin, proven, bucket, terminal, runtime.clock_in_keys.server)


def guesses(unknown_key: bytes, staff_code: str, terminal: TerminalId) -> Bucket:
    """Where wrong guesses at this staff code count at this terminal, whether it is somebody's or not."""
    return Bucket(guess_slot(unknown_key, staff_code), terminal)


def clock_out(tx: Transaction, asking: Asking) -> None:
    """The person can neither sign nor look at this terminal."""
    clock_ins.end(tx.conn, tx.site_id, asking.person, asking.terminal)
    sign_ins.end(tx.conn, tx.site_id, asking.token_hash)


def _account(states: States, staff_code: str) -> _Account | None:
    """The person of this code with the newest key that is good and can be opened here.

    Why nobody's credentials and key are looked up too: the time of an answer must not tell.
    """
    person = next(iter(PERSONS.find(states, staff_code=staff_code)), None)
    whose = "" if person is None else person.person
    kept = credentials.of_person(states.conn, whose)
    for one in kept:
        key = KEYS.load(states, one.key_id)
        if person is not None and key is not None and key.person == whose and key.until is None:
            return _Account(person, key, one)
    if not kept:
        KEYS.load(states, "")
    return None


def _judge(account: _Account | None, auth: bytes) -> None:
    if account is None:
        refuse_unknown(auth)
    else:
        account.credential.auth.require(auth)


@contextmanager
def _one_at_a_time(runtime: SiteRuntime, bucket: Bucket) -> Iterator[None]:
    # Else many guesses could be judged before the first of them counts.
    if bucket in runtime.judging:
        raise Throttled("somebody is clocking in to this account here; wait", timedelta(seconds=1))
    runtime.judging.add(bucket)
    try:
        yield
    finally:
        runtime.judging.discard(bucket)


def _begin(
    tx: Transaction, proven: _Account, bucket: Bucket, terminal: TerminalId, server_key: bytes
) -> ClockedIn:
    now = _account(tx, proven.person.staff_code)
    if now is None or now.credential != proven.credential:
        raise Unauthenticated(WRONG)  # revoked or replaced while the passphrase was judged
    person, key = now.person, now.key
    try:
        c1 = unwrap_outer(server_key, now.credential.box, person.person, key.key)
    except BadProof as error:
        raise LedgerBroken(f"the stored key box of {person.staff_code} does not open: {error}") from error
    until = tx.now + LONGEST_SHIFT
    clock_ins.put(tx.conn, tx.site_id, ClockIn(person.person, terminal, key.key, tx.now, until))
    for each in (bucket, Bucket(person.person, terminal)):
        throttles.clear(tx.conn, tx.site_id, each)
    signed_in = begin_sign_in(tx, person.person, terminal)
    book_failures(tx)
    return ClockedIn(person, key, c1, until, signed_in)
