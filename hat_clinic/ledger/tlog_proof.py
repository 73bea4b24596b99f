"""Receipts: one file that proves offline that one entry is in the log.

Source: C2SP tlog-proof (file extension `.tlog-proof`).
"""

from __future__ import annotations

from dataclasses import dataclass

from hat_clinic.ledger.canonical import b64, unb64
from hat_clinic.ledger.checkpoint import Checkpoint, open_checkpoint, parse_decimal
from hat_clinic.ledger.note import MAX_NOTE_BYTES, Vkey
from hat_clinic.ledger.proofs import require_inclusion
from hat_clinic.ledger.tree import HASH_BYTES, leaf_hash
from hat_clinic.vocabulary.errors import BadProof

HEADER = "c2sp.org/tlog-proof@v1"
MAX_HASHES = 63


@dataclass(frozen=True, slots=True)
class TlogProof:
    """Where an entry stands, the way from it to a root, and the signed head with that root.

    `extra` is whatever somebody put beside it; nothing vouches for it and we write none.
    """

    index: int
    hashes: tuple[bytes, ...]
    checkpoint_note: str
    extra: bytes = b""

    def text(self) -> str:
        """The file."""
        extra = [f"extra {b64(self.extra)}"] if self.extra else []
        lines = [HEADER, *extra, f"index {self.index}", *map(b64, self.hashes)]
        return "\n".join(lines) + "\n\n" + self.checkpoint_note

    @staticmethod
    def parse(text: str) -> TlogProof:
        """The proof in the file `text`. Nothing is verified yet.

        Raises: BadProof.
        """
        if len(text) > MAX_NOTE_BYTES:
            raise BadProof(f"a proof of more than {MAX_NOTE_BYTES} characters")
        head, gap, note = text.partition("\n\n")
        lines = head.split("\n")
        if not gap or lines.pop(0) != HEADER:
            raise BadProof(f"a proof begins with {HEADER} and has an empty line before its checkpoint")
        extra = b""
        if lines and lines[0].startswith("extra "):
            extra = unb64(lines.pop(0).removeprefix("extra "))
            if not extra:
                raise BadProof("a line of extra data without any")
        if not lines or not lines[0].startswith("index "):
            raise BadProof("a proof names the index of its entry")
        index = parse_decimal(lines.pop(0).removeprefix("index "))
        if len(lines) > MAX_HASHES:
            raise BadProof("the inclusion proof is too long")
        return TlogProof(index, tuple(unb64(line, HASH_BYTES) for line in lines), note, extra)


def require_proof(proof: TlogProof | str, leaf: bytes, origin: str, vkey: Vkey) -> Checkpoint:
    """The signed head of log `origin` under which `leaf` stands at the index the proof names.

    Why: it says nothing of what the leaf holds; the caller compares its seq and rec.
    Raises: BadProof.
    """
    if isinstance(proof, str):
        proof = TlogProof.parse(proof)
    head = open_checkpoint(proof.checkpoint_note, origin, vkey)
    require_inclusion(leaf_hash(leaf), proof.index, head.size, proof.hashes, head.root)
    return head
