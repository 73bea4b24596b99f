"""The load generator: a process of its own that asks over keep-alive sockets and takes the time.

Each line on standard input is a task, each line on standard output its result. A job is a
generator: it yields requests and is sent their answers. What every job of a task must have
done before (a statement drawn, a dose permitted) runs first and is not timed.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable
from typing import Any, TypeAlias, cast

import uvloop

from benchmarks.jobs import KINDS

Answer: TypeAlias = tuple[int, bytes]
Job: TypeAlias = Generator[bytes, Answer, None]
TASK_SECONDS = 60


class Client(asyncio.Protocol):
    """One keep-alive connection, which does one job after the other until none is left."""

    def __init__(self, jobs: deque[Job], taken: list[float], done: asyncio.Future[None]) -> None:
        self._jobs, self._taken, self._done = jobs, taken, done
        self._buffer = bytearray()
        self._job: Job | None = None
        self._began = 0.0
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def begin(self) -> None:
        """The first job is under way."""
        self._go(lambda job: next(job))

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, found, rest = self._buffer.partition(b"\r\n\r\n")
        if not found:
            return
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0])
        if len(rest) < length:
            return
        answer = int(head[9:12]), bytes(rest)
        self._buffer.clear()
        self._go(lambda job: job.send(answer))

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._done.done():
            self._done.set_exception(exc or ConnectionError("the server closed the connection"))

    def _go(self, step: Callable[[Job], bytes]) -> None:
        assert self._transport is not None
        while True:
            if self._job is None:
                if not self._jobs:
                    self._finish(None)
                    return
                self._job, self._began, step = self._jobs.popleft(), time.perf_counter(), next
            try:
                self._transport.write(step(self._job))
                return
            except StopIteration:
                self._taken.append(time.perf_counter() - self._began)
                self._job = None
            except Exception as error:
                self._finish(error)
                return

    def _finish(self, error: Exception | None) -> None:
        if not self._done.done():
            if error is None:
                self._done.set_result(None)
            else:
                self._done.set_exception(error)


async def run(port: int, clients: int, jobs: Iterable[Job]) -> tuple[float, list[float]]:
    """Every job is done: how many seconds all took, and each.

    Raises: whatever a job raised, for an answer it did not want.
    """
    waiting, taken = deque(jobs), list[float]()
    loop = asyncio.get_running_loop()
    made: list[tuple[asyncio.Transport, Client]] = []
    done = [loop.create_future() for _ in range(clients)]
    try:
        for one in done:
            made.append(
                await loop.create_connection(lambda end=one: Client(waiting, taken, end), "127.0.0.1", port)  # type: ignore[misc]
            )
        began = time.perf_counter()
        for _, client in made:
            client.begin()
        await asyncio.wait_for(asyncio.gather(*done), TASK_SECONDS)
        return time.perf_counter() - began, taken
    finally:
        for one in done:
            one.cancel()
        for transport, _ in made:
            transport.close()


async def prepare(task: dict[str, Any]) -> None:
    """Every job has what it needs to have been done before."""
    kind = KINDS[task["kind"]]
    if kind.before is not None:
        await run(task["plan"]["port"], 4, [kind.before(task["plan"], each) for each in task["items"]])


async def measure(task: dict[str, Any]) -> dict[str, Any]:
    """How many `seconds` all jobs took together, and in `taken` each, in order."""
    kind, plan = KINDS[task["kind"]], task["plan"]
    jobs = [kind.timed(plan, each) for each in task["items"]]
    seconds, taken = await run(plan["port"], task["clients"], jobs)
    return {"seconds": seconds, "taken": sorted(taken)}


def main() -> None:
    """For each task one line when it is prepared, and, told to go on, one when it is done."""
    for line in sys.stdin:
        task = json.loads(line)
        try:
            uvloop.run(prepare(task))
            print("{}", flush=True)
            sys.stdin.readline()
            result = uvloop.run(measure(task))
        except Exception as error:
            result = {"void": f"{type(error).__name__}: {error}"}
        print(json.dumps(result), flush=True)


if __name__ == "__main__":
    main()
