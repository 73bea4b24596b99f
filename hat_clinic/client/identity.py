"""Who a patient is, opened from the sealed entry itself: the terminal shows no name it did not open.

The hash of that entry stands in the statement. A server that shows one patient's name and has
another's dose signed must therefore send the other's envelope, or one with another hash.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from hat_clinic.client.receipts import require_in_log
from hat_clinic.domain.entries import entry_of, tag_of
from hat_clinic.domain.entries.patients import Identifier, PatientEnrolled
from hat_clinic.ledger import statement
from hat_clinic.ledger.dsse import parse_envelope
from hat_clinic.ledger.leaf import envelope_hash
from hat_clinic.ledger.note import Vkey
from hat_clinic.vocabulary.errors import BadProof, Rejected
from hat_clinic.wire.ledger import Proven

IDENTITY = tag_of(PatientEnrolled)


@dataclass(frozen=True, slots=True)
class Identity:
    """A patient as the sealed entry says. `rec` is the hash that statements rely on."""

    patient: str
    family: str
    given: str
    born: date
    identifiers: tuple[Identifier, ...]
    rec: bytes


def open_identity(envelope: bytes, rec: bytes, patient: str, origin: str) -> Identity:
    """What the entry with this hash says of this patient.

    Refuses: an envelope with another hash, of another log, of another kind, of another patient.
    Raises: BadProof.
    """
    if envelope_hash(envelope) != rec:
        raise BadProof("this is not the identity entry that the statement relies on")
    parsed = parse_envelope(envelope)
    said = statement.parse_statement(parsed.payload)
    if said.origin != origin or statement.tag_of(parsed.payload_type) != IDENTITY:
        raise BadProof("this is no identity entry of this log")
    try:
        entry = entry_of(IDENTITY, said.body)
    except Rejected as error:
        raise BadProof(f"the identity entry cannot be read: {error}") from error
    if not isinstance(entry, PatientEnrolled) or entry.patient != patient:
        raise BadProof("this is the identity of another patient")
    return Identity(entry.patient, entry.family, entry.given, entry.born, entry.identifiers, rec)


def require_enrolled(identity: Identity, proven: Proven, vkey: Vkey) -> None:
    """The identity is that of an entry in the log, so it was not made up for this screen.

    Raises: BadProof.
    """
    leaf, _ = require_in_log(proven, vkey)
    if leaf.rec != identity.rec or leaf.tag != IDENTITY:
        raise BadProof("the identity that was shown is not in the log")
