"""From a passphrase to two halves, on the terminal: one proves, the other opens.

    MK   = Argon2id(NFC(passphrase), 16-byte salt of this person, m = 64 MiB, t = 3, p = 1)
    auth = HKDF-Expand-SHA256(MK, "hat/v1/auth")     goes to the server
    wrap = HKDF-Expand-SHA256(MK, "hat/v1/wrap")     never leaves the terminal

Why the cost stands here: the database holds the wrapped seed beside the hash of `auth`, so
a thief guesses against the wrapped seed and a slow hash on the server would not hinder it.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from nacl.bindings import crypto_pwhash_alg, crypto_pwhash_ALG_ARGON2ID13

from hat_clinic.vocabulary.errors import BadProof, Rejected

SALT_BYTES = 16
HALF_BYTES = 32
SHORTEST_PASSPHRASE = 15
LONGEST_PASSPHRASE = 128


@dataclass(frozen=True, slots=True)
class KdfParams:
    """What one Argon2id costs.

    Units: `memory_kib` in KiB; `passes` over it; `lanes` in parallel.
    Why an upper end: the parameters come from a server, and a false one must not be able
    to make a terminal run out of memory.
    """

    memory_kib: int
    passes: int
    lanes: int

    def __post_init__(self) -> None:
        if not (1 <= self.lanes <= 16 and 1 <= self.passes <= 64):
            raise ValueError("Argon2id runs in 1 to 16 lanes and 1 to 64 passes")
        if not 8 * self.lanes <= self.memory_kib <= 1024 * 1024:
            raise ValueError("Argon2id uses 8 KiB for each lane up to 1 GiB")

    def __str__(self) -> str:
        return f"{self.memory_kib} KiB, {self.passes} passes, {self.lanes} lanes"

    def reaches(self, floor: KdfParams) -> bool:
        """Whether no parameter costs a guesser less than in `floor`.

        Why lanes are compared the other way round: with more lanes the same memory and
        passes finish sooner for whoever has the cores.
        """
        return (
            self.memory_kib >= floor.memory_kib and self.passes >= floor.passes and self.lanes <= floor.lanes
        )


CLOCK_IN_FLOOR = KdfParams(memory_kib=65536, passes=3, lanes=1)
"""Source: RFC 9106 §4, second recommended option, with one lane in place of four."""


@dataclass(frozen=True, slots=True)
class Halves:
    """The two halves; neither shows in a text of this object."""

    auth: bytes = field(repr=False)
    wrap: bytes = field(repr=False)


def require_floor(params: KdfParams) -> None:
    """`params` cost at least what this program demands, whatever a server asked for.

    Raises: BadProof; a server that asks for less is not ours, or is no longer ours.
    """
    if not params.reaches(CLOCK_IN_FLOOR):
        raise BadProof(f"the server asks for {params}; this terminal takes no less than {CLOCK_IN_FLOOR}")


def require_passphrase(passphrase: str) -> bytes:
    """The passphrase is long enough; returned are its bytes in Unicode normal form C.

    Refuses: fewer than 15 or more than 128 characters; no other rule on what it is made of.
    Source: NIST SP 800-63B-4 §3.1.1.2.
    """
    text = unicodedata.normalize("NFC", passphrase)
    if not SHORTEST_PASSPHRASE <= len(text) <= LONGEST_PASSPHRASE:
        raise Rejected("a passphrase has 15 to 128 characters", "passphrase")
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise Rejected("the passphrase holds half a character", "passphrase") from None


def clock_in_halves(passphrase: str, salt: bytes, params: KdfParams = CLOCK_IN_FLOOR) -> Halves:
    """The halves of this person's passphrase. Takes about a seventh of a second.

    Raises: BadProof for `params` below the floor or a salt that is not 16 bytes, before
    anything is computed from the passphrase; Rejected for the passphrase.
    """
    require_floor(params)
    if len(salt) != SALT_BYTES:
        raise BadProof("a person's salt is 16 bytes")
    master = argon2id(require_passphrase(passphrase), salt, params)
    return Halves(auth=_expand(master, b"hat/v1/auth"), wrap=_expand(master, b"hat/v1/wrap"))


def argon2id(material: bytes, salt: bytes, params: KdfParams) -> bytes:
    """32 bytes of Argon2id v1.3 (RFC 9106), with a salt of 16 bytes.

    Raises: ValueError for more lanes than one, which no floor of ours lets through.
    Why libsodium: in one lane it takes less than half of OpenSSL's time for the same bytes.
    """
    if params.lanes != 1:
        raise ValueError("Argon2id is computed in one lane here")
    memory = params.memory_kib * 1024
    return crypto_pwhash_alg(
        HALF_BYTES, material, salt, params.passes, memory, crypto_pwhash_ALG_ARGON2ID13
    )


def _expand(master: bytes, info: bytes) -> bytes:
    return HKDFExpand(algorithm=SHA256(), length=HALF_BYTES, info=info).derive(master)
