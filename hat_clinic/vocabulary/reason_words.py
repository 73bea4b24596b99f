"""What each code of the register's closed lists is called on paper and on a screen.

Every list is told whole: a code without words fails the import.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from hat_clinic.vocabulary.terms import (
    CorrectionReason,
    EndingReason,
    IncidentFinding,
    LossReason,
    RevocationReason,
    UnplannedReason,
)

_WORDS: Mapping[type[StrEnum], Mapping[str, str]] = {
    LossReason: {
        LossReason.PATIENT_STOPPED: "the patient stopped",
        LossReason.VEIN_LOST: "the vein was lost",
        LossReason.REFUSED_BY_PATIENT: "the patient did not want it",
        LossReason.DOSE_REDUCED: "the dose was made smaller",
        LossReason.NOT_VERIFIED: "the second reading did not agree, or was never made",
        LossReason.LEFT_IN_SYRINGE: "left in the syringe",
        LossReason.DROPPED: "dropped",
        LossReason.BROKEN: "the container or syringe was broken",
        LossReason.EXPIRED: "past its use-by date",
        LossReason.OPEN_TOO_LONG: "open for too long",
        LossReason.RETURNED_TO_SUPPLIER: "sent back to the supplier",
        LossReason.NOT_FOUND: "looked for and not found",
        LossReason.OTHER: "another reason",
    },
    UnplannedReason: {
        UnplannedReason.EMERGENCY: "an emergency",
        UnplannedReason.POWER_OR_NETWORK_FAILURE: "no power or no network",
        UnplannedReason.PAPER_RECORD: "it was written on paper first",
        UnplannedReason.PRESCRIPTION_LAPSED: "the prescription had run out",
        UnplannedReason.OTHER: "another reason",
    },
    CorrectionReason: {
        CorrectionReason.MISREAD: "misread",
        CorrectionReason.MISCOUNTED: "miscounted",
        CorrectionReason.WRONG_PATIENT: "written for the wrong patient",
        CorrectionReason.WRONG_TIME: "written with the wrong time",
        CorrectionReason.WRONG_LOT: "written with the wrong lot",
        CorrectionReason.ENTERED_TWICE: "entered twice",
        CorrectionReason.OTHER: "another reason",
    },
    IncidentFinding: {
        IncidentFinding.EXPLAINED: "it is explained",
        IncidentFinding.FOUND_AGAIN: "what was missing was found",
        IncidentFinding.PROCEDURE_NOT_FOLLOWED: "the procedure was not followed",
        IncidentFinding.UNEXPLAINED_AND_REPORTED: "not explained, and reported",
        IncidentFinding.OTHER: "another finding",
    },
    RevocationReason: {
        RevocationReason.LEFT: "left",
        RevocationReason.ROLE_CHANGED: "does other work now",
        RevocationReason.LOST: "lost",
        RevocationReason.COMPROMISED: "somebody else may have it",
        RevocationReason.EXPIRED: "expired",
        RevocationReason.OTHER: "another reason",
    },
    EndingReason: {
        EndingReason.COMPLETED: "completed",
        EndingReason.CHANGED: "replaced by another",
        EndingReason.STOPPED: "stopped",
        EndingReason.ERROR: "written in error",
        EndingReason.PATIENT_LEFT: "the patient left",
    },
}

_untold = [
    f"{kind.__name__}.{each.name}" for kind, told in _WORDS.items() for each in kind if each not in told
]
if _untold:
    raise TypeError(f"these codes have no words: {_untold}")


def reason_text(code: StrEnum) -> str:
    """The code of one of these lists, in words a nurse uses."""
    return _WORDS[type(code)][code]
