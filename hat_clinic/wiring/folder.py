"""A clinic's folder: its settings, its secrets, its database, and where each file lies.

    config.toml   settings, no secret          root.key      derives the database's key and others
    hat.db        the embedded database        head.key      signs tree heads
    policy.txt    trust anchor; keep a copy    machine.key   signs what is attributed

The three keys are readable by their owner only, and nobody else can change the folder or its
settings, or the program refuses to start.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine

from hat_clinic.config import Embedded, Settings, read_settings
from hat_clinic.ledger.policy import Policy
from hat_clinic.security.derive import Label, RootSecret
from hat_clinic.security.secret_files import read_secret, require_own, write_secret
from hat_clinic.security.signing import SigningKey
from hat_clinic.store import sites
from hat_clinic.store.engine import Place, PostgresPlace, SqlCipherPlace, open_engine, reading
from hat_clinic.store.own_root import require_own_root
from hat_clinic.store.site_keys import SiteKeys
from hat_clinic.store.sites import SiteRow
from hat_clinic.vocabulary.errors import NotFound, Rejected
from hat_clinic.vocabulary.ids import IdSource

SEED_BYTES = 32
SETTINGS, DATABASE, POLICY = "config.toml", "hat.db", "policy.txt"
ROOT, HEAD, MACHINE = "root.key", "head.key", "machine.key"


@dataclass(frozen=True, slots=True)
class ClinicFolder:
    """An opened folder: settings read, secrets in memory, nothing connected yet."""

    path: Path
    settings: Settings
    root: RootSecret
    head: SigningKey
    machine: SigningKey

    @staticmethod
    def open(path: Path) -> ClinicFolder:
        """The folder that `init` made.

        Raises: Rejected, for a missing setting, a secret that others can read, or a folder or settings
        that others can change; OSError.
        """
        for one in (path, path / SETTINGS):
            require_own(one)
        settings = read_settings(path / SETTINGS)
        require_own(settings.data_dir)
        return ClinicFolder(
            path,
            settings,
            RootSecret(read_secret(path / ROOT, SEED_BYTES)),
            SigningKey.from_seed(read_secret(path / HEAD, SEED_BYTES)),
            SigningKey.from_seed(read_secret(path / MACHINE, SEED_BYTES)),
        )

    @staticmethod
    def create(path: Path, settings_text: str, ids: IdSource) -> ClinicFolder:
        """A new folder with fresh secrets, for its owner's eyes only.

        Refuses: a folder that already holds something.
        Raises: FileExistsError.
        """
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        require_new(path)
        path.chmod(0o700)
        (path / SETTINGS).write_text(settings_text, encoding="utf-8")
        (path / SETTINGS).chmod(0o644)
        for name in (ROOT, HEAD, MACHINE):
            write_secret(path / name, ids.random(SEED_BYTES))
        return ClinicFolder.open(path)

    def place(self) -> Place:
        """Where the record is kept."""
        engine = self.settings.engine
        if isinstance(engine, Embedded):
            return SqlCipherPlace(self.settings.data_dir / DATABASE, self.root.key(Label.DB))
        where = str(engine.socket) if engine.socket is not None else str(engine.host)
        mode = "verify-full" if engine.root_certificate is not None else None
        return PostgresPlace(
            where, engine.dbname, engine.user, engine.port, sslmode=mode,
            passfile=engine.passfile, root_certificate=engine.root_certificate,
        )  # fmt: skip

    def engine(self, *, alone: bool = True, holder: int | None = None) -> Engine:
        """The opened engine; `alone=False` reads beside a running server; `holder`: see `open_engine`."""
        return open_engine(self.place(), alone=alone, holder=holder)

    def site_keys(self, origin: str) -> SiteKeys:
        """What writing and checking the log `origin` takes."""
        wrap, index = self.root.key(Label.WRAP), self.root.key(Label.INDEX)
        return SiteKeys(origin, self.head, self.machine, wrap, index)

    def require_own_root(self, engine: Engine) -> None:
        """The root secret is the one that this database was made with.

        Why it is asked at every start: with another nobody could clock in, and what is sealed from then
        on would lie under a second secret.
        Raises: WrongKey.
        """
        with reading(engine) as connection:
            require_own_root(connection, self.server_key, self.root.key(Label.WRAP))

    @property
    def server_key(self) -> bytes:
        """The outer wrapping of staff's seeds, kept outside the database."""
        return self.root.key(Label.SERVER)

    @property
    def policy(self) -> Policy:
        """The trust anchor that lies beside the database.

        Raises: BadProof; OSError.
        """
        return Policy.parse((self.path / POLICY).read_bytes())


def require_new(path: Path) -> None:
    """Nothing lies in this folder, or it is not there yet.

    Raises: FileExistsError; OSError.
    """
    if path.exists() and any(path.iterdir()):
        raise FileExistsError(f"{path} is not empty; choose a new folder")


def only_site(engine: Engine) -> SiteRow:
    """The site that this database holds.

    Raises: NotFound, if there is none yet; Rejected, if there are several: name one then.
    """
    with reading(engine) as connection:
        found = sites.stored(connection)
    if not found:
        raise NotFound("this database holds no site; run `hat-clinic init`")
    if len(found) > 1:
        raise Rejected("this database holds several sites; this command serves one", "data")
    return found[0]
