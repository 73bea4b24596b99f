"""The protocol pack in force at a site."""

from __future__ import annotations

from hat_clinic.domain.entries import Recorded
from hat_clinic.domain.packs import Pack, evolve_pack
from hat_clinic.projections.keyed import Keyed
from hat_clinic.store.schema import projection_pack
from hat_clinic.store.states import States

PACKS: Keyed[Pack] = Keyed(projection_pack, Pack)
IN_FORCE = "in-force"


def pack_in_force(tx: States) -> Pack | None:
    """The pack this site works by, or None before one was adopted."""
    return PACKS.load(tx, IN_FORCE)


def apply(tx: States, recorded: Recorded) -> None:
    """An adopted pack is in force from its confirmation on."""
    after = evolve_pack(None, recorded)
    if after is not None:
        PACKS.save(tx, IN_FORCE, after)
