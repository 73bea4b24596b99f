"""A site's writer in a process of its own: how work gets there, and its outcome back.

Why: folding, signing and fsync then have a processor to themselves, and the process that faces
the network opens an embedded database for reading only. To whoever has work it is a `Writer`.

The two are joined by a socket pair that has no name and that nobody else holds. What goes over it
is pickled, which is as safe as its other end: this very program. What both have from the start (the
table of acts) goes by its name. Each frame is four bytes of length and a pickle: `(number, work)` one
way; `(number, result, error)` the other, in order, and first of all whether the writer has started.

A writer that ends unasked has met what nobody can answer for, see `writer.py`; so this one ends too.
"""

from __future__ import annotations

import asyncio
import io
import logging
import pickle
import signal
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from types import TracebackType
from typing import Any, TypeVar

from hat_clinic.store.transaction import Transaction
from hat_clinic.store.turns import Elsewhere, Outcome, Turn, settle
from hat_clinic.store.writer import OutcomeUnknown, Writer, WriterStopped, exit_now
from hat_clinic.vocabulary.errors import LedgerBroken

T = TypeVar("T")
Shared = Mapping[str, object]
STARTED = 0
END_SECONDS = 60
_LENGTH_BYTES, _AT_ONCE = 4, 1 << 16
log = logging.getLogger(__name__)


class WriterProcess:
    """The one writer of this site, in a child process. `command` starts it; it is given a descriptor more."""

    def __init__(
        self,
        command: Sequence[str],
        shared: Shared,
        on_unknown_commit: Callable[[BaseException], None] = exit_now,
    ) -> None:
        self._command, self._on_unknown_commit = command, on_unknown_commit
        self._packing = Packing(shared)
        self._gate = threading.Lock()
        self._unsent = bytearray()
        self._waiting: dict[int, Turn] = {}
        self._number = STARTED
        self._stopped: Exception | None = WriterStopped("the writer has not been started")

    def start(self) -> None:
        """The writer has started there as `Writer.start` does, and takes work.

        Raises: what stopped it from starting.
        """
        self._socket, theirs = socket.socketpair()
        with theirs:
            self._child = subprocess.Popen(
                [*self._command, str(theirs.fileno())], pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL
            )
        started: Future[None] = Future()
        self._waiting[STARTED] = Turn(_nothing, started)
        self._listener = threading.Thread(target=self._listen, name="writer-answers", daemon=True)
        self._stopped = None
        self._listener.start()
        try:
            started.result()
        except BaseException as error:
            self._stopped = error if isinstance(error, Exception) else WriterStopped("it did not start")
            self.close()
            raise

    def close(self) -> None:
        """What was submitted is done, nothing more is taken, the process has ended."""
        with self._gate:
            if self._stopped is None:
                self._stopped = WriterStopped("the writer is closed")
        self._socket.shutdown(socket.SHUT_WR)
        self._listener.join(END_SECONDS)
        try:
            self._child.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()
        self._socket.close()

    def __enter__(self) -> WriterProcess:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def stopped_by(self) -> Exception | None:
        """Why no work is taken: a LedgerBroken needs people, anything else a restart."""
        return self._stopped

    def submit(self, work: Callable[[Transaction], T]) -> Future[T]:
        """As `Writer.submit`; work that cannot be sent is a mistake in this program."""
        future: Future[T] = Future()
        future.set_running_or_notify_cancel()
        stopped = self._take(Turn(work, future))
        if stopped is not None:
            future.set_exception(stopped)
        self._send()
        return future

    async def asubmit(self, work: Callable[[Transaction], T]) -> T:
        """As `Writer.asubmit`; once sent the work is done, whether its caller waits or not."""
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[T] = loop.create_future()
        stopped = self._take(Turn(work, waiter))
        if stopped is not None:
            raise stopped
        loop.call_soon(self._send)  # with whatever else this round of the loop has for the writer
        return await waiter

    def _take(self, turn: Turn) -> Exception | None:
        """The turn waits to be sent, or why it is not taken."""
        with self._gate:
            if self._stopped is None:
                self._number += 1
                self._unsent += self._packing.pack((self._number, turn.work))
                self._waiting[self._number] = turn
            return self._stopped

    def _send(self) -> None:
        with self._gate:
            if self._unsent:
                try:
                    self._socket.sendall(self._unsent)
                except OSError:
                    log.exception("the writer takes nothing more")  # the listener hears why
                self._unsent.clear()

    def _listen(self) -> None:
        at_work = False
        for batch in frames(self._socket):
            turns = []
            for number, result, error in map(self._packing.unpack, batch):
                at_work = at_work or (number == STARTED and error is None)
                turns.append(self._outcome(self._waiting.pop(number), result, error))
            settle(turns)
        with self._gate:
            unasked = at_work and self._stopped is None
            self._stopped = self._stopped or WriterStopped("the writer has ended")
            left = list(self._waiting.values())
        unknown = OutcomeUnknown("the writer's process ended before it answered")
        if unasked:
            self._on_unknown_commit(unknown)
        settle([self._outcome(turn, None, unknown) for turn in left])

    def _outcome(self, turn: Turn, result: object, error: BaseException | None) -> Turn:
        if error is None:
            turn.succeeded(result)
            return turn
        if isinstance(error, LedgerBroken | OutcomeUnknown):
            self._stopped = error
        turn.failed(error)
        return turn


def serve_work(joined: socket.socket, start: Callable[[], Writer], shared: Shared) -> None:
    """In the writer's own process: everything sent here was done, until the other end closed.

    What `start` raises is told the other end, and is this call's end too.
    """
    # Whoever started this process says when it ends: it may have work under way for somebody.
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, signal.SIG_IGN)
    outcomes = _Outcomes(joined, shared)
    try:
        writer = start()
    except Exception as error:
        outcomes.send([(STARTED, None, error)])
        return
    try:
        outcomes.send([(STARTED, None, None)])
        for batch in frames(joined):
            for number, work in map(outcomes.packing.unpack, batch):
                stopped = writer.take(Turn(work, Elsewhere(number, outcomes.send)))
                if stopped is not None:
                    outcomes.send([(number, None, stopped)])
    finally:
        writer.close()


class _Outcomes:
    """What goes back: in the writer's thread, after COMMIT, or at once where nothing is taken."""

    def __init__(self, joined: socket.socket, shared: Shared) -> None:
        self.packing = Packing(shared)
        self._joined, self._one_at_a_time = joined, threading.Lock()

    def send(self, outcomes: list[Outcome]) -> None:
        """These have been sent, or nobody is there any more to get them."""
        sent = b"".join(map(self._frame, outcomes))
        try:
            with self._one_at_a_time:
                self._joined.sendall(sent)
        except OSError:
            log.warning("%d outcomes came too late: the process that asked is gone", len(outcomes))

    def _frame(self, outcome: Outcome) -> bytes:
        try:
            return self.packing.pack(outcome)
        except Exception as unfit:
            log.exception("an outcome cannot be sent")
            number, _, error = outcome
            told = RuntimeError(f"{type(error or unfit).__name__}: {error or unfit}")
            return self.packing.pack((number, None, told))


# --- frames -------------------------------------------------------------------------------


class Packing:
    """To a frame and back; what is in `shared` goes by its name."""

    def __init__(self, shared: Shared) -> None:
        self._shared, self._names = shared, {id(each): name for name, each in shared.items()}

    def pack(self, value: object) -> bytes:
        """The frame that carries `value`."""
        file = io.BytesIO()
        _Pickler(file, self._names).dump(value)
        data = file.getvalue()
        return len(data).to_bytes(_LENGTH_BYTES, "big") + data

    def unpack(self, data: bytes) -> Any:
        """The value that the frame carried."""
        return _Unpickler(io.BytesIO(data), self._shared).load()


class _Pickler(pickle.Pickler):
    def __init__(self, file: io.BytesIO, names: dict[int, str]) -> None:
        super().__init__(file, pickle.HIGHEST_PROTOCOL)
        self._names = names

    def persistent_id(self, value: object) -> str | None:
        return self._names.get(id(value))


class _Unpickler(pickle.Unpickler):
    def __init__(self, file: io.BytesIO, shared: Shared) -> None:
        super().__init__(file)
        self._shared = shared

    def persistent_load(self, name: str) -> object:
        return self._shared[name]


def frames(joined: socket.socket) -> Iterator[list[bytes]]:
    """The pickles that come, as many at a time as have come, until the other end has closed."""
    buffer = bytearray()
    while True:
        try:
            data = joined.recv(_AT_ONCE)
        except ConnectionResetError:
            return
        if not data:
            return
        buffer += data
        found = []
        while len(buffer) >= _LENGTH_BYTES:
            end = _LENGTH_BYTES + int.from_bytes(buffer[:_LENGTH_BYTES], "big")
            if len(buffer) < end:
                break
            found.append(bytes(buffer[_LENGTH_BYTES:end]))
            del buffer[:end]
        if found:
            yield found


def _nothing(tx: Transaction) -> None:
    return None
