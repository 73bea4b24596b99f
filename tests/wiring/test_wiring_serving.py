"""What is read from a clinic's folder before it is served."""

from __future__ import annotations

from pathlib import Path

import pytest

from hat_clinic.store.engine import PostgresPlace
from hat_clinic.vocabulary.errors import Rejected
from hat_clinic.wiring.ceremony import NewClinic, NewFounder, init_clinic
from hat_clinic.wiring.folder import ClinicFolder
from hat_clinic.wiring.serving import open_site
from hat_clinic.wiring.system import SystemClock, SystemIds

PEOPLE = (
    NewFounder("A-01", "Ada Invented", "correct horse battery"),
    NewFounder("A-02", "Bo Invented", "another long passphrase"),
)
DEMO = NewClinic("zh1", "demo.invalid/zh1", "North Street", "Europe/Zurich", 0, "terminal 1", True)
BEYOND = """data_dir = "."
demo = false
[bind]
host = "0.0.0.0"
[tls]
certificate = "server.pem"
key = "server.key"
"""


def test_a_demo_is_one_by_its_name_whatever_its_settings_say(tmp_path: Path) -> None:
    path = tmp_path / "clinic"
    init_clinic(path, DEMO, PEOPLE, SystemClock(), SystemIds())
    (path / "config.toml").write_text(BEYOND, encoding="utf-8")
    with (
        pytest.raises(Rejected, match="demo"),
        open_site(ClinicFolder.open(path), SystemClock(), SystemIds()),
    ):
        pass


def test_the_password_file_and_the_certificate_reach_the_database(tmp_path: Path) -> None:
    text = """data_dir = "."
[engine]
kind = "postgresql"
dbname = "hat"
user = "hat_app"
host = "db.clinic.example"
passfile = "pgpass"
root_certificate = "root.pem"
"""
    place = ClinicFolder.create(tmp_path / "clinic", text, SystemIds()).place()
    assert isinstance(place, PostgresPlace)
    folder = (tmp_path / "clinic").resolve()
    assert (place.passfile, place.root_certificate) == (folder / "pgpass", folder / "root.pem")
    assert (place.host_socket_dir, place.sslmode) == ("db.clinic.example", "verify-full")
