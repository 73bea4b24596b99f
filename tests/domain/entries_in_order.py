"""Entries as folds get them, numbered and signed by whom a test says."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from hat_clinic.domain.confirmations import Pending, pending_of
from hat_clinic.domain.entries import Entry, Recorded, tag_of
from hat_clinic.domain.entries.system import ActConfirmed, Founder, LedgerOpened
from hat_clinic.vocabulary.ids import KeyId, PersonId, SiteId, key_id

MORNING = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
ANA, BO, CARA = PersonId("ana"), PersonId("bo"), PersonId("cara")


def public_of(person: str) -> bytes:
    return sha256(person.encode()).digest()


def key_of(person: str) -> KeyId:
    return key_id("ed25519", public_of(person))


def founder(person: PersonId) -> Founder:
    return Founder(person, person, person.title(), key_of(person), "ed25519", public_of(person))


OPENED = LedgerOpened(
    SiteId("zh1"), "Clinic", "Europe/Zurich", 240, "ed25519", bytes(32), "ed25519", bytes(32),
    (founder(ANA), founder(BO)), True,
)  # fmt: skip


@dataclass
class InOrder:
    """Gives each entry its number; remembers the first statements, so that they can be confirmed."""

    recorded: list[Recorded] = field(default_factory=list)

    def says(self, person: str, entry: Entry, named: Recorded | None = None) -> Recorded:
        seq = len(self.recorded)
        digest = sha256(b"payload %d" % seq).digest()
        one = Recorded(
            seq, MORNING + timedelta(minutes=seq), tag_of(type(entry)), f"request {seq}", person,
            key_of(person), "t1", digest, sha256(digest).digest(), entry, named,
        )  # fmt: skip
        self.recorded.append(one)
        return one

    def confirms(self, person: str, first: Recorded) -> Recorded:
        return self.says(person, ActConfirmed(first.payload, first.tag), first)


def pending(first: Recorded) -> Pending:
    found = pending_of(first)
    assert found is not None
    return found
