"""The house rules hold, and each of them fires on a planted breach."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.architecture import house_rules

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def tracked() -> list[str]:
    if not (REPOSITORY / ".git").exists():
        pytest.skip("not a git checkout: nothing says which files are the project's")
    command = ["git", "-c", "safe.directory=*", "ls-files", "-z"]
    listed = subprocess.run(command, cwd=REPOSITORY, check=True, capture_output=True, text=True)
    return [path for path in listed.stdout.split("\0") if path and (REPOSITORY / path).exists()]


@pytest.mark.parametrize(
    "rule",
    [
        house_rules.files_too_long,
        house_rules.functions_too_long,
        house_rules.impure_core,
        house_rules.foreign_imports_in_core,
    ],
)
def test_the_code_keeps(rule: Callable[[Path], list[str]]) -> None:
    assert rule(REPOSITORY) == []


def test_the_rules_look_at_the_whole_house() -> None:
    seen = {path.relative_to(REPOSITORY).parts[0] for path in house_rules.python_files(REPOSITORY)}
    assert {"hat_clinic", "tui", "tests", "migrations"} <= seen
    for folder in house_rules.CORE:
        assert list(house_rules.python_files(REPOSITORY, [folder]))


@pytest.mark.parametrize(
    "rule", [house_rules.names_that_say_nothing, house_rules.strangers_at_the_top, house_rules.misnamed_tests]
)
def test_the_names_keep(rule: Callable[[list[str]], list[str]], tracked: list[str]) -> None:
    assert rule(tracked) == []


def test_no_file_knows_whose_machine_it_was_written_on(tracked: list[str]) -> None:
    assert house_rules.paths_of_somebodys_machine(REPOSITORY, tracked) == []


def plant(root: Path, path: str, text: str) -> None:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(text, encoding="utf-8")


@pytest.mark.parametrize("folder", house_rules.PYTHON_FOLDERS)
@pytest.mark.parametrize("lines, breaches", [(300, 0), (301, 1)])
def test_boundary_of_a_file(tmp_path: Path, folder: str, lines: int, breaches: int) -> None:
    plant(tmp_path, f"{folder}/x.py", "n = 1\n" * lines)
    assert len(house_rules.files_too_long(tmp_path)) == breaches


@pytest.mark.parametrize("start", ["def f():", "async def f():", "class C:\n  def f(self):"])
@pytest.mark.parametrize("lines, breaches", [(70, 0), (71, 1)])
def test_boundary_of_a_function(tmp_path: Path, start: str, lines: int, breaches: int) -> None:
    plant(tmp_path, "hat_clinic/store/x.py", start + "\n" + "      n = 1\n" * (lines - 1))
    assert len(house_rules.functions_too_long(tmp_path)) == breaches


IMPURE = [
    "from datetime import datetime\nx = datetime.now()",
    "from datetime import datetime, UTC\nx = datetime.now(UTC)",
    "import datetime\nx = datetime.datetime.utcnow()",
    "import datetime\nx = datetime.date.today()",
    "from datetime import date\nx = date.today()",
    "from datetime import datetime\nmake = datetime.now",
    "from datetime import datetime\nx = datetime.fromtimestamp(0)",
    "from uuid import uuid4",
    "import uuid",
    "import random",
    "from random import choice",
    "import secrets",
    "import time",
    "import os\nx = os.urandom(16)",
    "x = float('1')",
    "x = 0.5",
    "x = 1e3",
    "x = 3 / 2",
    "x = 3\nx /= 2",
    "def f(x: float) -> int: ...",
    "def f(x: int) -> float | None: ...",
    "x: list[float] = []",
]


@pytest.mark.parametrize("folder", house_rules.CORE)
@pytest.mark.parametrize("text", IMPURE)
def test_the_core_takes_no_clock_no_chance_and_no_float(tmp_path: Path, folder: str, text: str) -> None:
    plant(tmp_path, f"{folder}/x.py", text)
    assert len(house_rules.impure_core(tmp_path)) == 1


@pytest.mark.parametrize("text", IMPURE)
def test_outside_the_core_they_are_allowed(tmp_path: Path, text: str) -> None:
    plant(tmp_path, "hat_clinic/store/x.py", text)
    assert house_rules.impure_core(tmp_path) == []


@pytest.mark.parametrize(
    "text",
    [
        "from datetime import UTC, datetime\nx = datetime(2026, 11, 23, tzinfo=UTC)",
        "def f(clock):\n    return clock.now()",
        "def refuse(x):\n    return isinstance(x, float)",
        "x = 3 // 2",
    ],
)
def test_what_the_core_may_do(tmp_path: Path, text: str) -> None:
    plant(tmp_path, "hat_clinic/domain/x.py", text)
    assert house_rules.impure_core(tmp_path) == []


@pytest.mark.parametrize(
    "folder, text, breaches",
    [
        ("vocabulary", "import pydantic", 1),
        ("domain", "import pydantic", 1),
        ("domain", "from cryptography.hazmat.primitives import hashes", 1),
        ("domain", "def f():\n    import sqlalchemy.orm", 1),
        ("domain", "import dataclasses\nfrom hat_clinic.vocabulary import ids", 0),
        ("ledger", "from nacl.signing import VerifyKey", 0),
        ("ledger", "import rfc8785", 1),
    ],
)
def test_the_core_imports_little(tmp_path: Path, folder: str, text: str, breaches: int) -> None:
    plant(tmp_path, f"hat_clinic/{folder}/x.py", text)
    assert len(house_rules.foreign_imports_in_core(tmp_path)) == breaches


@pytest.mark.parametrize("name", sorted(house_rules.NAMES_THAT_SAY_NOTHING))
def test_a_name_that_says_nothing_is_refused(name: str) -> None:
    for path in (f"hat_clinic/{name}.py", f"hat_clinic/{name}/doses.py", f"tests/{name}/x.toml"):
        assert house_rules.names_that_say_nothing([path]) == [path]
    assert house_rules.names_that_say_nothing([f"hat_clinic/{name}_of_doses.py"]) == []


def test_a_stranger_at_the_top_is_refused() -> None:
    assert house_rules.strangers_at_the_top(["README.md", "setup.py", "scripts/x.sh"]) == [
        "scripts",
        "setup.py",
    ]


@pytest.mark.parametrize(
    "path", ["tests/test_x.py", "tests/ledger/test_x.py", "tests/ledger/test_store_x.py"]
)
def test_a_misnamed_test_is_refused(path: str) -> None:
    assert house_rules.misnamed_tests([path, "tests/ledger/test_ledger_x.py"]) == [path]


@pytest.mark.parametrize("home", ["home", "root", "work", "opt", "Users", "mnt"])
def test_a_path_of_somebodys_machine_is_refused(tmp_path: Path, home: str) -> None:
    plant(tmp_path, "notes.md", f"fine: ./{home}/x, a/{home}/b\nkept in /{home}/ana/clinic\n")
    breaches = house_rules.paths_of_somebodys_machine(tmp_path, ["notes.md"])
    assert breaches == [f"notes.md:2: kept in /{home}/ana/clinic"]
