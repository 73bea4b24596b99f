"""Inclusion and consistency proofs of RFC 6962: made from stored nodes, checked from nothing.

The makers read complete subtrees only, about log2(size) of them. The checkers get
everything handed to them, and raise; nobody can forget to look at a result.
"""

from __future__ import annotations

from collections.abc import Sequence

from hat_clinic.ledger.tree import EMPTY_ROOT, HASH_BYTES, GetNode, node_hash, peak_places
from hat_clinic.vocabulary.errors import BadProof, Rejected


def inclusion_proof(index: int, size: int, get_node: GetNode) -> tuple[bytes, ...]:
    """The hashes that lead from leaf `index` to the root of the first `size` leaves.

    The sibling of the leaf comes first.
    Raises: Rejected, if that tree has no such leaf.
    Source: RFC 6962 §2.1.1.
    """
    if not 0 <= index < size:
        raise Rejected(f"entry {index} is not among the first {size}", "index")
    hashes: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            hashes.append(_range_root(middle, end, get_node))
            end = middle
        else:
            hashes.append(_range_root(start, middle, get_node))
            start = middle
    return tuple(reversed(hashes))


def consistency_proof(old: int, new: int, get_node: GetNode) -> tuple[bytes, ...]:
    """The hashes which show that the first `old` of `new` leaves were left as they were.

    It is empty when there is nothing to show: `old` is 0, or equals `new`.
    Raises: Rejected, if `old` is larger than `new` or negative.
    Source: RFC 6962 §2.1.2.
    """
    if not 0 <= old <= new:
        raise Rejected(f"a log of {new} entries does not follow one of {old}", "from")
    if old in (0, new):
        return ()
    hashes: list[bytes] = []
    start, end = 0, new
    while end != old:
        middle = start + _split(end - start)
        if old <= middle:
            hashes.append(_range_root(middle, end, get_node))
            end = middle
        else:
            hashes.append(_range_root(start, middle, get_node))
            start = middle
    if start > 0:
        # Else this subtree is the old tree itself, whose root the checker has.
        hashes.append(_range_root(start, end, get_node))
    return tuple(reversed(hashes))


def require_inclusion(leaf_hash: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """The leaf with this hash stands at `index` in the tree of `size` leaves under `root`.

    Refuses: a hash too few or too many, an index outside the tree, any other root.
    Raises: BadProof.
    Source: RFC 9162 §2.1.3.2.
    """
    _require_hashes((leaf_hash, root, *proof))
    if not 0 <= index < size:
        raise BadProof(f"entry {index} is not among the first {size}")
    place, last = index, size - 1
    top = leaf_hash
    for sibling in proof:
        if last == 0:
            raise BadProof("the inclusion proof is too long")
        if place & 1 or place == last:
            top = node_hash(sibling, top)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            top = node_hash(top, sibling)
        place, last = place >> 1, last >> 1
    if last != 0:
        raise BadProof("the inclusion proof is too short")
    if top != root:
        raise BadProof(f"this is not entry {index} of the log with that root")


def require_consistency(
    old_size: int, old_root: bytes, new_size: int, new_root: bytes, proof: Sequence[bytes]
) -> None:
    """The tree under `new_root` begins with the very leaves of the tree under `old_root`.

    Refuses: a log that shrank, a hash too few or too many, any other root.
    Raises: BadProof.
    Source: RFC 9162 §2.1.4.2.
    """
    _require_hashes((old_root, new_root, *proof))
    if not 0 <= old_size <= new_size:
        raise BadProof(f"a log of {new_size} entries does not follow one of {old_size}")
    for size, root in ((old_size, old_root), (new_size, new_root)):
        if size == 0 and root != EMPTY_ROOT:
            raise BadProof("an empty log with the root of another")
    if old_size in (0, new_size):
        if proof:
            raise BadProof("the consistency proof is too long")
        if old_size == new_size and old_root != new_root:
            raise BadProof(f"two different logs of {old_size} entries")
        return
    _require_growth(old_size, old_root, new_size, new_root, proof)


def _require_growth(
    old_size: int, old_root: bytes, new_size: int, new_root: bytes, proof: Sequence[bytes]
) -> None:
    """The part of `require_consistency` with 0 < old_size < new_size."""
    hashes = list(proof)
    if old_size.bit_count() == 1:
        # The old tree is one complete subtree; its root is not sent again.
        hashes.insert(0, old_root)
    if not hashes:
        raise BadProof("the consistency proof is too short")
    place, last = old_size - 1, new_size - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    old_top = new_top = hashes[0]
    for sibling in hashes[1:]:
        if last == 0:
            raise BadProof("the consistency proof is too long")
        if place & 1 or place == last:
            old_top, new_top = node_hash(sibling, old_top), node_hash(sibling, new_top)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            new_top = node_hash(new_top, sibling)
        place, last = place >> 1, last >> 1
    if last != 0:
        raise BadProof("the consistency proof is too short")
    if old_top != old_root:
        raise BadProof(f"the first {old_size} entries are not those of the earlier head")
    if new_top != new_root:
        raise BadProof(f"the log of {new_size} entries has another root")


def _split(count: int) -> int:
    """The largest power of two below `count` (RFC 6962 calls it k)."""
    return 1 << (count - 1).bit_length() - 1


def _range_root(start: int, end: int, get_node: GetNode) -> bytes:
    """The root over the leaves [start, end); `start` is a multiple of a power of two >= end - start."""
    places = peak_places(end - start)
    root = b""
    for level, index in reversed(places):
        peak = get_node(level, index + (start >> level))
        root = node_hash(peak, root) if root else peak
    return root


def _require_hashes(hashes: Sequence[bytes]) -> None:
    for value in hashes:
        if len(value) != HASH_BYTES:
            raise BadProof(f"a hash of {len(value)} bytes")
