"""Entries about terminals: the places where people may act."""

from __future__ import annotations

from dataclasses import dataclass

from hat_clinic.vocabulary.ids import TerminalId


@dataclass(frozen=True, slots=True)
class TerminalEnrolled:
    """A terminal may talk to this site; counts once a second administrator confirmed."""

    terminal: TerminalId
    name: str


@dataclass(frozen=True, slots=True)
class TerminalRevoked:
    """A terminal may no longer talk to this site."""

    terminal: TerminalId
    reason: str
