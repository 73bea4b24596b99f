"""The served figures: yardstick and product in turn, the same load generator on both."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from benchmarks.children import Child, child
from benchmarks.figures import Figures, at
from benchmarks.jobs import BARE, KINDS, Void
from benchmarks.places import NewPlace, place_text

CLIENTS = (1, 16)


@dataclass(frozen=True, slots=True)
class Series:
    """One kind of job and how many of it a round does, with one client and with sixteen."""

    kind: str
    jobs: Mapping[int, int]


class Round:
    """Asks for tasks of one server; every job is about something no job was about before."""

    def __init__(self, load: Child, plan: dict[str, Any]) -> None:
        self._load, self._plan, self._first = load, plan, 0

    def take(self, kind: str, clients: int, count: int) -> tuple[float, list[float]]:
        """Jobs a second, and how long each took.

        Raises: Void.
        """
        task = {"kind": kind, "clients": clients, "count": count, "first": self._first, "plan": self._plan}
        self._first += count
        done = self._load.ask(task)
        if "void" in done:
            raise Void(f"{kind}, {clients} clients: {done['void']}")
        return count / done["seconds"], done["taken"]


def measure(
    figures: Figures, new: NewPlace, prefix: str, rounds: int, bare_jobs: Mapping[int, int],
    all_series: list[Series],
) -> None:  # fmt: skip
    """Alternating rounds of all series at one client and at sixteen.

    Raises: Void, if any answer was not the one that is measured.
    """
    bare_place, our_place = new("bare"), new("ours")
    if not hasattr(bare_place, "path"):
        # The yardstick makes its own table, which the application's role may not.
        bare_place = type(bare_place)(bare_place.host_socket_dir, bare_place.dbname, "hat_owner")
    with (
        child("benchmarks.bare", place_text(bare_place)) as bare,
        child("benchmarks.ours", place_text(our_place)) as ours,
        child("benchmarks.load") as load,
    ):
        yardstick, product = Round(load, bare.told()), Round(load, ours.told())
        yardstick.take(BARE, 4, 40)
        product.take(all_series[0].kind, 4, 8)
        for clients in CLIENTS:
            found: dict[str, list[tuple[float, list[float]]]] = {}
            for _ in range(rounds):
                found.setdefault(BARE, []).append(yardstick.take(BARE, clients, bare_jobs[clients]))
                for series in all_series:
                    one = product.take(series.kind, clients, series.jobs[clients])
                    found.setdefault(series.kind, []).append(one)
            _note(figures, prefix, clients, found)


def _note(
    figures: Figures, prefix: str, clients: int, found: Mapping[str, list[tuple[float, list[float]]]]
) -> None:
    for kind, taken in found.items():
        name = f"{prefix}{KINDS[kind].figure or kind}_c{clients}"
        figures.rounds(name, [rate for rate, _ in taken], "per_second")
        each = sorted(seconds for _, all_seconds in taken for seconds in all_seconds)
        for label, part in (("p50", 0.5), ("p99", 0.99)):
            figures.note(f"{name}_{label}", 1000 * at(part, each), "milliseconds")
    for kind, taken in found.items():
        if KINDS[kind].compared:
            ratios = [ours / bare for (ours, _), (bare, _) in zip(taken, found[BARE], strict=True)]
            figures.rounds(f"{prefix}{kind}_c{clients}_vs_bare_sqlalchemy_insert", ratios, "ratio")
