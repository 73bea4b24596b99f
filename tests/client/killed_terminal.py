"""A terminal in a process of its own, which ends itself, unwarned, at one counted step.

A step is a system call on the terminal's own files, or a request about to leave or just answered.
A write is cut in half, as a power cut leaves it. The network is a pipe to the test's own process.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import httpx2

from hat_clinic.client.clocking import ClockIn
from hat_clinic.client.enrolment import Enrolment
from hat_clinic.client.terminal import Terminal
from hat_clinic.security.signing import KdfParams, PinSealedSeed
from hat_clinic.wiring.system import SystemIds

PIN = "739164"
LIGHT = KdfParams(memory_kib=8, passes=1, lanes=1)


@dataclass(frozen=True)
class Shift:
    """Who is clocked in at this terminal, and since when it is now."""

    person: str
    key: str
    seed: bytes
    token: str
    now: datetime

    def clock_in(self) -> ClockIn:
        sealed = PinSealedSeed.seal(self.seed, PIN, self.now, os.urandom, params=LIGHT)
        until, roles = self.now + timedelta(hours=1), frozenset[str]()
        idle = timedelta(minutes=5)
        return ClockIn(self.person, "A-01", "ada", roles, self.key, until, idle, sealed, self.token)


class Stopped:
    """A clock that does not go on."""

    def __init__(self, now: datetime) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now


class Steps:
    """Counts steps; at the last one the process is no more."""

    def __init__(self, last: int) -> None:
        self._left = last

    def step(self, half: Callable[[], object] = lambda: None) -> None:
        self._left -= 1
        if self._left == 0:
            half()
            os.kill(os.getpid(), signal.SIGKILL)

    def count_calls(self) -> None:
        """Every later write, sync and cut of this process is a step."""
        write, fsync, cut = os.write, os.fsync, os.ftruncate

        def counted_write(handle: int, data: Any) -> int:
            self.step(lambda: write(handle, data[: len(data) // 2]))
            return write(handle, data)

        def counted_sync(handle: int) -> None:
            self.step()
            fsync(handle)

        def counted_cut(handle: int, size: int) -> None:
            self.step()
            cut(handle, size)

        os.write, os.fsync, os.ftruncate = counted_write, counted_sync, counted_cut  # type: ignore[assignment]


class Pipe(httpx2.BaseTransport):
    """Carries requests to the test's process; before it and after it is a step."""

    def __init__(self, wire: Connection, steps: Steps) -> None:
        self._wire, self._steps = wire, steps

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        self._steps.step()
        self._wire.send((request.method, str(request.url), request.read(), dict(request.headers)))
        status, headers, content = self._wire.recv()
        self._steps.step()
        return httpx2.Response(status, headers=headers, content=content)


def work(
    wire: Connection,
    folder: Path,
    enrolment: Enrolment,
    shift: Shift,
    acts: tuple[tuple[str, dict[str, Any]], tuple[str, dict[str, Any]]],
    last: int,
) -> None:
    """One attributed and one signed act, up to step `last`."""
    (attributed, body), (signed, asked) = acts
    steps = Steps(last)
    terminal = Terminal(enrolment, folder, Stopped(shift.now), SystemIds(), Pipe(wire, steps))
    ada = shift.clock_in()
    steps.count_calls()
    terminal.perform(ada, attributed, body)
    terminal.sign(ada, terminal.draw(ada, signed, asked), PIN)
    terminal.close()
