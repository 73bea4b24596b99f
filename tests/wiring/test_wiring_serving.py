"""What is read from a clinic's folder before it is served."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from hat_clinic.config import Bind, Settings, Tls
from hat_clinic.store.engine import PostgresPlace
from hat_clinic.vocabulary.errors import Rejected
from hat_clinic.wiring.ceremony import NewClinic, NewFounder, init_clinic
from hat_clinic.wiring.folder import ClinicFolder
from hat_clinic.wiring.serving import listening, open_served_site, open_site, run_server
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


def test_what_the_machine_attributes_is_signed_by_the_key_that_the_log_names(tmp_path: Path) -> None:
    path, random = tmp_path / "clinic", SystemIds().random
    init_clinic(path, DEMO, PEOPLE, SystemClock(), SystemIds())
    right = (path / "machine.key").read_bytes()
    (path / "machine.key").write_bytes(random(len(right)))
    for opened in (
        open_served_site(ClinicFolder.open(path)),
        open_site(ClinicFolder.open(path), SystemClock(), SystemIds()),
    ):
        with pytest.raises(Rejected, match="another log") as caught, opened:
            pass
        assert caught.value.field == str(path / "machine.key")
    (path / "machine.key").write_bytes(right)
    with open_site(ClinicFolder.open(path), SystemClock(), SystemIds()) as runtime:
        assert not runtime.not_ready_because


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


@pytest.mark.parametrize("name", ["", "config.toml"])
def test_what_others_can_change_is_not_opened(tmp_path: Path, name: str) -> None:
    path = tmp_path / "clinic"
    ClinicFolder.create(path, 'data_dir = "."\n', SystemIds())
    (path / name).chmod((path / name).stat().st_mode | 0o002)
    with pytest.raises(Rejected, match="chmod") as caught:
        ClinicFolder.open(path)
    assert caught.value.field == str(path / name)


def test_a_new_folder_is_its_owners_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        ClinicFolder.create(tmp_path / "clinic", 'data_dir = "."\n', SystemIds())
    finally:
        os.umask(before)


def test_data_elsewhere_that_others_can_change_is_not_opened(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    elsewhere.chmod(0o777)
    with pytest.raises(Rejected, match="chmod"):
        ClinicFolder.create(tmp_path / "clinic", f'data_dir = "{elsewhere}"\n', SystemIds())


@pytest.mark.parametrize("name", ["root.key", "head.key", "machine.key"])
def test_no_secret_may_be_missing_shown_or_a_link(tmp_path: Path, name: str) -> None:
    path = tmp_path / "clinic"
    ClinicFolder.create(path, 'data_dir = "."\n', SystemIds())
    secret = path / name
    secret.chmod(0o640)
    with pytest.raises(Rejected, match="chmod 600"):
        ClinicFolder.open(path)
    secret.chmod(0o600)
    secret.rename(tmp_path / name)
    with pytest.raises(FileNotFoundError):
        ClinicFolder.open(path)
    secret.symlink_to(tmp_path / name)
    with pytest.raises(Rejected, match="link"):
        ClinicFolder.open(path)


def test_the_key_of_a_certificate_is_not_for_everybody(tmp_path: Path) -> None:
    text = 'data_dir = "."\n[tls]\ncertificate = "server.pem"\nkey = "server.key"\n'
    folder = ClinicFolder.create(tmp_path / "clinic", text, SystemIds())
    key = tmp_path / "clinic" / "server.key"
    key.write_bytes(b"")
    key.chmod(0o644)
    with pytest.raises(Rejected, match="everybody") as caught:
        run_server(folder, None, print)
    assert caught.value.field == str(key)


def test_what_is_listened_at_is_judged_and_not_only_what_it_is_called(tmp_path: Path) -> None:
    tls = Tls(tmp_path / "server.pem", tmp_path / "server.key")
    with listening(Settings(tmp_path, bind=Bind("localhost")), 0) as at:
        assert at.getsockname()[0].startswith("127.")
    with listening(Settings(tmp_path, bind=Bind("0.0.0.0"), tls=tls), 0):
        pass
    # An address that the name check cannot know: the resolver reads it as 0.0.0.0.
    for demo, host in ((False, "0"), (True, "0")):
        with pytest.raises(Rejected):
            listening(Settings(tmp_path, bind=Bind(host), demo=demo, tls=tls if demo else None), 0)
