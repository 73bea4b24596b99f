"""`make bench`: every figure, one a line, and the same in benchmarks/results.json.

Everything runs on loopback and in a temporary folder. A figure is void, and the run with it, if
an answer was not the one that is measured.
"""

from __future__ import annotations

import argparse
import os
import platform
import tempfile
from pathlib import Path

from benchmarks import alone, http
from benchmarks.figures import Figures
from benchmarks.http import Series
from benchmarks.jobs import BARE
from benchmarks.places import postgres_places, sqlcipher_places

RESULTS = Path(__file__).with_name("results.json")
ENGINES = {"": sqlcipher_places, "postgresql_": postgres_places}


def jobs(count: int, share: float = 1.0) -> dict[int, int]:
    """How many jobs a round has, by clients: one client alone is slower, and needs no more."""
    most = max(1, int(count * share))
    return {1: max(1, most // 4), 16: most}


def all_series(count: int) -> list[Series]:
    """The yardstick and every figure of a dose; `count` jobs a round of the short ones."""
    shares = {"dose_commit": 1.0, "dose_drawn_and_committed": 0.5, "dose_pair": 0.25, "dose_whole": 0.25}
    doses = [Series(kind, jobs(count, share)) for kind, share in shares.items()]
    return [Series(BARE, jobs(2 * count)), *doses]


def main() -> int:
    """The exit code: 0 if every figure holds."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    # Fewer, and the beginning and the end of a round, when not all clients ask, are most of it.
    parser.add_argument("--jobs", type=int, default=128, help="jobs a round, with sixteen clients")
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--engine", choices=["sqlcipher", "postgresql", "both"], default="both")
    told = parser.parse_args()
    figures = Figures()
    figures.note("machine", f"{os.cpu_count()}x{platform.machine()}", "processors")
    figures.note("load_before", os.getloadavg()[0], "processes")
    for prefix, places in ENGINES.items():
        if told.engine not in ("both", prefix.rstrip("_") or "sqlcipher"):
            continue
        with tempfile.TemporaryDirectory(prefix="hat-bench-") as name, places(Path(name)) as new:
            if not prefix:
                alone.rows(figures, new, Path(name), told.rounds, 8 * told.jobs)
            alone.ledger(figures, new, prefix, told.rounds, 2 * told.jobs)
            # The embedded engine is what the goal is about; the other one is measured more briefly.
            count = told.jobs // 2 if prefix else told.jobs
            http.measure(figures, new, prefix, told.rounds, all_series(count))
    figures.note("load_after", os.getloadavg()[0], "processes")
    figures.write(told.results)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
