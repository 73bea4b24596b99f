"""What clients do: for each kind of figure the requests of one job, and which answers count."""

from __future__ import annotations

import json
import os
import time
from base64 import b64decode, b64encode
from collections.abc import Callable, Generator
from dataclasses import dataclass
from functools import cache
from typing import Any

from hat_clinic.ledger.dsse import make_envelope
from hat_clinic.security.signing import SigningKey
from hat_clinic.vocabulary.ids import uuid7_from

Plan = dict[str, Any]
Item = dict[str, Any]
Steps = Generator[bytes, tuple[int, bytes], Any]


class Void(Exception):
    """An answer was not the one that is measured: the figure would mean nothing."""


@dataclass(frozen=True, slots=True)
class Kind:
    """`item` is what one job is about; `before` is done first and not timed, `timed` is.

    `figure` is the name of the figure where it is not the kind's; `compared` asks for the ratio
    to the yardstick.
    """

    timed: Callable[[Plan, Item], Steps]
    before: Callable[[Plan, Item], Steps] | None = None
    item: Callable[[Plan, int], Item] = lambda plan, number: {"number": number}
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


def draw(plan: Plan, who: str, act: str, body: object) -> Steps:
    """A statement waits: its path, and the signed body to send there."""
    headers = _headers(plan, who, _request_id())
    drawn = wanted(200, (yield post(f"{plan['site']}/{act}/statement", body, headers)))
    key, payload = _key(plan["people"][who]["seed"]), b64decode(drawn["payload"])
    envelope = make_envelope(drawn["payload_type"], payload, key.key_id, key.sign)
    path = f"{plan['site']}/statements/{drawn['statement']}/signature"
    return path, {"envelope": b64encode(envelope).decode()}


def sign(plan: Plan, who: str, drawn: tuple[str, object]) -> Steps:
    """The signed statement is on record."""
    return wanted(201, (yield post(*drawn, _headers(plan, who))))


def _grant(plan: Plan) -> tuple[str, str, object]:
    return "ada", "grant-role", {"person": plan["people"]["nia"]["person"], "role": "pharmacist"}


def _draw_grant(plan: Plan, item: Item) -> Steps:
    item["drawn"] = yield from draw(plan, *_grant(plan))


def _sign_grant(plan: Plan, item: Item) -> Steps:
    yield from sign(plan, "ada", item["drawn"])


def _whole_grant(plan: Plan, item: Item) -> Steps:
    yield from _draw_grant(plan, item)
    yield from _sign_grant(plan, item)


BARE = "bare"
KINDS = {
    BARE: Kind(bare, figure="bare_sqlalchemy_insert"),
    "signed_act_commit": Kind(_sign_grant, _draw_grant, compared=True),
    "signed_act_whole": Kind(_whole_grant),
}
