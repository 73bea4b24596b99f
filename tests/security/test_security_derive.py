"""Derived keys: one for each purpose, the same at every start, and silent about each other."""

from __future__ import annotations

import hashlib
import hmac
import re

import pytest

from hat_clinic.security.derive import Label, RootSecret, guess_slot, unknown_salt

ROOT = bytes(range(32))


def hkdf_by_hand(secret: bytes, info: bytes) -> bytes:
    """RFC 5869 for one block, from its text: a second path to the same bytes."""
    extracted = hmac.new(bytes(32), secret, hashlib.sha256).digest()
    return hmac.new(extracted, info + b"\x01", hashlib.sha256).digest()


@pytest.mark.parametrize("label", list(Label))
def test_each_label_has_its_key(label: Label) -> None:
    assert RootSecret(ROOT).key(label) == hkdf_by_hand(ROOT, f"hat/v1/root/{label.value}".encode())


def test_no_two_labels_share_a_key() -> None:
    keys = {RootSecret(ROOT).key(label) for label in Label}
    assert len(keys) == len(Label) == 5
    assert ROOT not in keys
    assert keys.isdisjoint({RootSecret(bytes(32)).key(label) for label in Label})


@pytest.mark.parametrize("length", [0, 16, 31, 33, 64])
def test_refuses_a_root_that_is_not_32_bytes(length: int) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        RootSecret(bytes(length))


def test_the_root_shows_nowhere() -> None:
    assert repr(RootSecret(ROOT)) == str(RootSecret(ROOT)) == "RootSecret(...)"


def test_unknown_staff_codes_get_a_steady_salt_of_their_own() -> None:
    key = RootSecret(ROOT).key(Label.UNKNOWN)
    assert len(unknown_salt(key, "N17")) == 16
    assert unknown_salt(key, "N17") == unknown_salt(key, "N17")
    assert unknown_salt(key, "N17") != unknown_salt(key, "N18")
    assert unknown_salt(key, "N17") != unknown_salt(bytes(32), "N17")


def test_guesses_are_counted_in_few_slots_that_nobody_can_choose() -> None:
    key = RootSecret(ROOT).key(Label.UNKNOWN)
    slots = {guess_slot(key, f"N{n}") for n in range(2000)}
    assert all(re.fullmatch("code-[0-9a-f]{4}", one) for one in slots) and len(slots) > 1900
    assert guess_slot(key, "N17") == guess_slot(key, "N17")
    assert guess_slot(key, "N17") != guess_slot(bytes(32), "N17")
