"""The wheel, installed where no checkout is, founds a clinic and verifies it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
PROGRAM = "import hat_clinic, hat_clinic.cli.main as main; print(hat_clinic.__file__); main.run()"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the wheel installs, and nothing else of ours."""
    made, folder = tmp_path_factory.mktemp("wheel"), tmp_path_factory.mktemp("installed from a wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(made)]
    subprocess.run(build, cwd=REPOSITORY, check=True, capture_output=True)
    (wheel,) = made.glob("*.whl")
    pip = [sys.executable, "-m", "pip", "install", "-qq", "--disable-pip-version-check", "--no-index"]
    subprocess.run([*pip, "--no-deps", "--target", str(folder), str(wheel)], check=True)
    return folder


def run(installed: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-P", "-c", PROGRAM, *arguments],
        cwd=installed.parent,
        env={**os.environ, "PYTHONPATH": str(installed), "PYTHONUTF8": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.startswith(str(installed)), "another copy of the program ran"
    return done


def test_what_the_wheel_installs_founds_a_clinic_and_verifies_it(installed: Path, tmp_path: Path) -> None:
    founders = []
    for code in ("A-01", "A-02"):
        path = tmp_path / f"{code}.json"
        said = {"staff_code": code, "name": f"{code} Invented", "passphrase": f"{code} and three more words"}
        path.touch(0o600)
        path.write_text(json.dumps(said))
        founders += ["--founder", str(path)]
    where = ["--site", "zh1", "--origin", "wheel.example/zh1", "--name", "North", "--zone", "Europe/Zurich"]
    clinic = tmp_path / "clinic"
    made = run(installed, "init", str(clinic), *where, *founders)
    assert made.returncode == 0, made.stderr
    verified = run(installed, "verify", "--data", str(clinic))
    assert verified.returncode == 4, "it holds, and nothing kept elsewhere vouches for it"
    (clinic / "hat.db").unlink()
    assert run(installed, "verify", "--data", str(clinic)).returncode == 64
