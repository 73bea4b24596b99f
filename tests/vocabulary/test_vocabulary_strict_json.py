"""The strict reader: everything that has a second reading is refused, and where it stands is named."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hat_clinic.vocabulary.errors import Rejected
from hat_clinic.vocabulary.strict_json import MAX_BYTES, loads, nesting, text_fault


def refusal(data: bytes) -> Rejected:
    with pytest.raises(Rejected) as caught:
        loads(data)
    return caught.value


def test_reads_every_kind_of_value() -> None:
    body = b' {"a": [1, -2, 0, true, false, null, "x"], "b": {"c": "\\u00e9\\ud83d\\ude00"}}\n'
    assert loads(body) == {"a": [1, -2, 0, True, False, None, "x"], "b": {"c": "\u00e9\U0001f600"}}


@pytest.mark.parametrize(
    "data, words, field",
    [
        (b"\xef\xbb\xbf{}", "byte order mark", ""),
        (b'{"a": "\xff"}', "not UTF-8 at byte 7", ""),
        (b'{"a": "\xed\xa0\x80"}', "not UTF-8", ""),
        (b"", "not JSON", ""),
        (b"{} {}", "not JSON", ""),
        (b"{'a': 1}", "not JSON", ""),
        (b'{"a": 1,}', "not JSON", ""),
        (b'{"a": "\n"}', "not JSON", ""),
        (b'{"a": 01}', "not JSON", ""),
        (b'{"mass": {"ug": 1, "ug": 2}}', "there twice", "/mass/ug"),
        (b'{"a": {"x": 1}, "\\u0061": 2}', "there twice", "/a"),
        (b'{"a": [0, NaN]}', "NaN is not a number", "/a/1"),
        (b'{"a": Infinity}', "Infinity is not a number", "/a"),
        (b'{"a": -Infinity}', "-Infinity is not a number", "/a"),
        (b'{"a": 1.0}', "fraction", "/a"),
        (b'{"a": 1e3}', "fraction", "/a"),
        (b"[9007199254740992]", "2^53", "/0"),
        (b"[-9007199254740992]", "2^53", "/0"),
        (b"[" + b"9" * 5000 + b"]", "2^53", "/0"),
        (b'{"a": "\\ud800"}', "surrogate", "/a"),
        (b'{"a": "\\udc00\\ud800"}', "surrogate", "/a"),
        (b'{"a": "\\u0000"}', "control", "/a"),
        (b'{"a": "\\n"}', "control", "/a"),
        (b'{"a": "\\u007f"}', "control", "/a"),
        ('{"a": "\u00e9\u0085"}'.encode(), "control", "/a"),
        ('{"a": "e\u0301"}'.encode(), "normal form C", "/a"),
        ('{"o": {"e\u0301": 1}}'.encode(), "a key is not in Unicode normal form C", "/o"),
        (b'{"a": {"\\u0000": 1}}', "a key contains a control", "/a"),
    ],
)
def test_refuses_what_has_a_second_reading(data: bytes, words: str, field: str) -> None:
    error = refusal(data)
    assert words in str(error)
    assert error.field == field


def test_pointer_escapes_slash_and_tilde() -> None:
    assert refusal(b'{"a/b~c": 1.5}').field == "/a~1b~0c"


def test_boundary_integers() -> None:
    assert loads(b"[9007199254740991, -9007199254740991]") == [2**53 - 1, 1 - 2**53]


def test_boundary_bytes() -> None:
    longest = b'"' + b"a" * (MAX_BYTES - 2) + b'"'
    assert loads(longest) == "a" * (MAX_BYTES - 2)
    assert "longer than" in str(refusal(longest + b" "))


def test_boundary_depth() -> None:
    assert loads(b"[" * 32 + b"]" * 32)
    assert "nested deeper" in str(refusal(b"[" * 33 + b"]" * 33))
    assert "nested deeper" in str(refusal(b'{"a":' * 33 + b"1" + b"}" * 33))


def test_depth_is_known_before_the_parser_could_recurse() -> None:
    assert "nested deeper" in str(refusal(b"[" * 60000))


def test_brackets_inside_text_have_no_depth() -> None:
    assert nesting(r'["[[[[", "\"[[[", {"]": 1}]') == 2
    assert loads(b'["' + b"[" * 100 + b'"]') == ["[" * 100]


def test_text_fault_is_empty_for_fit_text() -> None:
    assert text_fault("Zürich, 300 µg — ok") == ""


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(1 - 2**53, 2**53 - 1) | st.text('abc "\\/é😀'),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("ab~/"), inner, max_size=4),
    max_leaves=12,
)


@given(json_values)
def test_agrees_with_the_ordinary_parser_on_what_it_takes(value: object) -> None:
    assert loads(json.dumps(value).encode()) == value


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_rejected(data: bytes) -> None:
    try:
        value = loads(data)
    except Rejected:
        return
    assert loads(json.dumps(value).encode()) == value


@pytest.mark.parametrize(
    "data",
    [
        b"[" * 33 + b'\\"' * 32_700,
        b"[" * 33 + b'"' + b'\\"' * 32_700,
        b"[" * 33 + b'"' * 65_000,
        b"{" * 33 + b'"\\' * 32_700,
        b"[" * 65_536,
    ],
)
def test_no_body_takes_longer_than_its_length_is_worth(data: bytes) -> None:
    began = time.perf_counter()
    with pytest.raises(Rejected):
        loads(data)
    assert time.perf_counter() - began < 1, "64 KiB took 16 s when a string without an end was read anew"


def test_a_string_without_an_end_hides_the_brackets_in_it() -> None:
    assert nesting('["[[[[') == 1
    assert nesting('["[[\\') == 1
