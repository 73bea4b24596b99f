"""Request models, made from the very commands they become: strict, closed, with units.

A command's dataclass says which members a body has and of which kind; here stands, once for
each kind, how it is written, how large it may be, and an example. A member that must not come
from a body (a new id, a nonce, an envelope) is left out and made here. Why made and not
written by hand: see docs/adr/0004-request-models.md.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from hashlib import sha256
from typing import Any, Generic, TypeVar, get_type_hints

from pydantic import BaseModel

from hat_clinic.domain import codec
from hat_clinic.vocabulary.ids import IdSource, uuid7_from
from hat_clinic.wire.kinds import example_of, model_of

C = TypeVar("C")
RANDOM_BYTES = 32
ENVELOPE = "envelope"
"""Filled in when the signature comes."""
RANDOM = ("nonce", "commitment")
"""Fresh random bytes, drawn for each command."""


@dataclass(frozen=True, slots=True)
class Making:
    """Makes what a body must not bring, for one request of one log.

    A new id follows from the request id alone: the same request gets the same id however often
    it is sent, and its sender can know it before any answer comes.
    """

    origin: str
    request_id: str
    ids: IdSource

    def id_of(self, member: str) -> str:
        """The UUIDv7 of that new thing."""
        return made_id(self.origin, self.request_id, member)

    def random(self) -> str:
        """Fresh random bytes in base64."""
        return b64encode(self.ids.random(RANDOM_BYTES)).decode()


def made_id(origin: str, request_id: str, member: str) -> str:
    """The UUIDv7 of the new `member` that a request makes: the request's own time, and a hash.

    tail = first 10 bytes of SHA-256("hat/v1/made|" + origin + "|" + request id + "|" + member)
    """
    tail = sha256(f"hat/v1/made|{origin}|{request_id}|{member}".encode()).digest()[:10]
    return uuid7_from(int(request_id.replace("-", "")[:12], 16), tail)


class Form(Generic[C]):
    """How the body of one command looks. `makes` names the new ids it brings into being."""

    def __init__(self, command: type[C], makes: Iterable[str] = ()) -> None:
        names = [each.name for each in fields(command)]  # type: ignore[arg-type]
        self.command, self.makes = command, tuple(makes)
        if unknown := set(self.makes) - set(names):
            raise TypeError(f"{command.__name__} has no {', '.join(sorted(unknown))} to make")
        self._random = tuple(name for name in RANDOM if name in names)
        self.members = tuple(name for name in names if name not in {*self.makes, *RANDOM, ENVELOPE})

    @cached_property
    def model(self) -> type[BaseModel]:
        """The strict model of the body."""
        return model_of(self.command, self.members, self.example)

    @cached_property
    def example(self) -> dict[str, Any]:
        """A body that the model takes."""
        hints = get_type_hints(self.command)
        return {name: example_of(hints[name]) for name in self.members}

    def made(self, making: Making) -> dict[str, str]:
        """The new ids of this request, by member."""
        return {name: making.id_of(name) for name in self.makes}

    def body_of(self, command: C) -> dict[str, Any]:
        """The body that asks for this command; what a body must not bring is left out."""
        return {name: part for name, part in codec.encode(command).items() if name in self.members}

    def to_command(self, body: Mapping[str, Any], making: Making) -> C:
        """The command. `body` has passed the model; the codec reads it as it reads the ledger.

        Raises: Rejected, naming the field, for what only the command itself can judge.
        """
        whole: dict[str, Any] = {**body, **self.made(making)}
        for name in self._random:
            whole[name] = making.random()
        return codec.decode(self.command, whole)
