"""What the audit reads: the stored log, and whose key speaks at which entry."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from typing import Protocol

from hat_clinic.ledger.dsse import Envelope
from hat_clinic.ledger.keys import PublicKey
from hat_clinic.ledger.statement import Statement


class Missing(Enum):
    """Why an envelope cannot be shown, although the leaf commits to it."""

    WITHHELD = "withheld"
    """The export leaves its class out."""
    ERASED = "erased"
    """Its key was shredded."""


class LedgerSource(Protocol):
    """Where the stored log is read from: a database or a bundle. Everything in order."""

    @property
    def origin(self) -> str:
        """The name of the log."""
        ...

    def leaves(self) -> Iterator[tuple[int, bytes]]:
        """(seq, leaf), by seq."""
        ...

    def envelope(self, seq: int) -> bytes | Missing:
        """The stored envelope bytes of an entry, or why there are none.

        Raises: LedgerBroken, if they are gone for no reason.
        """
        ...

    def heads(self) -> Iterator[tuple[int, str]]:
        """(size, note) of every stored head, by size."""
        ...

    def nodes(self) -> Iterator[tuple[int, int, bytes]] | None:
        """(level, index, hash) of every stored node, by `tree.creation_order`; None if none are stored."""
        ...


class Keyring(Protocol):
    """Whose key speaks at which entry; it learns keys from the entries that grant them."""

    def key_for(self, seq: int, tag: str, statement: Statement) -> PublicKey:
        """The key that must have signed this entry.

        Why: entry 0 brings its own keys, so it is asked before the entry is learnt.
        Raises: BadProof, if this author has no key that is good at this entry.
        """
        ...

    def learn(self, seq: int, tag: str, statement: Statement, envelope: Envelope) -> None:
        """Takes note of an entry whose signature has been verified.

        Raises: BadProof, if the entry grants something malformed.
        """
        ...
