"""Each code of the closed lists has words of its own, and a list that is told in part is noticed."""

from __future__ import annotations

import runpy
from enum import StrEnum

import pytest

from hat_clinic.vocabulary import reason_words, terms
from hat_clinic.vocabulary.reason_words import reason_text
from hat_clinic.vocabulary.terms import LossReason, UnplannedReason

LISTS = [
    each
    for name, each in vars(terms).items()
    if name.endswith(("Reason", "Finding")) and isinstance(each, type) and issubclass(each, StrEnum)
]


def test_every_closed_list_is_found() -> None:
    assert len(LISTS) == 6


@pytest.mark.parametrize("kind", LISTS)
def test_each_code_has_words_that_no_other_of_its_list_has(kind: type[StrEnum]) -> None:
    told = [reason_text(each) for each in kind]
    assert len(set(told)) == len(told)
    for words in told:
        assert words.strip() == words and "_" not in words and 0 < len(words) <= 60


def test_words_a_nurse_uses() -> None:
    assert reason_text(LossReason.VEIN_LOST) == "the vein was lost"
    assert reason_text(UnplannedReason.PRESCRIPTION_LAPSED) == "the prescription had run out"


def test_a_code_without_words_fails_the_import(monkeypatch: pytest.MonkeyPatch) -> None:
    class RevocationReason(StrEnum):
        LEFT, ROLE_CHANGED, LOST, COMPROMISED, EXPIRED, OTHER, NEW = "abcdefg"

    monkeypatch.setattr(terms, "RevocationReason", RevocationReason)
    with pytest.raises(TypeError, match=r"RevocationReason\.NEW"):
        runpy.run_path(str(reason_words.__file__))
