"""Settings of one installation, read from one TOML file. They hold no secret.

    data_dir = "/var/lib/hat-clinic"      # a relative path starts at this file's folder
    demo = false

    [engine]
    kind = "embedded"                     # or "postgresql", with
    # socket = "/run/postgresql"          #   a socket folder, or
    # host = "db.clinic.example"          #   a host, port, passfile and root_certificate
    # dbname = "hat"
    # user = "hat_app"

    [bind]
    host = "127.0.0.1"
    port = 8443

    [tls]
    certificate = "server.pem"
    key = "server.key"

Why an unknown key is an error: a misspelt setting would otherwise leave a default in
force that nobody chose.
"""

from __future__ import annotations

import ipaddress
import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from hat_clinic.vocabulary.errors import Rejected

ONE_HOST = re.compile(r"[A-Za-z0-9.:_-]+")
"""What libpq takes for one host: a comma would begin a second one, a slash or an @ a socket."""


@dataclass(frozen=True, slots=True)
class Embedded:
    """One SQLCipher file in the data folder."""


@dataclass(frozen=True, slots=True)
class PostgreSQL:
    """A PostgreSQL 16 or newer, reached through a socket or a host, never both."""

    dbname: str
    """The database."""
    user: str
    """The role the server works as; never the owner of the tables."""
    socket: Path | None = None
    """The folder of the server's socket; the kernel then says who we are."""
    host: str | None = None
    """The server's name or address."""
    port: int = 5432
    """Its port; also part of a socket's name."""
    passfile: Path | None = None
    """A libpq password file, owner-only. There is no setting for a password itself."""
    root_certificate: Path | None = None
    """The certificate that must have signed the server's; required beyond this machine."""


Engine: TypeAlias = Embedded | PostgreSQL


@dataclass(frozen=True, slots=True)
class Bind:
    """Where the server listens."""

    host: str = "127.0.0.1"
    """An address of this machine. Anything but loopback needs TLS."""
    port: int = 8443
    """0 lets the system choose."""


@dataclass(frozen=True, slots=True)
class Tls:
    """The server's certificate chain and its private key, both PEM."""

    certificate: Path
    key: Path


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything an installation chooses before it starts."""

    data_dir: Path
    """The folder of the database file, the secrets and the anchors."""
    engine: Engine = field(default_factory=Embedded)
    """What keeps the record."""
    bind: Bind = field(default_factory=Bind)
    """Where the server listens."""
    tls: Tls | None = None
    """Absent only on loopback."""
    demo: bool = False
    """A clinic with invented patients and published passphrases."""


def read_settings(path: Path) -> Settings:
    """The settings in the file; relative paths start at the file's folder.

    Raises: Rejected, naming the setting; OSError when the file cannot be read.
    """
    try:
        text = path.read_bytes().decode()
    except UnicodeDecodeError as error:
        raise Rejected("the settings are not UTF-8 text", str(path)) from error
    return parse_settings(text, path.resolve().parent)


def parse_settings(text: str, folder: Path) -> Settings:
    """The settings that `text` writes; relative paths start at `folder`.

    Refuses: unknown keys, missing ones, and values of another kind, all with their name.
    Raises: Rejected.
    """
    try:
        table = _Table(tomllib.loads(text), "", folder)
    except tomllib.TOMLDecodeError as error:
        raise Rejected(f"not TOML: {error}") from error
    settings = Settings(
        data_dir=table.path("data_dir"),
        engine=_engine(table.table("engine")),
        bind=_bind(table.table("bind")),
        tls=_tls(table.table("tls")),
        demo=table.flag("demo"),
    )
    table.require_all_known()
    return settings


def require_safe(settings: Settings) -> None:
    """What is served, and where from, can be reached over protected ways only.

    Refuses: listening beyond loopback without TLS; a demo clinic beyond loopback, TLS or
    not, since its passphrases are published; a database on another machine without a
    certificate to know it by.
    Raises: Rejected, naming the setting.
    """
    here = is_loopback(settings.bind.host)
    if settings.demo and not here:
        raise Rejected("a demo clinic is served on loopback only; its passphrases are published", "bind.host")
    if settings.tls is None and not here:
        raise Rejected(
            "without TLS the server listens on loopback only; give tls.certificate and tls.key", "tls"
        )
    engine = settings.engine
    if isinstance(engine, PostgreSQL) and engine.root_certificate is None:
        if engine.host is None or is_loopback(engine.host):
            return
        raise Rejected("a database on another machine needs a certificate", "engine.root_certificate")


def is_loopback(host: str) -> bool:
    """Whether `host` is this machine and nothing else can reach it there.

    Why a name other than `localhost` is no: what it leads to can change overnight.
    """
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class _Table:
    """A TOML table that remembers which of its keys were asked for."""

    def __init__(self, values: dict[str, object], name: str, folder: Path) -> None:
        self._left = dict(values)
        self._name = name
        self._folder = folder

    def named(self, key: str) -> str:
        return f"{self._name}.{key}" if self._name else key

    def _take(self, key: str, kind: type, words: str) -> object:
        value = self._left.pop(key, None)
        if value is not None and type(value) is not kind:
            raise Rejected(f"expected {words}", self.named(key))
        return value

    def optional_text(self, key: str) -> str | None:
        value = self._take(key, str, "a text")
        if value is None:
            return None
        text = str(value)
        if not text.strip() or not text.isprintable():
            raise Rejected("empty, or holds characters that do not print", self.named(key))
        return text

    def text(self, key: str) -> str:
        value = self.optional_text(key)
        if value is None:
            raise Rejected("this setting is missing", self.named(key))
        return value

    def optional_path(self, key: str) -> Path | None:
        value = self.optional_text(key)
        return None if value is None else self._folder / value

    def path(self, key: str) -> Path:
        return self._folder / self.text(key)

    def flag(self, key: str) -> bool:
        return self._take(key, bool, "true or false") is True

    def port(self, key: str, default: int, lowest: int) -> int:
        value = self._take(key, int, "a whole number")
        number = default if value is None else int(str(value))
        if not lowest <= number <= 65535:
            raise Rejected(f"a port lies between {lowest} and 65535", self.named(key))
        return number

    def table(self, key: str) -> _Table | None:
        value = self._take(key, dict, "a table")
        return _Table(value, self.named(key), self._folder) if isinstance(value, dict) else None

    def require_all_known(self) -> None:
        if self._left:
            raise Rejected("there is no such setting", self.named(min(self._left)))


def _engine(table: _Table | None) -> Engine:
    if table is None:
        return Embedded()
    kind = table.text("kind")
    engine: Engine
    if kind == "embedded":
        engine = Embedded()
    elif kind == "postgresql":
        engine = PostgreSQL(
            dbname=table.text("dbname"),
            user=table.text("user"),
            socket=table.optional_path("socket"),
            host=table.optional_text("host"),
            port=table.port("port", 5432, 1),
            passfile=table.optional_path("passfile"),
            root_certificate=table.optional_path("root_certificate"),
        )
        if (engine.socket is None) == (engine.host is None):
            raise Rejected(
                "PostgreSQL is reached through a socket or a host: give one of them", "engine.socket"
            )
        if engine.host is not None and ONE_HOST.fullmatch(engine.host) is None:
            raise Rejected("one name or one address, and nothing else", "engine.host")
    else:
        raise Rejected("the engine is embedded or postgresql", "engine.kind")
    table.require_all_known()
    return engine


def _bind(table: _Table | None) -> Bind:
    if table is None:
        return Bind()
    bind = Bind(host=table.optional_text("host") or Bind().host, port=table.port("port", Bind().port, 0))
    table.require_all_known()
    return bind


def _tls(table: _Table | None) -> Tls | None:
    if table is None:
        return None
    tls = Tls(certificate=table.path("certificate"), key=table.path("key"))
    table.require_all_known()
    return tls
