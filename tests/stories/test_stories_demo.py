"""`hat-clinic demo`, played once, and what an outsider finds in the folder it leaves."""

from __future__ import annotations

import csv
import io
import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.once_a_run import once_a_run
from tests.stories.recompute_register import NAMES, recompute
from tests.stories.reread_register import require_same_said_twice

REPOSITORY = Path(__file__).parents[2]
PROGRAM = "from hat_clinic.cli.main import run; run()"
pytestmark = pytest.mark.timeout(400)


def hat_clinic(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), "PYTHONUTF8": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def believe(rows: list[dict[str, str]]) -> None:
    """ValueError, where the rows do not add up or say one thing in two ways."""
    recompute(rows)
    require_same_said_twice(rows)


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder of a demo in a path with spaces, and what it printed. Nobody here changes it."""

    def play(folder: Path) -> str:
        done = hat_clinic("demo", folder / "clinic")
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr
        assert "a clock that is told" in done.stderr
        return done.stdout

    folder, printed = once_a_run(tmp_path_factory, "a demo in spaces", play)
    return folder / "clinic", printed


@pytest.fixture(scope="module")
def rows(played: tuple[Path, str]) -> list[dict[str, str]]:
    done = hat_clinic("register", "--data", played[0], "--csv")
    assert done.returncode == 0, done.stderr
    return list(csv.DictReader(io.StringIO(done.stdout)))


def test_it_says_of_everything_that_it_is_a_demo(played: tuple[Path, str]) -> None:
    pages = played[1].count("CONTROLLED-DRUG REGISTER")
    assert pages == 4 and played[1].count("DEMO  CONTROLLED-DRUG REGISTER") == pages
    assert "\nDEMO HOLDS: " in played[1] and "\nDEMO BOARD " in played[1]


def test_every_register_page_is_recomputed_from_the_csv_alone(
    rows: list[dict[str, str]], played: tuple[Path, str]
) -> None:
    assert recompute(rows) == {
        "diamorphine-100/1": 800_000,
        "diamorphine-100/2": 800_000,
        "diaphin-iv-10g/1": 8_820_000,
        "diaphin-iv-10g/2": 8_820_000,
    }
    require_same_said_twice(rows)
    assert {row["premises"][:4] for row in rows} == {"DEMO"}


@pytest.mark.parametrize(
    "heading",
    [
        *(f"{name} (micrograms)" for name in NAMES),
        *(f"{name} (microlitres)" for name in NAMES),
        *(f"{name} (pieces)" for name in NAMES[:3]),
    ],
)
def test_one_number_altered_anywhere_does_not_add_up(rows: list[dict[str, str]], heading: str) -> None:
    altered = 0
    for place, row in enumerate(rows):
        if row[heading] not in ("", "0"):
            other = [dict(each) for each in rows]
            other[place][heading] = str(int(row[heading]) + 1)
            with pytest.raises(ValueError):
                believe(other)
            altered += 1
    # Ampoules came in once.
    assert altered >= (1 if heading == "in (pieces)" else 2)


@pytest.mark.parametrize("what", ["obtained or supplied", "entered"])
@pytest.mark.parametrize("clock", ["site time", "UTC"])
def test_one_time_altered_is_not_the_other(rows: list[dict[str, str]], what: str, clock: str) -> None:
    other = [dict(each) for each in rows]
    told = next(each for each in other if each[f"{what} ({clock})"])
    told[f"{what} ({clock})"] = f"1999{told[f'{what} ({clock})'][4:]}"
    with pytest.raises(ValueError, match=f"{told['page']} line"):
        require_same_said_twice(other)


def test_ana_was_titrated_as_published(rows: list[dict[str, str]]) -> None:
    given = [
        int(row["of which (micrograms)"]) // 1000
        for row in rows
        if row["page"] == "diaphin-iv-10g/1" and row["kind"] == "given"
    ]
    assert given == [15, 15, 30, 30, 45, 45, 45, 67, 67, 67, 100, 100, 100, 150, 150, 150]


def test_the_record_is_verified_with_the_heads_of_one_terminal(played: tuple[Path, str]) -> None:
    folder = played[0]
    done = hat_clinic("verify", "--data", folder, "--heads", folder / "terminals" / "bedside" / "heads")
    assert (done.returncode, done.stdout.splitlines()[0][:12]) == (0, "DEMO HOLDS: "), (
        done.stdout + done.stderr
    )


def test_the_register_as_json_has_the_same_rows(rows: list[dict[str, str]], played: tuple[Path, str]) -> None:
    assert json.loads(hat_clinic("register", "--data", played[0], "--json").stdout) == rows


def test_who_may_clock_in_stands_in_a_file_of_the_owner(played: tuple[Path, str]) -> None:
    path = played[0] / "demo-staff.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    said = json.loads(path.read_text(encoding="utf-8"))
    assert "published" in said["warning"] and len(said["staff"]) == 6
    assert all(len(each["passphrase"]) >= 15 for each in said["staff"])


def test_it_is_refused_off_loopback(played: tuple[Path, str], tmp_path: Path) -> None:
    folder = tmp_path / "clinic"
    done = subprocess.run(["cp", "-a", str(played[0]), str(folder)], check=False)
    assert done.returncode == 0
    settings = folder / "config.toml"
    settings.write_text(settings.read_text().replace("127.0.0.1", "0.0.0.0"))
    served = hat_clinic("serve", "--data", folder)
    assert served.returncode == 64 and "loopback only" in served.stderr


def test_two_kinds_of_output_at_once_are_wrong_usage(played: tuple[Path, str]) -> None:
    assert hat_clinic("register", "--data", played[0], "--csv", "--json").returncode == 64


def test_a_folder_that_is_no_clinic_has_no_register(tmp_path: Path) -> None:
    done = hat_clinic("register", "--data", tmp_path)
    assert done.returncode == 64 and "Nothing was printed" in done.stderr


def test_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("ten years of work")
    done = hat_clinic("demo", "--headless", tmp_path)
    assert done.returncode == 64 and "it was left as it is" in done.stderr
    assert [each.name for each in tmp_path.iterdir()] == ["thesis.txt"]
