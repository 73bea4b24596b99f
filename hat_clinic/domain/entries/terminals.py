"""Entries about terminals: the places where people may act."""

from __future__ import annotations

from dataclasses import dataclass

from hat_clinic.vocabulary.ids import TerminalId
from hat_clinic.vocabulary.terms import RevocationReason


@dataclass(frozen=True, slots=True)
class TerminalEnrolled:
    """A terminal may talk to this site; counts once a second administrator confirmed.

    `secret_hash` is of the 256-bit secret the terminal sends, so that the pair of signatures
    covers which secret it is.
    """

    terminal: TerminalId
    name: str
    secret_hash: bytes | None = None


@dataclass(frozen=True, slots=True)
class TerminalRevoked:
    """A terminal may no longer talk to this site."""

    terminal: TerminalId
    reason: RevocationReason
