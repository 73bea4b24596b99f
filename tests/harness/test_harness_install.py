"""The two commands' own installing: once, from the lock, in any folder; then never again.

The Python here is a script that writes down what it is asked to do, so that nothing is
downloaded and every call of pip is seen.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
PYTHON = """#!/bin/sh
printf '%s\\n' "$*" >>"$CALLS"
case "$*" in
*version_info*) exit "$TOO_OLD" ;;
*ensurepip*) exit "$NO_VENV" ;;
"-m venv "*) mkdir -p "$3/bin" && cp "$0" "$3/bin/python" ;;
*require-hashes*) exit "$BAD_LOCK" ;;
esac
"""


class Checkout:
    """A checkout in a folder with a space in its name, and its log of calls."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "a clinic"
        self.python = folder / "a python" / "python3"
        self.calls = folder / "calls"
        shutil.copytree(REPOSITORY / "requirements", self.folder / "requirements")
        for name in ("Makefile", "pyproject.toml"):
            shutil.copy(REPOSITORY / name, self.folder)
        self.python.parent.mkdir()
        self.python.write_text(PYTHON)
        self.python.chmod(0o755)

    def install(
        self, *, too_old: int = 0, no_venv: int = 0, bad_lock: int = 0
    ) -> tuple[subprocess.CompletedProcess[str], list[str]]:
        self.calls.write_text("")
        flags = {"TOO_OLD": str(too_old), "NO_VENV": str(no_venv), "BAD_LOCK": str(bad_lock)}
        environment = {**os.environ, "PYTHON": str(self.python), "CALLS": str(self.calls), **flags}
        done = subprocess.run(
            ["sh", "requirements/install.sh", "demo"],
            cwd=self.folder, env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        return done, [call for call in self.calls.read_text().splitlines() if call.startswith("-m")]


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path)


def test_the_first_run_installs_the_lock_with_hashes_and_wheels_only(checkout: Checkout) -> None:
    done, calls = checkout.install()
    assert done.returncode == 0, done.stderr
    venv, lock, itself = calls
    assert venv == "-m venv .venv-demo"
    assert "--require-hashes --only-binary :all: --requirement requirements/demo.txt" in lock
    assert "--no-index --no-deps --no-build-isolation --editable ." in itself


def test_the_second_run_asks_nobody(checkout: Checkout) -> None:
    checkout.install()
    done, calls = checkout.install()
    assert (done.returncode, done.stdout, done.stderr, calls) == (0, "", "", [])


def test_a_changed_lock_is_installed_anew(checkout: Checkout) -> None:
    checkout.install()
    with (checkout.folder / "requirements/demo.txt").open("a") as lock:
        lock.write("# changed\n")
    assert len(checkout.install()[1]) == 3


def test_a_changed_package_is_installed_without_the_lock(checkout: Checkout) -> None:
    checkout.install()
    with (checkout.folder / "pyproject.toml").open("a") as project:
        project.write("# changed\n")
    (itself,) = checkout.install()[1]
    assert "--editable" in itself


def test_a_moved_checkout_is_installed_anew(checkout: Checkout) -> None:
    checkout.install()
    checkout.folder = checkout.folder.rename(checkout.folder.parent / "another clinic")
    assert len(checkout.install()[1]) == 3


def test_a_failed_install_is_tried_again(checkout: Checkout) -> None:
    assert checkout.install(bad_lock=1)[0].returncode != 0
    assert len(checkout.install()[1]) == 3


def test_a_python_without_venv_names_the_one_command_that_helps(checkout: Checkout) -> None:
    done, calls = checkout.install(no_venv=1)
    assert done.returncode != 0
    assert calls == []
    assert [line.strip() for line in done.stderr.splitlines() if "apt-get" in line] == [
        "apt-get install -y python3-venv"
    ]


def test_a_python_that_is_too_old_is_refused_and_not_replaced(checkout: Checkout) -> None:
    done, calls = checkout.install(too_old=1)
    assert done.returncode != 0
    assert calls == []
    assert "is not Python 3.11 or newer" in done.stderr


@pytest.mark.parametrize("arguments", [[], ["help"]])
def test_make_alone_says_what_there_is(checkout: Checkout, arguments: list[str]) -> None:
    done = subprocess.run(
        ["make", *arguments], cwd=checkout.folder, capture_output=True, text=True, check=True
    )
    for target in ("demo", "test", "bench", "lint", "lock"):
        assert f"make {target} " in done.stdout
    assert not list(checkout.folder.glob(".venv*"))
