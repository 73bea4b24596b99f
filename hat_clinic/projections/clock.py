"""The standing of the site's clock, and since when it is known to be right."""

from __future__ import annotations

from hat_clinic.domain.clock import TRUSTED, SiteClock, evolve_clock
from hat_clinic.domain.doses.state import ClockAcceptance
from hat_clinic.domain.entries import Recorded
from hat_clinic.domain.entries.system import ClockAccepted, ClockAgreed, ClockDoubted
from hat_clinic.projections.keyed import Keyed
from hat_clinic.store.schema import projection_clock
from hat_clinic.store.states import States

CLOCKS: Keyed[SiteClock] = Keyed(projection_clock, SiteClock)
ACCEPTANCES: Keyed[ClockAcceptance] = Keyed(projection_clock, ClockAcceptance)
STANDING, NEWEST = "standing", "accepted"


def site_clock(tx: States) -> SiteClock:
    """The clock's standing now."""
    return CLOCKS.load(tx, STANDING) or TRUSTED


def newest_acceptance(tx: States) -> ClockAcceptance | None:
    """When two people last accepted the clock anew, or None."""
    return ACCEPTANCES.load(tx, NEWEST)


def apply(tx: States, recorded: Recorded) -> None:
    """The clock has taken note of this entry."""
    if not isinstance(recorded.entry, ClockDoubted | ClockAccepted | ClockAgreed):
        return
    before = site_clock(tx)
    if isinstance(recorded.entry, ClockAgreed) and before.first is not None:
        ACCEPTANCES.save(tx, NEWEST, ClockAcceptance(before.first.seq, before.first.wall))
    CLOCKS.save(tx, STANDING, evolve_clock(before, recorded))
