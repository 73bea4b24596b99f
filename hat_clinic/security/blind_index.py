"""A blind index: finding a patient by name or number without storing either.

Why equal values stay visible as equal: the index is a keyed hash. Who steals the database
without the root secret learns which rows share a value, and not which value it is.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import unicodedata

_FIELD = re.compile(r"[a-z][a-z0-9_]*")


def normalise(value: str) -> str:
    """`value` as it is compared: no case, no accents, letters and digits only.

    So `O'Brien` meets `OBRIEN`, `Müller` meets `Muller` and `943 476 5919` meets
    `9434765919`. What is found is a candidate; the sealed entry decides.

    Raises: ValueError when nothing is left to compare.
    """
    # Twice: casefold can leave a letter and a mark apart (the Turkish capital I with dot).
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", value).casefold())
    kept = "".join(letter for letter in folded if letter.isalnum())
    if not kept:
        raise ValueError("there is no letter or digit to look for")
    return kept


def blind_index(index_key: bytes, field: str, value: str) -> bytes:
    """The 32 bytes under which `value` of `field` is found.

    Why the field is hashed too: a surname that equals another person's town must not match.
    """
    if _FIELD.fullmatch(field) is None:
        raise ValueError("a field's name is lower-case letters, digits and _")
    message = f"{field}|{normalise(value)}".encode()
    return hmac.new(index_key, message, hashlib.sha256).digest()
