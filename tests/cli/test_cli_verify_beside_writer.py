"""`verify` beside a server that goes on writing: a verdict on one moment, and nobody waits for it."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest

import tests.clinic
from hat_clinic.domain.staff import AppointPerson
from hat_clinic.handlers import patients
from hat_clinic.handlers.verdict import Code
from hat_clinic.handlers.verifying_database import verify_database
from hat_clinic.ledger.kept_heads import kept
from hat_clinic.ledger.policy import Policy
from hat_clinic.store.engine import Place, reading
from hat_clinic.store.ledger_rows import heads, leaf_chunk, newest_head
from hat_clinic.store.migrate import upgrade
from hat_clinic.vocabulary.ids import PersonId
from hat_clinic.wiring.folder import POLICY, ClinicFolder
from hat_clinic.wiring.system import SystemIds
from tests.auditor.verified_clinic import SITE, with_a_past
from tests.clinic import STAFF_ACTS, Clinic
from tests.wiring.clinics import engine_settings

SETTINGS = 'data_dir = "."\ndemo = true\n\n[bind]\nhost = "127.0.0.1"\nport = 8443\n'
VERIFY = "import sys; from hat_clinic.cli import main; main.run(sys.argv[1:])"
ROUNDS = 2
PAUSE = 0.05
"""Between two acts, so that the log does not outgrow what is looked at."""

pytestmark = [pytest.mark.durable, pytest.mark.timeout(300)]


@dataclass
class Busy:
    """A clinic in its folder that somebody writes in, and the heads that a terminal of it keeps."""

    folder: ClinicFolder
    clinic: Clinic
    heads: Path
    slowest: float = 0
    written: int = 0

    def write(self) -> None:
        """Two people appoint a third, and the terminal keeps the head that came back."""
        begun = time.monotonic()
        self.written += 1
        code = f"S-{self.written}"
        one = AppointPerson(PersonId(self.clinic.ids.uuid7()), code, "Somebody Invented", ())
        self.clinic.both("appoint-person", one)
        self.slowest = max(self.slowest, time.monotonic() - begun)
        self.keep()

    def keep(self) -> None:
        """The newest head is kept as a terminal does it, after those before."""
        with reading(self.clinic.engine) as connection:
            found = newest_head(connection, SITE)
        assert found is not None
        with (self.heads / "mine.notes").open("a", encoding="utf-8") as file:
            file.write(kept(found[1]))

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Somebody writes all the while; what went wrong with it is told at the end."""
        stop, wrong = Event(), list[BaseException]()

        def work() -> None:
            try:
                while not stop.wait(PAUSE):
                    self.write()
            except BaseException as error:
                wrong.append(error)

        thread = Thread(target=work)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join(60)
        assert not wrong, wrong
        assert not thread.is_alive()


@pytest.fixture
def busy(database: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Busy]:
    folder = ClinicFolder.create(tmp_path / "data", SETTINGS + engine_settings(database), SystemIds())
    engine = folder.engine()
    if not engine_settings(database):
        upgrade(engine)
    monkeypatch.setattr(tests.clinic, "site_keys", folder.site_keys)
    clinic = Clinic(engine, {act.name: act for act in (*STAFF_ACTS, *patients.ACTS)})
    with_a_past(clinic)
    with reading(engine) as connection:
        ((_, leaf0),) = leaf_chunk(connection, SITE, 0, 1)
        notes = "".join(kept(note) for _, note in heads(connection, SITE))
    policy = Policy.of(clinic.keys.head_vkey, leaf0)
    (folder.path / POLICY).write_text(policy.text(), encoding="utf-8")
    (tmp_path / "heads").mkdir()
    (tmp_path / "heads" / "mine.notes").write_text(notes, encoding="utf-8")
    yield Busy(folder, clinic, tmp_path / "heads")
    clinic.close()
    engine.dispose()


def verified(busy: Busy) -> dict[str, Any]:
    """What the command says, in a process of its own."""
    where = ("--data", str(busy.folder.path), "--heads", str(busy.heads), "--json")
    done = subprocess.run(
        [sys.executable, "-c", VERIFY, "verify", *where], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, (done.returncode, done.stdout, done.stderr)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_the_command_holds_while_somebody_writes(busy: Busy) -> None:
    sizes = list[int]()
    with busy.writing():
        for _ in range(ROUNDS):
            before = busy.written
            sizes.append(verified(busy)["size"])
            assert busy.written > before, "they wrote while it looked"
    assert sizes == sorted(set(sizes)), "each later look saw more"
    assert busy.slowest < 5, "nobody waited for it"


def test_what_is_written_while_it_looks_is_neither_seen_nor_held_up(busy: Busy) -> None:
    """The writer commits in the middle of it, more than once; the look ends as it began."""
    size = verified(busy)["size"]
    policy = Policy.parse((busy.folder.path / POLICY).read_bytes())
    with reading(busy.clinic.engine) as connection:
        notes = [note for _, note in heads(connection, SITE)]
    written = list[str]()

    def between(what: str, done: int, total: int) -> None:
        if what not in written:
            written.append(what)
            busy.write()

    beside = busy.folder.engine(alone=False)
    try:
        found = verify_database(beside, busy.clinic.keys, policy, notes, between)
        later = verify_database(beside, busy.clinic.keys, policy, notes)
    finally:
        beside.dispose()
    assert (found.code, found.size) == (Code.HOLDS, size), found.text()
    assert len(written) > 1
    assert (later.code, later.size) == (Code.HOLDS, size + 2 * len(written)), later.text()
