"""A person's signing key from passphrase to signature; all that a terminal needs of secrets.

The server stores a seed wrapped twice and never holds it open. The terminal turns the
passphrase into two halves (`kdf`), opens its own wrapping (`wrapped_seed`), keeps the seed
sealed under a PIN for the shift (`pin`) and signs (`keys`). The client imports these names
from here, and nothing else of the security room.
"""

from hat_clinic.security.signing.kdf import (
    CLOCK_IN_FLOOR,
    Halves,
    KdfParams,
    clock_in_halves,
    require_floor,
    require_passphrase,
)
from hat_clinic.security.signing.keys import SigningKey, key_id
from hat_clinic.security.signing.pin import PIN_PARAMS, OneSignature, PinSealedSeed, require_pin
from hat_clinic.security.signing.wrapped_seed import unwrap_outer, unwrap_seed, wrap_outer, wrap_seed

__all__ = [
    "CLOCK_IN_FLOOR",
    "Halves",
    "KdfParams",
    "clock_in_halves",
    "require_floor",
    "require_passphrase",
    "SigningKey",
    "key_id",
    "PIN_PARAMS",
    "OneSignature",
    "PinSealedSeed",
    "require_pin",
    "wrap_seed",
    "unwrap_seed",
    "wrap_outer",
    "unwrap_outer",
]
