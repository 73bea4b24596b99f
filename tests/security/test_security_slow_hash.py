"""The stored hash of an auth half: its own salt, never cheaper than the floor."""

from __future__ import annotations

import os

import pytest
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from hat_clinic.security.signing.kdf import KdfParams
from hat_clinic.security.slow_hash import FLOOR, SlowHash, refuse_unknown, slow_hash
from hat_clinic.vocabulary.errors import Unauthenticated

AUTH = b"a" * 32
SALT = bytes(range(16))


def test_the_right_half_passes_and_another_does_not() -> None:
    stored = slow_hash(AUTH, SALT)
    stored.require(AUTH)
    with pytest.raises(Unauthenticated):
        stored.require(b"b" * 32)


@pytest.mark.parametrize("half", [b"", AUTH[:31], AUTH + b"a"])
def test_refuses_what_is_no_half(half: bytes) -> None:
    with pytest.raises(Unauthenticated):
        slow_hash(AUTH, SALT).require(half)


def test_the_text_is_standard_and_comes_back() -> None:
    stored = slow_hash(AUTH, SALT)
    assert stored.text.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    Argon2id.verify_phc_encoded(AUTH, stored.text)
    assert SlowHash.parse(stored.text) == stored


@pytest.mark.parametrize("params", [(19455, 2, 1), (19456, 1, 1), (19456, 2, 2)])
def test_refuses_parameters_below_the_floor(params: tuple[int, int, int]) -> None:
    cheap = KdfParams(*params)
    with pytest.raises(ValueError, match="at least"):
        slow_hash(AUTH, SALT, cheap)
    with pytest.raises(ValueError, match="at least"):
        refuse_unknown(AUTH, cheap)
    text = slow_hash(AUTH, SALT).text.replace("m=19456,t=2,p=1", "m={},t={},p={}".format(*params))
    with pytest.raises(ValueError, match="at least"):
        SlowHash.parse(text)


def test_allows_parameters_above_the_floor() -> None:
    dearer = slow_hash(AUTH, SALT, KdfParams(FLOOR.memory_kib + 1, 3, 1))
    SlowHash.parse(dearer.text).require(AUTH)


def test_refuses_other_texts() -> None:
    text = slow_hash(AUTH, SALT).text
    for other in (
        "",
        text + "=",
        text + "\n",
        text.replace("argon2id", "argon2i"),
        text.replace("v=19", "v=16"),
        text.replace("m=19456", "m=019456"),
        text[:-1],
        text[:-1] + chr(ord(text[-1]) + 1),
    ):
        with pytest.raises(ValueError):
            SlowHash.parse(other)


def test_an_unknown_person_is_refused_in_the_same_words() -> None:
    with pytest.raises(Unauthenticated) as unknown:
        refuse_unknown(AUTH)
    with pytest.raises(Unauthenticated) as wrong:
        slow_hash(AUTH, os.urandom(16)).require(b"b" * 32)
    assert str(unknown.value) == str(wrong.value)


def test_neither_salt_nor_digest_shows() -> None:
    assert "digest" not in repr(slow_hash(AUTH, SALT))
