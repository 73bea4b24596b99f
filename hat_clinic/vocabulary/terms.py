"""Closed lists of words: roles, routes, classes of entries, meanings of signatures."""

from __future__ import annotations

from enum import StrEnum


class EntryClass(StrEnum):
    """How an entry is kept: the first three in clear, the last two sealed under the patient's key.

    `register` entries are meant for ids and quantities; a few have a reason in free text, never sealed.
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
