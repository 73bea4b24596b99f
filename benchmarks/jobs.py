"""What clients do: for each kind of figure the requests of one job, and which answers count."""

from __future__ import annotations

import json
import os
import time
from base64 import b64decode, b64encode
from collections.abc import Callable, Generator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

from hat_clinic.ledger.dsse import make_envelope
from hat_clinic.ledger.statement import payload_hash
from hat_clinic.security.signing import SigningKey
from hat_clinic.vocabulary.ids import uuid7_from
from hat_clinic.vocabulary.moments import moment_text

Plan = dict[str, Any]
Item = dict[str, Any]
Steps = Generator[bytes, tuple[int, bytes], Any]
PERFORMER, VERIFIER = "performer", "verifier"


class Void(Exception):
    """An answer was not the one that is measured: the figure would mean nothing."""


@dataclass(frozen=True, slots=True)
class Kind:
    """`before` is done first and not timed, `timed` is; an item is what one job is about.

    `figure` is the name of the figure where it is not the kind's; `compared` asks for the ratio
    to the yardstick.
    """

    timed: Callable[[Plan, Item], Steps]
    before: Callable[[Plan, Item], Steps] | None = None
    figure: str = ""
    compared: bool = False


def post(path: str, body: object, headers: str = "") -> bytes:
    """The bytes of one request."""
    data = json.dumps(body).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"
        f"content-length: {len(data)}\r\n{headers}\r\n"
    )
    return head.encode() + data


def wanted(status: int, answer: tuple[int, bytes]) -> Any:
    """What was answered, with this status.

    Raises: Void.
    """
    if answer[0] != status:
        raise Void(f"{answer[0]} where {status} is wanted: {answer[1][:600]!r}")
    return json.loads(answer[1])


# --- the yardstick ------------------------------------------------------------------------


def bare(plan: Plan, item: Item) -> Steps:
    """One row of 200 bytes."""
    wanted(201, (yield post("/rows", {"text": f"{item['number']:0200}"})))


# --- signed acts --------------------------------------------------------------------------


@cache
def _key(seed: str) -> SigningKey:
    return SigningKey.from_seed(bytes.fromhex(seed))


def _headers(plan: Plan, who: str, request: str | None = None) -> str:
    spent = "" if request is None else f"idempotency-key: {request}\r\n"
    token = plan["people"][who]["token"]
    return f"hat-terminal: {plan['terminal']}\r\nauthorization: Bearer {token}\r\n{spent}"


def _request_id() -> str:
    return uuid7_from(time.time_ns() // 1_000_000, os.urandom(10))


def attributed(plan: Plan, who: str, act: str, body: object) -> Steps:
    """The act is on record."""
    headers = _headers(plan, who, _request_id())
    return wanted(201, (yield post(f"{plan['site']}/{act}", body, headers)))


@dataclass(frozen=True, slots=True)
class Drawn:
    """A statement that waits: where its signature goes, and the body that brings it."""

    path: str
    payload: bytes
    signed: dict[str, str]


def draw(plan: Plan, who: str, act: str, body: object) -> Generator[bytes, tuple[int, bytes], Drawn]:
    """A statement waits, and is signed here."""
    headers = _headers(plan, who, _request_id())
    drawn = wanted(200, (yield post(f"{plan['site']}/{act}/statement", body, headers)))
    key, payload = _key(plan["people"][who]["seed"]), b64decode(drawn["payload"])
    envelope = make_envelope(drawn["payload_type"], payload, key.key_id, key.sign)
    path = f"{plan['site']}/statements/{drawn['statement']}/signature"
    return Drawn(path, payload, {"envelope": b64encode(envelope).decode()})


def sign(plan: Plan, who: str, drawn: Drawn) -> Steps:
    """The signed statement is on record."""
    return wanted(201, (yield post(drawn.path, drawn.signed, _headers(plan, who))))


# --- a dose, step by step -----------------------------------------------------------------


def _permit(plan: Plan, item: Item) -> Steps:
    draw_of = {"container": item["container"], "lot": "L1", "mass": plan["mass"]}
    about = {name: item[name] for name in ("patient", "visit", "prescription")}
    body = {**about, "product": plan["product"], "mass": plan["mass"], "draws": [draw_of]}
    permitted = yield from attributed(plan, PERFORMER, "permit-dose", body)
    item["dose"] = permitted["made"]["dose"]


def _draw_prepared(plan: Plan, item: Item) -> Steps:
    item["drawn"] = yield from draw(plan, PERFORMER, "prepare-dose", {"dose": item["dose"]})


def _sign_prepared(plan: Plan, item: Item) -> Steps:
    yield from sign(plan, PERFORMER, item["drawn"])


def _prepare(plan: Plan, item: Item) -> Steps:
    yield from _draw_prepared(plan, item)
    yield from _sign_prepared(plan, item)


def _verify(plan: Plan, item: Item) -> Steps:
    body = {
        "dose": item["dose"],
        "prepared": b64encode(payload_hash(item["drawn"].payload)).decode(),
        "identity": item["identity"],
        "reading": plan["mass"],
        "container_ending": item["container"][-4:],
    }
    drawn = yield from draw(plan, VERIFIER, "verify-dose", body)
    yield from sign(plan, VERIFIER, drawn)


def _pair(plan: Plan, item: Item) -> Steps:
    yield from _prepare(plan, item)
    yield from _verify(plan, item)


def _whole(plan: Plan, item: Item) -> Steps:
    yield from _permit(plan, item)
    yield from _pair(plan, item)
    yield from attributed(plan, PERFORMER, "hand-over-dose", {"dose": item["dose"]})
    body = {
        "dose": item["dose"],
        "given": plan["mass"],
        "remainder": {**plan["mass"], "ug": 0},
        "happened_at": moment_text(datetime.now(UTC)),
    }
    drawn = yield from draw(plan, PERFORMER, "give-dose", body)
    yield from sign(plan, PERFORMER, drawn)


def _permit_and_draw(plan: Plan, item: Item) -> Steps:
    yield from _permit(plan, item)
    yield from _draw_prepared(plan, item)


BARE = "bare"
KINDS = {
    BARE: Kind(bare, figure="bare_sqlalchemy_insert"),
    "dose_commit": Kind(_sign_prepared, _permit_and_draw, compared=True),
    "dose_drawn_and_committed": Kind(_prepare, _permit, compared=True),
    "dose_pair": Kind(_pair, _permit),
    "dose_whole": Kind(_whole),
}
