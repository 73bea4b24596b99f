"""The Merkle tree of RFC 6962, grown one leaf at a time.

Only *complete* subtrees are stored. Node (level, index) covers the leaves
[index << level, (index + 1) << level). A stored node never changes again, so the
database can refuse every UPDATE. The `Frontier` is all an appender needs: the roots
of the complete subtrees that make up the tree now, one per set bit of its size.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256

HASH_BYTES = 32
EMPTY_ROOT = sha256(b"").digest()
"""Root of the tree without leaves (RFC 6962 §2.1)."""

GetNode = Callable[[int, int], bytes]
"""(level, index) -> hash of a complete subtree that exists."""


def leaf_hash(leaf: bytes) -> bytes:
    """The hash of one leaf: SHA-256(0x00 || leaf) (RFC 6962 §2.1)."""
    return sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash above two subtrees: SHA-256(0x01 || left || right) (RFC 6962 §2.1)."""
    return sha256(b"\x01" + left + right).digest()


@dataclass(frozen=True, slots=True)
class Node:
    """The root of one complete subtree."""

    level: int
    index: int
    hash: bytes


def creation_order(level: int, index: int) -> tuple[int, int]:
    """Sort key that puts nodes in the order in which appending makes them.

    In SQL: ORDER BY ((idx + 1) << level), level.
    """
    return (index + 1) << level, level


def peak_places(size: int) -> tuple[tuple[int, int], ...]:
    """(level, index) of the complete subtrees that make up a tree of `size`, largest first."""
    places: list[tuple[int, int]] = []
    start = 0
    for level in reversed(range(size.bit_length())):
        if size >> level & 1:
            places.append((level, start >> level))
            start += 1 << level
    return tuple(places)


@dataclass(frozen=True, slots=True)
class Frontier:
    """A tree of `size` leaves, as far as appending to it needs to know; largest peak first."""

    size: int
    peaks: tuple[bytes, ...]

    def __post_init__(self) -> None:
        if self.size < 0 or len(self.peaks) != self.size.bit_count():
            raise ValueError(f"a tree of {self.size} leaves does not have {len(self.peaks)} peaks")
        if any(len(peak) != HASH_BYTES for peak in self.peaks):
            raise ValueError(f"a hash has {HASH_BYTES} bytes")

    @staticmethod
    def empty() -> Frontier:
        """The tree without leaves."""
        return Frontier(0, ())

    @staticmethod
    def from_nodes(size: int, get_node: GetNode) -> Frontier:
        """The frontier of a stored tree of `size` leaves, read from log2(size) nodes."""
        return Frontier(size, tuple(get_node(level, index) for level, index in peak_places(size)))

    @property
    def root(self) -> bytes:
        """The Merkle tree hash of all leaves."""
        if not self.peaks:
            return EMPTY_ROOT
        root = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            root = node_hash(peak, root)
        return root

    def nodes(self) -> dict[tuple[int, int], bytes]:
        """The peaks by (level, index).

        Why: with these and the nodes `append` returned since, proofs of fresh leaves
        need no reading back from the database.
        """
        return dict(zip(peak_places(self.size), self.peaks, strict=True))


def append(frontier: Frontier, new_leaf_hash: bytes) -> tuple[tuple[Node, ...], Frontier]:
    """The tree with one leaf more, and every subtree that this leaf completed.

    The first node is the leaf itself (level 0); the others stand above it, upwards.
    """
    level, index = 0, frontier.size
    peaks = list(frontier.peaks)
    nodes = [Node(0, index, new_leaf_hash)]
    top = new_leaf_hash
    while index & 1:
        top = node_hash(peaks.pop(), top)
        level, index = level + 1, index >> 1
        nodes.append(Node(level, index, top))
    peaks.append(top)
    return tuple(nodes), Frontier(frontier.size + 1, tuple(peaks))
