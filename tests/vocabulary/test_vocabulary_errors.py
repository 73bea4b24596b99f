"""Errors that go to another process come out as what they were."""

from __future__ import annotations

import pickle
from datetime import timedelta

import pytest

import hat_clinic.handlers.identity
import hat_clinic.store.writer  # noqa: F401  both hold kinds of errors of their own
from hat_clinic.vocabulary.errors import (
    Finding,
    HatError,
    LedgerBroken,
    NotPermitted,
    Refused,
    Rejected,
    Throttled,
)

FINDINGS = (Finding("AD04", "not yet", "a source"), Finding("SO01", "the same person"))


@pytest.mark.parametrize(
    "error",
    [
        Refused(FINDINGS),
        NotPermitted("no", FINDINGS),
        Rejected("too long", "/mass"),
        Throttled("too often", timedelta(seconds=7)),
        LedgerBroken("it is missing", seq=12),
    ],
)
def test_an_error_keeps_its_words_and_all_that_it_carries(error: HatError) -> None:
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert (str(again), vars(again)) == (str(error), vars(error))


def kinds(kind: type[HatError]) -> list[type[HatError]]:
    return [kind, *(found for each in kind.__subclasses__() for found in kinds(each))]


@pytest.mark.parametrize("kind", kinds(HatError), ids=lambda kind: kind.__name__)
def test_every_kind_of_error_can_be_sent(kind: type[HatError]) -> None:
    error = kind.__new__(kind, "words")
    error.anything = 1  # type: ignore[attr-defined]
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is kind and str(again) == "words" and again.anything == 1
