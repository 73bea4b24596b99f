"""The clinic of `tests.clinic`, asked over HTTP: the app in this process, a real writer behind it."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from typing import Any, TypeVar

from httpx2 import ASGITransport, AsyncClient
from sqlalchemy import Engine
from starlette.testclient import TestClient

from hat_clinic.handlers.acts import Act
from hat_clinic.handlers.runtime import ClockInKeys, SiteRuntime
from hat_clinic.ledger.dsse import make_envelope
from hat_clinic.security.signing import CLOCK_IN_FLOOR, wrap_outer, wrap_seed
from hat_clinic.security.slow_hash import slow_hash
from hat_clinic.security.tokens import new_token, token_hash
from hat_clinic.store import credentials, terminal_secrets
from hat_clinic.store.credentials import Credential
from hat_clinic.store.engine import reading
from hat_clinic.store.ledger_rows import newest_head
from hat_clinic.store.packing import Packing, cut
from hat_clinic.vocabulary.errors import HatError
from hat_clinic.vocabulary.ids import TerminalId
from tests.api.apps import app_around
from tests.clinic import Clinic, Member
from tests.remembered_hashes import hashes_remembered

T = TypeVar("T")
KEYS = ClockInKeys(server=sha256(b"server").digest(), unknown=sha256(b"unknown").digest())
HERE = "/v1/sites/zh1"
# The same people with the same salts in every test; that hashing is slow is tested elsewhere.
hashed_once = cache(slow_hash)


def seed_of(one: Member) -> bytes:
    return sha256(one.staff_code.encode()).digest()


def auth_of(one: Member) -> bytes:
    return sha256(b"auth" + one.staff_code.encode()).digest()


def wrap_of(one: Member) -> bytes:
    return sha256(b"wrap" + one.staff_code.encode()).digest()


@dataclass
class Served:
    """A clinic, its app, and an enrolled terminal that asks."""

    clinic: Clinic
    runtime: SiteRuntime
    http: TestClient
    secret: str
    tokens: dict[str, str] = field(default_factory=dict)

    @property
    def terminal(self) -> dict[str, str]:
        """The header of the enrolled terminal."""
        return {"Hat-Terminal": f"{self.clinic.terminal}.{self.secret}"}

    def as_(self, one: Member) -> dict[str, str]:
        """The headers of `one`, signed in at the terminal."""
        if one.staff_code not in self.tokens:
            self.tokens[one.staff_code] = self.clock_in(one).json()["sign_in"]["token"]
        return self.terminal | {"Authorization": f"Bearer {self.tokens[one.staff_code]}"}

    def writes(self, one: Member, request: str | None = None) -> dict[str, str]:
        """The headers of a command by `one`."""
        return self.as_(one) | {"Idempotency-Key": request or self.clinic.ids.uuid7()}

    def clock_in(self, one: Member, auth: bytes | None = None, staff_code: str | None = None) -> Any:
        body = {"staff_code": staff_code or one.staff_code, "auth": b64(auth or auth_of(one))}
        return self.http.post(f"{HERE}/clock-ins", json=body, headers=self.terminal)

    def inside(self, ask: Callable[[AsyncClient], Awaitable[T]]) -> T:
        """What `ask` gives, run in the app's own loop: for many requests, which are quicker there."""

        async def run() -> T:
            transport = ASGITransport(self.http.app, raise_app_exceptions=False)
            async with AsyncClient(transport=transport, base_url="http://testserver") as client:
                return await ask(client)

        assert self.http.portal is not None
        return self.http.portal.call(run)

    def keep_credential(self, one: Member) -> None:
        """`one` can clock in with the halves of this test."""
        random = self.clinic.ids.random
        key = one.key.key_id
        box = wrap_outer(
            KEYS.server, wrap_seed(wrap_of(one), seed_of(one), one.person, random), one.person, key, random
        )
        kept = Credential(
            one.person,
            key,
            random(16),
            CLOCK_IN_FLOOR,
            hashed_once(auth_of(one), random(16)),
            box,
            self.clinic.clock.now(),
        )
        self.clinic.in_one(lambda tx: credentials.put(tx.conn, kept))

    def enrol(self, terminal: TerminalId) -> str:
        """The terminal is known; returns its secret."""
        secret = new_token(self.clinic.ids.random)
        site = self.clinic.site.site_id
        self.clinic.in_one(lambda tx: terminal_secrets.put(tx.conn, site, terminal, token_hash(secret)))
        return secret

    def size(self) -> int:
        """How many entries the log has."""
        with reading(self.clinic.engine) as connection:
            found = newest_head(connection, self.clinic.site.site_id)
            assert found is not None
            return found[0]


def b64(data: bytes) -> str:
    return b64encode(data).decode()


def sign(one: Member, statement: dict[str, Any]) -> dict[str, str]:
    """The body that answers a statement or a challenge, signed by `one`."""
    payload = b64decode(statement["payload"])
    envelope = make_envelope(statement["payload_type"], payload, one.key.key_id, one.key.sign)
    return {"envelope": b64(envelope)}


class PackedWriter:
    """A writer that is spoken to as from another process: only what can go there gets to it, and back."""

    def __init__(self, clinic: Clinic, acts: Any) -> None:
        self._writer, self._works, self._outcomes = clinic.writer, Packing({"acts": acts}), Packing({})

    @property
    def stopped_by(self) -> Exception | None:
        return self._writer.stopped_by

    @property
    def silent_for(self) -> float:
        return self._writer.silent_for

    def submit(self, work: Any) -> Any:
        return self._writer.submit(_over(self._works, work))

    async def asubmit(self, work: Any) -> Any:
        try:
            return _over(self._outcomes, await self._writer.asubmit(_over(self._works, work)))
        except HatError as error:
            raise _over(self._outcomes, error) from error


def _over(packing: Packing, value: Any) -> Any:
    ((_, data),) = cut(bytearray(packing.pack(0, value)))
    return packing.unpack(data)


@contextmanager
def served(engine: Engine, *tables: tuple[Act[Any], ...], raises: bool = True) -> Iterator[Served]:
    """A founded clinic on this engine, served with these acts besides those about staff."""
    clinic = Clinic.open(engine, *tables)
    writer, acts = PackedWriter(clinic, clinic.acts), clinic.acts
    runtime = SiteRuntime(clinic.site, engine, writer, clinic.keys, KEYS, clinic.clock, clinic.ids, acts)
    try:
        with (
            hashes_remembered(),
            app_around(runtime) as app,
            TestClient(app, raise_server_exceptions=raises) as http,
        ):
            one = Served(clinic, runtime, http, "")
            one.secret = one.enrol(clinic.terminal)
            for founder in (clinic.ada, clinic.bo):
                one.keep_credential(founder)
            yield one
    finally:
        runtime.close()
        clinic.close()
