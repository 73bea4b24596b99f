"""The key ceremony: an empty folder becomes a clinic whose log two people have opened."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine

from hat_clinic.domain.entries.system import Founder, LedgerOpened
from hat_clinic.domain.entries.terminals import TerminalEnrolled
from hat_clinic.handlers.founding import Founding, found
from hat_clinic.ledger.keys import ED25519
from hat_clinic.ledger.note import require_key_name
from hat_clinic.ledger.policy import Policy
from hat_clinic.security.secret_files import write_secret
from hat_clinic.security.signing import SigningKey, require_passphrase
from hat_clinic.security.tokens import new_token, token_hash
from hat_clinic.store import credentials, sites, terminal_secrets
from hat_clinic.store.committer import Committer
from hat_clinic.store.engine import writing
from hat_clinic.store.migrate import upgrade
from hat_clinic.store.sites import SiteRow
from hat_clinic.store.transaction import Transaction
from hat_clinic.store.writer import Writer
from hat_clinic.vocabulary.errors import Rejected
from hat_clinic.vocabulary.ids import IdSource, PersonId, SiteId, TerminalId
from hat_clinic.vocabulary.moments import Clock, require_zone
from hat_clinic.wiring.credentials import new_credential
from hat_clinic.wiring.folder import POLICY, SEED_BYTES, ClinicFolder, require_new

DEMO_ENDING = ".invalid"


@dataclass(frozen=True, slots=True)
class NewFounder:
    """One of the two, as they present themselves. The passphrase is used once and kept nowhere."""

    staff_code: str
    name: str
    passphrase: str

    def __repr__(self) -> str:
        return f"NewFounder({self.staff_code!r})"


@dataclass(frozen=True, slots=True)
class NewClinic:
    """What is decided before the ceremony. `origin` is `<host>/<premises>`, for ever."""

    site: str
    origin: str
    name: str
    zone: str
    day_starts_minutes: int
    terminal_name: str
    demo: bool


@dataclass(frozen=True, slots=True)
class Founded:
    """What the ceremony made, for the screen and for safe keeping."""

    policy: str
    terminal: TerminalId
    terminal_file: Path
    founders: tuple[PersonId, PersonId]


def is_demo_origin(origin: str) -> bool:
    """Whether a log of this name is a demo's: its host is under `.invalid`, and no other's is."""
    return origin.partition("/")[0].endswith(DEMO_ENDING)


def require_possible(path: Path, clinic: NewClinic) -> None:
    """A clinic like this can be made there; nobody has been asked for a passphrase yet.

    Refuses: a folder that is not empty, a demo whose origin is not under `.invalid`.
    Raises: Rejected, FileExistsError, BadProof for an origin that no log can have; OSError.
    """
    require_zone(clinic.zone)
    require_key_name(clinic.origin)
    if clinic.demo != is_demo_origin(clinic.origin):
        raise Rejected("a demo clinic, and no other, has an origin under .invalid", "origin")
    require_new(path)


def init_clinic(
    path: Path, clinic: NewClinic, people: tuple[NewFounder, NewFounder], clock: Clock, ids: IdSource
) -> Founded:
    """The folder holds a clinic: database, secrets, the first four entries and the trust anchor.

    Refuses: a folder that is not empty, a demo whose origin is not under `.invalid`.
    Raises: Rejected, FileExistsError, ValueError for a passphrase that is too short.
    """
    require_possible(path, clinic)
    if len({one.staff_code for one in people}) != len(people):
        raise ValueError("two different people found a log, each with a staff code of their own")
    for one in people:
        require_passphrase(one.passphrase)
    folder = ClinicFolder.create(path, _settings_text(clinic), ids)
    engine = folder.engine()
    try:
        upgrade(engine)
        return _hold_ceremony(folder, engine, clinic, people, clock, ids)
    finally:
        engine.dispose()


def _hold_ceremony(
    folder: ClinicFolder,
    engine: Engine,
    clinic: NewClinic,
    people: tuple[NewFounder, NewFounder],
    clock: Clock,
    ids: IdSource,
) -> Founded:
    site = SiteRow(clinic.site, clinic.origin, clinic.name, clinic.zone)
    with writing(engine) as connection:
        sites.add(connection, site)
    seeds = [ids.random(SEED_BYTES) for _ in people]
    signing = [SigningKey.from_seed(seed) for seed in seeds]
    persons = [PersonId(ids.uuid7()) for _ in people]
    founders = tuple(
        Founder(person, one.staff_code, one.name, key.key_id, ED25519, key.public_raw)
        for person, one, key in zip(persons, people, signing, strict=True)
    )
    opened = LedgerOpened(
        SiteId(clinic.site),
        clinic.name,
        clinic.zone,
        clinic.day_starts_minutes,
        ED25519,
        folder.head.public_raw,
        ED25519,
        folder.machine.public_raw,
        founders,
        clinic.demo,
    )
    terminal, secret = TerminalId(ids.uuid7()), new_token(ids.random)
    founding = Founding(opened, TerminalEnrolled(terminal, clinic.terminal_name), signing[0], signing[1])

    def work(tx: Transaction) -> bytes:
        done = found(tx, founding)
        for person, one, seed in zip(persons, people, seeds, strict=True):
            kept = new_credential(folder.server_key, person, one.passphrase, seed, tx.ids.random, tx.now)
            credentials.put(tx.conn, kept)
        terminal_secrets.put(tx.conn, clinic.site, terminal, token_hash(secret))
        return done.leaves[0]

    keys = folder.site_keys(clinic.origin)
    with Writer(Committer(engine, clinic.site, keys, clock, ids)) as writer:
        leaf0 = writer.submit(work).result()
    policy = Policy.of(folder.site_keys(clinic.origin).head_vkey, leaf0).text()
    (folder.path / POLICY).write_text(policy, encoding="utf-8")
    terminal_file = folder.path / f"terminal-{terminal}.json"
    about = {"site": clinic.site, "origin": clinic.origin, "terminal": terminal, "secret": secret}
    write_secret(terminal_file, json.dumps(about, indent=1).encode())
    return Founded(policy, terminal, terminal_file, (persons[0], persons[1]))


def _settings_text(clinic: NewClinic) -> str:
    demo = "true" if clinic.demo else "false"
    return f'data_dir = "."\ndemo = {demo}\n\n[bind]\nhost = "127.0.0.1"\nport = 8443\n'
