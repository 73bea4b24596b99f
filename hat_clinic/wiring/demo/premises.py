"""The folder of a demo clinic: made fresh, marked, and replaced only if it bears the mark."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hat_clinic.client.enrolment import Enrolment
from hat_clinic.ledger.policy import Policy
from hat_clinic.security.secret_files import read_secret, write_secret
from hat_clinic.security.signing import SigningKey
from hat_clinic.security.tokens import new_token
from hat_clinic.vocabulary.errors import Rejected
from hat_clinic.vocabulary.ids import IdSource, PersonId
from hat_clinic.vocabulary.moments import Clock
from hat_clinic.wiring.ceremony import NewClinic, NewFounder, init_clinic
from hat_clinic.wiring.demo.people import BEDSIDE, FOUNDERS, HIRED, SECOND, Player
from hat_clinic.wiring.folder import POLICY, SEED_BYTES, ClinicFolder

MARK, STAFF, TERMINALS = "THIS-IS-A-DEMO", "demo-staff.json", "terminals"
MARK_TEXT = "A demo clinic, with invented people. `hat-clinic demo` replaces this folder without asking.\n"
WARNING = "invented people; these passphrases and PINs are published: never use them anywhere else"
SITE, ORIGIN, ZONE = "demo1", "hat-clinic-demo.invalid/demo1", "Europe/Zurich"
NAME = "DEMO clinic, invented"
URL = "http://127.0.0.1:8443"


@dataclass(frozen=True, slots=True)
class Recruit:
    """A player who has drawn a key; nobody trusts it yet."""

    player: Player
    person: PersonId
    seed: bytes = field(repr=False)

    @property
    def key(self) -> SigningKey:
        """The key of the seed."""
        return SigningKey.from_seed(self.seed)


@dataclass(frozen=True, slots=True)
class Premises:
    """A founded demo clinic: nobody but the two founders works there yet."""

    path: Path
    folder: ClinicFolder
    policy: Policy
    founders: tuple[PersonId, PersonId]
    recruits: tuple[Recruit, ...]
    first: Enrolment
    second: Enrolment


def require_replaceable(path: Path) -> None:
    """The folder is not there, is empty, or is an earlier demo.

    Refuses: everything else, and touches nothing of it.
    Raises: Rejected.
    """
    if path.is_symlink() or (path.exists() and not path.is_dir()):
        raise Rejected(f"{path} is not a folder; choose another place for the demo", "DIR")
    if path.exists() and any(path.iterdir()) and not is_demo(path):
        raise Rejected(
            f"{path} holds something that is no demo clinic (it has no file {MARK}); it was left as it is",
            "DIR",
        )


def is_demo(path: Path) -> bool:
    """Whether this folder bears the mark of a demo."""
    mark = path / MARK
    return mark.is_file() and not mark.is_symlink() and mark.read_text(encoding="utf-8") == MARK_TEXT


def make_premises(path: Path, clock: Clock, ids: IdSource) -> Premises:
    """A fresh demo clinic in `path`; an earlier demo there is gone.

    Raises: what `require_replaceable` and `init_clinic` raise; Busy, while the earlier one is served.
    """
    require_replaceable(path)
    if is_demo(path):
        _require_nobody_serves(path)
        shutil.rmtree(path)
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    founders = tuple(NewFounder(one.staff_code, one.name, one.passphrase) for one in FOUNDERS)
    clinic = NewClinic(SITE, ORIGIN, NAME, ZONE, 0, f"{BEDSIDE} (demo)", demo=True)
    made = init_clinic(path, clinic, (founders[0], founders[1]), clock, ids)
    (path / MARK).write_text(MARK_TEXT, encoding="utf-8")
    folder = ClinicFolder.open(path)
    policy = Policy.parse((path / POLICY).read_bytes())
    secret = json.loads(read_secret(made.terminal_file))["secret"]
    first = Enrolment(made.terminal, secret, SITE, URL, policy)
    second = Enrolment(ids.uuid7(), new_token(ids.random), SITE, URL, policy)
    for name, one in ((BEDSIDE, first), (SECOND, second)):
        place = path / TERMINALS / name
        place.mkdir(mode=0o700, parents=True)
        one.write(place)
    recruits = _recruit(ids)
    write_secret(path / STAFF, json.dumps(_staff(), indent=1, ensure_ascii=False).encode())
    return Premises(path, folder, policy, made.founders, recruits, first, second)


def _require_nobody_serves(path: Path) -> None:
    try:
        folder = ClinicFolder.open(path)
    except (OSError, Rejected):
        return  # a demo that was cut short has nobody to serve it
    folder.engine().dispose()


def _recruit(ids: IdSource) -> tuple[Recruit, ...]:
    return tuple(Recruit(player, PersonId(ids.uuid7()), ids.random(SEED_BYTES)) for player in HIRED)


def _staff() -> dict[str, Any]:
    people = [
        {
            "staff_code": one.staff_code,
            "name": one.name,
            "roles": [str(role) for role in one.roles],
            "passphrase": one.passphrase,
            "pin": one.pin,
            "terminal": f"{TERMINALS}/{one.seat}",
        }
        for one in (*FOUNDERS, *HIRED)
    ]
    return {"warning": WARNING, "staff": people}
