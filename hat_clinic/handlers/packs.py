"""The packs that come with the program, and adopting one."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

from hat_clinic.domain.entries.packs import PackAdopted
from hat_clinic.domain.pack_files import parse_pack
from hat_clinic.domain.packs import AdoptPack, PackFile, decide_adopt_pack
from hat_clinic.handlers.acts import Act, Actor, Decision
from hat_clinic.store.transaction import Transaction
from hat_clinic.vocabulary.errors import NotFound
from hat_clinic.vocabulary.moments import clinic_day
from hat_clinic.vocabulary.terms import Role

LEADS = frozenset({Role.MEDICAL_LEAD})


@cache
def shipped_packs() -> dict[str, PackFile]:
    """Every pack that comes with the program, by its name.

    Raises: Rejected, for a file that is no pack.
    """
    folder = files("hat_clinic") / "packs"
    found = sorted(
        (each for each in folder.iterdir() if each.name.endswith(".toml")), key=lambda each: each.name
    )
    return {pack.pack: pack for pack in (parse_pack(each.read_bytes()) for each in found)}


def require_pack(name: str) -> PackFile:
    """The pack of this name.

    Raises: NotFound.
    """
    found = shipped_packs().get(name)
    if found is None:
        raise NotFound(f"no pack is called {name}: there are {', '.join(shipped_packs())}")
    return found


def _adopt(tx: Transaction, actor: Actor, command: AdoptPack) -> Decision:
    today = clinic_day(tx.now, tx.site.zone, 0)
    return Decision(decide_adopt_pack(require_pack(command.pack), command, today))


ACTS: tuple[Act[Any], ...] = (Act("adopt-pack", AdoptPack, PackAdopted, LEADS, _adopt, permit=True),)
