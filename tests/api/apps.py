"""Apps that answer for one test's clinic after another's: making all the routes takes longer than a test."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from typing import Any

from fastapi import FastAPI

from hat_clinic.api.app import create_app
from hat_clinic.api.identity import identify
from hat_clinic.handlers.runtime import SiteRuntime

# By site and acts, which is all that an app is made from; its runtime is only asked later.
_idle: defaultdict[tuple[Any, ...], list[tuple[SiteRuntime, FastAPI]]] = defaultdict(list)


@contextmanager
def app_around(runtime: SiteRuntime) -> Iterator[FastAPI]:
    """The app of this runtime, nobody else's until the end; it remembers nobody who asked before."""
    idle = _idle[runtime.site, *runtime.acts.values()]
    its_own, app = idle.pop() if idle else _made(runtime)
    its_own.__dict__ = runtime.__dict__  # the two are one, whichever of them is asked or told
    app.state.gate = identify(runtime).gate
    yield app
    idle.append((its_own, app))


def _made(runtime: SiteRuntime) -> tuple[SiteRuntime, FastAPI]:
    its_own = copy(runtime)
    return its_own, create_app(its_own)
