"""Canonical JSON: what we write is RFC 8785, and nothing else is read back."""

from __future__ import annotations

import unicodedata

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from hat_clinic.ledger.canonical import b64, decode, decode_object, encode, unb64
from hat_clinic.vocabulary.errors import BadProof

nfc_text = st.text(max_size=20).map(lambda text: unicodedata.normalize("NFC", text))
ascii_keys = st.text(st.characters(max_codepoint=127), max_size=8)
values = st.recursive(
    st.booleans() | st.integers(1 - 2**53, 2**53 - 1) | nfc_text,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(ascii_keys, inner, max_size=5),
    max_leaves=20,
)


@given(values)
def test_writes_the_bytes_of_rfc_8785(value: object) -> None:
    assert encode(value) == rfc8785.dumps(value)  # type: ignore[arg-type]


@given(values)
def test_reads_back_what_it_wrote(value: object) -> None:
    assert decode(encode(value)) == value


def test_example_bytes() -> None:
    value = {"b": [True, -1, '\u20ac\n\x0f\x7f"\\/'], "a": {}}
    assert encode(value) == b'{"a":{},"b":[true,-1,"\xe2\x82\xac\\n\\u000f\x7f\\"\\\\/"]}'


@pytest.mark.parametrize(
    "value",
    [
        1.0,
        float("nan"),
        None,
        [None],
        2**53,
        -(2**53),
        "e\u0301",
        "\ud800",
        {"a": "x\udfff"},
        {1: "a"},
        {"é": 1},
        (1, 2),
        b"bytes",
        {1, 2},
    ],
)
def test_refuses_to_write(value: object) -> None:
    with pytest.raises(ValueError):
        encode(value)


def test_boundary_depth_of_writing() -> None:
    value: object = 1
    for _ in range(32):
        value = [value]
    assert decode(encode(value)) == value
    with pytest.raises(ValueError, match="nested deeper"):
        encode([value])


def test_refuses_a_value_that_contains_itself() -> None:
    value: list[object] = []
    value.append(value)
    with pytest.raises(ValueError, match="nested deeper"):
        encode(value)


@pytest.mark.parametrize(
    "data",
    [
        b'{"a": 1}',
        b'{"b":1,"a":2}',
        b'{"a":1,"a":1}',
        b'{"a":1,"a":2}',
        b'{"a":1}\n',
        b' {"a":1}',
        b'{"a":1}{"a":1}',
        b'{"a":"\\u0041"}',
        b'{"a":"\\/"}',
        b'{"a":1.0}',
        b'{"a":1e2}',
        b'{"a":-0}',
        b'{"a":null}',
        b'{"a":NaN}',
        b'{"a":9007199254740992}',
        b'{"a":' + b"9" * 5000 + b"}",
        b'{"a":"\\ud800"}',
        b'{"a":"\\u00e9"}',
        b'{"a":"e\xcc\x81"}',
        b'{"\xc3\xa9":1}',
        b"\xef\xbb\xbf{}",
        b'{"a":"\xff"}',
        b"",
        b"{",
        b"[" * 100000,
        b"[" * 33 + b"]" * 33,
    ],
)
def test_refuses_to_read_another_spelling(data: bytes) -> None:
    with pytest.raises(BadProof):
        decode(data)


@given(st.binary(max_size=40))
def test_any_bytes_are_the_canonical_ones_or_bad_proof(data: bytes) -> None:
    try:
        value = decode(data)
    except BadProof:
        return
    assert encode(value) == data


def test_object_with_exactly_its_members() -> None:
    required, optional = frozenset({"a"}), frozenset({"b"})
    assert decode_object(b'{"a":1}', required, optional) == {"a": 1}
    assert decode_object(b'{"a":1,"b":2}', required, optional) == {"a": 1, "b": 2}
    with pytest.raises(BadProof, match="without a"):
        decode_object(b'{"b":2}', required, optional)
    with pytest.raises(BadProof, match="unknown c"):
        decode_object(b'{"a":1,"c":2}', required, optional)
    with pytest.raises(BadProof, match="not a JSON object"):
        decode_object(b'["a"]', required, optional)


@given(st.binary(max_size=40))
def test_base64_round_trip(data: bytes) -> None:
    assert unb64(b64(data), len(data)) == data


@pytest.mark.parametrize("text", ["QQ", "QR==", "Q Q=", "QQ==\n", "-_-_", "QQ==QQ==", "é", "=", 7, None])
def test_refuses_base64_with_a_second_spelling(text: object) -> None:
    with pytest.raises(BadProof):
        unb64(text)


def test_refuses_base64_of_another_length() -> None:
    with pytest.raises(BadProof, match="1 bytes where 32 belong"):
        unb64("QQ==", 32)
