"""Settings are read whole or refused by name; unsafe ones do not start a server."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from hat_clinic.config import (
    Bind,
    Embedded,
    PostgreSQL,
    Settings,
    Tls,
    is_loopback,
    parse_settings,
    read_settings,
    require_safe,
)
from hat_clinic.vocabulary.errors import Rejected

FOLDER = Path("/etc/hat-clinic")
TLS = Tls(Path("/etc/server.pem"), Path("/etc/server.key"))
LOCAL = Settings(data_dir=Path("/var/lib/hat-clinic"))
SOCKET = '[engine]\nkind = "postgresql"\ndbname = "hat"\nuser = "hat_app"\nsocket = "/run/postgresql"\n'


def with_data(text: str) -> str:
    return f'data_dir = "/var/lib/hat-clinic"\n{text}'


def test_the_shortest_file_is_embedded_and_on_loopback() -> None:
    assert parse_settings(with_data(""), FOLDER) == LOCAL
    assert (LOCAL.engine, LOCAL.bind, LOCAL.tls, LOCAL.demo) == (
        Embedded(),
        Bind("127.0.0.1", 8443),
        None,
        False,
    )
    require_safe(LOCAL)


def test_every_setting_is_read(tmp_path: Path) -> None:
    path = tmp_path / "hat-clinic.toml"
    path.write_text(
        """
        data_dir = "data"
        demo = true
        [engine]
        kind = "postgresql"
        dbname = "hat"
        user = "hat_app"
        host = "db.clinic.example"
        port = 5433
        passfile = "pgpass"
        root_certificate = "/etc/ssl/root.pem"
        [bind]
        host = "::1"
        port = 0
        [tls]
        certificate = "server.pem"
        key = "server.key"
        """
    )
    assert read_settings(path) == Settings(
        data_dir=tmp_path / "data",
        engine=PostgreSQL(
            "hat",
            "hat_app",
            host="db.clinic.example",
            port=5433,
            passfile=tmp_path / "pgpass",
            root_certificate=Path("/etc/ssl/root.pem"),
        ),
        bind=Bind("::1", 0),
        tls=Tls(tmp_path / "server.pem", tmp_path / "server.key"),
        demo=True,
    )


def test_postgresql_through_a_socket() -> None:
    settings = parse_settings(with_data(SOCKET), FOLDER)
    assert settings.engine == PostgreSQL("hat", "hat_app", socket=Path("/run/postgresql"))
    require_safe(settings)


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("", "data_dir"),
        ('data_dir = ""', "data_dir"),
        ("data_dir = 5", "data_dir"),
        ('data_dir = "a\\u0000b"', "data_dir"),
        (with_data("datadir = 1"), "datadir"),
        (with_data("demo = 1"), "demo"),
        (with_data('demo = "false"'), "demo"),
        (with_data("bind = 5"), "bind"),
        (with_data('[bind]\nhots = "x"'), "bind.hots"),
        (with_data("[bind]\nport = true"), "bind.port"),
        (with_data("[bind]\nport = 8443.0"), "bind.port"),
        (with_data("[bind]\nport = -1"), "bind.port"),
        (with_data("[bind]\nport = 65536"), "bind.port"),
        (with_data('[tls]\ncertificate = "c"'), "tls.key"),
        (with_data('[tls]\nkey = "k"'), "tls.certificate"),
        (with_data('[tls]\nkey = "k"\ncertificate = "c"\nca = "x"'), "tls.ca"),
        (with_data("[engine]"), "engine.kind"),
        (with_data('[engine]\nkind = "sqlite"'), "engine.kind"),
        (with_data('[engine]\nkind = "embedded"\ndbname = "hat"'), "engine.dbname"),
        (with_data('[engine]\nkind = "postgresql"\nuser = "u"\nhost = "h"'), "engine.dbname"),
        (with_data('[engine]\nkind = "postgresql"\ndbname = "d"\nhost = "h"'), "engine.user"),
        (with_data('[engine]\nkind = "postgresql"\ndbname = "d"\nuser = "u"'), "engine.socket"),
        (with_data(SOCKET + 'host = "h"'), "engine.socket"),
        (with_data(SOCKET + 'password = "x"'), "engine.password"),
        (with_data(SOCKET + "port = 0"), "engine.port"),
        ("data_dir = ", ""),
    ],
)
def test_refuses_settings_by_name(text: str, field: str) -> None:
    with pytest.raises(Rejected) as caught:
        parse_settings(text, FOLDER)
    assert caught.value.field == field


def test_refuses_a_file_that_is_no_text(tmp_path: Path) -> None:
    path = tmp_path / "hat-clinic.toml"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(Rejected, match="UTF-8"):
        read_settings(path)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.10", "::1", "localhost"])
def test_allows_loopback_without_tls(host: str) -> None:
    assert is_loopback(host)
    require_safe(replace(LOCAL, bind=Bind(host)))
    require_safe(replace(LOCAL, bind=Bind(host), demo=True))


OPEN_HOSTS = [
    "0.0.0.0",
    "::",
    "192.168.1.5",
    "10.0.0.1",
    "clinic.example",
    "",
    "127.0.0.1.example",
    "localhost.",
]


@pytest.mark.parametrize("host", OPEN_HOSTS)
def test_refuses_anything_but_loopback_without_tls(host: str) -> None:
    assert not is_loopback(host)
    with pytest.raises(Rejected) as caught:
        require_safe(replace(LOCAL, bind=Bind(host)))
    assert caught.value.field == "tls"


@pytest.mark.parametrize("host", OPEN_HOSTS)
def test_allows_other_hosts_with_tls(host: str) -> None:
    require_safe(replace(LOCAL, bind=Bind(host), tls=TLS))


@pytest.mark.parametrize("host", OPEN_HOSTS)
def test_refuses_a_demo_clinic_off_loopback_even_with_tls(host: str) -> None:
    with pytest.raises(Rejected, match="demo"):
        require_safe(replace(LOCAL, bind=Bind(host), tls=TLS, demo=True))


def test_refuses_a_database_elsewhere_without_a_certificate() -> None:
    far = PostgreSQL("hat", "hat_app", host="db.clinic.example")
    with pytest.raises(Rejected) as caught:
        require_safe(replace(LOCAL, engine=far))
    assert caught.value.field == "engine.root_certificate"
    require_safe(replace(LOCAL, engine=replace(far, root_certificate=Path("/etc/root.pem"))))
    require_safe(replace(LOCAL, engine=replace(far, host="127.0.0.1")))


@pytest.mark.parametrize(
    "host", ["a.example,b.example", "127.0.0.1,evil.example", "/tmp", "@abstract", "a b"]
)
def test_refuses_more_than_one_host(host: str) -> None:
    text = SOCKET.replace('socket = "/run/postgresql"', f'host = "{host}"')
    with pytest.raises(Rejected) as refusal:
        parse_settings(with_data(text), FOLDER)
    assert refusal.value.field == "engine.host"


@pytest.mark.parametrize("host", ["localhost", "db.clinic.example", "10.0.0.7", "::1"])
def test_allows_one_name_or_address(host: str) -> None:
    settings = parse_settings(
        with_data(SOCKET.replace('socket = "/run/postgresql"', f'host = "{host}"')), FOLDER
    )
    assert isinstance(settings.engine, PostgreSQL) and settings.engine.host == host
