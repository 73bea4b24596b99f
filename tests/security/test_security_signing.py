"""From passphrase to halves, from halves to seed, from seed to signature."""

from __future__ import annotations

import base64
import hashlib
import os

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from hat_clinic.ledger.keys import PublicKey
from hat_clinic.security.signing import (
    CLOCK_IN_FLOOR,
    KdfParams,
    SigningKey,
    clock_in_halves,
    key_id,
    require_floor,
    require_passphrase,
    unwrap_outer,
    unwrap_seed,
    wrap_outer,
    wrap_seed,
)
from hat_clinic.security.signing.kdf import argon2id
from hat_clinic.vocabulary.errors import BadProof, Rejected
from hat_clinic.vocabulary.ids import KeyId, PersonId

PASSPHRASE = "correct horse battery"
SALT = bytes(range(16))
WRAP = b"w" * 32
SERVER = b"s" * 32
ANA = PersonId("018f0000-0000-7000-8000-00000000000a")
BO = PersonId("018f0000-0000-7000-8000-00000000000b")
# RFC 8032 §7.1, test 2
SEED = bytes.fromhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")
PUBLIC = bytes.fromhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")
SIGNATURE = bytes.fromhex(
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
    "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
)


def test_signs_as_rfc_8032_says() -> None:
    key = SigningKey.from_seed(SEED)
    assert key.public_raw == PUBLIC
    assert key.sign(b"\x72") == SIGNATURE
    Ed25519PublicKey.from_public_bytes(PUBLIC).verify(key.sign(b"other"), b"other")
    with pytest.raises(InvalidSignature):
        Ed25519PublicKey.from_public_bytes(PUBLIC).verify(key.sign(b"other"), b"another")


def test_a_key_is_named_by_its_public_half() -> None:
    assert SigningKey.from_seed(SEED).key_id == key_id(PUBLIC) == PublicKey("ed25519", PUBLIC).key_id
    assert SEED.hex() not in repr(SigningKey.from_seed(SEED))
    with pytest.raises(ValueError, match="32 bytes"):
        key_id(PUBLIC[:31])


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_refuses_a_seed_that_is_not_32_bytes(length: int) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        SigningKey.from_seed(bytes(length))


def test_argon2id_is_the_published_one() -> None:
    # RFC 9106 §5.3 has an associated text, which ours never has; that vector checks another library,
    # and the PHC form of that one, which states its parameters, checks ours.
    published = Argon2id(
        salt=b"\x02" * 16,
        length=32,
        iterations=3,
        lanes=4,
        memory_cost=32,
        ad=b"\x04" * 12,
        secret=b"\x03" * 8,
    ).derive(b"\x01" * 32)
    assert published.hex() == "0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659"
    phc = Argon2id(salt=SALT, length=32, iterations=2, lanes=1, memory_cost=64).derive_phc_encoded(b"pw")
    assert phc.startswith("$argon2id$v=19$m=64,t=2,p=1$")
    assert argon2id(b"pw", SALT, KdfParams(64, 2, 1)) == base64.b64decode(phc.rsplit("$", 1)[1] + "=")


@pytest.mark.parametrize("params", [(8, 1, 1), (19456, 2, 1), (65536, 1, 1), (65536, 3, 1)], ids=str)
@pytest.mark.parametrize("material", [b"", b"a", bytes(range(38)), b"\x00" * 512], ids=len)
def test_argon2id_is_the_same_in_another_library(params: tuple[int, int, int], material: bytes) -> None:
    memory, passes, lanes = params
    other = Argon2id(salt=SALT, length=32, iterations=passes, lanes=lanes, memory_cost=memory)
    assert argon2id(material, SALT, KdfParams(*params)) == other.derive(material)


def test_argon2id_is_not_computed_in_several_lanes() -> None:
    with pytest.raises(ValueError, match="one lane"):
        argon2id(b"pw", SALT, KdfParams(64, 2, 4))


def test_the_halves_come_from_the_floor_parameters_and_differ() -> None:
    halves = clock_in_halves(PASSPHRASE, SALT)
    assert halves == clock_in_halves(PASSPHRASE, SALT, KdfParams(65536, 3, 1))
    assert halves.auth != halves.wrap
    assert len(halves.auth) == len(halves.wrap) == 32
    assert repr(halves) == "Halves()"
    master = argon2id(PASSPHRASE.encode(), SALT, CLOCK_IN_FLOOR)
    assert master not in (halves.auth, halves.wrap)


def test_another_salt_or_passphrase_gives_other_halves() -> None:
    one, other_salt, other_words = (
        clock_in_halves(PASSPHRASE, SALT),
        clock_in_halves(PASSPHRASE, bytes(16)),
        clock_in_halves(PASSPHRASE + "!", SALT),
    )
    assert len({one.auth, other_salt.auth, other_words.auth}) == 3
    assert len({one.wrap, other_salt.wrap, other_words.wrap}) == 3


def test_a_passphrase_may_be_typed_in_either_unicode_form() -> None:
    composed, decomposed = "Zürcher Münster 1", "Zu\u0308rcher Mu\u0308nster 1"
    assert require_passphrase(composed) == require_passphrase(decomposed)


@pytest.mark.parametrize("params", [(65535, 3, 1), (65536, 2, 1), (65536, 3, 2), (32, 3, 1)])
def test_refuses_parameters_below_the_floor(params: tuple[int, int, int]) -> None:
    with pytest.raises(BadProof, match="takes no less"):
        require_floor(KdfParams(*params))
    with pytest.raises(BadProof, match="takes no less"):
        clock_in_halves(PASSPHRASE, SALT, KdfParams(*params))


def test_boundary_the_floor_itself_and_more_is_taken() -> None:
    require_floor(CLOCK_IN_FLOOR)
    require_floor(KdfParams(131072, 4, 1))


@pytest.mark.parametrize("params", [(2**21, 3, 1), (65536, 65, 1), (65536, 0, 1), (65536, 3, 17), (7, 3, 1)])
def test_refuses_parameters_no_terminal_should_run(params: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match="Argon2id"):
        KdfParams(*params)


@pytest.mark.parametrize("length", [0, 8, 15, 17])
def test_refuses_a_salt_that_is_not_16_bytes(length: int) -> None:
    with pytest.raises(BadProof, match="16 bytes"):
        clock_in_halves(PASSPHRASE, bytes(length))


@pytest.mark.parametrize("passphrase", ["", "a" * 14, "u\u0308" * 14, "a" * 129, "a" * 20 + "\ud800"])
def test_refuses_a_passphrase_too_short_too_long_or_broken(passphrase: str) -> None:
    with pytest.raises(Rejected) as caught:
        require_passphrase(passphrase)
    assert caught.value.field == "passphrase"


@pytest.mark.parametrize("length", [15, 128])
def test_boundary_a_passphrase_of_15_and_of_128(length: int) -> None:
    assert require_passphrase("ü" * length) == ("ü" * length).encode()


def test_the_seed_comes_back_through_both_boxes() -> None:
    c1 = wrap_seed(WRAP, SEED, ANA, os.urandom)
    c2 = wrap_outer(SERVER, c1, ANA, key_id(PUBLIC), os.urandom)
    assert SEED not in c1
    assert c1 not in c2
    opened = unwrap_outer(SERVER, c2, ANA, key_id(PUBLIC))
    assert opened == c1
    assert unwrap_seed(WRAP, opened, ANA, PUBLIC) == SEED


def test_refuses_a_wrapped_seed_of_another_person_key_or_passphrase() -> None:
    c1 = wrap_seed(WRAP, SEED, ANA, os.urandom)
    others = SigningKey.from_seed(bytes(32)).public_raw
    for wrap, staff, public in (
        (SERVER, ANA, PUBLIC),
        (WRAP, BO, PUBLIC),
        (WRAP, ANA, others),
        (WRAP, ANA, b""),
    ):
        with pytest.raises(BadProof):
            unwrap_seed(wrap, c1, staff, public)


def test_refuses_a_seed_that_does_not_belong_to_the_public_key() -> None:
    from hat_clinic.security.sealing import place, seal

    aad = place("hat/v1/signing-key", ANA, hashlib.sha256(PUBLIC).hexdigest())
    for false_seed in (bytes(32), b"short"):
        with pytest.raises(BadProof, match="not the one of this public key"):
            unwrap_seed(WRAP, seal(WRAP, false_seed, aad, 1, os.urandom), ANA, PUBLIC)


def test_refuses_an_outer_box_of_another_person_key_or_server() -> None:
    c2 = wrap_outer(SERVER, b"c1", ANA, key_id(PUBLIC), os.urandom)
    for server, staff, key in (
        (WRAP, ANA, key_id(PUBLIC)),
        (SERVER, BO, key_id(PUBLIC)),
        (SERVER, ANA, KeyId("0" * 16)),
    ):
        with pytest.raises(BadProof):
            unwrap_outer(server, c2, staff, key)
