"""Finding a patient by a number or the family name, to let them arrive."""

from __future__ import annotations

from hat_clinic.domain.entries.patients import Identifier
from hat_clinic.handlers.board import IdentityOnRecord, identity
from hat_clinic.handlers.patients import find_by_identifier, find_by_name
from hat_clinic.handlers.reads import Look
from hat_clinic.vocabulary.errors import NotFound

FAMILY = "family"
MOST = 20
"""Nobody reads through more, and a family name is not a list of patients."""


def find(look: Look, system: str, value: str) -> tuple[IdentityOnRecord, ...]:
    """Everybody enrolled under this number of that system, or under this family name."""
    if system == FAMILY:
        candidates = find_by_name(look.tx, look.keys, value)
    else:
        candidates = find_by_identifier(look.tx, look.keys, Identifier(system, value))
    found = []
    for each in candidates[:MOST]:
        try:
            found.append(identity(look, each))
        except NotFound:
            continue  # enrolled at another site, or erased
    return tuple(found)
