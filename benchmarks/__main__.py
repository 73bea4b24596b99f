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


def main() -> int:
    """The exit code: 0 if every figure holds."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--jobs", type=int, default=128, help="jobs a round, with sixteen clients")
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--engine", choices=["sqlcipher", "postgresql", "both"], default="both")
    told = parser.parse_args()
    figures = Figures()
    figures.note("machine", f"{os.cpu_count()}x{platform.machine()}", "processors")
    figures.note("load_before", os.getloadavg()[0], "processes")
    all_series = [
        Series(BARE, jobs(told.jobs)),
        Series("dose_commit", jobs(told.jobs)),
        Series("dose_drawn_and_committed", jobs(told.jobs, 0.5)),
        Series("dose_pair", jobs(told.jobs, 0.25)),
        Series("dose_whole", jobs(told.jobs, 0.25)),
    ]
    for prefix, places in ENGINES.items():
        if told.engine not in ("both", prefix.rstrip("_") or "sqlcipher"):
            continue
        with tempfile.TemporaryDirectory(prefix="hat-bench-") as name, places(Path(name)) as new:
            if not prefix:
                alone.rows(figures, new, Path(name), told.rounds, 8 * told.jobs)
            alone.ledger(figures, new, prefix, told.rounds, 2 * told.jobs)
            http.measure(figures, new, prefix, told.rounds, all_series)
    figures.note("load_after", os.getloadavg()[0], "processes")
    figures.write(told.results)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
