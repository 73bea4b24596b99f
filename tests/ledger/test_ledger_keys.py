"""Keys: dispatch on their algorithm, and keys that would sign anything."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey

from hat_clinic.ledger.keys import ED25519, PublicKey
from hat_clinic.vocabulary.errors import BadProof
from tests.ledger.ledger_hands import HEAD, OTHER

# RFC 8032 §7.1, test 2.
RFC_PUBLIC = bytes.fromhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")
RFC_MESSAGE = bytes.fromhex("72")
RFC_SIGNATURE = bytes.fromhex(
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
    "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
)
GROUP_ORDER = 2**252 + 27742317777372353535851937790883648493
BASE_POINT = bytes.fromhex("58" + "66" * 31)
SMALL_ORDER = (
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000080",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
)
SECOND_SPELLING = (
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
)


def test_verifies_the_vector_of_rfc_8032() -> None:
    PublicKey(ED25519, RFC_PUBLIC).verify(RFC_MESSAGE, RFC_SIGNATURE)


@pytest.mark.parametrize(
    "message, signature",
    [
        (b"s", RFC_SIGNATURE),
        (b"", RFC_SIGNATURE),
        (RFC_MESSAGE, RFC_SIGNATURE[:-1]),
        (RFC_MESSAGE, RFC_SIGNATURE + b"\x00"),
        (RFC_MESSAGE, b""),
        (RFC_MESSAGE, bytes(64)),
        (RFC_MESSAGE, RFC_SIGNATURE[32:] + RFC_SIGNATURE[:32]),
    ],
)
def test_refuses_another_message_or_signature(message: bytes, signature: bytes) -> None:
    with pytest.raises(BadProof):
        PublicKey(ED25519, RFC_PUBLIC).verify(message, signature)


def test_refuses_every_flipped_bit_of_a_signature() -> None:
    key = PublicKey(ED25519, RFC_PUBLIC)
    number = int.from_bytes(RFC_SIGNATURE, "big")
    for bit in range(512):
        with pytest.raises(BadProof):
            key.verify(RFC_MESSAGE, (number ^ 1 << bit).to_bytes(64, "big"))


def test_refuses_the_second_spelling_of_a_signature() -> None:
    s = int.from_bytes(RFC_SIGNATURE[32:], "little") + GROUP_ORDER
    with pytest.raises(BadProof):
        PublicKey(ED25519, RFC_PUBLIC).verify(RFC_MESSAGE, RFC_SIGNATURE[:32] + s.to_bytes(32, "little"))


def test_refuses_another_key() -> None:
    with pytest.raises(BadProof):
        OTHER.public.verify(b"text", HEAD.sign(b"text"))


@pytest.mark.parametrize("alg", ["rsa", "ED25519", "", "none", "ed448"])
def test_refuses_unknown_algorithms(alg: str) -> None:
    with pytest.raises(BadProof, match="unknown signature algorithm"):
        PublicKey(alg, RFC_PUBLIC)


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_refuses_keys_of_another_length(length: int) -> None:
    with pytest.raises(BadProof, match="32 bytes"):
        PublicKey(ED25519, b"\x02" * length)


def test_another_verifier_takes_a_key_that_signs_anything() -> None:
    """The positive control of the next test: our own library refuses such keys, OpenSSL does not."""
    identity = Ed25519PublicKey.from_public_bytes(bytes.fromhex(SMALL_ORDER[2]))
    forged = BASE_POINT + (1).to_bytes(32, "little")
    identity.verify(forged, b"I gave 200 mg")
    identity.verify(forged, b"I gave 300 mg")
    with pytest.raises(BadSignatureError):
        VerifyKey(bytes.fromhex(SMALL_ORDER[2])).verify(b"I gave 200 mg", forged)


def test_refuses_a_signature_that_begins_with_a_point_of_small_order() -> None:
    """The one place found where OpenSSL, which signs here, takes what our own library does not.

    Why it matters to nobody honest: such a signature needs a nonce of zero, which gives its key away.
    """
    raw = bytes.fromhex("60f4adde7f95a353740877b7db65948e5af91c3f9c64a8c0ad61f731d6a3dc1c")
    signature = (1).to_bytes(32, "little") + bytes.fromhex(
        "3d7cc64727d5d2e63fb03572cedfe8e8e17830ccb3c908b1a5c7221eb44ed60d"
    )
    Ed25519PublicKey.from_public_bytes(raw).verify(signature, b"I gave 200 mg")
    with pytest.raises(BadProof, match="does not fit"):
        PublicKey(ED25519, raw).verify(b"I gave 200 mg", signature)


@pytest.mark.parametrize("raw", SMALL_ORDER)
def test_refuses_keys_of_small_order(raw: str) -> None:
    with pytest.raises(BadProof, match="small order"):
        PublicKey(ED25519, bytes.fromhex(raw))


@pytest.mark.parametrize("raw", SECOND_SPELLING)
def test_refuses_keys_written_in_a_second_way(raw: str) -> None:
    with pytest.raises(BadProof, match="second way"):
        PublicKey(ED25519, bytes.fromhex(raw))


def test_key_id_names_algorithm_and_bytes() -> None:
    assert len(HEAD.public.key_id) == 32
    assert HEAD.public.key_id != OTHER.public.key_id
