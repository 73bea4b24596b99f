"""Connections that only hold on, sent over loopback to the server as it is started in a clinic.

Each test ends by itself: what it opens is let go by the server within seconds, or closed by the test.
"""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

import pytest

from hat_clinic.api.headers import HEADERS
from hat_clinic.wiring import connections
from hat_clinic.wiring.ceremony import init_clinic
from hat_clinic.wiring.connections import raise_file_handles
from hat_clinic.wiring.system import SystemClock, SystemIds
from tests.wiring.test_wiring_serving import DEMO, PEOPLE

PROGRAM = "from hat_clinic.cli.main import run; run()"
HEALTH = b"GET /health HTTP/1.1\r\nHost: here\r\n\r\n"
IDLE, HONEST = 500, 16


@dataclass(frozen=True)
class Started:
    """`hat-clinic serve`, answering."""

    port: int
    terminal: dict[str, str]
    process: subprocess.Popen[str]

    def look(self) -> int:
        """The status of what an enrolled terminal asks, on a connection of its own."""
        asking = HTTPConnection("127.0.0.1", self.port, timeout=5)
        asking.request("GET", "/v1/sites/zh1/ledger/head", headers=self.terminal)
        status = asking.getresponse().status
        asking.close()
        return status


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as one:
        port: int = one.getsockname()[1]
        return port


def serve(folder: Path, port: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, "serve", "--data", str(folder), "--port", str(port)],
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Started]:
    folder, port = tmp_path_factory.mktemp("served") / "clinic", free_port()
    init_clinic(folder, DEMO, PEOPLE, SystemClock(), SystemIds())
    (kept,) = folder.glob("terminal-*.json")
    said = json.loads(kept.read_text())
    process = serve(folder, port)
    try:
        one = Started(port, {"Hat-Terminal": f"{said['terminal']}.{said['secret']}"}, process)
        until_listening(port)
        yield one
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0, "told to stop"
        assert process.stderr is not None and process.stderr.read() == "", "nothing was logged of all this"
    finally:
        process.kill()
        process.communicate()


def until_listening(port: int) -> None:
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return
        except ConnectionRefusedError:
            time.sleep(0.1)
    raise AssertionError("the server did not start")


def said(port: int, *parts: bytes, seconds: float = 5) -> bytes:
    """What was answered until the connection ended, or for so many seconds."""
    heard = b""
    with socket.create_connection(("127.0.0.1", port), timeout=seconds) as one:
        try:
            for part in parts:
                one.sendall(part)
            while more := one.recv(65536):
                heard += more
        except (ConnectionError, TimeoutError):
            pass
    return heard


def let_go(one: socket.socket, seconds: float) -> bool:
    """Whether the other side ends it in that time."""
    one.settimeout(max(seconds, 0.01))
    try:
        while one.recv(65536):
            pass
    except TimeoutError:
        return False
    except ConnectionError:
        pass
    return True


# --- strangers that hold on -------------------------------------------------------------


def test_honest_terminals_work_while_five_hundred_hold_on_and_those_are_let_go(started: Started) -> None:
    raise_file_handles()
    starts = (b"", b"GET /health HTTP/1.1\r\n", b"GET /health HTTP/1.1\r\nX: ", b"\r\n", HEALTH[:-2])
    with ExitStack() as stack:
        held = []
        for place in range(IDLE):
            one = stack.enter_context(socket.create_connection(("127.0.0.1", started.port)))
            one.sendall(starts[place % len(starts)])
            held.append(one)
        with ThreadPoolExecutor(HONEST) as terminals:
            found = list(terminals.map(lambda _: started.look(), range(HONEST * 5)))
        assert found == [200] * (HONEST * 5)
        end = time.monotonic() + connections.HEAD_WITHIN + 2 * connections.LOOKED_AT_EVERY
        assert all(let_go(one, end - time.monotonic()) for one in held)


def test_a_head_that_comes_byte_by_byte_is_let_go(started: Started) -> None:
    begun = time.monotonic()
    with socket.create_connection(("127.0.0.1", started.port)) as one:
        one.sendall(b"GET /health HTTP/1.1\r\nX: ")
        while not let_go(one, 0.5):
            one.sendall(b"a")
            assert time.monotonic() - begun < connections.HEAD_WITHIN + 2 * connections.LOOKED_AT_EVERY + 1


@pytest.mark.parametrize(
    "sent",
    [
        b"GET /" + b"a" * connections.LONGEST_HEAD + b" HTTP/1.1\r\n\r\n",
        b"GET /health HTTP/1.1\r\nX: " + b"a" * connections.LONGEST_HEAD + b"\r\n\r\n",
        b"GET /health HTTP/1.1\r\n" + b"X: a\r\n" * (connections.LONGEST_HEAD // 2) + b"\r\n",
        b"GET /health HTTP/1.1\r\nX: a\0b\r\n\r\n",
        b"GET /\xc3\xa9 HTTP/1.1\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"CONNECT here:1 HTTP/1.1\r\n\r\n",
        b"\x16\x03\x01\x05\x00\x01",
    ],
)
def test_what_is_no_request_gets_a_problem_like_everything_else(started: Started, sent: bytes) -> None:
    heard = said(started.port, sent)
    head, _, body = heard.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ") and b"application/problem+json" in head, heard
    for name in HEADERS:
        assert name.lower().encode() in head.lower()
    assert json.loads(body)["type"] == "/problems/not-http"


def test_boundary_of_a_head(started: Started) -> None:
    target = b"/" + b"a" * (connections.LONGEST_HEAD - 1)
    assert b" 404 " in said(started.port, b"GET " + target + b" HTTP/1.1\r\n\r\n", seconds=2)


@pytest.mark.parametrize(
    "sent",
    [
        (b"GET /health HTTP/1.1\r\nX: ", b"a" * 65536),
        (b"\r\n" * 32768,),
        (b"GET /health HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", b"8\r\naaaaaaaa\r\n" * 8192),
        (b"GET /health HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", b"X: aaaaaaaa\r\n" * 8192),
        (b"POST /v1/sites/zh1/clock-ins HTTP/1.1\r\nContent-Length: 999999999\r\n\r\n", b"a" * 65536),
    ],
)
def test_a_request_without_end_is_let_go(started: Started, sent: tuple[bytes, ...]) -> None:
    with socket.create_connection(("127.0.0.1", started.port), timeout=5) as one:
        begun, came = time.monotonic(), 0
        try:
            one.sendall(sent[0])
            while time.monotonic() - begun < 5:
                one.sendall(sent[-1])
                came += len(sent[-1])
        except ConnectionError:
            pass
    assert time.monotonic() - begun < 5, f"{came} bytes were taken"


def test_requests_that_do_not_wait_for_answers_are_few(started: Started) -> None:
    few = 1 + connections.MOST_QUEUED
    assert said(started.port, HEALTH * few, seconds=2).count(b"HTTP/1.1 200") == few
    assert said(started.port, HEALTH * 10_000).count(b"HTTP/1.1 200") <= few


@pytest.mark.parametrize("again", [True, False], ids=["said again", "said only there"])
def test_what_comes_after_a_body_says_nothing_of_who_asks(started: Started, again: bool) -> None:
    body = b'{"person":"0193580a-1c00-7000-8000-0000000000aa"}'
    head = b"Host: here\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n"
    terminal = f"Hat-Terminal: {started.terminal['Hat-Terminal']}\r\n".encode()
    trailer = terminal if again else b"Content-Encoding: gzip\r\nAuthorization: Bearer x\r\n"
    chunks = b"%x\r\n%b\r\n0\r\n" % (len(body), body)
    target = b"POST /v1/sites/zh1/sign-ins/challenge HTTP/1.1\r\n"
    heard = said(started.port, target + head + terminal + b"\r\n" + chunks + trailer + b"\r\n")
    assert heard.startswith(b"HTTP/1.1 401 ") and b"not clocked in" in heard


def test_an_upgrade_is_not_followed(started: Started) -> None:
    for kind in (b"websocket", b"h2c"):
        asked = b"GET /health HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: " + kind + b"\r\n\r\n"
        assert said(started.port, asked, seconds=2).startswith(b"HTTP/1.1 200 ")


def test_a_port_that_is_taken_is_wrong_usage(started: Started, tmp_path: Path) -> None:
    init_clinic(tmp_path / "clinic", DEMO, PEOPLE, SystemClock(), SystemIds())
    second = serve(tmp_path / "clinic", started.port)
    words = second.communicate(timeout=30)[1]
    assert second.returncode == 64 and "Not started" in words
