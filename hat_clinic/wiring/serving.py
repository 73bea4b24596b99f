"""A clinic's folder becomes a running site: engine, writer, runtime, and the server around it."""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace

from sqlalchemy import Engine

from hat_clinic.config import Bind, Settings, require_safe
from hat_clinic.domain.entries import entry_of, tag_of
from hat_clinic.domain.entries.system import LedgerOpened
from hat_clinic.handlers.grants import ACTS
from hat_clinic.handlers.runtime import ClockInKeys, SiteRuntime
from hat_clinic.ledger.dsse import parse_envelope
from hat_clinic.ledger.statement import parse_statement
from hat_clinic.security.derive import Label
from hat_clinic.security.secret_files import require_own
from hat_clinic.store import ledger_rows
from hat_clinic.store.committer import Committer
from hat_clinic.store.engine import reading
from hat_clinic.store.sites import SiteRow
from hat_clinic.store.writer import Writer
from hat_clinic.store.writer_process import WriterProcess
from hat_clinic.vocabulary.errors import BadProof, LedgerBroken, Rejected
from hat_clinic.vocabulary.ids import IdSource
from hat_clinic.vocabulary.moments import Clock
from hat_clinic.wiring.ceremony import is_demo_origin
from hat_clinic.wiring.folder import MACHINE, ClinicFolder, only_site
from hat_clinic.wiring.system import SystemClock, SystemIds
from hat_clinic.wiring.writing import keep_what_started, writer_apart

BACKLOG = 2048


@contextmanager
def open_site(folder: ClinicFolder, clock: Clock, ids: IdSource) -> Iterator[SiteRuntime]:
    """The one site of this folder, its writer running in this process; all of it ended afterwards.

    Raises: Rejected for unsafe settings; Busy, if another process serves this folder;
    LedgerBroken, if the stored log does not hold.
    """
    require_safe(folder.settings)
    engine = folder.engine()
    try:
        site = _safe_site(folder, engine)
        keys = folder.site_keys(site.origin)
        with (
            Writer(Committer(engine, site.site_id, keys, clock, ids)) as writer,
            closing(_runtime(folder, site, engine, writer, clock, ids)) as runtime,
        ):
            yield runtime
    finally:
        engine.dispose()


@contextmanager
def open_served_site(folder: ClinicFolder) -> Iterator[SiteRuntime]:
    """As `open_site`, by this machine's clock, its writer a process of its own.

    This process opens an embedded database for reading only.
    """
    require_safe(folder.settings)
    with writer_apart(folder) as writer:
        engine = folder.engine(alone=False)
        try:
            site = _safe_site(folder, engine)
            with closing(_runtime(folder, site, engine, writer, SystemClock(), SystemIds())) as runtime:
                yield runtime
        finally:
            engine.dispose()


def _safe_site(folder: ClinicFolder, engine: Engine) -> SiteRow:
    site = only_site(engine)
    # The file says so too, and can be edited; the log's own name cannot.
    require_safe(replace(folder.settings, demo=folder.settings.demo or is_demo_origin(site.origin)))
    if _machine_public(engine, site) != folder.machine.public_raw:
        raise Rejected(f"{MACHINE} is the key of another log", str(folder.path / MACHINE))
    folder.require_own_root(engine)
    return site


def _machine_public(engine: Engine, site: SiteRow) -> bytes:
    """The key by which what the machine attributes is verified, as entry 0 has it.

    Why it is asked at every start: whatever another key attributes stands in the log for ever, and
    never verifies.
    Raises: LedgerBroken.
    """
    try:
        with reading(engine) as connection:
            envelope = ledger_rows.envelopes(connection, site.site_id, 0, 0)[0]
        opened = entry_of(tag_of(LedgerOpened), parse_statement(parse_envelope(envelope).payload).body)
    except (KeyError, BadProof, Rejected) as error:
        raise LedgerBroken(f"the log is not opened by it: {error}", seq=0) from error
    assert isinstance(opened, LedgerOpened)
    return opened.machine_public


def _runtime(
    folder: ClinicFolder,
    site: SiteRow,
    engine: Engine,
    writer: Writer | WriterProcess,
    clock: Clock,
    ids: IdSource,
) -> SiteRuntime:
    clock_in_keys = ClockInKeys(folder.server_key, folder.root.key(Label.UNKNOWN))
    return SiteRuntime(
        site, engine, writer, folder.site_keys(site.origin), clock_in_keys, clock, ids, ACTS
    )


def run_server(folder: ClinicFolder, port: int | None, tell: Callable[[str], None]) -> None:
    """The clinic is served until a signal ends it; then everything accepted is durable.

    `tell` is told in words once it answers.
    Raises: what `open_site` raises.
    """
    # Imported here, because a terminal or a verifier needs no web server.
    import uvicorn

    from hat_clinic.api.app import create_app
    from hat_clinic.wiring.connections import connections_of, raise_file_handles

    settings = folder.settings
    raise_file_handles()
    if settings.tls is not None:
        require_own(settings.tls.key, hidden=True)
    with open_served_site(folder) as runtime:
        tls = settings.tls
        config = connections_of(
            create_app(runtime),
            ssl_certfile=None if tls is None else str(tls.certificate),
            ssl_keyfile=None if tls is None else str(tls.key),
        )
        config.load()
        keep_what_started()
        # uvicorn ends in order at these, and then sends them to whoever listened before it.
        for told in (signal.SIGINT, signal.SIGTERM):
            signal.signal(told, lambda *_: None)
        # A window that was closed tells it to stop, no more and no less.
        signal.signal(signal.SIGHUP, lambda *_: signal.raise_signal(signal.SIGTERM))
        with listening(settings, settings.bind.port if port is None else port) as at:
            scheme = "http" if tls is None else "https"
            where = f"{scheme}://{settings.bind.host}:{at.getsockname()[1]}"
            tell(f"{runtime.site.name} is served at {where}. Ctrl-C stops it.")
            uvicorn.Server(config).run(sockets=[at])


def listening(settings: Settings, port: int) -> socket.socket:
    """A socket at the address of the settings, that takes connections.

    Why the settings are judged again: a name means what this machine says it means.
    Raises: Rejected; OSError, if somebody else has the port.
    """
    host = settings.bind.host
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    made = socket.create_server((host, port), family=family, backlog=BACKLOG)
    try:
        require_safe(replace(settings, bind=Bind(made.getsockname()[0], port)))
    except Rejected:
        made.close()
        raise
    return made
