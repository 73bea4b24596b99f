"""A person's key on this terminal for a shift: clocking in, locking, looking again, clocking out.

Of passphrase and PIN nothing leaves this process. The server gets the half that proves; the
half that opens, the open seed and the PIN end with the function that used them. Between
signatures only the seed sealed under the PIN is here.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from hat_clinic.client.http import SiteHttp
from hat_clinic.ledger.canonical import decode_object
from hat_clinic.ledger.dsse import make_envelope
from hat_clinic.ledger.statement import payload_type
from hat_clinic.security.signing import (
    KdfParams,
    PinSealedSeed,
    clock_in_halves,
    require_floor,
    require_passphrase,
    require_pin,
    unwrap_seed,
)
from hat_clinic.vocabulary.errors import BadProof, Rejected, Unauthenticated
from hat_clinic.vocabulary.ids import PersonId, key_id
from hat_clinic.vocabulary.moments import Clock, parse_moment
from hat_clinic.wire.clock_in import Challenge, KdfParameters, SignedIn

Random = Callable[[int], bytes]
LONGEST_IDLE = timedelta(hours=12)
CHALLENGE_TYPE = payload_type("sign-in")
_CHALLENGE = frozenset({"expires_at", "key", "nonce", "origin", "person", "terminal"})
_NONE: frozenset[str] = frozenset()


@dataclass(slots=True)
class ClockIn:
    """One person at work on this terminal.

    `token` is empty while the screen is locked; the key stays, sealed, until clock-out.
    """

    person: str
    staff_code: str
    name: str
    roles: frozenset[str]
    key: str
    until: datetime
    idle: timedelta
    seed: PinSealedSeed = field(repr=False)
    token: str = field(repr=False)

    def require_token(self) -> str:
        """The right to look.

        Raises: Unauthenticated, while the screen is locked.
        """
        if not self.token:
            raise Unauthenticated("the screen is locked; type your PIN")
        return self.token


def require_same_pin(pin: str, again: str) -> None:
    """The PIN is hard enough to guess and was typed twice the same.

    Raises: Rejected, whose words do not hold the PIN.
    """
    require_pin(pin)
    if pin != again:
        raise Rejected("the two PINs differ; type them again", "pin")


def clock_in(
    http: SiteHttp,
    staff_code: str,
    passphrase: str,
    pin: str,
    pin_again: str,
    clock: Clock,
    random: Random,
) -> ClockIn:
    """The person is clocked in at this terminal and signed in; the seed is sealed under the PIN.

    Refuses: weak or different PINs and short passphrases before anything is sent; parameters that
    cost a guesser less than the floor; a key that is not the person's or does not open.
    Raises: Rejected, BadProof, Unauthenticated, Throttled; NoAnswer.
    """
    require_same_pin(pin, pin_again)
    require_passphrase(passphrase)
    kdf = http.kdf_parameters(staff_code)
    halves = clock_in_halves(passphrase, _bytes(kdf.salt), _params(kdf))
    found = http.clock_in(staff_code, halves.auth)
    public = _bytes(found.public)
    if found.staff_code != staff_code or found.key != key_id(found.alg, public):
        raise BadProof("the server answered with another person or key")
    seed = unwrap_seed(halves.wrap, _bytes(found.c1), PersonId(found.person), public)
    until = _moment(found.until)
    sealed = PinSealedSeed.seal(seed, pin, clock.now(), random, until=until)
    return ClockIn(
        person=found.person,
        staff_code=found.staff_code,
        name=found.name,
        roles=frozenset(found.roles),
        key=found.key,
        until=sealed.until,
        idle=_idle(found.sign_in),
        seed=sealed,
        token=found.sign_in.token,
    )


def lock(http: SiteHttp, one: ClockIn) -> None:
    """The person cannot look any more; the key stays for the shift.

    The token is forgotten here whatever the server answers.
    """
    token, one.token = one.token, ""
    if token:
        http.lock(token)


def unlock(http: SiteHttp, one: ClockIn, pin: str, terminal: str, origin: str, clock: Clock) -> None:
    """The person may look again: the PIN opened the key, and the key signed the challenge.

    Refuses: a challenge that is for somebody else, another terminal, log or key: a server must
    not get a signature that it can carry elsewhere.
    Raises: Unauthenticated, for a wrong PIN or a key that is gone; BadProof; Throttled.
    """
    if not one.seed.is_live(clock.now()):
        one.seed.forget()
        raise Unauthenticated("there is no key on this terminal any more; clock in again")
    challenge = http.challenge(one.person)
    payload = _require_challenge(challenge, one, terminal, origin)
    with one.seed.open(pin, clock.now()) as key:
        envelope = make_envelope(challenge.payload_type, payload, key.key_id, key.sign)
    signed_in: SignedIn = http.sign_in(envelope)
    one.token, one.idle = signed_in.token, _idle(signed_in)


def clock_out(http: SiteHttp, one: ClockIn) -> None:
    """The key is gone from this terminal, and the server knows that it is.

    The key goes whatever the server answers.
    """
    one.seed.forget()
    token, one.token = one.token, ""
    if token:
        http.clock_out(token)


def _require_challenge(challenge: Challenge, one: ClockIn, terminal: str, origin: str) -> bytes:
    payload = _bytes(challenge.payload)
    members = decode_object(payload, _CHALLENGE, _NONE)
    wanted = {"origin": origin, "person": one.person, "terminal": terminal, "key": one.key}
    if challenge.payload_type != CHALLENGE_TYPE or any(members[name] != wanted[name] for name in wanted):
        raise BadProof("the challenge is not for this person at this terminal")
    return payload


def _params(kdf: KdfParameters) -> KdfParams:
    """The parameters, which are no weaker than this program demands."""
    try:
        params = KdfParams(kdf.memory_kib, kdf.passes, kdf.lanes)
    except ValueError as error:
        raise BadProof(f"the server asks for what no terminal does: {error}") from None
    require_floor(params)
    return params


def _idle(one: SignedIn) -> timedelta:
    if not 0 <= one.idle_seconds <= LONGEST_IDLE.total_seconds():
        raise BadProof("the server names a time that no sign-in lasts")
    return timedelta(seconds=one.idle_seconds)


def _bytes(text: str) -> bytes:
    try:
        return b64decode(text, validate=True)
    except ValueError:
        raise BadProof("the server's answer is not base64") from None


def _moment(text: str) -> datetime:
    try:
        return parse_moment(text)
    except Rejected as error:
        raise BadProof(f"the server's answer names no moment: {error}") from error
