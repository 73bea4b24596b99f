"""Checkpoints: three lines, one log, one key named like it."""

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
HERE = Checkpoint(ORIGIN, 42, ROOT)
R = b64(ROOT)


def test_text_is_three_lines() -> None:
    assert HERE.text() == f"{ORIGIN}\n42\n{R}\n"


def test_the_example_of_the_specification() -> None:
    text = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    checkpoint = parse_checkpoint(text)
    assert (checkpoint.origin, checkpoint.size) == ("example.com/behind-the-sofa", 20852163)
    assert checkpoint.text() == text


def test_opens_what_it_signed() -> None:
    note = sign_checkpoint(HERE, HEAD.sign, HEAD.raw)
    assert open_checkpoint(note, ORIGIN, HEAD.vkey()) == HERE
    assert open_checkpoint(note.encode(), ORIGIN, HEAD.vkey()) == HERE


def test_boundary_sizes() -> None:
    assert parse_checkpoint(f"{ORIGIN}\n0\n{b64(EMPTY_ROOT)}\n").size == 0
    assert parse_checkpoint(f"{ORIGIN}\n{MAX_SIZE}\n{R}\n").size == MAX_SIZE
    with pytest.raises(BadProof):
        parse_checkpoint(f"{ORIGIN}\n{MAX_SIZE + 1}\n{R}\n")


@pytest.mark.parametrize(
    "text",
    [
        "",
        f"{ORIGIN}\n42\n{R}",
        f"{ORIGIN}\n42\n",
        f"{ORIGIN}\n42\n{R}\nextension\n",
        f"{ORIGIN}\n42\n{R}\n\n",
        f"\n42\n{R}\n",
        f"with space\n42\n{R}\n",
        f"with+plus\n42\n{R}\n",
        f"{ORIGIN}\n042\n{R}\n",
        f"{ORIGIN}\n+42\n{R}\n",
        f"{ORIGIN}\n-1\n{R}\n",
        f"{ORIGIN}\n4 2\n{R}\n",
        f"{ORIGIN}\n0x2a\n{R}\n",
        f"{ORIGIN}\n4_2\n{R}\n",
        f"{ORIGIN}\n\u0664\u0662\n{R}\n",
        f"{ORIGIN}\n\n{R}\n",
        f"{ORIGIN}\n99999999999999999999\n{R}\n",
        f"{ORIGIN}\n42\n{R[:-1]}\n",
        f"{ORIGIN}\n42\n{R} \n",
        f"{ORIGIN}\n42\n{b64(ROOT[:31])}\n",
        f"{ORIGIN}\n42\n{b64(ROOT + b'x')}\n",
        f"{ORIGIN}\n0\n{R}\n",
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
    elsewhere = Checkpoint("hat.example.org/zh2", 42, ROOT)
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
            Checkpoint(origin, size, root)


def test_decimal_boundaries() -> None:
    assert [parse_decimal(text) for text in ("0", "7", "10")] == [0, 7, 10]
