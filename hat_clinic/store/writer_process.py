"""A site's writer in a process of its own: how work gets there, and its outcome back.

Why: folding, signing and fsync then have a processor to themselves, and the process that faces
the network opens an embedded database for reading only. To whoever has work it is a `Writer`.

What goes over is framed by `packing.py`: `(number, work)` one way; `(number, result, error)` the
other, in order, and first of all, as number 0, whether the writer has started.

A writer that ends unasked, or not well, has met what nobody can answer for, see `committer.py`;
so this process ends too.
"""

from __future__ import annotations

import asyncio
import logging
import select
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import closing
from types import TracebackType
from typing import Any, TypeVar

from hat_clinic.store.committer import MOST_TOGETHER, Committer, OutcomeUnknown, exit_now
from hat_clinic.store.packing import Packing, Shared, frames
from hat_clinic.store.transaction import Transaction
from hat_clinic.store.turns import Elsewhere, Outcome, Turn, settle
from hat_clinic.store.writer import WriterStopped
from hat_clinic.vocabulary.errors import HatError, LedgerBroken

T = TypeVar("T")
STARTED = 0
END_SECONDS = 60
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
        self._full = threading.Event()
        self._waiting: dict[int, tuple[Turn, float]] = {}
        self._number = STARTED
        self._at_work = False
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
        self._waiting[STARTED] = Turn(_nothing, started), time.monotonic()
        self._threads = [
            threading.Thread(target=work, name=f"writer-{work.__name__}", daemon=True)
            for work in (self._listen, self._push)
        ]
        self._stopped = None
        for thread in self._threads:
            thread.start()
        try:
            started.result()
        except BaseException as error:
            self._stopped = error if isinstance(error, Exception) else WriterStopped("it did not start")
            self.close()
            raise

    def close(self) -> None:
        """What was submitted is done, nothing more is taken, the process has ended."""
        until = time.monotonic() + END_SECONDS
        with self._gate:
            if self._stopped is None:
                self._stopped = WriterStopped("the writer is closed")
        self._full.set()  # the pusher sends what is left, and says that nothing more comes
        for thread in self._threads:
            thread.join(max(0, until - time.monotonic()))
        try:
            self._child.wait(max(0, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            log.critical("the writer's process did not end in %d s and is killed", END_SECONDS)
            self._child.kill()
            self._child.wait()
        self._socket.close()
        if self._at_work and self._child.returncode:
            self._on_unknown_commit(OutcomeUnknown(f"the writer ended with {self._child.returncode}"))

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

    @property
    def silent_for(self) -> float:
        """Seconds for which the oldest work here has waited for its outcome; 0 if none waits."""
        with self._gate:
            oldest = next((since for _, since in self._waiting.values()), None)
        return 0 if oldest is None else time.monotonic() - oldest

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
                sent = self._packing.pack(self._number + 1, turn.work)
                self._number += 1
                self._unsent += sent
                self._waiting[self._number] = turn, time.monotonic()
            return self._stopped

    def _send(self) -> bool:
        """Whether all was sent. It never waits, for the event loop calls it; the pusher sends the rest."""
        with self._gate:
            try:
                while self._unsent:
                    del self._unsent[: self._socket.send(self._unsent, socket.MSG_DONTWAIT)]
            except BlockingIOError:
                self._full.set()
                return False
            except OSError:
                log.exception("the writer takes nothing more")  # the listener hears why
                self._unsent.clear()
            return True

    def _push(self) -> None:
        """What found no room is sent when there is some; at the end the other side is told."""
        while self._stopped is None or self._unsent:
            self._full.wait()
            self._full.clear()
            while not self._send():
                select.select([], [self._socket], [], 1)
                if not self._threads[0].is_alive():
                    return  # nobody is there any more to take it
        try:
            self._socket.shutdown(socket.SHUT_WR)
        except OSError:
            log.debug("the writer had ended before")

    def _listen(self) -> None:
        try:
            for batch in frames(self._socket):
                settle([self._told(number, data) for number, data in batch])
        except BaseException:
            log.critical("what the writer said cannot be read", exc_info=True)
        with self._gate:
            unasked = self._at_work and self._stopped is None
            self._stopped = self._stopped or WriterStopped("the writer has ended")
            left = [turn for turn, _ in self._waiting.values()]
        self._full.set()
        unknown = OutcomeUnknown("the writer's process ended before it answered")
        if unasked:
            self._on_unknown_commit(unknown)
        for turn in left:
            turn.failed(unknown)
        settle(left)

    def _told(self, number: int, data: bytes) -> Turn:
        with self._gate:
            turn, _ = self._waiting.pop(number)
        try:
            result, error = self._packing.unpack(data)
        except Exception as unfit:
            log.exception("an outcome cannot be read")
            result, error = None, RuntimeError(f"the outcome cannot be read: {unfit}")
        if error is None:
            self._at_work = self._at_work or number == STARTED
            turn.succeeded(result)
        else:
            if isinstance(error, LedgerBroken | OutcomeUnknown):
                self._stopped = error
            turn.failed(error)
        return turn


def serve_work(joined: socket.socket, start: Callable[[], Committer], shared: Shared) -> None:
    """In the writer's own process: everything sent here was done, until the other end closed.

    What `start` raises is told the other end, and is this call's end too. Why no thread: what comes
    while a transaction goes on waits in the socket, and is the next one.
    """
    # Whoever started this process says when it ends: it may have work under way for somebody.
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, signal.SIG_IGN)
    outcomes = _Outcomes(joined, shared)
    try:
        committer = start()
    except Exception as error:
        outcomes.send([(STARTED, None, error)])
        return
    outcomes.send([(STARTED, None, None)])
    with closing(committer):
        for came in frames(joined):
            for first in range(0, len(came), MOST_TOGETHER):
                outcomes.serve(committer, came[first : first + MOST_TOGETHER])


class _Outcomes:
    """What goes back, after COMMIT."""

    def __init__(self, joined: socket.socket, shared: Shared) -> None:
        # Outcomes hold nothing of what is shared.
        self._joined, self._works, self._packing = joined, Packing(shared), Packing({})

    def serve(self, committer: Committer, came: list[tuple[int, bytes]]) -> None:
        """This work was done, and its outcomes have been sent."""
        turns = [Turn(self._works.unpack(data), Elsewhere(number, self.send)) for number, data in came]
        committer.serve(turns)
        settle(turns)

    def send(self, outcomes: list[Outcome]) -> None:
        """These have been sent, or nobody is there any more to get them."""
        sent = b"".join(map(self._frame, outcomes))
        try:
            self._joined.sendall(sent)
        except OSError:
            log.warning("%d outcomes came too late: the process that asked is gone", len(outcomes))

    def _frame(self, outcome: Outcome) -> bytes:
        number, result, error = outcome
        if error is not None and not isinstance(error, HatError):
            log.error("work of this program failed", exc_info=error)  # its traceback does not go over
        try:
            return self._packing.pack(number, (result, error))
        except Exception as unfit:
            log.exception("an outcome cannot be sent")
            told = RuntimeError(f"{type(error or unfit).__name__}: {error or unfit}")
            return self._packing.pack(number, (None, told))


def _nothing(tx: Transaction) -> Any:
    return None
