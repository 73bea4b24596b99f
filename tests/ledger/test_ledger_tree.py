"""The tree against the published vectors and against the RFC's own recursion."""

from __future__ import annotations

import pytest

from hat_clinic.ledger.tree import (
    EMPTY_ROOT,
    Frontier,
    append,
    creation_order,
    leaf_hash,
    node_hash,
    peak_places,
)
from tests.ledger.merkle_reference import CT_LEAVES, CT_ROOTS, GrownTree, mth, numbered


def test_root_of_no_leaves() -> None:
    assert Frontier.empty().root == EMPTY_ROOT
    assert EMPTY_ROOT.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_published_roots() -> None:
    tree = GrownTree(list(CT_LEAVES))
    assert [tree.root(size) for size in range(1, 9)] == list(CT_ROOTS)


def test_roots_are_those_of_the_rfc() -> None:
    leaves = numbered(70)
    tree = GrownTree(leaves)
    for size in range(71):
        assert tree.root(size) == mth(leaves[:size])


def test_append_returns_every_subtree_it_completes() -> None:
    leaves = numbered(8)
    tree = GrownTree(leaves)
    nodes, frontier = append(tree.frontiers[7], leaf_hash(leaves[7]))
    assert [(node.level, node.index) for node in nodes] == [(0, 7), (1, 3), (2, 1), (3, 0)]
    assert nodes[-1].hash == frontier.root == mth(leaves)
    nodes, _ = append(tree.frontiers[4], leaf_hash(leaves[4]))
    assert [(node.level, node.index) for node in nodes] == [(0, 4)]


def test_every_stored_node_covers_its_leaves() -> None:
    leaves = numbered(37)
    for (level, index), stored in GrownTree(leaves).stored.items():
        assert stored == mth(leaves[index << level : (index + 1) << level])


def test_nodes_are_made_in_creation_order() -> None:
    order = GrownTree(numbered(40)).order
    assert sorted(order, key=lambda place: creation_order(*place)) == order


def test_frontier_comes_back_from_stored_nodes() -> None:
    tree = GrownTree(numbered(70))
    for size in range(71):
        assert Frontier.from_nodes(size, tree.get_node) == tree.frontiers[size]


def test_frontier_shows_its_peaks_by_place() -> None:
    tree = GrownTree(numbered(11))
    peaks = tree.frontiers[11].nodes()
    assert list(peaks) == [(3, 0), (1, 4), (0, 10)] == list(peak_places(11))
    assert all(tree.stored[place] == value for place, value in peaks.items())


def test_append_leaves_the_earlier_frontier_alone() -> None:
    before = GrownTree(numbered(5)).frontiers[5]
    root = before.root
    append(before, leaf_hash(b"one"))
    append(before, leaf_hash(b"two"))
    assert before.root == root


def test_leaf_and_node_are_different_domains() -> None:
    left, right = leaf_hash(b"l"), leaf_hash(b"r")
    assert node_hash(left, right) != leaf_hash(left + right)


@pytest.mark.parametrize(
    "size, peaks", [(1, ()), (2, (bytes(32), bytes(32))), (-1, (bytes(32),)), (1, (b"short",))]
)
def test_refuses_a_frontier_that_cannot_be(size: int, peaks: tuple[bytes, ...]) -> None:
    with pytest.raises(ValueError):
        Frontier(size, peaks)
