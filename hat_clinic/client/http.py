"""The routes of one site as typed calls: bytes out, views or errors back; nothing is proven here.

A problem the server names comes back as the exception it was raised as. Everything else that is
not a success - no connection, no answer in time, an answer of something in between - is
`NoAnswer`: what was asked may or may not have been done, and only asking again will tell.
"""

from __future__ import annotations

import ssl
import time
from typing import TypeVar
from urllib.parse import quote, urlsplit

import httpx2
from pydantic import BaseModel, ValidationError

from hat_clinic.client.answers import Answer, NoAnswer
from hat_clinic.client.problems import NO_WORDS, error_of, findings_of
from hat_clinic.ledger.canonical import b64
from hat_clinic.vocabulary.errors import Rejected
from hat_clinic.vocabulary.strict_json import JsonValue
from hat_clinic.wire import clock_in as wire
from hat_clinic.wire import ledger
from hat_clinic.wire.answers import Problem, Receipt, StatementToSign

V = TypeVar("V", bound=BaseModel)
PROBLEM = "application/problem+json"
PLAIN = "identity"
MOST_BYTES = 8 * 1024 * 1024
LONGEST_ANSWER = 30
"""Seconds from the first byte of an answer to its last."""
TIMEOUT = httpx2.Timeout(10, connect=3)
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
UNREADABLE = "the answer cannot be read"
REPLAYED = "Idempotent-Replayed"


class SiteHttp:
    """One site's server, asked from one enrolled terminal. Safe to use from several threads.

    `transport` stands in for the network in tests. `tls` is who is trusted to vouch for the server.
    Refuses: to send a terminal's secret anywhere but over TLS or to this machine itself.
    Raises: Rejected.
    """

    def __init__(
        self,
        url: str,
        site: str,
        terminal: str,
        secret: str,
        transport: httpx2.BaseTransport | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        where = urlsplit(url)
        if where.scheme != "https" and (where.scheme, where.hostname in LOOPBACK) != ("http", True):
            raise Rejected("a server elsewhere is asked over https only", "url")
        self._client = httpx2.Client(
            base_url=f"{url.rstrip('/')}/v1/sites/{quote(site, safe='')}",
            headers={"Hat-Terminal": f"{terminal}.{secret}", "Accept-Encoding": PLAIN},
            timeout=TIMEOUT,
            transport=transport,
            verify=tls or True,
            # A proxy named in the environment would read everything.
            trust_env=False,
        )

    def close(self) -> None:
        """No connection is open."""
        self._client.close()

    # --- clocking in and looking ----------------------------------------------------------

    def kdf_parameters(self, staff_code: str) -> wire.KdfParameters:
        """How the server says to derive; check it against the floor."""
        return self._view(
            wire.KdfParameters, "GET", "/clock-ins/parameters", query={"staff_code": staff_code}
        )

    def keep_credential(self, body: JsonValue) -> wire.CredentialKept:
        """The person can clock in with the key that signed this; see `first_passphrase`."""
        return self._view(wire.CredentialKept, "POST", "/credentials", body)

    def clock_in(self, staff_code: str, auth: bytes) -> wire.ClockedIn:
        """The person is clocked in at this terminal."""
        body: JsonValue = {"staff_code": staff_code, "auth": b64(auth)}
        return self._view(wire.ClockedIn, "POST", "/clock-ins", body)

    def clock_out(self, token: str) -> None:
        """The person can neither sign nor look at this terminal."""
        self._send("DELETE", "/clock-ins/current", token=token)

    def challenge(self, person: str) -> wire.Challenge:
        """Bytes to sign with the clocked-in key."""
        return self._view(wire.Challenge, "POST", "/sign-ins/challenge", {"person": person})

    def sign_in(self, envelope: bytes) -> wire.SignedIn:
        """The person may look again."""
        return self._view(wire.SignedIn, "POST", "/sign-ins", {"envelope": b64(envelope)})

    def lock(self, token: str) -> None:
        """The token opens nothing; the clock-in goes on."""
        self._send("DELETE", "/sign-ins/current", token=token)

    # --- acts -----------------------------------------------------------------------------

    def perform(self, token: str, act: str, request: str, body: JsonValue) -> Answer:
        """What an attributed act came to."""
        return self._decided(self._exchange("POST", f"/{act}", body, token, request))

    def statement(self, token: str, act: str, request: str, body: JsonValue) -> StatementToSign | Answer:
        """The statement of a signed act, or the refusal that is on record."""
        response = self._exchange("POST", f"/{act}/statement", body, token, request)
        return _read(StatementToSign, response) if response.is_success else self._decided(response)

    def sign(self, token: str, statement: str, envelope: bytes) -> Answer:
        """What the signed statement came to."""
        path = f"/statements/{statement}/signature"
        return self._decided(self._exchange("POST", path, {"envelope": b64(envelope)}, token))

    def outcome(self, token: str, request: str) -> Answer:
        """What a request of this person came to.

        Raises: NotFound, while nothing was decided under this id.
        """
        return self._decided(self._exchange("GET", f"/requests/{request}", token=token))

    # --- the log --------------------------------------------------------------------------

    def head(self) -> ledger.Head:
        """The newest signed head."""
        return self._view(ledger.Head, "GET", "/ledger/head")

    def consistency(self, old: int, new: int) -> ledger.Consistency:
        """The proof from one size to another."""
        query = {"from": str(old), "to": str(new)}
        return self._view(ledger.Consistency, "GET", "/ledger/consistency", query=query)

    def proof(self, seq: int) -> ledger.Proven:
        """An entry's leaf and its proof."""
        return self._view(ledger.Proven, "GET", "/ledger/proof", query={"seq": str(seq)})

    def entries(self, token: str, after: int = -1, limit: int = 100) -> ledger.Feed:
        """The entries after one that is known."""
        query = {"after": str(after), "limit": str(limit)}
        return self._view(ledger.Feed, "GET", "/entries", token=token, query=query)

    def view(self, kind: type[V], path: str, token: str, query: dict[str, str] | None = None) -> V:
        """Any other view of this site, for screens."""
        return self._view(kind, "GET", path, token=token, query=query)

    def find(self, kind: type[V], path: str, token: str, body: JsonValue) -> V:
        """A view that is asked for with what must not stand in an address."""
        return self._view(kind, "POST", path, body, token)

    # --- the exchange ---------------------------------------------------------------------

    def _view(
        self,
        kind: type[V],
        method: str,
        path: str,
        body: JsonValue = None,
        token: str | None = None,
        query: dict[str, str] | None = None,
    ) -> V:
        return _read(kind, self._send(method, path, body, token, query=query))

    def _decided(self, response: httpx2.Response) -> Answer:
        replayed = response.headers.get(REPLAYED) == "true"
        if response.is_success:
            return Answer(_outcome(_read(Receipt, response), "accepted"), replayed=replayed)
        problem = _problem(response)
        members = problem.model_extra or {}
        if "outcome" not in members:
            raise error_of(problem, response)
        try:
            receipt = Receipt.model_validate(members)
        except ValidationError:
            raise NoAnswer(UNREADABLE) from None
        forbidden = response.status_code == 403
        findings = findings_of(problem) or (NO_WORDS,)
        return Answer(_outcome(receipt, "refused"), findings, forbidden, replayed)

    def _send(
        self,
        method: str,
        path: str,
        body: JsonValue = None,
        token: str | None = None,
        query: dict[str, str] | None = None,
    ) -> httpx2.Response:
        response = self._exchange(method, path, body, token, query=query)
        if not response.is_success:
            raise error_of(_problem(response), response)
        return response

    def _exchange(
        self,
        method: str,
        path: str,
        body: JsonValue = None,
        token: str | None = None,
        request: str | None = None,
        query: dict[str, str] | None = None,
    ) -> httpx2.Response:
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        if request is not None:
            headers["Idempotency-Key"] = request
        try:
            with self._client.stream(method, path, json=body, params=query, headers=headers) as response:
                return _whole(response)
        except (httpx2.TransportError, httpx2.InvalidURL) as error:
            raise NoAnswer(_unanswered(error)) from error


def _unanswered(error: Exception) -> str:
    """Why no answer came, in words for whoever stands before the screen."""
    if isinstance(error, (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.InvalidURL)):
        return "the server cannot be reached"
    return "no answer from the server"


def _whole(response: httpx2.Response) -> httpx2.Response:
    """The answer, read to its end; one that is too long, too slow or packed is none.

    Why: a server could fill this terminal's memory, or drip bytes at it for ever.
    """
    if response.headers.get("content-encoding", PLAIN) != PLAIN:
        raise NoAnswer(UNREADABLE)
    parts, size, until = [], 0, time.monotonic() + LONGEST_ANSWER
    for part in response.iter_bytes():
        size += len(part)
        if size > MOST_BYTES or time.monotonic() > until:
            raise NoAnswer("the answer is longer than any of this server's")
        parts.append(part)
    return httpx2.Response(response.status_code, headers=response.headers, content=b"".join(parts))


def _outcome(receipt: Receipt, wanted: str) -> Receipt:
    if receipt.outcome != wanted:
        raise NoAnswer(UNREADABLE)
    return receipt


def _problem(response: httpx2.Response) -> Problem:
    kind = response.headers.get("content-type", "").partition(";")[0].strip()
    if kind != PROBLEM:
        raise NoAnswer(f"something that is not the server answered: {response.status_code}")
    return _read(Problem, response)


def _read(kind: type[V], response: httpx2.Response) -> V:
    try:
        return kind.model_validate_json(response.content)
    except ValidationError:
        raise NoAnswer(UNREADABLE) from None
