"""Proofs: those of the RFC are made, they verify, and every way of bending one is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hat_clinic.ledger.proofs import (
    consistency_proof,
    inclusion_proof,
    require_consistency,
    require_inclusion,
)
from hat_clinic.ledger.tree import EMPTY_ROOT, Frontier, append, leaf_hash, node_hash
from hat_clinic.vocabulary.errors import BadProof, Rejected
from tests.ledger.merkle_reference import CT_LEAVES, CT_ROOTS, GrownTree, numbered, path, subproof

SIZE = 40
TREE = GrownTree(numbered(SIZE))


def included(index: int, size: int) -> tuple[bytes, ...]:
    return inclusion_proof(index, size, TREE.get_node)


def consistent(old: int, new: int) -> tuple[bytes, ...]:
    return consistency_proof(old, new, TREE.get_node)


CT_INCLUSION = {
    (0, 1): (),
    (0, 8): ("96a296d224f285c6", "5f083f0a1a33ca07", "6b47aaf29ee3c2af"),
    (5, 8): ("bc1a0643b12e4d2d", "ca854ea128ed050b", "d37ee418976dd957"),
    (2, 3): ("fac54203e7cc696c",),
    (1, 5): ("6e340b9cffb37a98", "5f083f0a1a33ca07", "bc1a0643b12e4d2d"),
}
CT_CONSISTENCY = {
    (1, 1): (),
    (1, 8): ("96a296d224f285c6", "5f083f0a1a33ca07", "6b47aaf29ee3c2af"),
    (6, 8): ("0ebc5d3437fbe2db", "ca854ea128ed050b", "d37ee418976dd957"),
    (2, 5): ("5f083f0a1a33ca07", "bc1a0643b12e4d2d"),
}


@pytest.mark.parametrize("place", CT_INCLUSION)
def test_published_inclusion_proofs(place: tuple[int, int]) -> None:
    index, size = place
    proof = inclusion_proof(index, size, GrownTree(list(CT_LEAVES)).get_node)
    assert tuple(item.hex()[:16] for item in proof) == CT_INCLUSION[place]
    require_inclusion(leaf_hash(CT_LEAVES[index]), index, size, proof, CT_ROOTS[size - 1])


@pytest.mark.parametrize("place", CT_CONSISTENCY)
def test_published_consistency_proofs(place: tuple[int, int]) -> None:
    old, new = place
    proof = consistency_proof(old, new, GrownTree(list(CT_LEAVES)).get_node)
    assert tuple(item.hex()[:16] for item in proof) == CT_CONSISTENCY[place]
    require_consistency(old, CT_ROOTS[old - 1], new, CT_ROOTS[new - 1], proof)


def test_inclusion_proofs_are_those_of_the_rfc_and_verify() -> None:
    for size in range(1, SIZE + 1):
        for index in range(size):
            proof = included(index, size)
            assert list(proof) == path(index, TREE.leaves[:size])
            require_inclusion(leaf_hash(TREE.leaves[index]), index, size, proof, TREE.root(size))


def test_consistency_proofs_are_those_of_the_rfc_and_verify() -> None:
    for new in range(1, SIZE + 1):
        for old in range(1, new + 1):
            proof = consistent(old, new)
            assert list(proof) == subproof(old, TREE.leaves[:new], True)
            require_consistency(old, TREE.root(old), new, TREE.root(new), proof)


def test_every_tree_follows_the_empty_one() -> None:
    assert consistent(0, 9) == consistent(0, 0) == ()
    require_consistency(0, EMPTY_ROOT, 9, TREE.root(9), ())
    require_consistency(0, EMPTY_ROOT, 0, EMPTY_ROOT, ())


def test_fresh_leaves_are_proven_from_memory_alone() -> None:
    before = TREE.frontiers[29]
    memory = before.nodes()
    frontier = before
    for leaf in TREE.leaves[29:34]:
        nodes, frontier = append(frontier, leaf_hash(leaf))
        memory |= {(node.level, node.index): node.hash for node in nodes}
    for index in range(29, 34):
        # A leaf appended right after others may need their nodes, all of which append returned.
        proof = inclusion_proof(index, 34, lambda level, place: memory[level, place])
        require_inclusion(leaf_hash(TREE.leaves[index]), index, 34, proof, frontier.root)


@pytest.mark.parametrize("index, size", [(0, 0), (5, 5), (6, 5), (-1, 5)])
def test_no_inclusion_proof_for_an_entry_that_is_not_there(index: int, size: int) -> None:
    with pytest.raises(Rejected):
        included(index, size)


@pytest.mark.parametrize("old, new", [(6, 5), (-1, 5)])
def test_no_consistency_proof_backwards(old: int, new: int) -> None:
    with pytest.raises(Rejected):
        consistent(old, new)


def refuse_inclusion(leaf: bytes, index: int, size: int, proof: tuple[bytes, ...], root: bytes) -> None:
    with pytest.raises(BadProof):
        require_inclusion(leaf_hash(leaf), index, size, proof, root)


def test_refuses_another_leaf() -> None:
    refuse_inclusion(b"another", 5, 13, included(5, 13), TREE.root(13))


def test_refuses_another_root() -> None:
    refuse_inclusion(TREE.leaves[5], 5, 13, included(5, 13), TREE.root(12))


def test_refuses_every_other_index() -> None:
    for index in range(-1, 20):
        if index != 5:
            refuse_inclusion(TREE.leaves[5], index, 13, included(5, 13), TREE.root(13))


def test_refuses_an_index_outside_the_tree_that_walks_like_one_inside() -> None:
    # Bits beyond the tree, and all the bits of -1, steer the walk just like those of the last leaf.
    proof = included(7, 8)
    require_inclusion(leaf_hash(TREE.leaves[7]), 7, 8, proof, TREE.root(8))
    for index in (-1, 15, 23):
        refuse_inclusion(TREE.leaves[7], index, 8, proof, TREE.root(8))


def test_refuses_a_size_whose_proof_would_be_shorter() -> None:
    refuse_inclusion(TREE.leaves[1], 0, 1, included(1, 2), TREE.root(2))


def test_refuses_a_size_whose_proof_would_be_longer() -> None:
    refuse_inclusion(TREE.leaves[1], 1, 8, included(1, 4), TREE.root(4))


def test_refuses_a_leaf_hash_that_is_none() -> None:
    with pytest.raises(BadProof, match="5 bytes"):
        require_inclusion(b"short", 0, 1, (), b"short")


def test_refuses_index_equal_to_size() -> None:
    refuse_inclusion(TREE.leaves[12], 13, 13, included(12, 13), TREE.root(13))


def test_refuses_a_tree_without_leaves() -> None:
    refuse_inclusion(b"", 0, 0, (), EMPTY_ROOT)


def test_refuses_a_leaf_passed_off_as_the_whole_tree() -> None:
    refuse_inclusion(TREE.leaves[5], 0, 1, included(5, 13), TREE.root(13))


def test_refuses_a_truncated_inclusion_proof() -> None:
    for keep in range(4):
        refuse_inclusion(TREE.leaves[5], 5, 13, included(5, 13)[:keep], TREE.root(13))
        refuse_inclusion(TREE.leaves[5], 5, 13, included(5, 13)[keep + 1 :], TREE.root(13))


def test_refuses_a_lengthened_inclusion_proof() -> None:
    for extra in (TREE.root(13), bytes(32)):
        refuse_inclusion(TREE.leaves[5], 5, 13, (*included(5, 13), extra), TREE.root(13))
        refuse_inclusion(TREE.leaves[5], 5, 13, (extra, *included(5, 13)), TREE.root(13))


def test_refuses_swapped_hashes() -> None:
    refuse_inclusion(TREE.leaves[5], 5, 13, tuple(reversed(included(5, 13))), TREE.root(13))


def test_refuses_hashes_of_another_length() -> None:
    proof = included(5, 13)
    refuse_inclusion(TREE.leaves[5], 5, 13, (proof[0] + proof[1], *proof[2:]), TREE.root(13))
    refuse_inclusion(TREE.leaves[5], 5, 13, (proof[0][:31], *proof[1:]), TREE.root(13))
    refuse_inclusion(TREE.leaves[5], 5, 13, proof, TREE.root(13)[:31])


def test_refuses_an_inner_node_passed_off_as_a_leaf() -> None:
    # The two hashes of a node, offered as leaf data, would verify without the 0x00 and 0x01.
    forged = TREE.stored[0, 4] + TREE.stored[0, 5]
    refuse_inclusion(forged, 2, 8, included(4, 8)[1:], TREE.root(8))


def refuse_consistency(
    old: int, old_root: bytes, new: int, new_root: bytes, proof: tuple[bytes, ...]
) -> None:
    with pytest.raises(BadProof):
        require_consistency(old, old_root, new, new_root, proof)


@pytest.mark.parametrize("old, new", [(1, 8), (4, 7), (6, 13), (8, 13), (12, 13)])
class TestBentConsistency:
    def test_refuses_swapped_roots(self, old: int, new: int) -> None:
        refuse_consistency(old, TREE.root(new), new, TREE.root(old), consistent(old, new))

    def test_refuses_another_old_root(self, old: int, new: int) -> None:
        refuse_consistency(old, TREE.root(old + 1), new, TREE.root(new), consistent(old, new))

    def test_refuses_another_new_root(self, old: int, new: int) -> None:
        refuse_consistency(old, TREE.root(old), new, TREE.root(new + 1), consistent(old, new))

    def test_refuses_a_truncated_proof(self, old: int, new: int) -> None:
        proof = consistent(old, new)
        for keep in range(len(proof)):
            refuse_consistency(old, TREE.root(old), new, TREE.root(new), proof[:keep])
            refuse_consistency(old, TREE.root(old), new, TREE.root(new), proof[keep + 1 :])

    def test_refuses_a_lengthened_proof(self, old: int, new: int) -> None:
        for extra in (TREE.root(old), TREE.root(new), bytes(32)):
            refuse_consistency(old, TREE.root(old), new, TREE.root(new), (*consistent(old, new), extra))
            refuse_consistency(old, TREE.root(old), new, TREE.root(new), (extra, *consistent(old, new)))

    def test_refuses_the_sizes_the_other_way_round(self, old: int, new: int) -> None:
        refuse_consistency(new, TREE.root(new), old, TREE.root(old), consistent(old, new))

    def test_refuses_a_branch_that_left_the_old_tree(self, old: int, new: int) -> None:
        changed = list(TREE.leaves[:new])
        changed[old - 1] = b"rewritten"
        branch = GrownTree(changed)
        proof = consistency_proof(old, new, branch.get_node)
        refuse_consistency(old, TREE.root(old), new, branch.root(new), proof)


def test_refuses_two_logs_of_one_size() -> None:
    refuse_consistency(7, TREE.root(7), 7, TREE.root(8), ())


def test_refuses_hashes_where_there_is_nothing_to_show() -> None:
    refuse_consistency(7, TREE.root(7), 7, TREE.root(7), (bytes(32),))
    refuse_consistency(0, EMPTY_ROOT, 7, TREE.root(7), (bytes(32),))


def test_refuses_the_root_of_nothing_where_there_is_something_and_the_other_way_round() -> None:
    refuse_consistency(0, TREE.root(7), 7, TREE.root(7), ())
    refuse_consistency(0, TREE.root(1), 0, TREE.root(1), ())
    refuse_consistency(7, EMPTY_ROOT, 9, TREE.root(9), consistent(7, 9))


def test_refuses_negative_sizes() -> None:
    refuse_consistency(-1, EMPTY_ROOT, 7, TREE.root(7), ())
    refuse_consistency(-1, TREE.root(1), 1, TREE.root(1), ())


def test_refuses_sizes_whose_proof_would_be_shorter() -> None:
    # Without counting, one hash put on top of both trees at once would go unnoticed.
    top = bytes(32)
    roofed = [node_hash(top, TREE.root(size)) for size in (3, 4)]
    refuse_consistency(3, roofed[0], 4, roofed[1], (*consistent(3, 4), top))


def test_refuses_sizes_whose_proof_would_be_longer() -> None:
    refuse_consistency(3, TREE.root(3), 8, TREE.root(4), consistent(3, 4))


def test_a_tree_consists_with_itself() -> None:
    require_consistency(7, TREE.root(7), 7, TREE.root(7), ())


@given(st.data())
def test_flipping_any_bit_breaks_an_inclusion_proof(data: st.DataObject) -> None:
    size = data.draw(st.integers(2, SIZE))
    index = data.draw(st.integers(0, size - 1))
    proof = list(included(index, size))
    place = data.draw(st.integers(0, len(proof) - 1))
    bit = data.draw(st.integers(0, 255))
    proof[place] = (int.from_bytes(proof[place], "big") ^ 1 << bit).to_bytes(32, "big")
    refuse_inclusion(TREE.leaves[index], index, size, tuple(proof), TREE.root(size))


@given(st.data())
def test_flipping_any_bit_breaks_a_consistency_proof(data: st.DataObject) -> None:
    new = data.draw(st.integers(2, SIZE))
    old = data.draw(st.integers(1, new - 1))
    proof = list(consistent(old, new))
    place = data.draw(st.integers(0, len(proof) - 1))
    bit = data.draw(st.integers(0, 255))
    proof[place] = (int.from_bytes(proof[place], "big") ^ 1 << bit).to_bytes(32, "big")
    refuse_consistency(old, TREE.root(old), new, TREE.root(new), tuple(proof))


def test_frontier_of_a_stored_tree_proves_like_the_grown_one() -> None:
    frontier = Frontier.from_nodes(33, TREE.get_node)
    require_inclusion(leaf_hash(TREE.leaves[32]), 32, 33, included(32, 33), frontier.root)
