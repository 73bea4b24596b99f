"""A PIN opens the seed for one signature; five wrong ones, or twelve hours, end it."""

from __future__ import annotations

import ast
import os
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hat_clinic.security.signing import (
    PIN_PARAMS,
    KdfParams,
    OneSignature,
    PinSealedSeed,
    SigningKey,
    require_pin,
)
from hat_clinic.vocabulary.errors import Rejected, Unauthenticated

PRODUCT = Path(__file__).resolve().parents[2]
FAST = KdfParams(memory_kib=8, passes=1, lanes=1)
SEED = bytes(range(32))
PIN = "402957"
WRONG = "402958"
NOW = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)


def sealed(**given: datetime) -> PinSealedSeed:
    return PinSealedSeed.seal(SEED, PIN, NOW, os.urandom, params=FAST, **given)


def sign(seed: PinSealedSeed, pin: str = PIN, now: datetime = NOW) -> bytes:
    with seed.open(pin, now) as key:
        return key.sign(b"statement")


def test_the_pin_signs_and_signs_again() -> None:
    seed = sealed()
    expected = SigningKey.from_seed(SEED).sign(b"statement")
    assert sign(seed) == sign(seed) == expected
    assert seed.key_id == SigningKey.from_seed(SEED).key_id


def test_the_pin_signs_with_the_parameters_of_the_product() -> None:
    seed = PinSealedSeed.seal(SEED, PIN, NOW, os.urandom)
    assert sign(seed) == SigningKey.from_seed(SEED).sign(b"statement")
    with pytest.raises(Unauthenticated):
        sign(seed, WRONG)


def test_nobody_in_the_product_lowers_the_cost_of_a_pin() -> None:
    assert PIN_PARAMS.reaches(KdfParams(65536, 1, 1))
    calls = 0
    for path in [*PRODUCT.glob("hat_clinic/**/*.py"), *PRODUCT.glob("tui/**/*.py")]:
        for node in ast.walk(ast.parse(path.read_text())):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr == "seal"
            ):
                calls += 1
                assert all(word.arg != "params" for word in node.keywords), f"{path}:{node.lineno}"
    print(f"{calls} calls of a seal method looked at")


def test_refuses_a_second_signature_with_one_pin() -> None:
    with sealed().open(PIN, NOW) as key:
        key.sign(b"first")
        with pytest.raises(Unauthenticated, match="one signature"):
            key.sign(b"second")


def test_refuses_a_signature_after_the_block() -> None:
    kept: list[OneSignature] = []
    with sealed().open(PIN, NOW) as key:
        kept.append(key)
    with pytest.raises(Unauthenticated, match="one signature"):
        kept[0].sign(b"later")


def test_the_key_is_gone_after_an_error_in_the_block() -> None:
    kept: list[OneSignature] = []
    seed = sealed()

    def break_off() -> None:
        with seed.open(PIN, NOW) as key:
            kept.append(key)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        break_off()
    with pytest.raises(Unauthenticated):
        kept[0].sign(b"later")
    assert sign(seed)


def test_five_wrong_pins_destroy_the_seed() -> None:
    seed = sealed()
    for left in (4, 3, 2, 1):
        with pytest.raises(Unauthenticated, match=f"{left} tr"):
            sign(seed, WRONG)
        assert seed.tries_left == left
    with pytest.raises(Unauthenticated, match="clock in again"):
        sign(seed, WRONG)
    assert seed.tries_left == 0
    assert not seed.is_live(NOW)
    with pytest.raises(Unauthenticated, match="clock in again"):
        sign(seed)


def test_boundary_the_fifth_try_may_still_be_right_and_starts_anew() -> None:
    seed = sealed()
    for _ in range(4):
        with pytest.raises(Unauthenticated):
            sign(seed, WRONG)
    assert sign(seed)
    assert seed.tries_left == 5


def test_threads_get_no_guess_for_nothing() -> None:
    seed = sealed()
    refusals: list[str] = []

    def guess(pin: str) -> None:
        try:
            sign(seed, pin)
        except Unauthenticated as error:
            refusals.append(str(error))

    threads = [threading.Thread(target=guess, args=(f"{n:06d}",)) for n in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refusals) == 20
    assert sum(words.startswith("wrong PIN") for words in refusals) == 5
    assert seed.tries_left == 0


def test_no_pin_at_all_is_asked_for_again_and_is_no_guess() -> None:
    seed = sealed()
    for _ in range(6):
        with pytest.raises(Rejected, match="type your PIN"):
            sign(seed, "")
    assert seed.tries_left == 5
    assert sign(seed)


@pytest.mark.parametrize("pin", ["abc", "４０２９５７", "402957 ", "\ud800", "4" * 500])
def test_what_is_no_pin_is_a_wrong_pin(pin: str) -> None:
    with pytest.raises(Unauthenticated, match="wrong PIN"):
        sign(sealed(), pin)


def test_the_seed_ends_with_the_shift() -> None:
    seed = sealed()
    assert seed.until == NOW + timedelta(hours=12)
    assert sign(seed, now=seed.until - timedelta(microseconds=1))
    with pytest.raises(Unauthenticated, match="clock in again"):
        sign(seed, now=seed.until)
    with pytest.raises(Unauthenticated, match="clock in again"):
        sign(seed, now=NOW)


def test_an_end_can_be_earlier_than_the_shift_and_never_later() -> None:
    assert sealed(until=NOW + timedelta(hours=1)).until == NOW + timedelta(hours=1)
    assert sealed(until=NOW + timedelta(hours=13)).until == NOW + timedelta(hours=12)


def test_clocking_out_forgets() -> None:
    seed = sealed()
    seed.forget()
    assert seed.tries_left == 0
    with pytest.raises(Unauthenticated, match="clock in again"):
        sign(seed)


def test_neither_seed_nor_pin_shows() -> None:
    text = repr(sealed())
    assert SEED.hex() not in text
    assert PIN not in text


@pytest.mark.parametrize("pin", ["402957", "8153026", "112358", "90210447", "100200"])
def test_allows_a_pin(pin: str) -> None:
    require_pin(pin)


@pytest.mark.parametrize(
    "pin",
    [
        "",
        "40295",
        "40295a",
        "４０２９５７",
        "402957\n",
        "1" * 33,
        "111111",
        "000000",
        "123456",
        "654321",
        "890123",
        "209876",
        "402345",
        "400007",
        "121212",
        "407407",
        "13571357",
        "135135135",
    ],
)
def test_refuses_a_pin(pin: str) -> None:
    with pytest.raises(Rejected) as caught:
        require_pin(pin)
    assert caught.value.field == "pin"
    assert not pin or pin not in str(caught.value)
    with pytest.raises(Rejected):
        PinSealedSeed.seal(SEED, pin, NOW, os.urandom, params=FAST)


def test_boundary_three_in_a_row_are_allowed() -> None:
    require_pin("123907")
    require_pin("555021")
    with pytest.raises(Rejected):
        require_pin("123407")
