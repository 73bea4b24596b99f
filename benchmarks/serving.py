"""One uvicorn process on loopback, told to its parent by one line, ended when the parent is gone."""

from __future__ import annotations

import json
import os
import socket
import sys
import threading
from collections.abc import Callable
from typing import Any

import uvicorn


def plain(app: Any) -> uvicorn.Config:
    """As uvicorn serves an application by itself."""
    return uvicorn.Config(app, loop="uvloop", http="httptools", access_log=False, log_level="warning")


def serve(app: Any, configure: Callable[[Any], uvicorn.Config] = plain, **plan: Any) -> None:
    """`app` is served until standard input closes.

    The one line printed says on which port, and what else whoever asks has to know.
    """
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.bind(("127.0.0.1", 0))
    listening.listen()  # whoever asks before uvicorn is ready waits, and is not refused
    server = uvicorn.Server(configure(app))

    def until_the_parent_ends() -> None:
        # Not sys.stdin: a daemon thread that holds its lock would spoil the end of the interpreter.
        while os.read(0, 1024):
            pass
        server.should_exit = True

    threading.Thread(target=until_the_parent_ends, daemon=True).start()
    print(json.dumps({"port": listening.getsockname()[1], **plan}), flush=True)
    server.run(sockets=[listening])
    sys.stdout.flush()
