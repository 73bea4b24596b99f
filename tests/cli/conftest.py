"""A clinic that was founded once, copied for whoever changes it, and its heads kept elsewhere."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from hat_clinic.ledger.kept_heads import kept
from hat_clinic.store.engine import reading
from hat_clinic.store.ledger_rows import heads
from hat_clinic.wiring.ceremony import init_clinic
from hat_clinic.wiring.folder import ClinicFolder
from hat_clinic.wiring.system import SystemClock, SystemIds
from tests.cli.founded import CLINIC, PEOPLE


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("founded") / "clinic"
    init_clinic(path, CLINIC, PEOPLE, SystemClock(), SystemIds())
    return path


@pytest.fixture
def data(founded: Path, tmp_path: Path) -> Path:
    path = tmp_path / "clinic"
    shutil.copytree(founded, path)
    return path


@pytest.fixture
def kept_heads(data: Path, tmp_path: Path) -> Path:
    engine = ClinicFolder.open(data).engine()
    with reading(engine) as connection:
        notes = [note for _, note in heads(connection, "zh1")]
    engine.dispose()
    folder = tmp_path / "heads"
    folder.mkdir()
    (folder / "terminal.notes").write_text("".join(map(kept, notes)), encoding="utf-8")
    (folder / "not heads.txt").write_text("left alone")
    return folder
