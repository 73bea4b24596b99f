"""A seed for one shift on one terminal, sealed under a PIN that is stored nowhere.

The seed is open only while one signature is made. Between signatures the terminal's memory
holds a box, a salt and 32 random bytes of this process, which go into Argon2id before the PIN:
the box alone, in a swap file or a crash report, cannot be guessed at. Whoever reads the
whole memory of the process can try all six-digit PINs within a day; and Python does not
promise to wipe what it has dropped.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import pairwise

from hat_clinic.security.sealing import Random, draw, open_box, place, seal
from hat_clinic.security.signing.kdf import KdfParams, argon2id
from hat_clinic.security.signing.keys import SigningKey, key_id
from hat_clinic.vocabulary.errors import BadProof, Rejected, Unauthenticated
from hat_clinic.vocabulary.ids import KeyId
from hat_clinic.vocabulary.moments import require_moment

PIN_PARAMS = KdfParams(memory_kib=65536, passes=1, lanes=1)
"""About a twentieth of a second, paid at every signature."""

LONGEST_SHIFT = timedelta(hours=12)
TRIES = 5
SHORTEST_PIN = 6
LONGEST_PIN = 32
_RUN = 4
_GONE = "there is no key on this terminal any more; clock in again"


def require_pin(pin: str) -> None:
    """The PIN is hard enough to guess for five tries.

    Refuses: other characters than digits; fewer than 6; four neighbours that are equal or
    count up or down (1111, 2345, 9876, also 8901); one group repeated (121212, 407407).
    Raises: Rejected, whose words do not hold the PIN.
    """
    if re.fullmatch(r"[0-9]+", pin) is None or not SHORTEST_PIN <= len(pin) <= LONGEST_PIN:
        raise Rejected("a PIN has 6 or more digits", "pin")
    steps = [(int(later) - int(earlier)) % 10 for earlier, later in pairwise(pin)]
    for start in range(len(steps) - _RUN + 2):
        window = set(steps[start : start + _RUN - 1])
        if len(window) == 1 and window <= {0, 1, 9}:
            raise Rejected("a PIN has no four digits in a row like 1111 or 3456", "pin")
    if any(
        len(pin) % size == 0 and pin == pin[:size] * (len(pin) // size)
        for size in range(1, len(pin) // 2 + 1)
    ):
        raise Rejected("a PIN does not repeat one group of digits", "pin")


class OneSignature:
    """A key that signs once, inside the `with` that opened it, and is empty afterwards."""

    __slots__ = ("_key", "key_id", "public_raw")

    def __init__(self, key: SigningKey) -> None:
        self._key: SigningKey | None = key
        self.public_raw = key.public_raw
        self.key_id = key.key_id

    def sign(self, message: bytes) -> bytes:
        """The 64-byte signature of `message`; a second call raises Unauthenticated."""
        key, self._key = self._key, None
        if key is None:
            raise Unauthenticated("one PIN, one signature; ask for the PIN again")
        return key.sign(message)

    def close(self) -> None:
        """The key is gone, used or not."""
        self._key = None


class PinSealedSeed:
    """The clock-in of one person in this process, until `until`, clock-out or five wrong PINs."""

    __slots__ = ("_box", "_lock", "_params", "_salt", "_secret", "_tries", "public_raw", "until")

    def __init__(
        self, box: bytes, salt: bytes, secret: bytes, params: KdfParams, public_raw: bytes, until: datetime
    ) -> None:
        self._box: bytes | None = box
        self._salt = salt
        self._secret: bytes | None = secret
        self._params = params
        self._tries = TRIES
        self._lock = threading.Lock()
        self.public_raw = public_raw
        self.until = until

    @classmethod
    def seal(
        cls,
        seed: bytes,
        pin: str,
        now: datetime,
        random: Random,
        *,
        until: datetime | None = None,
        params: KdfParams = PIN_PARAMS,
    ) -> PinSealedSeed:
        """The seed is sealed under `pin` for twelve hours, or until the earlier `until`.

        Raises: Rejected for a weak PIN.
        Why `params` can be given: they never come from outside this process. A test keeps
        every caller in the product on `PIN_PARAMS`.
        """
        require_pin(pin)
        latest = require_moment(now) + LONGEST_SHIFT
        end = latest if until is None else min(require_moment(until), latest)
        salt, secret = draw(random, 16), draw(random, 32)
        public_raw = SigningKey.from_seed(seed).public_raw
        under = argon2id(secret + pin.encode(), salt, params)
        box = seal(under, seed, _place(public_raw), 1, random)
        return cls(box, salt, secret, params, public_raw, end)

    @property
    def key_id(self) -> KeyId:
        """The id of the person's public key."""
        return key_id(self.public_raw)

    @property
    def tries_left(self) -> int:
        """How many wrong PINs are still survived; 0 when the seed is gone."""
        return self._tries if self._box is not None else 0

    def is_live(self, now: datetime) -> bool:
        """Whether the right PIN would sign now."""
        return self._box is not None and require_moment(now) < self.until

    @contextmanager
    def open(self, pin: str, now: datetime) -> Iterator[OneSignature]:
        """A key for one signature, gone when the block ends.

        Raises: Unauthenticated for a wrong PIN, whose fifth in a row destroys the seed, and
        for a seed that is gone or past its time; Rejected for none, which is no guess.
        """
        key = OneSignature(SigningKey.from_seed(self._seed(pin, now)))
        try:
            yield key
        finally:
            key.close()

    def forget(self) -> None:
        """The sealed copy is gone from this object: clock-out, or the end of the program."""
        self._box = None
        self._secret = None

    def _seed(self, pin: str, now: datetime) -> bytes:
        if not pin:
            raise Rejected("type your PIN", "pin")
        # One guess at a time, and it is counted before it is judged: neither threads nor
        # an exception in between give a guess for nothing.
        with self._lock:
            if self._tries == 0 or not self.is_live(now):
                self.forget()
            box, secret = self._box, self._secret
            if box is None or secret is None:
                raise Unauthenticated(_GONE)
            self._tries -= 1
            try:
                typed = pin.encode(errors="replace")
                under = argon2id(secret + typed, self._salt, self._params)
                seed = open_box(under, box, _place(self.public_raw))
            except BadProof:
                if self._tries == 0:
                    self.forget()
                    raise Unauthenticated(f"wrong PIN, five times; {_GONE}") from None
                left = "1 try" if self._tries == 1 else f"{self._tries} tries"
                raise Unauthenticated(f"wrong PIN, {left} left") from None
            self._tries = TRIES
            return seed

    def __repr__(self) -> str:
        return f"PinSealedSeed({self.key_id}, tries_left={self.tries_left})"


def _place(public_raw: bytes) -> bytes:
    return place("hat/v1/pin", public_raw.hex())
