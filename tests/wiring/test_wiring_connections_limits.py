"""Connections that do not read or do not finish a handshake, and more of them than may stand."""

from __future__ import annotations

import resource
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from hat_clinic.wiring import connections
from hat_clinic.wiring.connections import connections_of, raise_file_handles
from tests.wiring.test_wiring_connections import HEALTH, let_go


async def endless(scope: Any, receive: Any, send: Any) -> None:
    """An application that has more to say than anybody's buffers hold."""
    if scope["type"] != "http":
        return
    await send({"type": "http.response.start", "status": 200, "headers": []})
    for _ in range(1000):
        await send({"type": "http.response.body", "body": bytes(65536), "more_body": True})
    await send({"type": "http.response.body", "body": b""})


@contextmanager
def serving(**options: Any) -> Iterator[tuple[uvicorn.Server, int]]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = uvicorn.Server(connections_of(endless, lifespan="off", **options))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        try:
            yield server, listening.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join(20)


def test_who_never_reads_an_answer_is_let_go_and_who_reads_slowly_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(connections, "READ_WITHIN", 1)
    with serving() as (server, port):
        deaf, slow = (socket.create_connection(("127.0.0.1", port)) for _ in range(2))
        with deaf, slow:
            for one in (deaf, slow):
                one.sendall(HEALTH)
            assert slow.recv(16).startswith(b"HTTP/1.1 200")
            end = time.monotonic() + 8
            while len(server.server_state.connections) > 1 and time.monotonic() < end:
                slow.recv(1_000_000)
                time.sleep(0.2)
            assert len(server.server_state.connections) == 1
            assert slow.recv(65536)


def test_no_more_connections_stand_than_may(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "MOST_WAITING", 3)
    monkeypatch.setattr(connections, "MOST_CONNECTIONS", 5)
    with serving() as (_, port), ExitStack() as stack:

        def connect(sent: bytes = b"") -> socket.socket:
            one = stack.enter_context(socket.create_connection(("127.0.0.1", port)))
            one.sendall(sent)
            time.sleep(0.1)
            return one

        waiting = [connect() for _ in range(4)]
        assert let_go(waiting[0], 1), "who has waited longest makes room"
        assert not any(let_go(one, 0.1) for one in waiting[1:])
        for _ in range(2):
            connect(HEALTH)
        assert let_go(waiting[1], 1)
        for _ in range(3):
            connect(HEALTH)
        assert let_go(connect(), 1), "where everybody is being answered, who comes last goes"


def test_a_tls_handshake_is_not_drawn_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "HANDSHAKE_WITHIN", 1)
    certificate, key = self_signed(tmp_path)
    with serving(ssl_certfile=str(certificate), ssl_keyfile=str(key)) as (_, port):
        with socket.create_connection(("127.0.0.1", port)) as silent:
            assert let_go(silent, 5)
        trusting = ssl.create_default_context(cafile=str(certificate))
        with (
            socket.create_connection(("127.0.0.1", port), timeout=5) as one,
            trusting.wrap_socket(one, server_hostname="localhost") as wrapped,
        ):
            wrapped.sendall(HEALTH)
            assert wrapped.recv(12) == b"HTTP/1.1 200"


def self_signed(folder: Path) -> tuple[Path, Path]:
    own, now = Ed25519PrivateKey.generate(), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    made = (
        x509.CertificateBuilder(name, name, own.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(own, None)
    )
    certificate, key = folder / "server.pem", folder / "server.key"
    certificate.write_bytes(made.public_bytes(Encoding.PEM))
    key.write_bytes(own.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return certificate, key


def test_file_handles_are_raised_and_never_lowered() -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    raise_file_handles()
    after = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert after[1] == before[1] and after[0] >= before[0]
