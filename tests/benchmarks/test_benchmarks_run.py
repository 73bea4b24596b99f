"""`make bench` with tiny numbers, so that it cannot rot: every figure is there, once, and is a number."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.figures import Figures, at
from benchmarks.jobs import Void, wanted

ROOT = Path(__file__).parents[2]


@pytest.mark.timeout(180)
@pytest.mark.parametrize("engine", ["sqlcipher", "postgresql"])
def test_every_figure_is_printed_and_written(engine: str, tmp_path: Path) -> None:
    results = tmp_path / "results.json"
    numbers = ["--rounds", "1", "--jobs", "4", "--engine", engine, "--results", str(results)]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", *numbers], cwd=ROOT, capture_output=True, text=True, check=False,
        timeout=170,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    rows = json.loads(results.read_text())
    assert [f"{row['name']} {row['value']} {row['unit']}" for row in rows] == done.stdout.splitlines()
    names = [row["name"] for row in rows]
    assert len(names) == len(set(names))
    prefix = "" if engine == "sqlcipher" else "postgresql_"
    bare = "bare_sqlalchemy_insert"
    for name in ("ledger_appends", "verify_entries", f"{bare}_c1", f"{bare}_c16"):
        assert f"{prefix}{name}" in names and f"{prefix}{name}_spread" in names
    assert ("raw_one_row" in names) == (engine == "sqlcipher")
    assert f"{prefix}dose_commit_c16_vs_bare_sqlalchemy_insert" in names
    for name, clients in itertools.product(("dose_commit", "dose_pair", "dose_whole"), (1, 16)):
        assert f"{prefix}{name}_c{clients}" in names and f"{prefix}{name}_c{clients}_p99" in names
    assert all(row["value"] >= 0 for row in rows if row["name"] != "machine")


def test_an_answer_of_another_status_makes_the_figure_void() -> None:
    assert wanted(201, (201, b'{"id": 1}')) == {"id": 1}
    with pytest.raises(Void, match="409 where 201 is wanted"):
        wanted(201, (409, b"{}"))


def test_a_figure_is_the_median_of_its_rounds_beside_their_spread(capsys: pytest.CaptureFixture[str]) -> None:
    figures = Figures()
    figures.rounds("appends", [90.0, 100.0, 130.0], "per_second")
    assert capsys.readouterr().out.splitlines() == ["appends 100.0 per_second", "appends_spread 40.0 percent"]


def test_the_yardstick_stays_a_yardstick() -> None:
    assert len((ROOT / "benchmarks/bare.py").read_text().splitlines()) <= 40


@pytest.mark.parametrize("part, expected", [(0.5, 3), (0.99, 5), (0.0, 1)])
def test_a_part_of_the_ordered_values(part: float, expected: int) -> None:
    assert at(part, [1, 2, 3, 4, 5]) == expected
