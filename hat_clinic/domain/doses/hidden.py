"""Who may know what was entered for a dose while nobody has read it a second time."""

from __future__ import annotations

from hat_clinic.domain.doses.state import Dose, Stage
from hat_clinic.vocabulary.ids import PersonId

HIDDEN = frozenset({Stage.PERMITTED, Stage.PREPARED})


def hidden_from(dose: Dose, person: PersonId) -> bool:
    """Whether this person may still be asked what they read of this dose, so must not know it.

    Why everybody but the performer, and not the verifier alone: who that will be is not known
    yet, and one person can tell another.
    """
    return dose.stage in HIDDEN and person != dose.performer
