"""Entries that stand for what was asked, opened and held against what was sent.

A leaf says under which request an entry stands, and no more: a server writes entries of its own,
so its word for what one of them says is not taken where the entry itself can be read. What is
sealed under a patient's key cannot, and rests on its leaf alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hat_clinic.client.attributed_acts import ATTRIBUTED_ACTS
from hat_clinic.client.http import SiteHttp
from hat_clinic.client.signed_acts import SIGNED_ACTS
from hat_clinic.client.statements import Asked, body_digest, made_by, require_values
from hat_clinic.domain.entries import SIGNERS, Entry, entry_of
from hat_clinic.domain.entries import tag_of as entry_tag
from hat_clinic.domain.entries.doses import DoseMismatched
from hat_clinic.domain.entries.system import ActRefused
from hat_clinic.ledger.canonical import unb64
from hat_clinic.ledger.dsse import parse_envelope
from hat_clinic.ledger.leaf import Leaf, envelope_hash
from hat_clinic.ledger.statement import MACHINE, Statement, parse_statement, tag_of
from hat_clinic.vocabulary.errors import BadProof, Rejected
from hat_clinic.vocabulary.terms import EntryClass

SEALED = frozenset({EntryClass.PATIENT, EntryClass.CLINICAL})


@dataclass(frozen=True, slots=True)
class Opened:
    """An entry of the log, as its own bytes say it."""

    envelope: bytes
    payload: bytes
    tag: str
    said: Statement
    entry: Entry


def read_entry(http: SiteHttp, token: str, leaf: Leaf) -> Opened:
    """The entry of this proven leaf.

    Raises: BadProof, also where the server does not show it.
    """
    feed = http.entries(token, after=leaf.seq - 1, limit=1)
    text = feed.entries[0].envelope if feed.entries else None
    if text is None:
        raise BadProof(f"the server does not show entry {leaf.seq}")
    return open_entry(unb64(text), leaf)


def open_entry(envelope: bytes, leaf: Leaf) -> Opened:
    """What the entry of this leaf says.

    Refuses: bytes with another hash, of another kind, log or request than the leaf's.
    Raises: BadProof.
    """
    if envelope_hash(envelope) != leaf.rec:
        raise BadProof(f"this is not entry {leaf.seq}")
    parsed = parse_envelope(envelope)
    said, tag = parse_statement(parsed.payload), tag_of(parsed.payload_type)
    if (tag, said.origin, said.request) != (leaf.tag, leaf.origin, leaf.request):
        raise BadProof(f"entry {leaf.seq} says otherwise than its leaf")
    try:
        return Opened(envelope, parsed.payload, tag, said, entry_of(tag, said.body))
    except Rejected as error:
        raise BadProof(f"entry {leaf.seq} cannot be read: {error}") from error


def require_attempt(opened: Opened, asked: Asked) -> None:
    """This refusal, which stands under a request id of its own, answers what was sent and nothing else.

    Why: an attempt on somebody else's request spends nobody's id. Without this any refusal in the
    log would do as the answer to any request.
    Raises: BadProof.
    """
    entry = opened.entry
    if not isinstance(entry, ActRefused) or (entry.attempted, entry.act) != (asked.request, asked.act):
        raise BadProof(f"{opened.tag} under {opened.said.request} answers another request than this one")
    _require_by(opened.said, asked)


def require_attributed(opened: Opened, asked: Asked) -> None:
    """What the machine recorded for this person is what they asked for, whole.

    Raises: BadProof.
    """
    _require_by(opened.said, asked)
    command = ATTRIBUTED_ACTS[asked.act].command
    require_values(opened.entry, opened.said.body, asked, command, made_by(asked, command))


def require_mismatch(opened: Opened, reading: bytes) -> None:
    """The mismatch holds exactly the reading that was signed and sent.

    Raises: BadProof.
    """
    if not isinstance(opened.entry, DoseMismatched) or opened.entry.reading_envelope != reading:
        raise BadProof("the mismatch on record is about another reading than was signed here")


def require_made(made: Mapping[str, str], asked: Asked) -> None:
    """Whatever the receipt says was made has the id that follows from the request.

    Raises: BadProof.
    """
    act = ATTRIBUTED_ACTS.get(asked.act) or SIGNED_ACTS.get(asked.act)
    known = {} if act is None else made_by(asked, act.command)
    if not made.items() <= known.items():
        raise BadProof("the receipt names other ids than this request makes")


def require_kind(leaf: Leaf, act: str) -> bool:
    """The leaf is of the kind that this attributed act becomes; told is whether it can be opened.

    Raises: BadProof.
    """
    known = ATTRIBUTED_ACTS.get(act)
    if known is None or leaf.tag != entry_tag(known.entry):
        raise BadProof(f"{act} was asked for; {leaf.tag} is on record")
    return SIGNERS[known.entry].entry_class not in SEALED


def _require_by(said: Statement, asked: Asked) -> None:
    for name, there, wanted in (
        ("person", said.person, asked.person),
        ("terminal", said.terminal, asked.terminal),
        ("key", said.key, MACHINE),
        ("body", said.body_sha256, body_digest(asked.act, asked.body)),
    ):
        if there != wanted:
            raise BadProof(f"what is on record is by another {name} than was asked")
