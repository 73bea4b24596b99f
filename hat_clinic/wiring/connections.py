"""Connections to the server: who asks gets an answer, who only holds on is let go.

uvicorn drops a connection that is silent between two requests, and no other. Without what stands
here, a few hundred sockets that never finish asking, or never read their answer, take every file
handle of the process, and requests that are sent without waiting for answers fill its memory.

A connection *waits* from when it is made, or its last answer was written, until the head of its
next request has come whole.
"""

from __future__ import annotations

import asyncio
import resource
from collections.abc import Callable
from typing import Any

import uvicorn
import uvloop
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from hat_clinic.api.problems import Kind, problem

HEAD_WITHIN = 10
"""Seconds that a connection may wait."""
LOOKED_AT_EVERY = 2
"""Seconds; what is said in seconds here is kept to that precision."""
READ_WITHIN = 30
"""Seconds in which somebody who reads an answer must have taken some of it."""
HANDSHAKE_WITHIN = 5
"""Seconds for the TLS handshake, before which a connection is not seen here."""
LONGEST_HEAD = 32 * 1024
"""Bytes of a request's target and headers."""
LONGEST_REQUEST = 256 * 1024
"""Bytes of a whole request as it is sent; what the body may hold is less, and `api.body`'s to say."""
MOST_QUEUED = 8
"""Requests on one connection that came before the one in front of them was answered."""
MOST_WAITING = 256
MOST_CONNECTIONS = 512
FILE_HANDLES = 8192
NOT_HTTP = Kind(400, "not-http", "This is no request that is read here.")


class Connection(HttpToolsProtocol):
    """One connection, looked at every few seconds for as long as it stands."""

    _waits_since: float | None = None
    _look: asyncio.TimerHandle | None = None
    _came = 0
    _longest = LONGEST_HEAD
    _left = 0
    _left_since = 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """It waits, and may be what is one too many."""
        super().connection_made(transport)
        self._waits_since = self.loop.time()
        self._look_later()
        waiting = [each for each in self.connections if isinstance(each, Connection) and each.waits]
        if len(waiting) > MOST_WAITING:
            min(waiting, key=Connection.waiting_since).let_go()
        if len(self.connections) > MOST_CONNECTIONS:
            self.let_go()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nobody looks at it any more."""
        if self._look is not None:
            self._look.cancel()
        super().connection_lost(exc)

    @property
    def waits(self) -> bool:
        """Whether the head of a request is what it needs next."""
        return self._waits_since is not None

    def waiting_since(self) -> float:
        """The moment on the loop's clock; now, if it does not wait."""
        return self.loop.time() if self._waits_since is None else self._waits_since

    def let_go(self) -> None:
        """It is gone at once, with whatever was not read of an answer."""
        self.connections.discard(self)
        self.transport.abort()

    def data_received(self, data: bytes) -> None:
        """It is parsed; a request without end is let go."""
        self._came += len(data)
        super().data_received(data)
        if self._came > self._longest and not self.transport.is_closing():
            self.let_go()

    def on_message_begin(self) -> None:
        """The bytes of this request are counted from here on."""
        self._came, self._longest = 0, LONGEST_HEAD
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        """A line of the head. One after a body is none: what decides who asks comes before it, or not at all.

        Source: RFC 9110 §6.5.1.
        """
        if self._longest == LONGEST_HEAD:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """The request is answered, or stands in the queue.

        Raises: ValueError, which is answered as what is no request, for a head that is too long
        and for one request too many.
        """
        if len(self.url) + sum(len(name) + len(value) for name, value in self.headers) > LONGEST_HEAD:
            raise ValueError("the head is too long")
        if len(self.pipeline) >= MOST_QUEUED:
            raise ValueError("too many requests before an answer")
        super().on_headers_complete()
        self._waits_since, self._longest = None, LONGEST_REQUEST

    def on_response_complete(self) -> None:
        """The next request is answered, or waited for."""
        super().on_response_complete()
        if self.cycle.response_complete:
            self._waits_since = self.loop.time()

    def resume_writing(self) -> None:
        """Some of the answer was taken."""
        self._left_since = self.loop.time()
        super().resume_writing()

    def send_400_response(self, msg: str) -> None:
        """What is no request is told so in our words, where no other answer is being written."""
        if not self.waits:
            self.let_go()
            return
        answer = problem(NOT_HTTP, headers={"Connection": "close"})
        head = b"".join(b"%b: %b\r\n" % pair for pair in answer.raw_headers)
        self.transport.write(b"HTTP/1.1 400 Bad Request\r\n" + head + b"\r\n" + bytes(answer.body))
        self.transport.close()

    def _look_later(self) -> None:
        self._look = self.loop.call_later(LOOKED_AT_EVERY, self._look_at_it)

    def _look_at_it(self) -> None:
        now, left = self.loop.time(), self.transport.get_write_buffer_size()
        if left == 0 or left != self._left:
            self._left, self._left_since = left, now
        if left == 0:
            over = self._waits_since is not None and now - self._waits_since >= HEAD_WITHIN
        else:
            over = now - self._left_since >= READ_WITHIN
        if over:
            self.let_go()
        else:
            self._look_later()


class Loop(uvloop.Loop):
    """uvicorn's usual loop, on which nobody draws out a TLS handshake for its usual minute."""

    async def create_server(self, *args: Any, **options: Any) -> Any:
        """The listening server."""
        if options.get("ssl") is not None:
            options["ssl_handshake_timeout"] = HANDSHAKE_WITHIN
        return await super().create_server(*args, **options)


def connections_of(app: Callable[..., Any], **options: Any) -> uvicorn.Config:
    """How uvicorn is to serve `app`; its own log keeps quiet about what strangers send.

    Why no proxy headers: nothing here goes by an address, and anybody can write them. Why silence
    between two requests may last as long as any: a client that gives up first never meets a closing door.
    """
    return uvicorn.Config(
        app,
        http=Connection,
        loop="hat_clinic.wiring.connections:Loop",
        ws="none",
        timeout_keep_alive=HEAD_WITHIN,
        proxy_headers=False,
        server_header=False,
        date_header=False,
        access_log=False,
        log_level="error",
        **options,
    )


def raise_file_handles() -> None:
    """This process may have as many files and sockets open as it needs, where the system lets it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = FILE_HANDLES if hard == resource.RLIM_INFINITY else min(FILE_HANDLES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
