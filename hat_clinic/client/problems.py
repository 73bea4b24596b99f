"""Problems as the server names them, back as the exceptions they were raised as (RFC 9457)."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import unquote

import httpx2

from hat_clinic.client.answers import NoAnswer
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

LONGEST_WAIT = 24 * 60 * 60
"""Seconds."""
NO_WORDS = Finding(
    "SO46", "this request was refused before and stays refused; ask anew", "house rule on persons"
)
"""What SO46 says where a repeated refusal comes without its words."""
_BY_WORDS: dict[str, type[HatError]] = {
    "not-found": NotFound,
    "clash": Clash,
    "unauthenticated": Unauthenticated,
    "bad-proof": BadProof,
    "ledger-broken": LedgerBroken,
}


def error_of(problem: Problem, response: httpx2.Response) -> HatError:
    """The exception that the server answered with this problem."""
    words, findings = problem.detail or problem.title, findings_of(problem)
    name = problem.type.rpartition("/")[2]
    match name:
        case "refused":
            return Refused(findings or (NO_WORDS,))
        case "not-permitted":
            return NotPermitted(words, findings)
        case "rejected":
            return _rejected(problem, words)
        case "throttled":
            return Throttled(words, _wait(response))
        case _ if name in _BY_WORDS:
            return _BY_WORDS[name](words)
        case _ if response.status_code < 500:
            return Rejected(words)
        case _:
            return NoAnswer(words)


def _wait(response: httpx2.Response) -> timedelta:
    after = response.headers.get("Retry-After", "")
    seconds = int(after) if after.isdecimal() and len(after) <= len(str(LONGEST_WAIT)) else 1
    return timedelta(seconds=min(seconds, LONGEST_WAIT))


def _rejected(problem: Problem, words: str) -> Rejected:
    faults = problem.errors or []
    if not faults:
        return Rejected(words)
    first = faults[0]
    field = unquote((first.pointer or "").removeprefix("#")) or first.parameter or ""
    return Rejected("; ".join(each.detail for each in faults), field)


def findings_of(problem: Problem) -> tuple[Finding, ...]:
    """What the rules said, in the server's words."""
    return tuple(Finding(each.rule, each.words, each.source) for each in problem.findings or ())
