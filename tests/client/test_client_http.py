"""What is no success comes back as the exception it was, or as no answer at all."""

from __future__ import annotations

import socket
import time
import zlib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest
from sqlalchemy import Engine

from hat_clinic.api.problems import PROBLEMS, of_error
from hat_clinic.client import http
from hat_clinic.client.answers import NoAnswer
from hat_clinic.client.enrolment import Enrolment
from hat_clinic.client.http import MOST_BYTES, SiteHttp
from hat_clinic.ledger.policy import Policy
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
from tests.client.at_work import AtWork, at_work
from tests.client.log_in_memory import MemoryLog

FINDING = Finding("AD20", "wait until 12:30", "a source")
ERRORS: list[HatError] = [
    Refused((FINDING, Finding("AD21", "ask a prescriber"))),
    NotPermitted("your roles do not allow this", (FINDING,)),
    NotFound("it is not here"),
    Clash("this request id stands for another body"),
    Rejected("this is missing", "/draws/0/mass"),
    Rejected("the log has 3 entries", "to"),
    Unauthenticated("sign in"),
    Throttled("too many", timedelta(seconds=17)),
    BadProof("the signature does not fit"),
    LedgerBroken("entry 3", 3),
]


def answering(response: httpx2.Response) -> SiteHttp:
    transport = httpx2.MockTransport(lambda request: response)
    return SiteHttp("http://127.0.0.1", "zh1", "t1", "secret", transport=transport)


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_a_problem_comes_back_as_it_was_raised(error: HatError) -> None:
    sent = of_error(error)
    answer = httpx2.Response(sent.status_code, headers=dict(sent.headers), content=bytes(sent.body))
    with pytest.raises(type(error)) as caught:
        answering(answer).head()
    if not isinstance(error, LedgerBroken):
        assert str(caught.value) == str(error)
    for member in ("findings", "wait", "field"):
        assert getattr(caught.value, member, None) == getattr(error, member, None)


def test_every_family_of_errors_was_tried() -> None:
    assert {type(each) for each in ERRORS} | {HatError} == set(PROBLEMS)


@pytest.mark.parametrize(
    "status, kind, body",
    [
        (502, "text/html", "<h1>Bad Gateway</h1>"),
        (500, "application/problem+json", '{"type":"/problems/unforeseen","title":"x","status":500}'),
        (503, "application/problem+json", '{"type":"/problems/unavailable","title":"x","status":503}'),
        (409, "application/problem+json", '{"type":"/problems/refused"}'),
        (200, "application/json", '{"size":3}'),
        (200, "application/json", '{"size":3,"head":"x","more":1}'),
        (200, "application/json", "not json"),
        (302, "text/plain", ""),
    ],
)
def test_everything_else_is_no_answer(status: int, kind: str, body: str) -> None:
    with pytest.raises(NoAnswer):
        answering(httpx2.Response(status, headers={"content-type": kind}, text=body)).head()


JSON = {"content-type": "application/json"}


class Bytes(httpx2.SyncByteStream):
    """A body that goes on and on."""

    def __init__(self, part: bytes, times: int, pause: float = 0) -> None:
        self.part, self.left, self.pause = part, times, pause

    def __iter__(self) -> Iterator[bytes]:
        while self.left:
            self.left -= 1
            time.sleep(self.pause)
            yield self.part


def test_an_answer_without_an_end_is_none_and_is_not_read_on() -> None:
    body = Bytes(b" " * 64 * 1024, 1_000_000)
    with pytest.raises(NoAnswer, match="longer than any"):
        answering(httpx2.Response(200, headers=JSON, stream=body)).head()
    assert 1_000_000 - body.left <= MOST_BYTES // (64 * 1024) + 1


def test_an_answer_that_drips_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "LONGEST_ANSWER", 0.2)
    body = Bytes(b" ", 1_000, 0.01)
    with pytest.raises(NoAnswer, match="longer than any"):
        answering(httpx2.Response(200, headers=JSON, stream=body)).head()
    assert body.left > 900


def test_an_answer_that_is_packed_is_none_and_none_is_asked_for() -> None:
    packed = zlib.compress(b" " * 10_000_000)
    headers = JSON | {"content-encoding": "deflate"}
    asked: list[str] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(request.headers["accept-encoding"])
        return httpx2.Response(200, headers=headers, stream=Bytes(packed, 1))

    with pytest.raises(NoAnswer, match="cannot be read"):
        SiteHttp("http://127.0.0.1", "zh1", "t1", "secret", httpx2.MockTransport(answer)).head()
    assert asked == ["identity"]


@pytest.mark.parametrize("after, waits", [("17", 17), ("9" * 5000, 1), ("99999", 86400), ("-1", 1), ("", 1)])
def test_no_server_makes_a_terminal_wait_for_ever(after: str, waits: int) -> None:
    body = '{"type":"/problems/throttled","title":"wait","status":429}'
    headers = {"content-type": "application/problem+json", "retry-after": after}
    with pytest.raises(Throttled) as caught:
        answering(httpx2.Response(429, headers=headers, text=body)).head()
    assert caught.value.wait == timedelta(seconds=waits)


def test_an_unknown_address_is_rejected_with_the_servers_words() -> None:
    body = '{"type":"/problems/method-not-allowed","title":"no","status":405,"detail":"not like this"}'
    answer = httpx2.Response(405, headers={"content-type": "application/problem+json"}, text=body)
    with pytest.raises(Rejected, match="not like this"):
        answering(answer).head()


@pytest.mark.parametrize("url", ["http://clinic.example", "http://10.0.0.1", "ftp://127.0.0.1", "127.0.0.1"])
def test_refuses_to_send_the_secret_in_clear(url: str) -> None:
    with pytest.raises(Rejected, match="https only"):
        SiteHttp(url, "zh1", "t1", "secret")


@pytest.mark.parametrize("url", ["https://clinic.example", "http://127.0.0.1:8000", "http://[::1]:8000"])
def test_allows_tls_and_this_machine_itself(url: str) -> None:
    SiteHttp(url, "zh1", "t1", "secret").close()


def test_no_proxy_of_the_environment_reads_along(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as proxy:
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{proxy.getsockname()[1]}")
        asking = SiteHttp("http://127.0.0.1:9", "zh1", "t1", "secret")
        with pytest.raises(NoAnswer, match=r"^the server cannot be reached$"):
            asking.head()
        proxy.setblocking(False)
        with pytest.raises(BlockingIOError):
            proxy.accept()


# --- against the app ----------------------------------------------------------------------


@pytest.fixture
def work(engine: Engine, tmp_path: Path) -> Iterator[AtWork]:
    with at_work(engine, tmp_path) as one:
        yield one


def test_every_view_of_the_log_is_read(work: AtWork) -> None:
    asking, token = work.terminal.http, work.ada.token
    head = asking.head()
    assert asking.consistency(1, head.size).new == head.size
    assert asking.proof(0).seq == 0
    feed = asking.entries(token, limit=2)
    assert [each.seq for each in feed.entries] == [0, 1] and feed.next == 1
    with pytest.raises(NotFound):
        asking.outcome(token, work.house.clinic.ids.uuid7())
    with pytest.raises(Rejected) as caught:
        asking.consistency(1, head.size + 1)
    assert caught.value.field == "to"


def test_an_unknown_terminal_is_told_so(work: AtWork) -> None:
    stranger = SiteHttp("http://127.0.0.1", "zh1", "t9", "wrong", transport=work.network)
    with pytest.raises(Unauthenticated, match="not enrolled"):
        stranger.head()


# --- what a terminal was given ------------------------------------------------------------


def test_an_enrolment_is_read_as_it_was_written(tmp_path: Path) -> None:
    policy = Policy.of(MemoryLog().vkey, b"leaf 0")
    one = Enrolment("t1", "secret", "zh1", "https://clinic.example", policy)
    one.write(tmp_path / "t1")
    assert Enrolment.read(tmp_path / "t1") == one
    assert "'secret'" not in repr(one)
    with pytest.raises(FileExistsError):
        one.write(tmp_path / "t1")


def test_refuses_an_enrolment_that_others_may_read_or_that_is_none(tmp_path: Path) -> None:
    policy = Policy.of(MemoryLog().vkey, b"leaf 0")
    Enrolment("t1", "secret", "zh1", "https://clinic.example", policy).write(tmp_path)
    path = tmp_path / "terminal.json"
    path.chmod(0o640)
    with pytest.raises(Rejected, match="others may open"):
        Enrolment.read(tmp_path)
    path.chmod(0o600)
    path.write_bytes(b'{"secret":1,"site":"zh1","terminal":"t1","url":"https://clinic.example"}\n')
    with pytest.raises(Rejected, match="texts only"):
        Enrolment.read(tmp_path)
    path.write_bytes(b"{}\n")
    with pytest.raises(Rejected, match="no enrolment"):
        Enrolment.read(tmp_path)
