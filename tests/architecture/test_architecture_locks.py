"""The locks install exactly what was meant, from anywhere, and the wheel holds all of the program."""

from __future__ import annotations

import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from tests.architecture import locks

REPOSITORY = Path(__file__).parents[2]
REQUIREMENTS = REPOSITORY / "requirements"
GOOD = f"alembic==1.20.1 \\\n    --hash=sha256:{'a' * 64} \\\n    --hash=sha256:{'b' * 64}\n"


def wanted(name: str) -> set[str]:
    lines = (REQUIREMENTS / name).read_text().splitlines()
    return {line for line in lines if line and not line.startswith(("#", "-"))}


@pytest.mark.parametrize("name", ["demo.txt", "test.txt"])
def test_a_lock_is_exact_and_hashed_and_names_no_address(name: str) -> None:
    text = (REQUIREMENTS / name).read_text()
    assert locks.breaches(text) == []
    assert len(locks.pins(text)) > 40


def test_a_good_lock_is_let_through() -> None:
    assert locks.breaches(GOOD) == []
    assert locks.pins(GOOD) == {"alembic": "1.20.1"}


@pytest.mark.parametrize(
    "text",
    [
        "--index-url https" + "://packages.example/simple\n" + GOOD,
        "--extra-index-url elsewhere\n" + GOOD,
        "--find-links wheels\n" + GOOD,
        GOOD.replace("==1.20.1", " @ file" + ":///wheels/alembic.whl"),
        GOOD.replace("==", ">="),
        "alembic==1.20.1\n",
        GOOD + "mako==1.4.3\n",
        GOOD.replace("sha256:" + "a" * 64, "sha256:" + "a" * 63),
        GOOD.replace("sha256:" + "a" * 64, "md5:" + "a" * 32),
    ],
)
def test_a_loose_lock_is_refused(text: str) -> None:
    assert locks.breaches(text)


def test_the_demo_installs_what_the_package_declares_and_its_build_back_end() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())
    declared = set(project["project"]["dependencies"]) | set(project["build-system"]["requires"])
    assert wanted("demo.in") == declared


def test_tests_run_on_the_versions_the_demo_installs() -> None:
    demo = locks.pins((REQUIREMENTS / "demo.txt").read_text())
    test = locks.pins((REQUIREMENTS / "test.txt").read_text())
    assert demo.items() <= test.items()


@pytest.mark.parametrize("name", ["demo", "test"])
def test_everything_asked_for_is_locked(name: str) -> None:
    pinned = locks.pins((REQUIREMENTS / f"{name}.txt").read_text())
    assert {one.partition("[")[0] for one in wanted(f"{name}.in")} <= pinned.keys()


def test_every_direct_dependency_has_its_reason() -> None:
    reasons = (REPOSITORY / "docs/adr/0002-dependencies.md").read_text()
    for one in wanted("demo.in") | wanted("test.in"):
        name = one.partition("[")[0]
        assert f"| {name} |" in reasons, f"{one} has no line in ADR 2"


def test_the_wheel_holds_the_program_its_terminal_and_its_migrations(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=REPOSITORY, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    for folder, inside in (
        ("hat_clinic", "hat_clinic"),
        ("tui", "tui"),
        ("migrations", "hat_clinic/migrations"),
    ):
        for path in (REPOSITORY / folder).rglob("*.py"):
            assert f"{inside}/{path.relative_to(REPOSITORY / folder)}" in names
    assert not [name for name in names if name.startswith(("tests/", "benchmarks/", "migrations/"))]
