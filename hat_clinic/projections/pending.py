"""First statements that wait for a second person, by payload hash in hex.

Kept whole, so that a confirmation is folded without looking back into the log; gone once
confirmed, so that the table is what somebody still has to do.
"""

from __future__ import annotations

from hat_clinic.domain.confirmations import Pending, pending_of
from hat_clinic.domain.entries import Recorded, SealedEntry
from hat_clinic.domain.entries.system import ActConfirmed
from hat_clinic.projections.keyed import Keyed
from hat_clinic.store.schema import projection_pending
from hat_clinic.store.states import States

PENDING: Keyed[Pending] = Keyed(projection_pending, Pending)


def apply(tx: States, recorded: Recorded) -> None:
    """What needs a second person waits; what got one waits no longer."""
    if isinstance(recorded.entry, SealedEntry):
        return
    if isinstance(recorded.entry, ActConfirmed):
        PENDING.drop(tx, recorded.entry.names.hex())
    elif (waiting := pending_of(recorded)) is not None:
        PENDING.save(tx, recorded.payload.hex(), waiting)


def named(tx: States, names: bytes) -> Recorded | None:
    """The statement that waits under this payload hash, or None."""
    waiting = PENDING.load(tx, names.hex())
    return None if waiting is None else waiting.recorded()
