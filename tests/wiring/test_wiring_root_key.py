"""A server with another clinic's root secret does not start: it could open nobody's key and seal for nobody.

SQLCipher's file does not even open. In PostgreSQL everything but what is sealed can be read, and the
first to find out was whoever clocked in.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hat_clinic.cli import main
from hat_clinic.store.engine import writing
from hat_clinic.store.schema import credential
from hat_clinic.store.unusable import WrongKey
from hat_clinic.vocabulary.errors import LedgerBroken, Rejected
from hat_clinic.wiring.folder import ClinicFolder
from hat_clinic.wiring.serving import open_served_site, open_site
from hat_clinic.wiring.system import SystemClock, SystemIds
from hat_clinic.wiring.writing import writer_apart
from tests.wiring.clinics import clinic_at
from tests.wiring.test_wiring_serving import DEMO, PEOPLE

WORDS = "give the root secret it was made with"


@pytest.fixture
def path(tmp_path: Path, database: Any) -> Path:
    return clinic_at(tmp_path / "clinic", database, DEMO, PEOPLE)


def with_another_root(path: Path) -> None:
    secret = path / "root.key"
    secret.write_bytes(SystemIds().random(len(secret.read_bytes())))


def test_with_its_own_it_starts(path: Path) -> None:
    with open_served_site(ClinicFolder.open(path)) as runtime:
        assert not runtime.not_ready_because


def test_no_server_starts_with_another(path: Path) -> None:
    with_another_root(path)
    for opened in (
        open_served_site(ClinicFolder.open(path)),
        open_site(ClinicFolder.open(path), SystemClock(), SystemIds()),
    ):
        with pytest.raises(WrongKey, match=WORDS), opened:
            pass


def test_nor_does_the_writer_by_itself(path: Path) -> None:
    with_another_root(path)
    with pytest.raises(WrongKey, match=WORDS), writer_apart(ClinicFolder.open(path)):
        pass


@pytest.mark.parametrize(("name", "refused"), [("head.key", LedgerBroken), ("machine.key", Rejected)])
def test_nor_with_another_key_of_the_site(path: Path, name: str, refused: type[Exception]) -> None:
    secret = path / name
    secret.write_bytes(SystemIds().random(len(secret.read_bytes())))
    with pytest.raises(refused), open_served_site(ClinicFolder.open(path)):
        pass


def test_serve_says_so_and_ends_with_64(path: Path, capsys: Any) -> None:
    with_another_root(path)
    with pytest.raises(SystemExit) as ended:
        main.run(["serve", "--data", str(path), "--port", "0"])
    assert ended.value.code == main.WRONG_USAGE
    said = capsys.readouterr()
    assert said.err.startswith("Not started: ") and WORDS in said.err and not said.out


def test_one_damaged_box_keeps_nobody_from_working(path: Path) -> None:
    folder = ClinicFolder.open(path)
    engine = folder.engine()
    with writing(engine) as connection:
        first = connection.execute(credential.select().order_by(credential.c.person_id).limit(1)).one()
        damaged = credential.update().where(credential.c.person_id == first.person_id)
        connection.execute(damaged.values(box=bytes(len(first.box))))
    engine.dispose()
    with open_served_site(folder) as runtime:
        assert not runtime.not_ready_because
