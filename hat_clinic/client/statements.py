"""Statements: what a person is asked to sign is taken apart here before anybody sees it.

The server fixes the bytes; the terminal shows what those bytes say and nothing else, and refuses
to show them when they are not about what was asked. What is left out: whether the act is right.
That is for the rules on the server, and for the eyes of whoever signs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from hashlib import sha256

from hat_clinic.client.identity import Identity
from hat_clinic.client.signed_acts import FILLED_IN, SIGNED_ACTS
from hat_clinic.domain.entries import SIGNERS, Entry, Signer, entry_of
from hat_clinic.domain.entries import tag_of as entry_tag
from hat_clinic.ledger.canonical import b64, encode, unb64
from hat_clinic.ledger.dsse import make_envelope
from hat_clinic.ledger.statement import Statement, parse_statement, payload_hash, tag_of
from hat_clinic.security.signing import PinSealedSeed
from hat_clinic.vocabulary.errors import BadProof, Clash, Rejected
from hat_clinic.vocabulary.ids import is_uuid7
from hat_clinic.vocabulary.moments import parse_moment
from hat_clinic.vocabulary.one_line import one_line
from hat_clinic.vocabulary.quantities import Expression, Mass, Volume, mass_text, volume_text
from hat_clinic.vocabulary.strict_json import JsonValue
from hat_clinic.wire.answers import StatementToSign
from hat_clinic.wire.columns import MAKES, form_of
from hat_clinic.wire.forms import made_id

STATEMENT_LIVES = timedelta(seconds=120)


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked for, by whom, from where: what a statement is held against.

    `expects` are members the statement's body must have besides those of `body`: what the person
    has before them on the screen, such as the patient and the mass of a permit. `identity` is the
    patient they were shown.
    """

    origin: str
    terminal: str
    person: str
    key: str
    request: str
    act: str
    body: Mapping[str, JsonValue]
    expects: Mapping[str, JsonValue] = field(default_factory=dict)
    identity: Identity | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """One line of a statement: where it stands in it, and what it says."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class ToSign:
    """A statement that is about what was asked. `fields` are all it says, in its own order."""

    asked: Asked
    statement_id: str
    payload_type: str
    payload: bytes
    tag: str
    said: Statement
    entry: Entry
    expires_at: datetime
    made: Mapping[str, str]
    drawn_at: datetime

    @property
    def fields(self) -> tuple[Shown, ...]:
        """Every member of the statement's body, for people to read; none is left out."""
        return tuple(_lines("", self.said.body))

    @property
    def payload_hash(self) -> bytes:
        """How a second person's statement names this one."""
        return payload_hash(self.payload)

    def sign(self, seed: PinSealedSeed, pin: str, now: datetime) -> bytes:
        """The envelope, signed by the key the statement names.

        Refuses: a statement older than two minutes by this terminal's own clock, whatever time the
        server gave it: what was true when it was shown may not be so any more.
        Raises: Unauthenticated, for a wrong PIN or a key that is gone; BadProof, for another key;
        Clash, for an old statement.
        """
        if not timedelta(0) <= now - self.drawn_at < STATEMENT_LIVES:
            raise Clash("this statement was shown more than two minutes ago")
        if seed.key_id != self.said.key:
            raise BadProof("the statement is for another key than the one that is clocked in")
        with seed.open(pin, now) as key:
            return make_envelope(self.payload_type, self.payload, key.key_id, key.sign)


def body_digest(act: str, body: Mapping[str, JsonValue]) -> bytes:
    """What a request asks for, as one hash: the act and the body that was sent."""
    return sha256(encode({"act": act, "body": dict(body)})).digest()


def require_asked(drawn: StatementToSign, asked: Asked, now: datetime) -> ToSign:
    """The statement says exactly what was asked, about whom it was asked, by whoever asked.

    Refuses: bytes that are not the canonical form of what they say; another log, request,
    terminal, person or key; a body other than the one sent; a value other than the one asked for
    or seen; another patient than the one shown; a kind of entry people do not sign.
    Raises: BadProof.
    """
    payload = unb64(drawn.payload)
    if not is_uuid7(drawn.statement):
        raise BadProof("the statement has no id that a statement can have")
    said, tag = parse_statement(payload), tag_of(drawn.payload_type)
    for name, there, wanted in (
        ("log", said.origin, asked.origin),
        ("request", said.request, asked.request),
        ("terminal", said.terminal, asked.terminal),
        ("person", said.person, asked.person),
        ("key", said.key, asked.key),
        ("body", said.body_sha256, body_digest(asked.act, asked.body)),
    ):
        if there != wanted:
            raise BadProof(f"the statement is for another {name} than was asked")
    try:
        entry = entry_of(tag, said.body)
        expires_at = parse_moment(drawn.expires_at)
    except Rejected as error:
        raise BadProof(f"the statement cannot be read: {error}") from error
    _require_kind(entry, asked.act, said.meaning)
    made = _require_made(drawn, asked)
    require_values(entry, said.body, asked, SIGNED_ACTS[asked.act].command, made)
    _require_patient(said.body, asked.identity)
    return ToSign(
        asked, drawn.statement, drawn.payload_type, payload, tag, said, entry, expires_at, made, now
    )


@dataclass(frozen=True, slots=True)
class Named:
    """Another person's statement, as a second person must read it before confirming it."""

    tag: str
    said: Statement
    entry: Entry

    @property
    def fields(self) -> tuple[Shown, ...]:
        """Every member of its body, for people to read; none is left out."""
        return tuple(_lines("", self.said.body))


def open_named(payload: bytes, kind: str, names: bytes, origin: str) -> Named:
    """The statement with this payload hash, which a second statement is to name.

    Why: a second person confirms what they have read, so the terminal shows only bytes whose hash
    is the one they will sign.
    Raises: BadProof.
    """
    if payload_hash(payload) != names:
        raise BadProof("this is not the statement that is to be confirmed")
    said, tag = parse_statement(payload), tag_of(kind)
    if said.origin != origin:
        raise BadProof("this is a statement of another log")
    try:
        return Named(tag, said, entry_of(tag, said.body))
    except Rejected as error:
        raise BadProof(f"the statement cannot be read: {error}") from error


def _require_kind(entry: Entry, act: str, meaning: str) -> None:
    row, known = SIGNERS[type(entry)], SIGNED_ACTS.get(act)
    if row.signer is not Signer.PERSON or meaning != row.meaning:
        raise BadProof(f"nobody signs {entry_tag(type(entry))} with the meaning {meaning!r}")
    if known is None or known.entry is not type(entry):
        raise BadProof(f"{act} is not signed as {entry_tag(type(entry))}")


def _require_made(drawn: StatementToSign, asked: Asked) -> Mapping[str, str]:
    """The ids of what the request makes follow from the request alone, so a server picks none."""
    made = made_by(asked, SIGNED_ACTS[asked.act].command)
    if drawn.made != made:
        raise BadProof("the statement makes other ids than this request does")
    return made


def made_by(asked: Asked, command: type[object]) -> dict[str, str]:
    """The ids of what this request makes."""
    return {name: made_id(asked.origin, asked.request, name) for name in MAKES.get(command, ())}


def require_values(
    entry: Entry, body: Mapping[str, JsonValue], asked: Asked, command: type[object], made: Mapping[str, str]
) -> None:
    """Whatever was asked for stands there as it was asked, and what could have been and was not does not.

    That is, what has a place in this kind of entry; `FILLED_IN` may stand there unasked.
    Why: a second person's reading of one container could else be made one of two, and signed so.
    Raises: BadProof.
    """
    places = {each.name for each in fields(entry)}
    wanted = {name: value for name, value in {**asked.body, **made}.items() if name in places}
    for name, value in (*wanted.items(), *asked.expects.items()):
        # As bytes: True is 1 for Python, and is not for anybody who reads the statement.
        if name not in body or encode(body[name]) != encode(value):
            raise BadProof(f"the statement says another {name} than was asked")
    unasked = set(form_of(command).members) - FILLED_IN.get(command, frozenset())
    for name in sorted((unasked - asked.body.keys() - asked.expects.keys()) & places & body.keys()):
        raise BadProof(f"the statement says {name}, for which nobody asked")


def _require_patient(body: Mapping[str, JsonValue], identity: Identity | None) -> None:
    if identity is None:
        return
    if body.get("patient") != identity.patient:
        raise BadProof("the statement is about another patient than the one shown")
    rec, relied = b64(identity.rec), body.get("relies_on")
    if body.get("identity") != rec and not (isinstance(relied, list) and rec in relied):
        raise BadProof("the statement does not rely on the identity that was shown")


def _lines(name: str, value: JsonValue) -> Iterator[Shown]:
    match value:
        case {"of": str(of), "ug": int(micrograms), **more} if not more:
            words = of.replace("_", " ")
            yield Shown(name, f"{mass_text(Mass(micrograms, Expression(of)))} {words}")
        case {"ul": int(microlitres), **more} if not more:
            yield Shown(name, volume_text(Volume(microlitres)))
        case dict():
            for member, inner in value.items():
                yield from _lines(f"{name} {member.replace('_', ' ')}".strip(), inner)
        case list():
            if not value:
                yield Shown(name, "none")
            for place, inner in enumerate(value, start=1):
                yield from _lines(f"{name} {place}", inner)
        case bool():
            yield Shown(name, "yes" if value else "no")
        case _:
            # A line end in a lot number would begin a line that nobody says.
            yield Shown(name, one_line(str(value)))
