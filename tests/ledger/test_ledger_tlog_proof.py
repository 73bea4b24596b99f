"""Receipts: a file alone proves an entry, and a bent file proves nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hat_clinic.ledger.canonical import b64
from hat_clinic.ledger.checkpoint import Checkpoint, sign_checkpoint
from hat_clinic.ledger.proofs import inclusion_proof
from hat_clinic.ledger.tlog_proof import HEADER, MAX_HASHES, TlogProof, require_proof
from hat_clinic.vocabulary.errors import BadProof
from tests.ledger.ledger_hands import HEAD, ORIGIN, OTHER
from tests.ledger.merkle_reference import GrownTree, numbered

TREE = GrownTree(numbered(13))
HERE = Checkpoint(ORIGIN, 13, TREE.root(13), 7)
NOTE = sign_checkpoint(HERE, HEAD.sign, HEAD.raw)
PROOF = TlogProof(5, inclusion_proof(5, 13, TREE.get_node), NOTE)
LEAF = TREE.leaves[5]
TEXT = PROOF.text()


def refuse(proof: TlogProof | str, leaf: bytes = LEAF) -> None:
    with pytest.raises(BadProof):
        require_proof(proof, leaf, ORIGIN, HEAD.vkey())


def test_text_is_that_of_the_specification() -> None:
    hashes = "".join(b64(item) + "\n" for item in PROOF.hashes)
    assert f"c2sp.org/tlog-proof@v1\nindex 5\n{hashes}\n{NOTE}" == TEXT


def test_round_trip_and_verification() -> None:
    assert TlogProof.parse(TEXT) == PROOF
    assert require_proof(TEXT, LEAF, ORIGIN, HEAD.vkey()) == HERE
    assert require_proof(PROOF, LEAF, ORIGIN, HEAD.vkey()) == HERE


def test_a_log_of_one_entry_needs_no_hashes() -> None:
    note = sign_checkpoint(Checkpoint(ORIGIN, 1, TREE.root(1), 0), HEAD.sign, HEAD.raw)
    text = TlogProof(0, (), note).text()
    assert text == f"{HEADER}\nindex 0\n\n{note}"
    assert require_proof(text, TREE.leaves[0], ORIGIN, HEAD.vkey()).size == 1


def test_extra_data_is_kept_and_believed_by_nobody() -> None:
    with_extra = replace(PROOF, extra=b"age")
    assert with_extra.text().startswith(f"{HEADER}\nextra YWdl\nindex 5\n")
    assert TlogProof.parse(with_extra.text()) == with_extra
    assert require_proof(with_extra.text(), LEAF, ORIGIN, HEAD.vkey()) == HERE


def test_signatures_of_strangers_on_the_checkpoint_are_kept() -> None:
    text = TEXT + f"— witness.example {b64(bytes(76))}\n"
    assert TlogProof.parse(text).text() == text
    assert require_proof(text, LEAF, ORIGIN, HEAD.vkey()) == HERE


def test_refuses_another_entry() -> None:
    refuse(TEXT, TREE.leaves[6])


def test_refuses_another_index() -> None:
    refuse(replace(PROOF, index=6))
    refuse(replace(PROOF, index=13))


def test_refuses_truncated_and_lengthened_proofs() -> None:
    refuse(replace(PROOF, hashes=PROOF.hashes[:-1]))
    refuse(replace(PROOF, hashes=PROOF.hashes[1:]))
    refuse(replace(PROOF, hashes=(*PROOF.hashes, TREE.root(13))))


def test_refuses_the_head_of_another_hand_and_of_another_log() -> None:
    refuse(replace(PROOF, checkpoint_note=sign_checkpoint(HERE, OTHER.sign, OTHER.raw)))
    elsewhere = replace(HERE, origin="hat.example.org/zh2")
    refuse(replace(PROOF, checkpoint_note=sign_checkpoint(elsewhere, HEAD.sign, HEAD.raw)))


def test_refuses_a_head_with_another_root_or_size() -> None:
    # Sizes 9 to 16 give entry 5 a proof of the same shape: there only the signature binds the size.
    for head in (replace(HERE, root=TREE.root(12)), replace(HERE, size=8), replace(HERE, size=17)):
        refuse(replace(PROOF, checkpoint_note=sign_checkpoint(head, HEAD.sign, HEAD.raw)))


@pytest.mark.parametrize(
    "text",
    [
        "",
        NOTE,
        TEXT.replace("@v1", "@v2"),
        "\n" + TEXT,
        TEXT.replace("index 5\n", ""),
        TEXT.replace("index 5", "index 05"),
        TEXT.replace("index 5", "index -5"),
        TEXT.replace("index 5", "index  5"),
        TEXT.replace("index 5", "index 5 "),
        TEXT.replace("index 5", "Index 5"),
        TEXT.replace("index 5", "5"),
        f"{HEADER}\n\n{NOTE}",
        f"{HEADER}\nextra YWdl\n\n{NOTE}",
        TEXT.replace("index 5", "extra \nindex 5"),
        TEXT.replace("index 5", "extra YWdl\nextra YWdl\nindex 5"),
        TEXT.replace("index 5", "extra YWd\nindex 5"),
        TEXT.replace("index 5", "index 5\nextra YWdl"),
        TEXT.replace(f"\n\n{ORIGIN}", f"\n{ORIGIN}"),
        TEXT.replace(f"\n\n{ORIGIN}", f"\n\n\n{ORIGIN}"),
        TEXT.replace("\n", "\r\n"),
        TEXT.replace(b64(PROOF.hashes[0]), b64(PROOF.hashes[0][:31])),
        TEXT.replace(b64(PROOF.hashes[0]), b64(PROOF.hashes[0]) + " "),
        TEXT + "x",
        TEXT + "\n",
        TEXT[:-1],
        TEXT[: TEXT.index("— ")],
    ],
)
def test_refuses_malformed_files(text: str) -> None:
    refuse(text)


def test_refuses_oversized_files() -> None:
    with pytest.raises(BadProof, match="more than"):
        TlogProof.parse(replace(PROOF, extra=bytes(1 << 20)).text())


def test_refuses_more_hashes_than_any_log_has_levels() -> None:
    with pytest.raises(BadProof, match="too long"):
        TlogProof.parse(replace(PROOF, hashes=(bytes(32),) * (MAX_HASHES + 1)).text())
