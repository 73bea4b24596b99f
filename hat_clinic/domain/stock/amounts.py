"""Putting into and taking out of an amount that cannot go below zero but may be overdrawn.

Why: a report of what left is never refused, also when more left than was ever booked in. The
amount then stays at zero and the excess is kept beside it, until a receipt explains it
(BtMVV: overfill is booked as a receipt once outgoings exceed receipts).
"""

from __future__ import annotations

from typing import TypeAlias

from hat_clinic.vocabulary.quantities import Mass

Amount: TypeAlias = tuple[Mass, Mass | None]


def put(held: Mass, overdrawn: Mass | None, mass: Mass) -> Amount:
    """(held, overdrawn) after `mass` came in; it first makes up for what was overdrawn."""
    if overdrawn is None:
        return held + mass, None
    if mass < overdrawn:
        return held, overdrawn - mass
    return held + (mass - overdrawn), None


def take(held: Mass, overdrawn: Mass | None, mass: Mass) -> Amount:
    """(held, overdrawn) after `mass` went out."""
    if mass <= held:
        return held - mass, overdrawn
    excess = mass - held
    return Mass.zero(held.expression), excess if overdrawn is None else overdrawn + excess


def signed(held: Mass, overdrawn: Mass | None) -> int:
    """The amount as one whole number, below zero when overdrawn.

    Units: micrograms.
    """
    return held.micrograms - (0 if overdrawn is None else overdrawn.micrograms)
