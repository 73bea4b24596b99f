"""Sign-in: the right to look, for as long as somebody looks.

Clocking in brings one. After a lock a new one is had by signing a challenge with the key that
is clocked in here: the PIN at the terminal suffices, no passphrase goes anywhere.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from hat_clinic.handlers.failures import count_failure, require_no_wait
from hat_clinic.handlers.identity import LONGEST_SIGN_IN, Asking
from hat_clinic.ledger.canonical import b64, decode_object, encode, unb64
from hat_clinic.ledger.dsse import parse_envelope
from hat_clinic.ledger.keys import PublicKey
from hat_clinic.ledger.statement import payload_type
from hat_clinic.projections.staff import KEYS, PERSONS
from hat_clinic.security.tokens import new_token, token_hash
from hat_clinic.store import challenges, clock_ins, sign_ins, throttles
from hat_clinic.store.challenges import Challenge
from hat_clinic.store.sign_ins import SignIn
from hat_clinic.store.throttles import Bucket
from hat_clinic.store.transaction import Transaction
from hat_clinic.vocabulary.errors import BadProof, Unauthenticated
from hat_clinic.vocabulary.ids import PersonId, TerminalId
from hat_clinic.vocabulary.moments import moment_text

NONCE_BYTES = 32
CHALLENGE_LIVES = timedelta(seconds=60)
CHALLENGE_TYPE = payload_type("sign-in")
"""No entry has this tag, so an answer to a challenge can never pass for an entry."""
NOT_CLOCKED_IN = "not clocked in at this terminal; clock in"
_MEMBERS = frozenset({"expires_at", "key", "nonce", "origin", "person", "terminal"})
_NONE: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A token that lets one person look from one terminal. It is shown once and stored nowhere."""

    person: PersonId
    token: str = field(repr=False)
    until: datetime


@dataclass(frozen=True, slots=True)
class Asked:
    """What the terminal must sign with the clocked-in key, soon."""

    payload: bytes
    expires_at: datetime


def begin_sign_in(tx: Transaction, person: PersonId, terminal: TerminalId) -> SignedIn:
    """The person may look from this terminal; an earlier token of the two opens nothing."""
    token, until = new_token(tx.ids.random), tx.now + LONGEST_SIGN_IN
    sign_ins.put(tx.conn, tx.site_id, SignIn(token_hash(token), person, terminal, tx.now, tx.now, until))
    return SignedIn(person, token, until)


def ask(tx: Transaction, terminal: TerminalId, person: PersonId) -> Asked:
    """A challenge waits for the signature of the key that this person has clocked in here.

    Raises: Unauthenticated, if there is none; Throttled.
    """
    require_no_wait(tx.conn, tx.site_id, Bucket(person, terminal), tx.now)
    key = _clocked_in_key(tx, terminal, person)
    challenges.drop_expired(tx.conn, tx.site_id, tx.now - CHALLENGE_LIVES)
    asked = Challenge(tx.ids.random(NONCE_BYTES), person, terminal, tx.now + CHALLENGE_LIVES)
    challenges.put(tx.conn, tx.site_id, asked)
    return Asked(_payload(tx, asked, key), asked.expires_at)


def answer(tx: Transaction, terminal: TerminalId, envelope: bytes) -> SignedIn | Unauthenticated:
    """The challenge is spent: a sign-in, or why not, which then counts as a failure.

    Why the failure is returned and not raised: raising would undo that it counts.
    Raises: BadProof, for what is no answer to a challenge; Throttled.
    """
    parsed = parse_envelope(envelope)
    nonce = unb64(decode_object(parsed.payload, _MEMBERS, _NONE)["nonce"], NONCE_BYTES)
    asked = challenges.take(tx.conn, tx.site_id, nonce)
    if asked is None or asked.terminal_id != terminal:
        return Unauthenticated("no such challenge waits here; ask for a new one")
    person = PersonId(asked.person_id)
    bucket = Bucket(person, terminal)
    require_no_wait(tx.conn, tx.site_id, bucket, tx.now)
    try:
        if tx.now >= asked.expires_at:
            raise Unauthenticated("the challenge is too old; ask for a new one")
        key_id = _clocked_in_key(tx, terminal, person)
        key = KEYS.load(tx, key_id)
        assert key is not None  # _clocked_in_key has looked
        if parsed.payload_type != CHALLENGE_TYPE or parsed.payload != _payload(tx, asked, key_id):
            raise BadProof("these are not the bytes of the challenge")
        parsed.require_signed(PublicKey(key.alg, key.public))
    except (BadProof, Unauthenticated) as error:
        count_failure(tx, bucket)
        return Unauthenticated(str(error))
    throttles.clear(tx.conn, tx.site_id, bucket)
    return begin_sign_in(tx, person, terminal)


def lock(tx: Transaction, asking: Asking) -> None:
    """The token opens nothing. The clock-in goes on."""
    sign_ins.end(tx.conn, tx.site_id, asking.token_hash)


def _clocked_in_key(tx: Transaction, terminal: TerminalId, person: PersonId) -> str:
    found = clock_ins.live(tx.conn, tx.site_id, person, terminal, tx.now)
    key = None if found is None else KEYS.load(tx, found.key_id)
    if found is None or key is None or key.until is not None or PERSONS.load(tx, person) is None:
        raise Unauthenticated(NOT_CLOCKED_IN)
    return found.key_id


def _payload(tx: Transaction, asked: Challenge, key_id: str) -> bytes:
    return encode(
        {
            "expires_at": moment_text(asked.expires_at),
            "key": key_id,
            "nonce": b64(asked.nonce),
            "origin": tx.site.origin,
            "person": asked.person_id,
            "terminal": asked.terminal_id,
        }
    )
