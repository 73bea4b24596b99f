"""Policy: the few lines somebody keeps outside the clinic, from which every check starts.

Source: C2SP tlog-policy, with the hash of leaf 0 in a comment, which other programs
read over. This version checks no cosigners, so it refuses a policy that asks for
them: reading such a policy and not checking would promise what was not done.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import sha256

from hat_clinic.ledger.canonical import b64, unb64
from hat_clinic.ledger.note import Vkey
from hat_clinic.vocabulary.errors import BadProof

MAX_POLICY_BYTES = 65536

_FORBIDDEN = re.compile(rb"[\x00-\x08\x0b-\x1f\x7f]")
_LEAF0 = "leaf0"


@dataclass(frozen=True, slots=True)
class Policy:
    """Which log is meant, by which key it signs, and how it began.

    `leaf0` is the SHA-256 of the first leaf; policies made by others need not have it.
    """

    head: Vkey
    leaf0: bytes | None

    @property
    def origin(self) -> str:
        """The name of the log, which is the name of its key."""
        return self.head.name

    def text(self) -> str:
        """The file `policy.txt`."""
        lines = [
            f"# Trust anchor of {self.origin}.",
            "# Keep a copy where nobody who runs the clinic's computers can change it.",
        ]
        if self.leaf0 is not None:
            lines.append(f"# {_LEAF0} sha256 {b64(self.leaf0)}")
        lines += [f"log {self.head.text}", "quorum none"]
        return "\n".join(lines) + "\n"

    @staticmethod
    def of(head: Vkey, leaf0: bytes) -> Policy:
        """The policy of the log whose first leaf is `leaf0`."""
        return Policy(head, sha256(leaf0).digest())

    @staticmethod
    def parse(data: bytes) -> Policy:
        """The policy in the file `data`.

        Refuses: no log or several, no quorum line or several, cosigners, other lines.
        Raises: BadProof.
        """
        if len(data) > MAX_POLICY_BYTES or _FORBIDDEN.search(data):
            raise BadProof("a policy is a short text without control characters")
        heads: list[Vkey] = []
        leaves: list[bytes] = []
        quorums = 0
        for line in data.split(b"\n"):
            words = _words(line)
            if words[:2] == ["#", _LEAF0]:
                leaves.append(_read_leaf0(words))
            elif not words or words[0].startswith("#"):
                continue
            elif words[0] == "log" and len(words) in (2, 3):
                heads.append(Vkey.parse(words[1]))
            elif words == ["quorum", "none"]:
                quorums += 1
            else:
                raise BadProof(f"a policy line that cannot be checked here: {' '.join(words)[:80]!r}")
        if len(heads) != 1 or quorums != 1 or len(leaves) > 1:
            raise BadProof("a policy names one log, one quorum and at most one leaf 0")
        return Policy(heads[0], leaves[0] if leaves else None)

    def require_leaf0(self, leaf: bytes) -> None:
        """`leaf` is the first leaf of the log this policy means, as far as it says.

        Raises: BadProof.
        """
        if self.leaf0 is not None and sha256(leaf).digest() != self.leaf0:
            raise BadProof("entry 0 is not the one this log began with")


def _words(line: bytes) -> list[str]:
    # Only space and tab separate words; bytes above 0x7f are opaque to the format.
    text = line.decode("utf-8", "surrogateescape")
    return [word for word in text.replace("\t", " ").split(" ") if word]


def _read_leaf0(words: list[str]) -> bytes:
    if len(words) != 4 or words[2] != "sha256":
        raise BadProof("leaf 0 is named by its sha256")
    return unb64(words[3], 32)
