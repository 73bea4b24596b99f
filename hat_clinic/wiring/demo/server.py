"""The clinic's own server on loopback, in a thread, with the clock and ids it is given."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import uvicorn

from hat_clinic.api.app import create_app
from hat_clinic.handlers.runtime import SiteRuntime
from hat_clinic.vocabulary.ids import IdSource
from hat_clinic.vocabulary.moments import Clock
from hat_clinic.wiring.connections import connections_of
from hat_clinic.wiring.folder import ClinicFolder
from hat_clinic.wiring.serving import open_site

LOOK_EVERY, LOOKS = 0.02, 1500


@dataclass(frozen=True, slots=True)
class Serving:
    """A server that answers at `url`."""

    url: str
    runtime: SiteRuntime


@contextmanager
def served(folder: ClinicFolder, clock: Clock, ids: IdSource) -> Iterator[Serving]:
    """The clinic is served on a free port of this machine; the server has ended afterwards.

    Raises: what `open_site` raises; RuntimeError, if it does not start.
    """
    with open_site(folder, clock, ids) as runtime, socket.create_server(("127.0.0.1", 0)) as listening:
        server = uvicorn.Server(connections_of(create_app(runtime), timeout_graceful_shutdown=5))
        thread = threading.Thread(
            target=server.run, kwargs={"sockets": [listening]}, name="demo-server", daemon=True
        )
        thread.start()
        try:
            _require_started(server, thread)
            yield Serving(f"http://127.0.0.1:{listening.getsockname()[1]}", runtime)
        finally:
            server.should_exit = True
            thread.join()


def _require_started(server: uvicorn.Server, thread: threading.Thread) -> None:
    for _ in range(LOOKS):
        if server.started:
            return
        thread.join(LOOK_EVERY)
        if not thread.is_alive():
            break
    raise RuntimeError("the demo's server did not start")
