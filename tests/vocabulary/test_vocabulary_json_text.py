"""One spelling of JSON: that of the standard library's encoder, which it stands for."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hat_clinic.vocabulary.json_text import json_text

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=4)
    | st.lists(inner, max_size=4).map(tuple)
    | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=20,
)


@given(values)
def test_writes_what_the_standard_encoder_writes(value: object) -> None:
    expected = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert json_text(value) == expected
    assert json_text({"in": value}) == f'{{"in":{expected}}}'


@pytest.mark.parametrize("value", [b"bytes", {1, 2}, {"a": object()}])
def test_refuses_what_json_does_not_have(value: object) -> None:
    with pytest.raises(TypeError):
        json_text(value)


@pytest.mark.parametrize("value", [float("nan"), [float("inf")]])
def test_refuses_numbers_that_are_none(value: object) -> None:
    with pytest.raises(ValueError):
        json_text(value)
