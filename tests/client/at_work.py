"""A clinic served in this process, and a terminal of it with a network that can be told to fail."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx2
from sqlalchemy import Engine

from hat_clinic.client.clocking import ClockIn
from hat_clinic.client.enrolment import Enrolment
from hat_clinic.client.terminal import Terminal
from hat_clinic.handlers.acts import Act
from hat_clinic.ledger.note import Vkey
from hat_clinic.ledger.policy import Policy
from hat_clinic.security.signing import CLOCK_IN_FLOOR, Halves, clock_in_halves, wrap_outer, wrap_seed
from hat_clinic.store import credentials
from hat_clinic.store.credentials import Credential
from tests.api.served import HERE, KEYS, Served, hashed_once, seed_of, served
from tests.clinic import Member

PIN = "739164"
PASSPHRASE = "an invented long passphrase"


@cache
def halves_of(staff_code: str) -> Halves:
    return clock_in_halves(PASSPHRASE, salt_of(staff_code))


def salt_of(staff_code: str) -> bytes:
    return sha256(staff_code.encode()).digest()[:16]


@dataclass
class Network(httpx2.BaseTransport):
    """Carries requests to the app; `before` and `after` may fail instead, or change what passes."""

    app: httpx2.Client
    before: Callable[[httpx2.Request], None] = lambda request: None
    after: Callable[[httpx2.Request, httpx2.Response], httpx2.Response] = lambda request, response: response
    asked: list[str] = field(default_factory=list)

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        self.before(request)
        self.asked.append(f"{request.method} {request.url.path.removeprefix(HERE)}")
        answer = self.app.request(
            request.method, str(request.url), content=request.read(), headers=request.headers
        )
        plain = httpx2.Response(answer.status_code, headers=answer.headers, content=answer.content)
        return self.after(request, plain)

    def drop_answers(self, path: str, times: int = 1) -> None:
        """The next answers of this path are lost on the way back: the server did what was asked."""
        left = [times]

        def after(request: httpx2.Request, response: httpx2.Response) -> httpx2.Response:
            if left[0] and path in request.url.path:
                left[0] -= 1
                raise httpx2.ReadTimeout("lost", request=request)
            return response

        self.after = after

    def cut(self, path: str) -> None:
        """Nothing gets as far as the server at this path."""

        def before(request: httpx2.Request) -> None:
            if path in request.url.path:
                raise httpx2.ConnectError("no route", request=request)

        self.before = before

    def change(self, path: str, change: Callable[[dict[str, Any]], None]) -> None:
        """A lying server: what it answers at this path is changed."""

        def after(request: httpx2.Request, response: httpx2.Response) -> httpx2.Response:
            if path not in request.url.path:
                return response
            body = response.json()
            change(body)
            kind = {"content-type": response.headers["content-type"]}
            return httpx2.Response(response.status_code, headers=kind, json=body)

        self.after = after

    def mend(self) -> None:
        """The network and the server are honest again."""
        self.before, self.after = lambda request: None, lambda request, response: response


@dataclass
class AtWork:
    """A served clinic and one of its terminals, with ada clocked in."""

    house: Served
    network: Network
    enrolment: Enrolment
    folder: Path

    def __post_init__(self) -> None:
        self.terminal = self.start()
        self.ada = self.clock_in(self.house.clinic.ada)

    def start(self) -> Terminal:
        """The terminal's program, as after a restart."""
        clinic = self.house.clinic
        return Terminal(self.enrolment, self.folder, clinic.clock, clinic.ids, self.network)

    def restart(self) -> None:
        """The program has crashed and begins anew; the person clocks in again."""
        self.terminal.close()
        self.terminal = self.start()
        self.ada = self.clock_in(self.house.clinic.ada)

    def clock_in(self, one: Member) -> ClockIn:
        return self.terminal.clock_in(one.staff_code, PASSPHRASE, PIN, PIN)


def keep_credential(house: Served, one: Member) -> None:
    """`one` can clock in with `PASSPHRASE`."""
    random, halves = house.clinic.ids.random, halves_of(one.staff_code)
    c1 = wrap_seed(halves.wrap, seed_of(one), one.person, random)
    box = wrap_outer(KEYS.server, c1, one.person, one.key.key_id, random)
    proof = hashed_once(halves.auth, random(16))
    kept = Credential(
        one.person, one.key.key_id, salt_of(one.staff_code), CLOCK_IN_FLOOR, proof, box,
        house.clinic.clock.now(),
    )  # fmt: skip
    house.clinic.in_one(lambda tx: credentials.put(tx.conn, kept))


def enrolment(house: Served) -> Enrolment:
    """What the terminal of this clinic was given."""
    first = house.http.get(f"{HERE}/ledger/proof", params={"seq": 0}, headers=house.terminal).json()
    head = Vkey.of(house.clinic.site.origin, house.clinic.keys.head.public_raw)
    policy = Policy.of(head, b64decode(first["leaf"]))
    return Enrolment(house.clinic.terminal, house.secret, "zh1", "http://127.0.0.1", policy)


@contextmanager
def at_work(engine: Engine, folder: Path, *tables: tuple[Act[Any], ...]) -> Iterator[AtWork]:
    """A served clinic with a terminal at work in `folder`."""
    with served(engine, *tables) as house:
        for founder in (house.clinic.ada, house.clinic.bo):
            keep_credential(house, founder)
        one = AtWork(house, Network(house.http), enrolment(house), folder)
        yield one
        one.terminal.close()
