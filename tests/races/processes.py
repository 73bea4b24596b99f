"""Child processes that speak in lines of JSON: servers and racers, each ended by its own pipe."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
END_SECONDS = 20


class Process:
    """A Python process of these tests; it ends when its standard input does."""

    def __init__(self, module: str, *arguments: str) -> None:
        self._child = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1, cwd=ROOT,
        )  # fmt: skip

    def say(self, words: object) -> None:
        """It has been sent this line."""
        assert self._child.stdin is not None
        self._child.stdin.write(json.dumps(words) + "\n")

    def hear(self) -> Any:
        """The next line it says."""
        assert self._child.stdout is not None
        line = self._child.stdout.readline()
        assert line, f"{self._child.args!r} ended with {self._child.wait(END_SECONDS)}"
        return json.loads(line)

    def end(self) -> None:
        """It has ended: by itself, now that nobody speaks to it, or killed."""
        assert self._child.stdin is not None and self._child.stdout is not None
        self._child.stdin.close()
        try:
            self._child.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()
        self._child.stdout.close()
