"""Boxes open with their own key, in their own place, with every bit as it was; else not."""

from __future__ import annotations

import os

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from hat_clinic.security.patient_keys import new_patient_key, unwrap_patient_key, wrap_patient_key
from hat_clinic.security.sealing import OVERHEAD, entry_place, key_version_of, open_box, place, seal
from hat_clinic.vocabulary.errors import BadProof
from hat_clinic.vocabulary.ids import PatientId

KEY = bytes(range(32))
OTHER = bytes(range(1, 33))
ANA = PatientId("018f0000-0000-7000-8000-00000000000a")
BEN = PatientId("018f0000-0000-7000-8000-00000000000b")


@given(st.binary(max_size=300), st.binary(max_size=80), st.integers(0, 2**32 - 1))
def test_what_was_sealed_comes_out(plaintext: bytes, aad: bytes, version: int) -> None:
    box = seal(KEY, plaintext, aad, version, os.urandom)
    assert open_box(KEY, box, aad) == plaintext
    assert key_version_of(box) == version
    assert len(box) == len(plaintext) + OVERHEAD


def test_the_format_is_as_written() -> None:
    box = seal(KEY, b"name", b"here", 7, lambda count: b"n" * count)
    header = b"\x01\x00\x00\x00\x07"
    assert box == header + b"n" * 12 + AESGCM(KEY).encrypt(b"n" * 12, b"name", header + b"here")


def test_refuses_every_changed_bit() -> None:
    box = seal(KEY, b"Ana Muster", b"here", 1, os.urandom)
    for bit in range(len(box) * 8):
        changed = bytearray(box)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(BadProof):
            open_box(KEY, bytes(changed), b"here")


def test_refuses_every_shortened_box() -> None:
    box = seal(KEY, b"Ana Muster", b"here", 1, os.urandom)
    for length in range(len(box)):
        with pytest.raises(BadProof):
            open_box(KEY, box[:length], b"here")
    with pytest.raises(BadProof):
        open_box(KEY, box + b"\x00", b"here")


def test_refuses_another_key_and_another_place() -> None:
    box = seal(KEY, b"Ana Muster", b"here", 1, os.urandom)
    with pytest.raises(BadProof):
        open_box(OTHER, box, b"here")
    with pytest.raises(BadProof):
        open_box(KEY, box, b"there")


@pytest.mark.parametrize("length", [0, 16, 31, 33])
def test_refuses_a_key_that_is_not_32_bytes(length: int) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        seal(bytes(length), b"", b"", 1, os.urandom)


@pytest.mark.parametrize("version", [-1, 2**32])
def test_refuses_a_key_version_that_does_not_fit(version: int) -> None:
    with pytest.raises(OverflowError):
        seal(KEY, b"", b"", version, os.urandom)


@pytest.mark.parametrize("given_bytes", [0, 11, 13])
def test_refuses_a_source_that_gives_too_few_random_bytes(given_bytes: int) -> None:
    with pytest.raises(ValueError, match="random bytes"):
        seal(KEY, b"", b"", 1, lambda _: bytes(given_bytes))


def test_a_place_reads_one_way_only() -> None:
    assert entry_place("clinic.example/site-1", 42, "patient-enrolled", 3) == (
        b"hat/v1|clinic.example/site-1|42|patient-enrolled|3"
    )
    with pytest.raises(ValueError, match="holds no"):
        place("a|b", "c")


def test_a_patient_key_opens_for_its_patient_and_version_only() -> None:
    key = new_patient_key(os.urandom)
    wrapped = wrap_patient_key(KEY, ANA, 2, key, os.urandom)
    assert key not in wrapped
    assert unwrap_patient_key(KEY, ANA, 2, wrapped) == key
    for wrap_key, patient, version in ((KEY, BEN, 2), (KEY, ANA, 1), (OTHER, ANA, 2)):
        with pytest.raises(BadProof):
            unwrap_patient_key(wrap_key, patient, version, wrapped)


def test_refuses_a_patient_key_whose_box_says_another_version_than_its_place() -> None:
    wrapped = seal(KEY, bytes(32), place("hat/v1/patient-key", ANA, 2), 3, os.urandom)
    with pytest.raises(BadProof, match="another version"):
        unwrap_patient_key(KEY, ANA, 2, wrapped)


@pytest.mark.parametrize(("length", "version"), [(31, 1), (33, 1), (32, 0)])
def test_refuses_to_wrap_what_is_no_patient_key(length: int, version: int) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        wrap_patient_key(KEY, ANA, version, bytes(length), os.urandom)
