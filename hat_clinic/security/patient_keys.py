"""A patient's own key, wrapped. Deleting the wrapped key shreds what it sealed.

wrapped = box(wrap key, patient key, aad = "hat/v1/patient-key|" + patient id + "|" + version)
"""

from __future__ import annotations

from hat_clinic.security.sealing import KEY_BYTES, Random, draw, key_version_of, open_box, place, seal
from hat_clinic.vocabulary.errors import BadProof
from hat_clinic.vocabulary.ids import PatientId


def new_patient_key(random: Random) -> bytes:
    """A fresh key of 32 bytes."""
    return draw(random, KEY_BYTES)


def wrap_patient_key(wrap_key: bytes, patient: PatientId, version: int, key: bytes, random: Random) -> bytes:
    """The key of `patient`, fit to be stored.

    Units: `version` counts the patient's keys from 1.
    """
    if len(key) != KEY_BYTES or version < 1:
        raise ValueError("a patient's key is 32 bytes and its version at least 1")
    return seal(wrap_key, key, _place(patient, version), version, random)


def unwrap_patient_key(wrap_key: bytes, patient: PatientId, version: int, wrapped: bytes) -> bytes:
    """The key of `patient` in that version.

    Raises: BadProof when the bytes were wrapped for another patient, version or root secret.
    """
    if key_version_of(wrapped) != version:
        raise BadProof("this wrapped key is of another version")
    return open_box(wrap_key, wrapped, _place(patient, version))


def _place(patient: PatientId, version: int) -> bytes:
    return place("hat/v1/patient-key", patient, version)
