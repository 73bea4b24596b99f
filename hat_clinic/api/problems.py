"""The one table from what can go wrong to what the sender is told (RFC 9457).

Every answer that is not a success is `application/problem+json`: `findings` for what the
rules say (rule id, words for people, source), `errors` for what is malformed, each naming
its place. What was sent is never echoed: it may be about a patient.
"""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from hat_clinic.api.headers import HEADERS
from hat_clinic.handlers.runtime import SiteRuntime
from hat_clinic.vocabulary.errors import (
    BadProof,
    Clash,
    Finding,
    HatError,
    LedgerBroken,
    NotFound,
    NotPermitted,
    Refused,
    Rejected,
    Throttled,
    Unauthenticated,
)
from hat_clinic.wire.answers import Problem

log = logging.getLogger(__name__)
MEDIA_TYPE = "application/problem+json"
MOST_FAULTS = 100
"""Faults that one answer names: 64 KiB of nonsense have thousands, and would come back tenfold."""


@dataclass(frozen=True, slots=True)
class Kind:
    """How one family of errors is answered. `tells` says whether its words go out."""

    status: int
    name: str
    title: str
    tells: bool = True


PROBLEMS: dict[type[HatError], Kind] = {
    Refused: Kind(409, "refused", "The rules say no."),
    NotPermitted: Kind(403, "not-permitted", "You may not do this here."),
    NotFound: Kind(404, "not-found", "It is not here, or you may not know that it is."),
    Clash: Kind(409, "clash", "This request id already means something else."),
    Rejected: Kind(422, "rejected", "The request cannot be read."),
    Unauthenticated: Kind(401, "unauthenticated", "Sign in again, at an enrolled terminal."),
    Throttled: Kind(429, "throttled", "Too many failures; wait before you try again."),
    BadProof: Kind(422, "bad-proof", "A signature or proof that was sent does not hold."),
    LedgerBroken: Kind(500, "ledger-broken", "The record contradicts itself; nothing is written.", False),
    # A writer that is stopping, and whatever else is ours and has no line of its own.
    HatError: Kind(503, "unavailable", "This cannot be done now; ask again later.", False),
}
_UNFORESEEN = Kind(500, "unforeseen", "Something went wrong here; nothing was decided.", False)
_STATUS_ONLY = {
    404: Kind(404, "not-found", "There is nothing at this address."),
    405: Kind(405, "method-not-allowed", "This address does not take this method."),
    415: Kind(415, "unsupported-media-type", "The body is JSON in UTF-8."),
}

RESPONSES: dict[int | str, dict[str, Any]] = {
    status: {"model": Problem, "description": words}
    for status, words in {
        401: "No live sign-in, or an unknown terminal",
        403: "This person may not do this here; on record",
        404: "It is not here, or the person may not know that it is",
        409: "Refused by the rules, with all findings, on record; or the request id is spent already",
        415: "The body is not application/json",
        422: "Malformed: every fault with its place, or the first hundred",
        429: "Too many failures; see Retry-After",
        500: "The record contradicts itself, or something unforeseen",
        503: "Not now: shutting down, or writing has stopped",
    }.items()
}
"""What every route may answer besides success; they are `application/problem+json`."""


def kind_of(error: HatError) -> Kind:
    """The line of the table for this error: that of its nearest family."""
    return next(PROBLEMS[family] for family in type(error).__mro__ if family in PROBLEMS)


def problem(
    kind: Kind,
    detail: str = "",
    findings: Sequence[Finding] = (),
    errors: Sequence[Mapping[str, str]] = (),
    headers: Mapping[str, str] | None = None,
    **members: Any,
) -> Response:
    """The answer. `members` are further facts about this one problem."""
    content: dict[str, Any] = {
        "type": f"/problems/{kind.name}",
        "title": kind.title,
        "status": kind.status,
    }
    if detail and kind.tells:
        content["detail"] = detail
    if findings:
        content["findings"] = [
            {"rule": each.rule, "words": each.words, "source": each.source} for each in findings
        ]
    if errors:
        content["errors"] = list(errors)
    body = json.dumps(content | members, ensure_ascii=False, separators=(",", ":")).encode()
    # The headers also here: what answers for an unforeseen error stands outside all middleware.
    return Response(body, kind.status, {**HEADERS, **(headers or {})}, MEDIA_TYPE)


def of_error(error: HatError, *, about_body: bool = False) -> Response:
    """The answer for an error raised on purpose.

    `about_body` says that a plain field name, as the rules use it, is a member of the body.
    """
    kind, headers = kind_of(error), dict[str, str]()
    errors: list[dict[str, str]] = []
    findings: tuple[Finding, ...] = ()
    match error:
        case Refused() | NotPermitted():
            findings = error.findings
        case Rejected():
            errors = [_place(error.field, about_body) | {"detail": str(error)}]
        case Throttled():
            headers["Retry-After"] = str(math.ceil(error.wait.total_seconds()))
        case Unauthenticated():
            headers["WWW-Authenticate"] = "Bearer"
        case _:
            pass
    return problem(kind, str(error), findings, errors, headers)


def of_validation(error: RequestValidationError) -> Response:
    """The answer for what a model refused: all faults at once or the first of many, each with its place."""
    faults = error.errors()
    errors = [_where(fault["loc"]) | {"detail": str(fault["msg"])} for fault in faults[:MOST_FAULTS]]
    detail = "Some fields are not as they must be."
    if len(faults) > MOST_FAULTS:
        detail = f"{len(faults)} fields are not as they must be; the first {MOST_FAULTS} are named."
    return problem(PROBLEMS[Rejected], detail, errors=errors)


def of_status(error: HTTPException) -> Response:
    """The answer for an unknown address, a method it does not take, another content type."""
    title = HTTPStatus(error.status_code).phrase
    kind = _STATUS_ONLY.get(error.status_code) or Kind(error.status_code, "http", title)
    return problem(kind, str(error.detail), headers=error.headers)


def install(app: FastAPI, runtime: SiteRuntime) -> None:
    """Whatever is raised below `app` is answered from this table."""

    async def hat_error(request: Request, error: Exception) -> Response:
        assert isinstance(error, HatError)
        if isinstance(error, LedgerBroken):
            log.critical("the record contradicts itself: %s", error)
            runtime.ledger_broke(error)
        return of_error(error, about_body=request.method == "POST")

    async def validation(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        return of_validation(error)

    async def status(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        return of_status(error)

    async def unforeseen(request: Request, error: Exception) -> Response:
        return problem(_UNFORESEEN)

    app.add_exception_handler(HatError, hat_error)
    app.add_exception_handler(RequestValidationError, validation)
    app.add_exception_handler(HTTPException, status)
    app.add_exception_handler(Exception, unforeseen)


def _where(loc: Sequence[str | int]) -> dict[str, str]:
    """The place of a fault: a pointer into the body, or the parameter's name."""
    source, *path = loc
    if source == "body":
        parts = (str(part).replace("~", "~0").replace("/", "~1") for part in path)
        return _place("".join(f"/{part}" for part in parts), True)
    return {"parameter": ".".join(map(str, path))}


def _place(field: str, about_body: bool) -> dict[str, str]:
    if field and not field.startswith("/"):
        if not about_body:
            return {"parameter": field}
        field = f"/{field}"
    # RFC 9457 writes the pointer as a URI fragment (RFC 6901 §6); `#` is the whole body.
    return {"pointer": "#" + quote(field, safe="/~")}
