"""Entries with true signatures and true proofs that no honest server would have let through.

An intruder with every key writes past the rules: what proofs cannot see the auditor must.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hat_clinic.domain.entries import BY_TAG, SIGNERS, Entry, Signer, body_of, tag_of
from hat_clinic.handlers.acts import body_digest
from hat_clinic.handlers.verdict import Code
from hat_clinic.ledger.dsse import make_envelope, parse_envelope
from hat_clinic.ledger.statement import MACHINE, Statement, parse_statement, payload_hash, payload_type
from hat_clinic.store.record import Appended, Outgoing, record
from hat_clinic.store.requests import Outcome, RequestStamp
from hat_clinic.store.transaction import Transaction
from tests.auditor.verified_clinic import Inspector
from tests.clinic import Clinic, Member


@dataclass
class Forger:
    """Holds the site's keys and everybody's, and appends what it likes."""

    clinic: Clinic

    def append(
        self,
        one: Member,
        *entries: Entry,
        patient: str | None = None,
        outcome: Outcome = "accepted",
        by_machine: bool | None = None,
        terminal: str | None = None,
        meaning: str | None = None,
        **other: Any,
    ) -> tuple[int, bytes]:
        """These entries, by `one`, in one transaction; returns the number and hash of the first."""
        at = terminal or self.clinic.terminal
        digest = body_digest("forged", {})
        stamp = RequestStamp(self.clinic.ids.uuid7(), one.person, at, digest)

        def work(tx: Transaction) -> tuple[int, bytes]:
            outgoing = [self._signed(tx, stamp, one, each, by_machine, meaning, patient) for each in entries]
            done = record(tx, stamp, outgoing, outcome, _fold_nothing)
            return done.first_seq, outgoing[0].payload_hash

        return self.clinic.in_one(work)

    def file(self, signed: bytes, tag: str, *entries: Entry, by: Member) -> int:
        """A statement that somebody truly signed, filed as this, with these beside it."""
        said = parse_statement(parse_envelope(signed).payload)
        stamp = RequestStamp(said.request, said.person, said.terminal, said.body_sha256 or b"")

        def work(tx: Transaction) -> int:
            digest = payload_hash(parse_envelope(signed).payload)
            first = Outgoing(tag, SIGNERS[BY_TAG[tag]].entry_class, signed, None, digest)
            others = [self._signed(tx, stamp, by, each, None, None, None) for each in entries]
            return record(tx, stamp, [first, *others], "accepted", _fold_nothing).first_seq

        return self.clinic.in_one(work)

    def keep(self, reading: bytes, *entries: Entry, by: Member) -> int:
        """These by the machine, in the name of who signed this reading and under its request."""
        said = parse_statement(parse_envelope(reading).payload)
        stamp = RequestStamp(said.request, said.person, said.terminal, said.body_sha256 or b"")

        def work(tx: Transaction) -> int:
            outgoing = [self._signed(tx, stamp, by, each, None, None, None) for each in entries]
            return record(tx, stamp, outgoing, "accepted", _fold_nothing).first_seq

        return self.clinic.in_one(work)

    def _signed(
        self,
        tx: Transaction,
        stamp: RequestStamp,
        one: Member,
        entry: Entry,
        by_machine: bool | None,
        meaning: str | None,
        patient: str | None,
    ) -> Outgoing:
        row, tag = SIGNERS[type(entry)], tag_of(type(entry))
        machine = row.signer is Signer.MACHINE if by_machine is None else by_machine
        key = tx.keys.machine if machine else one.key
        key_id = MACHINE if machine else one.key.key_id
        payload = Statement(
            salt=tx.ids.random(16), origin=tx.site.origin, request=stamp.request_id, terminal=stamp.terminal,
            person=one.person, key=key_id, meaning=meaning or row.meaning, body=body_of(entry),
            body_sha256=stamp.body_sha256,
        ).payload()  # fmt: skip
        envelope = make_envelope(payload_type(tag), payload, key_id, key.sign)
        return Outgoing(tag, row.entry_class, envelope, patient, payload_hash(payload))


def _fold_nothing(tx: Transaction, appended: Appended) -> None:
    """The projections do not matter: the audit comes first and stops."""


def require_caught(forger: Forger, seq: int, words: str) -> None:
    """The verdict names this entry, for this reason, though every head and signature is true."""
    found = Inspector(forger.clinic).verify()
    assert (found.code, found.entry) == (Code.TAMPERED, seq), found.text()
    assert words in found.words[0], found.text()
