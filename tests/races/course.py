"""A clinic with sixteen seats, its server processes, and sixteen clients that race there.

Four nurses, each clocked in and signed in at each of four terminals: sixteen seats.
The clinic is made in this process, in a few transactions; then its database is given up, and only
server processes write.
"""

from __future__ import annotations

import itertools
import json
import time
from base64 import b64decode
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from http.client import HTTPConnection
from typing import Any

from sqlalchemy import Engine

from benchmarks.places import place_text
from benchmarks.ward import AMPOULE, SINGLE, open_ward
from hat_clinic.domain import codec
from hat_clinic.domain.terminals import EnrolTerminal
from hat_clinic.handlers.sign_in import begin_sign_in
from hat_clinic.ledger.dsse import parse_envelope
from hat_clinic.ledger.leaf import parse_leaf
from hat_clinic.ledger.statement import parse_statement
from hat_clinic.security.tokens import new_token, token_hash
from hat_clinic.store import ledger_rows
from hat_clinic.store.engine import Place, SqlCipherPlace, open_engine, reading
from hat_clinic.vocabulary.ids import TerminalId
from hat_clinic.vocabulary.terms import Role
from hat_clinic.wiring.system import SystemIds
from tests.clinic import Clinic, Member
from tests.races.processes import Process

RACERS = 16
SITE_ID = "zh1"
SITE = f"/v1/sites/{SITE_ID}"
MASS: Any = codec.encode(SINGLE)
Answer = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Seat:
    """One of the sixteen places to act from: a person signed in at a terminal."""

    person: str
    terminal: str
    headers: dict[str, str]
    seed: str


@dataclass(frozen=True, slots=True)
class Seen:
    """An entry of the log as an inspector reads it; `body` is empty where it is sealed."""

    seq: int
    tag: str
    request: str
    body: dict[str, Any]


@dataclass
class Course:
    """The served clinic and its racers. `doses` are what each dose to come may be about."""

    ports: list[int]
    racers: Sequence[Process]
    seats: list[Seat]
    doses: list[dict[str, str]]
    looking: Engine
    size: int
    ids: SystemIds = field(default_factory=SystemIds)
    in_flight: list[int] = field(default_factory=list)
    slowest: float = 0.0

    def task(self, seat: Seat, number: int, path: str, body: Any, request: str | None) -> Answer:
        """What one racer is to send from this seat, to the server whose turn it is."""
        port = self.ports[number % len(self.ports)]
        return {
            "port": port, "site": SITE, "headers": seat.headers, "seed": seat.seed,
            "path": path, "body": body, "request": request,
        }  # fmt: skip

    def race(self, tasks: Sequence[Answer]) -> list[list[Answer]]:
        """What each racer was answered. All are connected before the first of them sends."""
        running = list(zip(self.racers, tasks, strict=True))
        for racer, task in running:
            racer.say(task)
        for racer, _ in running:
            racer.hear()
        for racer, _ in running:
            racer.say("go")
        found: list[list[Answer]] = [racer.hear() for racer, _ in running]
        first = min(answers[0]["answered"] for answers in found)
        self.in_flight.append(sum(answers[0]["sent"] < first for answers in found))
        took = max(each["answered"] - each["sent"] for answers in found for each in answers)
        self.slowest = max(self.slowest, took / 1e9)
        return found

    def get(self, path: str, number: int = 0) -> Any:
        """A view, from the server whose turn it is."""
        connection = HTTPConnection("127.0.0.1", self.ports[number % len(self.ports)], timeout=60)
        connection.request("GET", f"{SITE}{path}", headers=self.seats[0].headers)
        response = connection.getresponse()
        answer = response.read()
        connection.close()
        assert response.status == 200, answer
        return json.loads(answer)

    def new_entries(self, number: int = 0) -> list[Seen]:
        """Every entry since this was last asked."""
        feed = self.get(f"/entries?after={self.size - 1}&limit=100", number)
        # Not everybody reads every envelope in the feed: these are read where they lie.
        with reading(self.looking) as connection:
            clear = ledger_rows.envelopes(connection, SITE_ID, self.size, self.size + len(feed["entries"]))
        found = [_seen(each, clear.get(each["seq"])) for each in feed["entries"]]
        self.size += len(found)
        assert feed["size"] == self.size, "more entries than one round can make"
        return found


def _seen(fed: dict[str, Any], envelope: bytes | None) -> Seen:
    leaf, body = parse_leaf(b64decode(fed["leaf"])), {}
    if envelope is not None:
        body = parse_statement(parse_envelope(envelope).payload).body
    return Seen(leaf.seq, leaf.tag, leaf.request, body)


def permit_body(about: dict[str, str], container: str) -> dict[str, Any]:
    """May this patient have this ampoule?"""
    named = {name: about[name] for name in ("patient", "visit", "prescription")}
    draws = [{"container": container, "lot": "L1", "mass": MASS}]
    return {**named, "product": AMPOULE.product, "mass": MASS, "draws": draws}


@contextmanager
def sixteen() -> Iterator[list[Process]]:
    """Sixteen client processes."""
    with ExitStack() as ending:
        racers = []
        for _ in range(RACERS):
            racer = Process("tests.races.racer")
            ending.callback(racer.end)
            racers.append(racer)
        yield racers


@contextmanager
def opened(place: Place, racers: Sequence[Process], doses: int) -> Iterator[Course]:
    """A clinic in which this many doses can be given, served by one process or, on a server, by two."""
    engine = open_engine(place)
    ward = open_ward(engine, doses)
    clinic = ward.clinic
    nurses = [ward.performer, ward.verifier, *(clinic.hire(f"N-0{n}", Role.NURSE) for n in (3, 4))]
    terminals = [_enrolled(clinic, number) for number in range(4)]
    seats = [_seat(clinic, one, *at) for one, at in itertools.product(nurses, terminals)]
    size = clinic.in_one(lambda tx: tx.tip.frontier.size)
    clinic.close()
    engine.dispose()
    with ExitStack() as ending:
        servers = []
        for _ in range(1 if isinstance(place, SqlCipherPlace) else 2):
            server = Process("tests.races.server", place_text(place))
            ending.callback(server.end)
            servers.append(server)
        ports = [server.hear()["port"] for server in servers]
        for port in ports:
            _wait(port)
        looking = open_engine(place, alone=False)
        ending.callback(looking.dispose)
        yield Course(ports, racers, seats, ward.doses, looking, size)


def _enrolled(clinic: Clinic, number: int) -> tuple[TerminalId, str]:
    terminal, secret = TerminalId(clinic.ids.uuid7()), new_token(clinic.ids.random)
    clinic.both("enrol-terminal", EnrolTerminal(terminal, f"terminal {number + 2}", token_hash(secret)))
    return terminal, secret


def _seat(clinic: Clinic, one: Member, terminal: TerminalId, secret: str) -> Seat:
    clinic.clock_in(one, terminal)
    token = clinic.in_one(lambda tx: begin_sign_in(tx, one.person, terminal)).token
    headers = {"hat-terminal": f"{terminal}.{secret}", "authorization": f"Bearer {token}"}
    return Seat(one.person, terminal, headers, sha256(one.staff_code.encode()).hexdigest())


def _wait(port: int) -> None:
    until = time.monotonic() + 30
    while True:
        try:
            connection = HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/ready")
            assert connection.getresponse().read() and time.monotonic() < until
            connection.close()
            return
        except ConnectionError:
            assert time.monotonic() < until, "the server does not answer"
            time.sleep(0.02)
