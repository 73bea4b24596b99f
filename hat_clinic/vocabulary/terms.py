"""Closed lists of words: roles, routes, classes of entries, meanings of signatures."""

from __future__ import annotations

from enum import StrEnum


class EntryClass(StrEnum):
    """How an entry is kept: the first three in clear, the last two sealed under the patient's key.

    What is in clear holds ids, quantities and codes of closed lists; of words that people type only
    those that the law asks for, of staff and goods. SECURITY.md lists them.
    """

    REGISTER = "register"
    STAFF = "staff"
    SYSTEM = "system"
    PATIENT = "patient"
    CLINICAL = "clinical"


class Role(StrEnum):
    """What a person may be trusted with at a site. There is no role that may do everything."""

    PRESCRIBER = "prescriber"
    NURSE = "nurse"
    PHARMACIST = "pharmacist"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"
    MEDICAL_LEAD = "medical_lead"
    CONTROLLED_DRUGS_LEAD = "controlled_drugs_lead"


class Route(StrEnum):
    """How a dose enters the body."""

    INTRAVENOUS = "intravenous"
    INTRAMUSCULAR = "intramuscular"
    SUBCUTANEOUS = "subcutaneous"
    ORAL = "oral"


class Meaning(StrEnum):
    """What a signature says about the act (21 CFR 11.50: the meaning is part of the record)."""

    AUTHORED = "authored"
    PREPARED = "prepared"
    VERIFIED = "verified"
    GAVE = "gave"
    WITNESSED = "witnessed"
    COUNTED = "counted"
    CONFIRMED = "confirmed"
    ATTRIBUTED = "attributed"


class Whereabouts(StrEnum):
    """Where a mass that did not enter the patient went."""

    WASTED = "wasted"
    SPILLED = "spilled"
    RETURNED = "returned"
    UNACCOUNTED = "unaccounted"


class ReceiptKind(StrEnum):
    """Why stock came in."""

    DELIVERY = "delivery"
    OPENING_BALANCE = "opening_balance"
    OVERFILL = "overfill"


class ContainerKind(StrEnum):
    """A single-use container is issued whole; a multi-dose one by the volume drawn."""

    SINGLE_USE = "single_use"
    MULTI_DOSE = "multi_dose"


class Consciousness(StrEnum):
    """ACVPU, the state in which a person was found."""

    ALERT = "alert"
    CONFUSED = "confused"
    VOICE = "voice"
    PAIN = "pain"
    UNRESPONSIVE = "unresponsive"


class LossReason(StrEnum):
    """Why mass did not enter the patient, or left its container other than into a dose."""

    PATIENT_STOPPED = "patient_stopped"
    VEIN_LOST = "vein_lost"
    REFUSED_BY_PATIENT = "refused_by_patient"
    DOSE_REDUCED = "dose_reduced"
    NOT_VERIFIED = "not_verified"
    LEFT_IN_SYRINGE = "left_in_syringe"
    DROPPED = "dropped"
    BROKEN = "broken"
    EXPIRED = "expired"
    OPEN_TOO_LONG = "open_too_long"
    RETURNED_TO_SUPPLIER = "returned_to_supplier"
    NOT_FOUND = "not_found"
    OTHER = "other"


class UnplannedReason(StrEnum):
    """Why a dose reached the patient outside the permitted way."""

    EMERGENCY = "emergency"
    POWER_OR_NETWORK_FAILURE = "power_or_network_failure"
    PAPER_RECORD = "paper_record"
    PRESCRIPTION_LAPSED = "prescription_lapsed"
    OTHER = "other"


class CorrectionReason(StrEnum):
    """How a line of the register came to be wrong."""

    MISREAD = "misread"
    MISCOUNTED = "miscounted"
    WRONG_PATIENT = "wrong_patient"
    WRONG_TIME = "wrong_time"
    WRONG_LOT = "wrong_lot"
    ENTERED_TWICE = "entered_twice"
    OTHER = "other"


class IncidentFinding(StrEnum):
    """What somebody who looked into an incident found."""

    EXPLAINED = "explained"
    FOUND_AGAIN = "found_again"
    PROCEDURE_NOT_FOLLOWED = "procedure_not_followed"
    UNEXPLAINED_AND_REPORTED = "unexplained_and_reported"
    OTHER = "other"


class RevocationReason(StrEnum):
    """Why a role, a key or a terminal is trusted no more."""

    LEFT = "left"
    ROLE_CHANGED = "role_changed"
    LOST = "lost"
    COMPROMISED = "compromised"
    EXPIRED = "expired"
    OTHER = "other"


class EndingReason(StrEnum):
    """Why a prescription ended."""

    COMPLETED = "completed"
    CHANGED = "changed"
    STOPPED = "stopped"
    ERROR = "error"
    PATIENT_LEFT = "patient_left"
