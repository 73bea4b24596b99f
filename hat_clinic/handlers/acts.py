"""What an act is: its command, who may, how it is decided, and what comes of it.

The tables `ACTS` in the columns' rooms are made of these; `deciding.py` puts them to work.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Any, Generic, TypeVar

from hat_clinic.domain.entries import SIGNERS, Entry, Signer, entry_of
from hat_clinic.domain.entries import tag_of as entry_tag
from hat_clinic.ledger.canonical import encode
from hat_clinic.ledger.dsse import Envelope, parse_envelope
from hat_clinic.ledger.keys import PublicKey
from hat_clinic.ledger.statement import Statement, parse_statement
from hat_clinic.ledger.statement import tag_of as statement_tag
from hat_clinic.store.newest import Newest
from hat_clinic.store.record import Recorded
from hat_clinic.store.transaction import Transaction
from hat_clinic.vocabulary.errors import BadProof, Finding
from hat_clinic.vocabulary.ids import KeyId, PatientId, PersonId, TerminalId
from hat_clinic.vocabulary.strict_json import JsonValue
from hat_clinic.vocabulary.terms import Role

C = TypeVar("C")


@dataclass(frozen=True, slots=True)
class Actor:
    """A signed-in person at an enrolled terminal, with the roles valid now.

    `key` is the key of the live clock-in there, if there is one.
    """

    person: PersonId
    terminal: TerminalId
    key: KeyId | None
    roles: frozenset[Role]


@dataclass(frozen=True, slots=True)
class Decision:
    """What follows from a command that was not refused. The first entry is the act itself.

    `patient` says under whose key sealed entries go.
    """

    entries: tuple[Entry, ...]
    patient: PatientId | None = None


@dataclass(frozen=True, slots=True)
class Act(Generic[C]):
    """One thing a person can do: its command, who may, and how it is decided.

    `kind` is the type of the first entry: it says whether the person signs. `draft` is for acts
    whose comparison must wait for the signature: the entry to sign, before it is compared.
    `permit` acts let drug or trust out and are closed while the clock is in doubt; all others,
    reports above all, stay open.
    """

    name: str
    command: type[C]
    kind: type[Any]
    roles: frozenset[Role]
    decide: Callable[[Transaction, Actor, C], Decision]
    draft: Callable[[Transaction, Actor, C], Entry] | None = None
    permit: bool = False

    @property
    def signed(self) -> bool:
        """Whether the person's own key signs the entry."""
        return SIGNERS[self.kind].signer is Signer.PERSON


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a request was decided. `findings` of a repeated refusal name the rules only.

    `recorded` is None where the decision was made by an earlier transaction.
    """

    accepted: bool
    first_seq: int
    count: int
    findings: tuple[Finding, ...] = ()
    forbidden: bool = False
    recorded: Recorded | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        # As its arguments: a frozen value is taken apart and filled member by member otherwise.
        said = (self.accepted, self.first_seq, self.count, self.findings, self.forbidden, self.recorded)
        return Outcome, said


@dataclass(frozen=True, slots=True)
class Drawn:
    """A statement that waits for its signature."""

    statement_id: str
    tag: str
    payload: bytes
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Brought:
    """An envelope that somebody sent, and what it says.

    `signed_by` is a key under which its signature was found good; whether that key is the person's,
    and good now, is asked under the lock. None: nothing is verified yet.
    """

    envelope: bytes
    parsed: Envelope
    signed_by: PublicKey | None = None

    @staticmethod
    def read(envelope: bytes) -> Brought:
        """The envelope, read.

        Raises: BadProof.
        """
        return Brought(envelope, parse_envelope(envelope))

    @property
    def said(self) -> Statement:
        """The statement in it.

        Raises: BadProof, if there is none.
        """
        found = SAID.get(self.parsed.payload)
        if found is None:
            found = parse_statement(self.parsed.payload)
            SAID.put(self.parsed.payload, found)
        return found

    def __reduce__(self) -> tuple[Any, ...]:
        # To another process goes text and bytes: to take objects apart and together takes longer.
        parsed, key = self.parsed, self.signed_by
        sent = (parsed.payload_type, parsed.payload, parsed.keyid, parsed.signature)
        return _brought, (self.envelope, sent, None if key is None else (key.alg, key.raw))

    def tried(self, key: PublicKey) -> Brought:
        """The same, `signed_by` this key if its owner signed it."""
        try:
            self.parsed.require_signed(key)
        except BadProof:
            return self
        return replace(self, signed_by=key)

    def require_signed(self, key: PublicKey) -> None:
        """The owner of `key` signed it.

        Raises: BadProof.
        """
        if self.signed_by != key:
            self.parsed.require_signed(key)


MOST_WAIT = 256
"""Statements that wait for a signature at once, at a busy hour; each may be tens of kilobytes."""
SAID: Newest[bytes, Statement] = Newest(MOST_WAIT)
"""Statements by the bytes they are spelt as: most are signed where they were drawn, a moment later."""


def _brought(envelope: bytes, sent: tuple[str, bytes, str, bytes], key: tuple[str, bytes] | None) -> Brought:
    return Brought(envelope, Envelope(*sent), None if key is None else PublicKey(*key))


def signed_as(acts: Mapping[str, Act[Any]], brought: Brought) -> tuple[Act[Any], Entry]:
    """The act that is signed as statements of this kind, and the entry this one would be.

    Raises: BadProof, where no act is; Rejected, for a body that is not of its kind.
    """
    tag = statement_tag(brought.parsed.payload_type)
    for act in acts.values():
        if entry_tag(act.kind) == tag:
            return act, entry_of(tag, brought.said.body)
    raise BadProof(f"nobody signs {tag} here")


def body_digest(act: str, body: JsonValue) -> bytes:
    """What a request asks for, as one hash: the act and the body the client sent."""
    return sha256(encode({"act": act, "body": body})).digest()
