"""The key ceremony: what lies in the folder afterwards, and what is refused."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from hat_clinic.domain.entries import entry_of
from hat_clinic.domain.entries.system import LedgerOpened
from hat_clinic.ledger.dsse import parse_envelope
from hat_clinic.ledger.statement import parse_statement
from hat_clinic.projections.staff import KEYS, PERSONS
from hat_clinic.store.engine import reading
from hat_clinic.store.ledger_rows import envelopes, leaves, read_tip
from hat_clinic.store.states import States
from hat_clinic.vocabulary.errors import Rejected
from hat_clinic.wiring.ceremony import NewClinic, NewFounder, init_clinic
from hat_clinic.wiring.folder import ClinicFolder
from hat_clinic.wiring.system import SystemClock, SystemIds

PEOPLE = (
    NewFounder("A-01", "Ada Invented", "correct horse battery"),
    NewFounder("A-02", "Bo Invented", "another long passphrase"),
)
CLINIC = NewClinic("zh1", "hat.clinic.example/zh1", "North Street", "Europe/Zurich", 0, "terminal 1", False)


def hold(folder: Path, clinic: NewClinic = CLINIC) -> ClinicFolder:
    init_clinic(folder, clinic, PEOPLE, SystemClock(), SystemIds())
    return ClinicFolder.open(folder)


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> ClinicFolder:
    return hold(tmp_path_factory.mktemp("ceremony") / "clinic")


def test_two_people_open_the_log_and_enrol_a_terminal(clinic: ClinicFolder) -> None:
    engine = clinic.engine()
    try:
        with reading(engine) as connection:
            keys = clinic.site_keys(CLINIC.origin)
            assert read_tip(connection, "zh1", keys).frontier.size == 4
            stored = envelopes(connection, "zh1", 0, 3)
            said = [parse_statement(parse_envelope(stored[seq]).payload) for seq in range(4)]
            opened = entry_of("ledger-opened", said[0].body)
            assert isinstance(opened, LedgerOpened)
            assert [each.person for each in said] == [f.person for f in opened.founders] * 2
            tx = States(connection, "zh1")
            for founder in opened.founders:
                person, key = PERSONS.load(tx, founder.person), KEYS.load(tx, founder.key)
                assert person is not None and "administrator" in person.roles
                assert key is not None and key.until is None
    finally:
        engine.dispose()


def test_the_anchor_names_this_log_and_its_first_leaf(clinic: ClinicFolder) -> None:
    engine = clinic.engine()
    try:
        with reading(engine) as connection:
            (_, leaf0), *_ = leaves(connection, "zh1")
    finally:
        engine.dispose()
    clinic.policy.require_leaf0(leaf0)
    assert clinic.policy.head == clinic.site_keys(CLINIC.origin).head_vkey


def test_secrets_are_for_their_owner_only(clinic: ClinicFolder) -> None:
    secrets = [*clinic.path.glob("*.key"), *clinic.path.glob("terminal-*.json"), clinic.path / "hat.db"]
    assert len(secrets) == 5
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in secrets)
    assert stat.S_IMODE(clinic.path.stat().st_mode) == 0o700


def test_no_passphrase_and_no_name_lies_in_any_file(clinic: ClinicFolder) -> None:
    for path in clinic.path.iterdir():
        data = path.read_bytes()
        for person in PEOPLE:
            assert person.passphrase.encode() not in data
            assert person.name.encode() not in data


def test_the_terminal_file_has_its_secret(clinic: ClinicFolder) -> None:
    (path,) = clinic.path.glob("terminal-*.json")
    about = json.loads(path.read_text())
    assert about["origin"] == CLINIC.origin and len(about["secret"]) >= 43


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(FileExistsError, match="not empty"):
        hold(tmp_path)
    assert [each.name for each in tmp_path.iterdir()] == ["notes.txt"]


@pytest.mark.parametrize(("origin", "demo"), [("hat.invalid/zh1", False), ("hat.clinic.example/zh1", True)])
def test_a_demo_and_no_other_is_under_invalid(tmp_path: Path, origin: str, demo: bool) -> None:
    wrong = NewClinic("zh1", origin, "x", "Europe/Zurich", 0, "t", demo)
    with pytest.raises(Rejected, match="demo"):
        hold(tmp_path / "clinic", wrong)
    assert not (tmp_path / "clinic").exists()


def test_one_person_cannot_be_both_founders(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="two different people"):
        init_clinic(tmp_path / "c", CLINIC, (PEOPLE[0], PEOPLE[0]), SystemClock(), SystemIds())


def test_a_short_passphrase_is_refused(tmp_path: Path) -> None:
    people = (PEOPLE[0], NewFounder("A-02", "Bo Invented", "short"))
    with pytest.raises(Exception, match="15"):
        init_clinic(tmp_path / "c", CLINIC, people, SystemClock(), SystemIds())
    assert not (tmp_path / "c").exists()
