"""Argon2id of the same bytes is computed once a process: the same few people clock in in hundreds of tests.

What is remembered is what was computed, for exactly these bytes and this cost; a passphrase or a PIN
that is new is computed. That it is slow, and right, is tested in `tests/security`, where nothing is
remembered; whole programs are run in `tests/cli`, `tests/wiring` and `tests/stories`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import pytest

from hat_clinic.security import slow_hash
from hat_clinic.security.signing import kdf, pin

_remembered = cache(kdf.argon2id)


@contextmanager
def hashes_remembered() -> Iterator[None]:
    """In here it is so."""
    with pytest.MonkeyPatch.context() as patch:
        for module in (kdf, pin, slow_hash):
            patch.setattr(module, "argon2id", _remembered)
        yield
