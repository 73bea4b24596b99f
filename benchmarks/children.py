"""The other processes of a measurement: two servers and the load generator, ended by their pipes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ANSWER_SECONDS = 90
END_SECONDS = 20


class Child:
    """A Python process of ours that speaks in lines of JSON."""

    def __init__(self, module: str, *arguments: str) -> None:
        self.command = [sys.executable, "-m", module, *arguments]
        self._process = subprocess.Popen(
            self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )

    def told(self) -> dict[str, Any]:
        """The next line it says."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"a child process ended: {' '.join(self.command)}")
        found: dict[str, Any] = json.loads(line)
        return found

    def ask(self, task: dict[str, Any]) -> dict[str, Any]:
        """What it answers to this line."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(task) + "\n")
        return self.told()

    def computed(self) -> float:
        """How much processor time it and its own child processes have used. Units: seconds."""
        own = self._process.pid
        theirs = Path(f"/proc/{own}/task/{own}/children").read_text().split()
        return sum(_computed(int(each)) for each in (own, *theirs))

    def end(self) -> None:
        """It has ended: by itself, now that nobody speaks to it, or killed."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def _computed(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def child(module: str, *arguments: str) -> Iterator[Child]:
    """A child process as long as the block lasts."""
    one = Child(module, *arguments)
    try:
        yield one
    finally:
        one.end()
