"""The served figures: yardstick and product in turn, the same load generator on both."""

from __future__ import annotations

import itertools
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from benchmarks.children import Child, child
from benchmarks.figures import Figures, at
from benchmarks.jobs import BARE, KINDS, Void
from benchmarks.places import NewPlace, place_text
from hat_clinic.store.engine import PostgresPlace

CLIENTS = (1, 16)
WARM = 8
ENOUGH = 3
SECONDS = 40
"""After so long, rounds at one number of clients end, once there are enough of them."""


@dataclass(frozen=True, slots=True)
class Series:
    """One kind of job and how many of it a round does, with one client and with sixteen."""

    kind: str
    jobs: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Taken:
    """One round of one series: jobs a second, how long each took, what the server computed for it.

    Units: `each` in seconds, in order; `computed` in seconds of processor time a job.
    """

    rate: float
    each: list[float]
    computed: float


class Served:
    """A server that is asked for jobs; each is about something no job was about before."""

    def __init__(self, load: Child, server: Child) -> None:
        self._load, self._server = load, server
        self._plan = server.told()
        doses = self._plan.pop("doses", None)
        self._items = ({"number": number} for number in itertools.count()) if doses is None else iter(doses)

    def take(self, kind: str, clients: int, count: int) -> Taken:
        """One round.

        Raises: Void.
        """
        items: list[dict[str, Any]] = list(itertools.islice(self._items, count))
        if len(items) < count:
            raise ValueError("the clinic has too few patients for so many doses")
        task = {"kind": kind, "clients": clients, "items": items, "plan": self._plan}
        ready = self._load.ask(task)
        before = self._server.computed()
        done = ready if "void" in ready else self._load.ask({})
        if "void" in done:
            raise Void(f"{kind}, {clients} clients: {done['void']}")
        return Taken(count / done["seconds"], done["taken"], (self._server.computed() - before) / count)


def measure(figures: Figures, new: NewPlace, prefix: str, rounds: int, all_series: list[Series]) -> None:
    """Alternating rounds of all series at one client and at sixteen; the first is the yardstick's.

    Raises: Void, if any answer was not the one that is measured.
    """
    place = new("bare")
    if isinstance(place, PostgresPlace):
        # The yardstick makes its own table, which the application's role may not.
        place = replace(place, user="hat_owner")
    doses = WARM + rounds * sum(sum(one.jobs.values()) for one in all_series if one.kind != BARE)
    with (
        child("benchmarks.bare", place_text(place)) as bare,
        child("benchmarks.ours", place_text(new("ours")), str(doses)) as ours,
        child("benchmarks.load") as load,
    ):
        yardstick, product = Served(load, bare), Served(load, ours)
        yardstick.take(BARE, 4, WARM)
        product.take("dose_whole", 4, WARM)
        for clients in CLIENTS:
            found: dict[str, list[Taken]] = {one.kind: [] for one in all_series}
            until = time.monotonic() + SECONDS
            for done in range(rounds):
                if done >= ENOUGH and time.monotonic() > until:
                    break  # a slow machine: fewer rounds, and the figures say so
                for one in all_series:
                    asked = yardstick if one.kind == BARE else product
                    found[one.kind].append(asked.take(one.kind, clients, one.jobs[clients]))
            figures.note(f"{prefix}rounds_c{clients}", len(found[BARE]), "rounds")
            _note(figures, prefix, clients, found)


def _note(figures: Figures, prefix: str, clients: int, found: Mapping[str, list[Taken]]) -> None:
    for kind, taken in found.items():
        name = f"{prefix}{KINDS[kind].figure or kind}_c{clients}"
        figures.rounds(name, [one.rate for one in taken], "per_second")
        each = sorted(seconds for one in taken for seconds in one.each)
        for label, part in (("p50", 0.5), ("p99", 0.99)):
            figures.note(f"{name}_{label}", 1000 * at(part, each), "milliseconds")
        figures.rounds(f"{name}_computed", [1000 * one.computed for one in taken], "milliseconds_a_job")
    for kind, taken in found.items():
        if KINDS[kind].compared:
            ratios = [ours.rate / bare.rate for ours, bare in zip(taken, found[BARE], strict=True)]
            figures.rounds(f"{prefix}{kind}_c{clients}_vs_bare_sqlalchemy_insert", ratios, "ratio")
