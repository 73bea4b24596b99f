"""Checkpoints: four lines, one log, one key named like it."""

from __future__ import annotations

import pytest

from hat_clinic.ledger.canonical import b64
from hat_clinic.ledger.checkpoint import (
    MAX_SIZE,
    Checkpoint,
    open_checkpoint,
    parse_checkpoint,
    parse_decimal,
    sign_checkpoint,
)
from hat_clinic.ledger.note import sign_note
from hat_clinic.ledger.tree import EMPTY_ROOT
from hat_clinic.vocabulary.errors import BadProof
from tests.ledger.ledger_hands import HEAD, ORIGIN, OTHER

ROOT = bytes(range(32))
HERE = Checkpoint(ORIGIN, 42, ROOT, 40)
R = b64(ROOT)
P = "previous 40"


def test_text_is_four_lines() -> None:
    assert HERE.text() == f"{ORIGIN}\n42\n{R}\nprevious 40\n"


def test_the_example_of_the_specification_with_our_line() -> None:
    text = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    with pytest.raises(BadProof, match="exactly four lines"):
        parse_checkpoint(text)
    checkpoint = parse_checkpoint(text + "previous 20852160\n")
    assert (checkpoint.origin, checkpoint.size) == ("example.com/behind-the-sofa", 20852163)
    assert checkpoint.previous == 20852160
    assert checkpoint.text() == text + "previous 20852160\n"


def test_opens_what_it_signed() -> None:
    note = sign_checkpoint(HERE, HEAD.sign, HEAD.raw)
    assert open_checkpoint(note, ORIGIN, HEAD.vkey()) == HERE
    assert open_checkpoint(note.encode(), ORIGIN, HEAD.vkey()) == HERE


def test_boundary_sizes() -> None:
    assert parse_checkpoint(f"{ORIGIN}\n0\n{b64(EMPTY_ROOT)}\nprevious 0\n").size == 0
    assert parse_checkpoint(f"{ORIGIN}\n1\n{R}\nprevious 0\n").size == 1
    largest = parse_checkpoint(f"{ORIGIN}\n{MAX_SIZE}\n{R}\nprevious {MAX_SIZE - 1}\n")
    assert (largest.size, largest.previous) == (MAX_SIZE, MAX_SIZE - 1)
    with pytest.raises(BadProof, match="not a size"):
        parse_checkpoint(f"{ORIGIN}\n{MAX_SIZE + 1}\n{R}\nprevious 40\n")


@pytest.mark.parametrize(
    "text",
    [
        "",
        f"{ORIGIN}\n42\n{R}\n{P}",
        f"{ORIGIN}\n42\n{R}\n",
        f"{ORIGIN}\n42\n{P}\n",
        f"{ORIGIN}\n42\n{R}\n{P}\nextension\n",
        f"{ORIGIN}\n42\n{R}\nextension\n{P}\n",
        f"{ORIGIN}\n42\n{R}\n{P}\n\n",
        f"\n42\n{R}\n{P}\n",
        f"with space\n42\n{R}\n{P}\n",
        f"with+plus\n42\n{R}\n{P}\n",
        f"{ORIGIN}\n042\n{R}\n{P}\n",
        f"{ORIGIN}\n+42\n{R}\n{P}\n",
        f"{ORIGIN}\n-1\n{R}\n{P}\n",
        f"{ORIGIN}\n4 2\n{R}\n{P}\n",
        f"{ORIGIN}\n0x2a\n{R}\n{P}\n",
        f"{ORIGIN}\n4_2\n{R}\n{P}\n",
        f"{ORIGIN}\n\u0664\u0662\n{R}\n{P}\n",
        f"{ORIGIN}\n\n{R}\n{P}\n",
        f"{ORIGIN}\n99999999999999999999\n{R}\n{P}\n",
        f"{ORIGIN}\n42\n{R[:-1]}\n{P}\n",
        f"{ORIGIN}\n42\n{R} \n{P}\n",
        f"{ORIGIN}\n42\n{b64(ROOT[:31])}\n{P}\n",
        f"{ORIGIN}\n42\n{b64(ROOT + b'x')}\n{P}\n",
        f"{ORIGIN}\n0\n{R}\nprevious 0\n",
        f"{ORIGIN}\n42\n{R}\n40\n",
        f"{ORIGIN}\n42\n{R}\nprevious\n",
        f"{ORIGIN}\n42\n{R}\nprevious \n",
        f"{ORIGIN}\n42\n{R}\nprevious 040\n",
        f"{ORIGIN}\n42\n{R}\nprevious -1\n",
        f"{ORIGIN}\n42\n{R}\nprevious 42\n",
        f"{ORIGIN}\n42\n{R}\nprevious  40\n",
        f"{ORIGIN}\n42\n{R}\nPrevious 40\n",
    ],
)
def test_refuses_malformed_checkpoints(text: str) -> None:
    with pytest.raises(BadProof):
        parse_checkpoint(text)


def test_refuses_another_hand() -> None:
    note = sign_checkpoint(HERE, OTHER.sign, OTHER.raw)
    with pytest.raises(BadProof, match="not signed by any known key"):
        open_checkpoint(note, ORIGIN, HEAD.vkey())


def test_refuses_the_checkpoint_of_another_log_by_the_same_hand() -> None:
    elsewhere = Checkpoint("hat.example.org/zh2", 42, ROOT, 40)
    with pytest.raises(BadProof):
        open_checkpoint(sign_checkpoint(elsewhere, HEAD.sign, HEAD.raw), ORIGIN, HEAD.vkey())
    # The same hand even under this log's key name: the text decides.
    with pytest.raises(BadProof, match="not of"):
        open_checkpoint(sign_note(elsewhere.text(), ORIGIN, HEAD.sign, HEAD.raw), ORIGIN, HEAD.vkey())


def test_refuses_a_key_named_unlike_the_log() -> None:
    note = sign_note(HERE.text(), "elsewhere", HEAD.sign, HEAD.raw)
    with pytest.raises(BadProof, match="does not sign for"):
        open_checkpoint(note, ORIGIN, HEAD.vkey("elsewhere"))


def test_refuses_swapped_roots() -> None:
    note = sign_checkpoint(HERE, HEAD.sign, HEAD.raw)
    with pytest.raises(BadProof, match="does not fit"):
        open_checkpoint(note.replace(R, b64(ROOT[::-1])), ORIGIN, HEAD.vkey())


def test_refuses_to_sign_what_no_log_can_claim() -> None:
    for origin, size, root in (
        (ORIGIN, -1, ROOT),
        (ORIGIN, 1, b"short"),
        ("a b", 1, ROOT),
        (ORIGIN, 0, ROOT),
    ):
        with pytest.raises(BadProof):
            Checkpoint(origin, size, root, 0)


@pytest.mark.parametrize(("size", "previous"), [(42, 42), (42, 43), (42, -1), (1, 1)])
def test_a_head_follows_a_smaller_one(size: int, previous: int) -> None:
    with pytest.raises(BadProof, match="cannot follow"):
        Checkpoint(ORIGIN, size, ROOT, previous)


def test_the_first_head_of_a_log_follows_none() -> None:
    with pytest.raises(BadProof, match="cannot follow"):
        Checkpoint(ORIGIN, 0, EMPTY_ROOT, 1)
    assert Checkpoint(ORIGIN, 0, EMPTY_ROOT, 0).previous == 0


def test_decimal_boundaries() -> None:
    assert [parse_decimal(text) for text in ("0", "7", "10")] == [0, 7, 10]
