"""Tokens are kept as hashes; the blind index finds what it must and tells nothing else."""

from __future__ import annotations

import hashlib
import hmac
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hat_clinic.security.blind_index import blind_index, normalise
from hat_clinic.security.tokens import new_token, require_token, token_hash
from hat_clinic.vocabulary.errors import Unauthenticated

KEY = bytes(range(32))


def test_a_token_is_known_by_its_hash() -> None:
    token = new_token(os.urandom)
    assert len(token) == 43
    assert token_hash(token) == hashlib.sha256(token.encode()).digest()
    require_token(token, token_hash(token))
    with pytest.raises(Unauthenticated):
        require_token(new_token(os.urandom), token_hash(token))


@given(st.binary(min_size=32, max_size=32))
def test_every_token_made_is_accepted(raw: bytes) -> None:
    token = new_token(lambda _: raw)
    require_token(token, token_hash(token))


def test_refuses_what_is_no_token() -> None:
    token = new_token(lambda count: b"\x00" * count)
    for other in ("", token[:-1], token + "A", token + "=", token[:-1] + "B", token[:-1] + "\n", "é" * 43):
        with pytest.raises(Unauthenticated):
            token_hash(other)


def test_refuses_a_source_that_gives_too_little() -> None:
    with pytest.raises(ValueError, match="random bytes"):
        new_token(lambda count: bytes(count - 1))


def test_the_index_is_the_hmac_of_field_and_value() -> None:
    expected = hmac.new(KEY, b"family_name|obrien", hashlib.sha256).digest()
    assert blind_index(KEY, "family_name", "O'Brien") == expected


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("O'Brien", "OBRIEN"),
        ("Müller", "muller"),
        ("Mu\u0308ller", "Müller"),
        ("943 476 5919", "9434765919"),
        ("756.1234.5678.97", "7561234567897"),
        ("Strauß", "STRAUSS"),
        ("İnce", "ince"),
        ("de la Cruz", "De-La-Cruz"),
        ("1979-03-04", "19790304"),
    ],
)
def test_finds_the_same_value_written_otherwise(one: str, other: str) -> None:
    assert blind_index(KEY, "f", one) == blind_index(KEY, "f", other)


@given(st.text())
def test_normalising_twice_changes_nothing(value: str) -> None:
    try:
        once = normalise(value)
    except ValueError:
        return
    assert normalise(once) == once


def test_another_field_key_or_value_is_found_elsewhere() -> None:
    found = {
        blind_index(KEY, "family_name", "Bern"),
        blind_index(KEY, "town", "Bern"),
        blind_index(bytes(32), "town", "Bern"),
        blind_index(KEY, "town", "Berne"),
    }
    assert len(found) == 4


@pytest.mark.parametrize("value", ["", " ", "---", "\u0308"])
def test_refuses_nothing_to_look_for(value: str) -> None:
    with pytest.raises(ValueError, match="look for"):
        blind_index(KEY, "town", value)


@pytest.mark.parametrize("field", ["", "Town", "to|wn", "town "])
def test_refuses_a_field_that_could_read_as_another(field: str) -> None:
    with pytest.raises(ValueError, match="field"):
        blind_index(KEY, field, "Bern")
