"""The import contracts hold, cover every package, and each fires on a planted breach."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
CONTRACTS = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
NAMES = {contract["id"]: contract["name"] for contract in CONTRACTS}
# One line is planted for each contract, in a module of its own, and the contract must name it.
PLANTED = {
    "floors": ("hat_clinic/store", "import hat_clinic.handlers"),
    "no-wire": ("hat_clinic/handlers", "import hat_clinic.wire"),
    "client-signs-only": ("hat_clinic/client", "import hat_clinic.security.tokens"),
    "api-hands-over": ("hat_clinic/api", "import hat_clinic.store"),
    "auditor-offline": ("hat_clinic/auditor", "import sqlalchemy"),
    "projections-open-nothing": ("hat_clinic/projections", "import hat_clinic.security"),
    "domain-pure": ("hat_clinic/domain", "import pydantic"),
    "ledger-pure": ("hat_clinic/ledger", "import sqlalchemy"),
    "terminal-is-a-client": ("tui", "import hat_clinic.store"),
}
ROOMS_ON_ONE_FLOOR = [
    ("api", "client"), ("client", "api"), ("projections", "auditor"), ("auditor", "projections"),
    ("domain", "ledger"), ("ledger", "domain"), ("security", "ledger"), ("domain", "security"),
]  # fmt: skip


def lint(root: Path) -> subprocess.CompletedProcess[str]:
    program = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"
    environment = {
        **os.environ,
        "PYTHONPATH": str(root),
        "PYTHONUTF8": "1",
        "COLUMNS": "200",
        "NO_COLOR": "1",
    }
    return subprocess.run(
        [sys.executable, "-c", program],
        cwd=root,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def sections(said: str) -> dict[str, str]:
    """What the linter says under the name of each broken contract."""
    parts = re.split(r"\n([^\n]+)\n-+\n", said.partition("Broken contracts")[2])
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def copied(root: Path) -> Path:
    for folder in ("hat_clinic", "tui"):
        shutil.copytree(REPOSITORY / folder, root / folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(REPOSITORY / "pyproject.toml", root)
    return root


@pytest.fixture(scope="module")
def breached(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What the linter says of a house with one breach for each contract."""
    root = copied(tmp_path_factory.mktemp("breached"))
    for contract, (folder, line) in PLANTED.items():
        (root / folder / f"planted_{contract.replace('-', '_')}.py").write_text(line + "\n")
    for room, other in ROOMS_ON_ONE_FLOOR:
        planted = root / "hat_clinic" / room / f"planted_{room}_meets_{other}.py"
        planted.write_text(f"import hat_clinic.{other}\n")
    done = lint(root)
    assert done.returncode == 1, done.stdout + done.stderr
    return done.stdout


def test_every_contract_is_kept() -> None:
    done = lint(REPOSITORY)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(CONTRACTS)} kept, 0 broken" in done.stdout


def test_every_contract_has_a_planted_breach() -> None:
    assert PLANTED.keys() == NAMES.keys()


@pytest.mark.parametrize("contract", PLANTED)
def test_a_contract_names_the_module_that_breaks_it(contract: str, breached: str) -> None:
    module = PLANTED[contract][0].replace("/", ".") + f".planted_{contract.replace('-', '_')}"
    assert f"{module} -> " in sections(breached).get(NAMES[contract], ""), breached


@pytest.mark.parametrize("room, other", ROOMS_ON_ONE_FLOOR)
def test_rooms_on_one_floor_do_not_know_each_other(room: str, other: str, breached: str) -> None:
    assert f"hat_clinic.{room}.planted_{room}_meets_{other} -> hat_clinic.{other}" in breached


def test_the_client_may_sign(tmp_path: Path) -> None:
    root = copied(tmp_path)
    seed = next((root / "hat_clinic/security/signing").glob("[a-z]*.py")).stem
    (root / "hat_clinic/client/planted.py").write_text(
        f"from hat_clinic.security import signing\nimport hat_clinic.security.signing.{seed}\n"
    )
    assert lint(root).returncode == 0


def test_every_package_stands_on_a_floor() -> None:
    floors = next(contract for contract in CONTRACTS if contract["id"] == "floors")["layers"]
    named = {name for floor in floors for name in re.findall(r"[\w.]+", floor)}
    children = {
        f"hat_clinic.{path.stem}"
        for path in (REPOSITORY / "hat_clinic").iterdir()
        if (path.is_dir() and (path / "__init__.py").exists())
        or (path.suffix == ".py" and path.stem != "__init__")
    }
    assert children - named == set()
