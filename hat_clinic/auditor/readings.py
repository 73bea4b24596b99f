"""What a second person read of a dose, held against what was prepared: the server's own comparing.

1. a dose that is filed as verified was read as it was prepared: mass, the ending of every container
   it was drawn from, and the identity beside which it was read;
2. one that is filed as a mismatch comes with the reading itself, signed by whom it names, of this
   preparation, and that reading does differ.
"""

from __future__ import annotations

from typing import Protocol

from hat_clinic.domain.entries import Recorded, entry_of, tag_of
from hat_clinic.domain.entries.doses import DoseMismatched, DosePrepared, DoseVerified
from hat_clinic.ledger.dsse import parse_envelope, require_signed
from hat_clinic.ledger.keys import PublicKey
from hat_clinic.ledger.statement import Statement, parse_statement, payload_type
from hat_clinic.vocabulary.errors import BadProof, LedgerBroken, Rejected
from hat_clinic.vocabulary.ids import ending

_VERIFIED = tag_of(DoseVerified)


class Keys(Protocol):
    """Whose key speaks at which entry."""

    def key_for(self, seq: int, tag: str, statement: Statement) -> PublicKey:
        """The key that must have signed this statement. Raises: BadProof."""
        ...


def require_agrees(seq: int, prepared: DosePrepared, read: DoseVerified) -> None:
    """1.

    Raises: LedgerBroken.
    """
    if not _agrees(prepared, read):
        raise LedgerBroken("filed as verified, and what was read is not what was prepared", seq=seq)


def require_differs(
    recorded: Recorded, told: DoseMismatched, prepared: DosePrepared, payload: bytes, keys: Keys
) -> None:
    """2. `payload` is the hash by which the reading names the preparation.

    Raises: LedgerBroken.
    """
    seq = recorded.seq
    try:
        envelope = parse_envelope(told.reading_envelope)
        if envelope.payload_type != payload_type(_VERIFIED):
            raise BadProof("it is no reading")
        statement = parse_statement(envelope.payload)
        require_signed(told.reading_envelope, keys.key_for(seq, _VERIFIED, statement))
        read = entry_of(_VERIFIED, statement.body)
    except (BadProof, Rejected) as error:
        raise LedgerBroken(f"the reading it keeps was signed by nobody: {error}", seq=seq) from error
    assert isinstance(read, DoseVerified)  # by its tag
    if not statement.person == told.verifier == recorded.person or statement.request != recorded.request:
        raise LedgerBroken("the reading it keeps is another person's, or of another request", seq=seq)
    if (read.dose, read.prepared) != (told.dose, payload):
        raise LedgerBroken("the reading it keeps is of another dose", seq=seq)
    if _agrees(prepared, read):
        raise LedgerBroken("filed as a mismatch, and what was read is what was prepared", seq=seq)


def _agrees(prepared: DosePrepared, read: DoseVerified) -> bool:
    drawn = sorted(ending(draw.container).lower() for draw in prepared.draws)
    same = read.reading == prepared.mass and sorted(each.lower() for each in read.container_endings) == drawn
    return same and prepared.relies_on[:1] == (read.identity,)
