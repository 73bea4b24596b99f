"""`hat-clinic staff` and `terminal` against a served clinic: hired, enrolled, revoked, and refused."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hat_clinic.cli.main import WRONG_USAGE
from hat_clinic.cli.signing import NOT_ALL_DONE, terminal_file
from hat_clinic.cli.tui import AGAIN
from hat_clinic.vocabulary.errors import Rejected
from hat_clinic.wiring.ceremony import NewClinic, init_clinic
from hat_clinic.wiring.demo.server import served
from hat_clinic.wiring.folder import ClinicFolder
from hat_clinic.wiring.system import SystemClock, SystemIds
from tests.wiring.test_wiring_serving import PEOPLE

CLINIC = NewClinic("zh1", "hat.clinic.example/zh1", "North Street", "Europe/Zurich", 0, "terminal 1", False)
PIN = "702946"
ADA = ["A-01", PEOPLE[0].passphrase, PIN, PIN]
BO = ["A-02", PEOPLE[1].passphrase, PIN, PIN]
NIA_OWN = "a bicycle in the rain"


class Served:
    """A clinic that is served, and the command line beside it."""

    def __init__(self, data: Path, url: str) -> None:
        self.data, self.url = data, url

    def run(self, *arguments: str, typed: list[str] | None = None) -> subprocess.CompletedProcess[str]:
        """What the command came to, with these lines typed; there is no terminal it could ask instead."""
        return subprocess.run(
            [sys.executable, "-c", AGAIN, *arguments],
            input="".join(f"{each}\n" for each in typed or []),
            capture_output=True,
            text=True,
            start_new_session=True,
            timeout=100,
        )

    def sign(self, *arguments: str, typed: list[str]) -> subprocess.CompletedProcess[str]:
        """The same, at the first terminal."""
        return self.run(*arguments, "--at", str(self.data), "--server", self.url, typed=typed)

    def list(self, what: str) -> Any:
        """What the list says."""
        done = self.run(what, "list", "--data", str(self.data), "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    data = tmp_path_factory.mktemp("a folder") / "clinic"
    clock, ids = SystemClock(), SystemIds()
    init_clinic(data, CLINIC, PEOPLE, clock, ids)
    with served(ClinicFolder.open(data), clock, ids) as serving:
        yield Served(data, serving.url)


HIRING = ("staff", "appoint", "--code", "N-01", "--name", "Nia Invented", "--role", "nurse")


def person(clinic: Served, code: str) -> Any:
    """Who has this staff code."""
    return next(one for one in clinic.list("staff") if one["staff_code"] == code)


@pytest.fixture(scope="module")
def nia(clinic: Served) -> Any:
    """A nurse who was hired by two administrators."""
    six = [PIN] * 6  # three statements, each by two people
    registered = ("--registration", "NMC:12A3456B")
    hired = clinic.sign(*HIRING, *registered, typed=[NIA_OWN, NIA_OWN, *ADA, *BO, *six])
    assert hired.returncode == 0, hired.stderr
    assert hired.stdout.count("is about to sign") == 6
    assert "staff code: N-01" in hired.stdout and "It confirms this statement: key-granted" in hired.stdout
    assert NIA_OWN not in hired.stdout + hired.stderr
    found = person(clinic, "N-01")
    assert (found["roles"], [key["good"] for key in found["keys"]]) == (["nurse"], [True])
    assert found["registrations"] == [{"body": "NMC", "number": "12A3456B"}]
    return found


def test_a_new_terminal_is_enrolled_and_the_new_nurse_is_known_there(
    clinic: Served, nia: Any, tmp_path: Path
) -> None:
    there, policy = tmp_path / "second terminal", str(clinic.data / "policy.txt")
    made = clinic.run("terminal", "new", str(there), "--url", clinic.url, "--policy", policy)
    assert made.returncode == 0, made.stderr
    assert {each.stat().st_mode & 0o777 for each in (there, *there.iterdir())} == {0o700, 0o600}
    told = dict(line.split() for line in made.stdout.splitlines() if line.startswith(("  id", "  hash")))
    key = ("--person", nia["person"], "--key", nia["keys"][0]["key"], "--reason", "lost")
    at_new = ("staff", "revoke-key", "--at", str(there), *key)
    by_nia = ["N-01", NIA_OWN, PIN, PIN, PIN]
    early = clinic.run(*at_new, typed=by_nia)
    assert (early.returncode, "this terminal is not enrolled" in early.stderr) == (WRONG_USAGE, True)

    which = ("--id", told["id"], "--hash", told["hash"], "--name", "second")
    enrolled = clinic.sign("terminal", "enrol", *which, typed=[*ADA, *BO, PIN, PIN])
    assert enrolled.returncode == 0, enrolled.stderr
    assert f"secret hash: {told['hash']}" in enrolled.stdout
    names = [(one["name"], one["enrolled"]) for one in clinic.list("terminal")]
    assert names == [("terminal 1", True), ("second", True)]

    refused = clinic.run(*at_new, typed=by_nia)
    assert refused.returncode == WRONG_USAGE
    assert "your roles do not allow this" in refused.stderr, "she is let in, and may not do this"
    out = ("--id", told["id"], "--reason", "other")
    assert clinic.sign("terminal", "revoke", *out, typed=[*ADA, PIN]).returncode == 0
    assert clinic.list("terminal")[1]["enrolled"] is False


def test_a_key_and_a_role_are_taken_by_one_and_given_by_two(clinic: Served, nia: Any) -> None:
    own = ("--person", nia["person"])
    lost = (*own, "--key", nia["keys"][0]["key"], "--reason", "lost")
    revoked = clinic.sign("staff", "revoke-key", *lost, typed=[*ADA, "702947", PIN])
    assert revoked.returncode == 0, revoked.stderr
    assert "wrong PIN" in revoked.stderr
    gone = clinic.sign("staff", "revoke-key", *lost, typed=["N-01", NIA_OWN, PIN, PIN])
    assert gone.returncode == WRONG_USAGE
    again = clinic.sign("staff", "grant-key", *own, typed=["x" * 15, "x" * 15, *BO, *ADA, PIN, PIN])
    assert again.returncode == 0, again.stderr
    more = clinic.sign("staff", "grant-role", *own, "--role", "pharmacist", typed=[*ADA, *BO, PIN, PIN])
    assert more.returncode == 0, more.stderr
    changed = ("--role", "nurse", "--reason", "role_changed")
    less = clinic.sign("staff", "revoke-role", *own, *changed, typed=[*BO, PIN])
    assert less.returncode == 0, less.stderr
    twice = ("staff", "grant-role", *own, "--role", "auditor")
    done = clinic.sign(*twice, typed=[*ADA, "N-01", "x" * 15, PIN, PIN])
    assert (done.returncode, "N-01 is no administrator" in done.stderr) == (WRONG_USAGE, True)
    assert "is about to sign" not in done.stdout
    after = person(clinic, "N-01")
    assert (after["roles"], sorted(key["good"] for key in after["keys"])) == (["pharmacist"], [False, True])


def test_all_of_it_verifies_with_the_heads_of_the_terminal(clinic: Served, nia: Any) -> None:
    verify = ("verify", "--data", str(clinic.data))
    assert clinic.run(*verify).returncode == 4
    done = clinic.run(*verify, "--heads", str(clinic.data / "heads"))
    assert done.returncode == 0, done.stdout


NEW = ["another long one here"] * 2


@pytest.mark.parametrize(
    "typed, says",
    [
        ([*NEW, *ADA, *ADA], "the same person came twice"),
        ([*NEW, "A-01", "not the right passphrase", PIN, PIN], "Nothing was done"),
        (["too short"] * 2, "15 to 128"),
        ([*NEW, "A-01", PEOPLE[0].passphrase, "1111111", "1111111"], "PIN"),
    ],
)
def test_refuses_before_anything_is_signed(clinic: Served, typed: list[str], says: str) -> None:
    hiring = ("staff", "appoint", "--code", "N-02", "--name", "Noa Invented", "--role", "nurse")
    done = clinic.sign(*hiring, typed=typed)
    assert done.returncode == WRONG_USAGE
    assert says in done.stderr
    assert "about to sign" not in done.stdout
    assert all(one["staff_code"] != "N-02" for one in clinic.list("staff"))


def test_what_was_begun_and_not_finished_is_said(clinic: Served) -> None:
    hiring = ("staff", "appoint", "--code", "N-03", "--name", "Max Invented", "--role", "nurse")
    left = clinic.sign(*hiring, typed=[*NEW, *ADA, *BO, PIN])
    assert left.returncode == 130
    assert "appoint-person was signed by A-01 and waits for a second person" in left.stderr
    taken = ("staff", "appoint", "--code", "A-01", "--name", "Max Invented", "--role", "nurse")
    refused = clinic.sign(*taken, typed=[*NEW, *ADA, *BO])
    assert (refused.returncode, "A-01 is or was somebody else's" in refused.stderr) == (WRONG_USAGE, True)
    twice = ("--role", "nurse", "--role", "nurse")
    hiring = ("staff", "appoint", "--code", "N-04", "--name", "Eva Invented", *twice)
    half = clinic.sign(*hiring, typed=[*NEW, *ADA, *BO, *[PIN] * 6])
    assert half.returncode == NOT_ALL_DONE, half.stderr
    assert "Not all was done" in half.stderr
    assert "On record: grant-role, signed by A-01 and A-02." in half.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        [*HIRING[:-1], "wizard", "--at", "nowhere"],
        [*HIRING, "--registration", "12A3456B", "--at", "nowhere"],
        [*HIRING, "--at", "nowhere"],
        ["terminal", "enrol", "--at", "nowhere", "--id", "x", "--hash", "00", "--name", "x"],
        ["terminal", "list", "--data", "nowhere"],
        ["staff", "list", "--data", "nowhere"],
        ["staff"],
    ],
)
def test_wrong_usage_asks_nobody_for_anything(clinic: Served, arguments: list[str]) -> None:
    done = clinic.run(*arguments)
    assert (done.returncode, done.stdout) == (WRONG_USAGE, "")


def test_a_new_terminal_needs_an_empty_folder_and_an_address_that_secrets_may_go_to(
    clinic: Served, tmp_path: Path
) -> None:
    policy = ("--policy", str(clinic.data / "policy.txt"))
    plain = clinic.run("terminal", "new", str(tmp_path / "t"), "--url", "http://hat.example", *policy)
    assert (plain.returncode, (tmp_path / "t").exists()) == (WRONG_USAGE, False)
    (tmp_path / "something").touch()
    full = clinic.run("terminal", "new", str(tmp_path), "--url", clinic.url, *policy)
    assert full.returncode == WRONG_USAGE
    assert [each.name for each in tmp_path.iterdir()] == ["something"]


def test_a_folder_names_its_terminal_only_if_it_holds_one(tmp_path: Path) -> None:
    with pytest.raises(Rejected, match="no terminal"):
        terminal_file(tmp_path)
    (tmp_path / "terminal-1.json").touch()
    assert terminal_file(tmp_path) == tmp_path / "terminal-1.json"
    (tmp_path / "terminal-2.json").touch()
    with pytest.raises(Rejected, match="name one"):
        terminal_file(tmp_path)
    (tmp_path / "terminal.json").touch()
    assert terminal_file(tmp_path) == tmp_path / "terminal.json"


def test_the_lists_are_for_people_too(clinic: Served) -> None:
    people = clinic.run("staff", "list", "--data", str(clinic.data))
    assert "A-01  Ada Invented  (administrator" in people.stdout
    assert " good" in people.stdout
    assert "enrolled  terminal 1" in clinic.run("terminal", "list", "--data", str(clinic.data)).stdout
