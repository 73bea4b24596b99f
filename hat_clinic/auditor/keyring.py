"""Whose key speaks at which entry, learnt from the log alone.

Entry 0 brings the founders' keys and the machine's; that entry 0 is the right one, only the
trust anchor can say. Entry 1 is the second founder's word on it. From there on a key begins
with the entry after the second person's confirmation and ends with its revocation, both by
their numbers in the log.

Left out here: who may grant and who may confirm, which `people` checks at the same entries.
"""

from __future__ import annotations

from datetime import UTC, datetime

from hat_clinic.domain.entries import BY_TAG, SIGNERS, Entry, Recorded, Signer, entry_of, tag_of
from hat_clinic.domain.entries.staff import KeyGranted, KeyRevoked
from hat_clinic.domain.entries.system import ActConfirmed, Founder, LedgerOpened
from hat_clinic.domain.staff import Key, changes, evolve_key
from hat_clinic.domain.staff.evolve import founder_key
from hat_clinic.ledger.dsse import Envelope
from hat_clinic.ledger.keys import PublicKey
from hat_clinic.ledger.statement import MACHINE, Statement, payload_hash
from hat_clinic.vocabulary.errors import BadProof, Rejected

OPENED, CONFIRMED = tag_of(LedgerOpened), tag_of(ActConfirmed)
GRANTED, REVOKED = tag_of(KeyGranted), tag_of(KeyRevoked)
# Nothing else is about keys, and most entries are about doses: those are not even read here.
_ABOUT_KEYS = frozenset({OPENED, CONFIRMED, GRANTED, REVOKED})
# Keys begin and end at numbers of entries: no fold of keys looks at a moment or an envelope's hash.
_NO_MOMENT = datetime(1, 1, 1, tzinfo=UTC)
_NO_HASH = b""


class StaffKeyring:
    """The keys of the people who work here, and the machine's: a `ledger.audit.Keyring`."""

    def __init__(self) -> None:
        self._keys: dict[str, Key] = {}
        self._publics: dict[str, PublicKey] = {}
        self._machine: PublicKey | None = None
        self._opened: tuple[bytes, str] = _NO_HASH, ""  # entry 0: its payload's hash, who signed it
        self._waiting: dict[bytes, Recorded] = {}

    def key_for(self, seq: int, tag: str, statement: Statement) -> PublicKey:
        """The key that must have signed this entry.

        Refuses: a kind of entry that a person signs from the machine, and the other way round.
        Raises: BadProof.
        """
        if tag not in BY_TAG:
            raise BadProof(f"{tag} is no kind of entry")
        by_hand = SIGNERS[BY_TAG[tag]].signer is Signer.PERSON
        if by_hand == (statement.key == MACHINE):
            raise BadProof(f"{tag} is signed by {'a person, not the machine' if by_hand else 'the machine'}")
        if (seq == 0) != (tag == OPENED):
            raise BadProof(f"a log is opened once, by its entry 0, and entry {seq} is {tag}")
        if seq == 0:
            return self._founding_key(statement)
        if seq == 1:
            self._require_second_founder(tag, statement)
        if statement.key == MACHINE:
            if self._machine is None:
                raise BadProof("no entry has named the machine key")
            return self._machine
        key = self._keys.get(statement.key)
        if key is None or key.person != statement.person:
            raise BadProof(f"{statement.person} has no key {statement.key} here")
        if not key.good_at(seq):
            raise BadProof(f"key {statement.key} does not speak for this entry, only {_span(key)}")
        return self._publics[key.key]

    def learn(self, seq: int, tag: str, statement: Statement, envelope: Envelope) -> None:
        """Keys granted or revoked by this entry are known from here on.

        Raises: BadProof, for a key that is none, goes by another's name or was granted before,
        and for a revocation of what nobody has.
        """
        if tag not in _ABOUT_KEYS:
            return
        entry, digest = _entry(tag, statement), payload_hash(envelope.payload)
        if isinstance(entry, LedgerOpened):
            self._open(entry, digest, statement.person)
            return
        named = self._waiting.pop(entry.names, None) if isinstance(entry, ActConfirmed) else None
        recorded = Recorded(
            seq, _NO_MOMENT, tag, statement.request, statement.person, statement.key, statement.terminal,
            digest, _NO_HASH, entry, named,
        )  # fmt: skip
        grant = named.entry if named is not None else entry
        if isinstance(grant, KeyGranted):
            self._require_new(grant)
            if named is None:
                self._waiting[digest] = recorded
        if isinstance(entry, KeyRevoked):
            self._require_revocable(entry)
        for key_id in changes(recorded).keys:
            key = evolve_key(self._keys.get(key_id), recorded)
            if key is not None:
                self._keys[key_id] = key

    def disputed(self) -> tuple[Key, ...]:
        """Revoked keys whose entries from `disputed_from` on are in dispute."""
        return tuple(each for each in self._keys.values() if each.disputed_from is not None)

    def _founding_key(self, statement: Statement) -> PublicKey:
        entry = _entry(OPENED, statement)
        assert isinstance(entry, LedgerOpened)
        for founder in entry.founders:
            if (founder.person, founder.key) == (statement.person, statement.key):
                return _public(founder)
        raise BadProof("entry 0 is not signed by one of the founders it names")

    def _open(self, entry: LedgerOpened, digest: bytes, signed_by: str) -> None:
        people, keys = {each.person for each in entry.founders}, {each.key for each in entry.founders}
        if not len(entry.founders) == len(people) == len(keys) == 2:
            raise BadProof("a log is opened by two people with a key each")
        self._machine = PublicKey(entry.machine_alg, entry.machine_public)
        self._publics = {each.key: _public(each) for each in entry.founders}
        self._keys = {each.key: founder_key(each) for each in entry.founders}
        self._opened = digest, signed_by

    def _require_second_founder(self, tag: str, statement: Statement) -> None:
        digest, first = self._opened
        if tag != CONFIRMED or statement.person == first:
            raise BadProof("entry 1 is the second founder's word on entry 0")
        entry = _entry(tag, statement)
        if not isinstance(entry, ActConfirmed) or (entry.names, entry.names_tag) != (digest, OPENED):
            raise BadProof("entry 1 confirms something else than entry 0")

    def _require_new(self, grant: KeyGranted) -> None:
        if grant.key in self._keys:
            raise BadProof(f"key {grant.key} was granted before")
        self._publics[grant.key] = _public(grant)

    def _require_revocable(self, entry: KeyRevoked) -> None:
        key = self._keys.get(entry.key)
        if key is None or key.person != entry.person or key.until is not None:
            raise BadProof(f"{entry.person} has no key {entry.key} that could be revoked")


def _entry(tag: str, statement: Statement) -> Entry:
    try:
        return entry_of(tag, statement.body)
    except Rejected as error:
        raise BadProof(f"it cannot be read: {error.field}: {error}") from None


def _public(of: Founder | KeyGranted) -> PublicKey:
    public = PublicKey(of.alg, of.public)
    if public.key_id != of.key:
        raise BadProof(f"{of.key} is not the name of the key it stands for")
    return public


def _span(key: Key) -> str:
    end = "" if key.until is None else f" to {key.until - 1}"
    return f"from entry {key.since} on{end}"
