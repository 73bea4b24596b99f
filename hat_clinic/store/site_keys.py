"""What one process must hold in memory to write for a site."""

from __future__ import annotations

from dataclasses import dataclass, field

from hat_clinic.ledger.dsse import make_envelope
from hat_clinic.ledger.note import Vkey
from hat_clinic.ledger.statement import MACHINE, payload_type
from hat_clinic.security.signing import SigningKey


@dataclass(frozen=True, slots=True)
class SiteKeys:
    """The keys of the log `origin`: two that sign, and two derived from the root secret.

    `head` signs tree heads and is named like the origin; `machine` signs what is attributed
    to a signed-in person. `wrap` opens patients' keys, `index` makes the blind index.
    """

    origin: str
    head: SigningKey
    machine: SigningKey
    wrap: bytes = field(repr=False)
    index: bytes = field(repr=False)

    @property
    def head_vkey(self) -> Vkey:
        """The head key as those who check us know it."""
        return Vkey.of(self.origin, self.head.public_raw)

    def attribute(self, tag: str, payload: bytes) -> bytes:
        """The envelope of a statement that the machine key signs for a signed-in person."""
        return make_envelope(payload_type(tag), payload, MACHINE, self.machine.sign)
