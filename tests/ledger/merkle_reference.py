"""RFC 6962 §2.1 word for word: recursive, slow, and written without looking at ours."""

from __future__ import annotations

from hashlib import sha256

from hat_clinic.ledger.tree import Frontier, append, leaf_hash

CT_LEAVES = tuple(
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
)
"""The eight leaves with which Certificate Transparency implementations are tested."""

CT_ROOTS = tuple(
    bytes.fromhex(text)
    for text in (
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    )
)


def largest_power_below(n: int) -> int:
    k = 1
    while 2 * k < n:
        k *= 2
    return k


def mth(leaves: list[bytes]) -> bytes:
    """Merkle tree hash, §2.1."""
    if not leaves:
        return sha256().digest()
    if len(leaves) == 1:
        return sha256(b"\x00" + leaves[0]).digest()
    k = largest_power_below(len(leaves))
    return sha256(b"\x01" + mth(leaves[:k]) + mth(leaves[k:])).digest()


def path(m: int, leaves: list[bytes]) -> list[bytes]:
    """Audit path of leaf m, §2.1.1."""
    if len(leaves) == 1:
        return []
    k = largest_power_below(len(leaves))
    if m < k:
        return [*path(m, leaves[:k]), mth(leaves[k:])]
    return [*path(m - k, leaves[k:]), mth(leaves[:k])]


def subproof(m: int, leaves: list[bytes], known: bool) -> list[bytes]:
    """Consistency, §2.1.2: SUBPROOF(m, D[n], b)."""
    if m == len(leaves):
        return [] if known else [mth(leaves)]
    k = largest_power_below(len(leaves))
    if m <= k:
        return [*subproof(m, leaves[:k], known), mth(leaves[k:])]
    return [*subproof(m - k, leaves[k:], False), mth(leaves[:k])]


class GrownTree:
    """A tree grown by `append`, with every node it ever made and every root it ever had."""

    def __init__(self, leaves: list[bytes]) -> None:
        self.leaves = leaves
        self.stored: dict[tuple[int, int], bytes] = {}
        self.order: list[tuple[int, int]] = []
        frontier = Frontier.empty()
        self.frontiers = [frontier]
        for leaf in leaves:
            nodes, frontier = append(frontier, leaf_hash(leaf))
            for node in nodes:
                self.stored[node.level, node.index] = node.hash
                self.order.append((node.level, node.index))
            self.frontiers.append(frontier)

    def get_node(self, level: int, index: int) -> bytes:
        return self.stored[level, index]

    def root(self, size: int) -> bytes:
        return self.frontiers[size].root


def numbered(count: int) -> list[bytes]:
    return [b"leaf %d" % index for index in range(count)]
