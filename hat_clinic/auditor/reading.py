"""From an audited statement to the fact it states, as folds see it.

An entry of a class that is kept in clear is always there. One that is sealed may be missing,
and the folds of the auditor then go without it.
"""

from __future__ import annotations

from hat_clinic.domain.entries import BY_TAG, SIGNERS, Recorded, entry_of
from hat_clinic.domain.entries.system import ActConfirmed
from hat_clinic.ledger.audit import Audited
from hat_clinic.ledger.audit_source import Missing
from hat_clinic.vocabulary.errors import LedgerBroken, Rejected
from hat_clinic.vocabulary.moments import parse_moment
from hat_clinic.vocabulary.terms import EntryClass

SEALED_CLASSES = frozenset({EntryClass.PATIENT, EntryClass.CLINICAL})


class Reader:
    """Reads entry after entry; remembers first statements until a second person confirms them."""

    def __init__(self) -> None:
        self.waiting: dict[bytes, Recorded] = {}

    @property
    def unconfirmed(self) -> int:
        """How many first statements nobody has confirmed."""
        return len(self.waiting)

    def read(self, audited: Audited) -> Recorded | None:
        """The entry, with the statement it confirms; None if its envelope is withheld or erased.

        Raises: LedgerBroken, for an entry that could never have been written, and for one that
        is kept in clear and yet said to be missing.
        """
        leaf, statement = audited.leaf, audited.statement
        kind = BY_TAG.get(leaf.tag)
        if kind is None:
            raise LedgerBroken(f"{leaf.tag} is no kind of entry", seq=leaf.seq)
        row = SIGNERS[kind]
        if isinstance(statement, Missing):
            if row.entry_class not in SEALED_CLASSES:
                raise LedgerBroken(
                    f"a {leaf.tag} is kept in clear and cannot be {statement.value}", seq=leaf.seq
                )
            return None
        assert audited.payload_sha256 is not None  # the audit hashed what it could read
        try:
            entry = entry_of(leaf.tag, statement.body)
        except Rejected as error:
            raise LedgerBroken(f"it cannot be read: {error}", seq=leaf.seq) from error
        if statement.meaning != row.meaning:
            raise LedgerBroken(f"{leaf.tag} signed as {statement.meaning!r}", seq=leaf.seq)
        named = self._named(leaf.seq, entry) if isinstance(entry, ActConfirmed) else None
        recorded = Recorded(
            leaf.seq, parse_moment(leaf.at), leaf.tag, leaf.request, statement.person, statement.key,
            statement.terminal, audited.payload_sha256, leaf.rec, entry, named,
        )  # fmt: skip
        if row.second:
            self.waiting[recorded.payload] = recorded
        return recorded

    def _named(self, seq: int, entry: ActConfirmed) -> Recorded:
        first = self.waiting.pop(entry.names, None)
        if first is None or first.tag != entry.names_tag:
            raise LedgerBroken("it confirms a statement that does not wait for it", seq=seq)
        return first
