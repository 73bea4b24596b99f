"""What can be in the ledger: one frozen dataclass for each kind of fact, in the past tense.

The tag of an entry is its class name in kebab case; tags are never reused, fields are only
added as optional ones, because what is stored is never written again.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, get_args

from hat_clinic.domain import codec
from hat_clinic.domain.entries.signers import SIGNERS, Signer, Signing
from hat_clinic.domain.entries.system import SealedEntry
from hat_clinic.domain.entries.union import Entry
from hat_clinic.vocabulary.errors import Rejected

__all__ = [
    "BY_TAG",
    "SIGNERS",
    "Entry",
    "Recorded",
    "SealedEntry",
    "Signer",
    "Signing",
    "body_of",
    "entry_of",
    "tag_of",
]


def tag_of(kind: type[Any]) -> str:
    """The tag of a kind of entry: `DosePrepared` is `dose-prepared`."""
    return _hyphened(kind.__name__)


@cache
def _hyphened(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "-", name).lower()


BY_TAG: dict[str, type[Any]] = {tag_of(kind): kind for kind in get_args(Entry)}


def body_of(entry: Entry) -> dict[str, Any]:
    """The body of the statement that carries this entry."""
    return codec.encode(entry)


def entry_of(tag: str, body: dict[str, Any]) -> Entry:
    """The entry that a statement of this tag carries.

    Raises: Rejected, for an unknown tag or a body that is not exactly of its kind.
    """
    if tag not in BY_TAG:
        raise Rejected(f"{tag} is no kind of entry", "tag")
    found: Entry = codec.decode(BY_TAG[tag], body, "body")
    return found


@dataclass(frozen=True, slots=True)
class Recorded:
    """An entry as folds see it: the fact, its place in the log, who signed it and where.

    `payload` is the SHA-256 by which a second statement names it, `rec` that of its envelope.
    `named` is the first statement that an `ActConfirmed` stands for, and None otherwise.
    """

    seq: int
    at: datetime
    tag: str
    request: str
    person: str
    key: str
    terminal: str
    payload: bytes
    rec: bytes
    entry: Entry | SealedEntry
    named: Recorded | None = None
