"""The whole log, checked from its first entry to its newest head, trusting nobody.

For every entry, in the order of the log:

 1. it is stored under the number that follows the one before: none is missing;
 2. its leaf is canonical and complete;
 3. the leaf names this log, and the number under which it is stored;
 4. its moment is not before that of the entry ahead of it, except at an entry by
    which two people accepted the clock;
 5. entry 0 is the one the trust anchor names, if that is given;
 6. its envelope is there and has the hash that the leaf commits to, or is missing for
    a reason that is counted (steps 7 to 9 then say nothing about it);
 7. the type of the envelope is the tag of the leaf;
 8. the statement in it names this log, and the request of the leaf;
 9. the key which the keyring gives for this author at this entry signed it;
10. every tree node stored for it is the one that follows from the leaves;
11. a head stored at this size is signed by the head key alone, has the root of the leaves and
    names the size of the stored head before it: none was taken away, and none put between;
12. a head which somebody outside kept at this size has that root too.

After the last entry:

13. there is an entry, and the newest stored head covers all of them;
14. no tree node is left over;
15. no outside head is larger: else the log was cut, or an old copy put in its place.

Left out here, because it needs to know what entries mean (the `auditor` package does
it): whether the author may make such an entry, whether a second person made the
second statement, whether balances hold, and whether an erased envelope was erased by
an entry that says so. No proof can say whether people told the truth, nor anything
about entries newer than the newest head that somebody else holds.

Memory is constant: one entry, one frontier, one head. Nothing is read twice.
"""

from __future__ import annotations

from collections.abc import Collection, Generator, Sequence
from dataclasses import dataclass
from typing import cast

from hat_clinic.ledger.audit_source import Keyring, LedgerSource, Missing
from hat_clinic.ledger.checkpoint import Checkpoint, open_checkpoint
from hat_clinic.ledger.dsse import parse_envelope
from hat_clinic.ledger.leaf import Leaf, envelope_hash, parse_leaf
from hat_clinic.ledger.note import Vkey
from hat_clinic.ledger.policy import Policy
from hat_clinic.ledger.statement import Statement, parse_statement, payload_hash, tag_of
from hat_clinic.ledger.tree import Frontier, append, leaf_hash
from hat_clinic.vocabulary.errors import BadProof, LedgerBroken

CLOCK_TAGS = frozenset({"clock-agreed"})


@dataclass(frozen=True, slots=True)
class Audited:
    """One entry that passed every step; `statement` is a reason where there is no envelope."""

    leaf: Leaf
    statement: Statement | Missing
    payload_sha256: bytes | None

    @property
    def seq(self) -> int:
        """The number of the entry."""
        return self.leaf.seq


@dataclass(frozen=True, slots=True)
class AuditResult:
    """What was proven: all of it held."""

    size: int
    root: bytes
    erased: int
    withheld: int
    heads_checked: int
    outside_heads_checked: int


def audit(
    source: LedgerSource,
    keyring: Keyring,
    head_vkey: Vkey,
    outside: Sequence[Checkpoint],
    *,
    anchor: Policy | None = None,
    clock_tags: Collection[str] = CLOCK_TAGS,
) -> Generator[Audited, None, AuditResult]:
    """Every entry in order, each after its steps; then, as the value returned, the result.

    Nothing is proven before the generator has returned. `outside` are heads that somebody
    else kept, already opened with `head_vkey`.
    Raises: LedgerBroken, with the number of the first entry that does not hold; BadProof,
    if key, anchor or an outside head belong to another log.
    """
    for name in (head_vkey.name, *(head.origin for head in outside), *((anchor.origin,) if anchor else ())):
        if name != source.origin:
            raise BadProof(f"{name} is not {source.origin}")
    if anchor is not None and anchor.head != head_vkey:
        raise BadProof("the trust anchor names another head key")
    walk = _Walk(source, keyring, head_vkey, outside, anchor, clock_tags)
    for seq, data in source.leaves():
        yield walk.entry(seq, data)
    return walk.end()


def audit_all(entries: Generator[Audited, None, AuditResult]) -> AuditResult:
    """The result of an audit whose entries nobody needs to see."""
    while True:
        try:
            next(entries)
        except StopIteration as stop:
            return cast(AuditResult, stop.value)


class _Walk:
    """Where the audit stands: the tree so far, and what comes next in each stream."""

    def __init__(
        self,
        source: LedgerSource,
        keyring: Keyring,
        head_vkey: Vkey,
        outside: Sequence[Checkpoint],
        anchor: Policy | None,
        clock_tags: Collection[str],
    ) -> None:
        self._source, self._keyring, self._head_vkey = source, keyring, head_vkey
        self._anchor, self._clock_tags = anchor, clock_tags
        self._frontier = Frontier.empty()
        self._before: Leaf | None = None
        self._heads = source.heads()
        self._head = next(self._heads, None)
        self._nodes = source.nodes()
        self._outside = sorted(outside, key=lambda head: head.size)
        self._covered = self._agreed = 0  # size of the last stored head, of the last outside head
        self._heads_checked = self._outside_checked = 0
        self._missing = dict.fromkeys(Missing, 0)

    def entry(self, stored_as: int, data: bytes) -> Audited:
        """Steps 1 to 12 for the next entry."""
        seq = self._frontier.size
        if stored_as != seq:
            raise LedgerBroken(f"missing; the next one stored is {stored_as}", seq=seq)
        try:
            leaf = self._require_leaf(seq, data)
            audited = self._require_envelope(leaf)
            self._require_nodes(data)
            self._require_heads()
        except BadProof as error:
            raise LedgerBroken(str(error), seq=seq) from error
        self._require_outside_heads()
        self._before = leaf
        return audited

    def end(self) -> AuditResult:
        """Steps 13 to 15, and what was proven."""
        size = self._frontier.size
        if size == 0:
            raise LedgerBroken("the log has no entries", seq=0)
        if self._head is not None:
            raise LedgerBroken(f"missing, though a stored head speaks of {self._head[0]} entries", seq=size)
        if self._covered != size:
            raise LedgerBroken("not covered by any stored head", seq=self._covered)
        if self._nodes is not None and (node := next(self._nodes, None)) is not None:
            raise LedgerBroken(f"missing, though a tree node {node[0]}/{node[1]} is stored", seq=size)
        if self._outside:
            largest = self._outside[-1].size
            raise LedgerBroken(f"missing, though the log once signed a head of {largest} entries", seq=size)
        erased, withheld = self._missing[Missing.ERASED], self._missing[Missing.WITHHELD]
        checked = self._heads_checked, self._outside_checked
        return AuditResult(size, self._frontier.root, erased, withheld, *checked)

    def _require_leaf(self, seq: int, data: bytes) -> Leaf:
        """Steps 2 to 5."""
        leaf = parse_leaf(data)
        if leaf.origin != self._source.origin:
            raise BadProof(f"the leaf is of {leaf.origin}")
        if leaf.seq != seq:
            raise BadProof(f"the leaf calls itself entry {leaf.seq}")
        before = self._before
        if before is not None and leaf.at < before.at and leaf.tag not in self._clock_tags:
            raise BadProof(f"at {leaf.at}, after one at {before.at}, and nobody accepted the clock")
        if seq == 0 and self._anchor is not None:
            self._anchor.require_leaf0(data)
        return leaf

    def _require_envelope(self, leaf: Leaf) -> Audited:
        """Steps 6 to 9."""
        data = self._source.envelope(leaf.seq)
        if isinstance(data, Missing):
            self._missing[data] += 1
            return Audited(leaf, data, None)
        if envelope_hash(data) != leaf.rec:
            raise BadProof("the envelope is not the one the leaf commits to")
        envelope = parse_envelope(data)
        if tag_of(envelope.payload_type) != leaf.tag:
            raise BadProof(f"the leaf says {leaf.tag}, the envelope {envelope.payload_type}")
        statement = parse_statement(envelope.payload)
        if statement.origin != leaf.origin or statement.request != leaf.request:
            raise BadProof("the statement was made for another log or another request")
        envelope.require_signed(self._keyring.key_for(leaf.seq, leaf.tag, statement))
        self._keyring.learn(leaf.seq, leaf.tag, statement, envelope)
        return Audited(leaf, statement, payload_hash(envelope.payload))

    def _require_nodes(self, data: bytes) -> None:
        """Step 10; the tree then holds the entry."""
        nodes, self._frontier = append(self._frontier, leaf_hash(data))
        if self._nodes is None:
            return
        for node in nodes:
            stored = next(self._nodes, None)
            if stored is None or (stored[0], stored[1]) != (node.level, node.index):
                raise BadProof(f"tree node {node.level}/{node.index} is missing")
            if stored[2] != node.hash:
                raise BadProof(f"tree node {node.level}/{node.index} does not follow from the leaves")

    def _require_heads(self) -> None:
        """Step 11."""
        size = self._frontier.size
        if self._head is None or self._head[0] > size:
            return
        stored_as, note = self._head
        head = open_checkpoint(note, self._source.origin, self._head_vkey)
        if note.count("\n") != 6:  # four lines, an empty one and ours: a signature we never put there
            raise BadProof("the head stored for it carries signatures that were never put under it")
        if head.size != stored_as or stored_as != size:
            raise BadProof(f"the head stored for {stored_as} entries speaks of {head.size}")
        if head.root != self._frontier.root:
            words = f"from here to {size - 1} the entries are not those that were signed"
            raise LedgerBroken(words, seq=self._covered)
        self._require_follows(head.previous)
        self._covered, self._heads_checked = size, self._heads_checked + 1
        self._head = next(self._heads, None)

    def _require_follows(self, previous: int) -> None:
        """Step 11: the head stored last is the one that was signed last."""
        if previous > self._covered:
            raise LedgerBroken("the head that was signed over all up to it is missing", seq=previous - 1)
        if previous < self._covered:
            words = "the head stored over all up to it was not there when the next one was signed"
            raise LedgerBroken(words, seq=self._covered - 1)

    def _require_outside_heads(self) -> None:
        """Step 12. An outside head of size 0 says nothing and is counted with entry 0."""
        size = self._frontier.size
        while self._outside and self._outside[0].size <= size:
            head = self._outside.pop(0)
            if head.size == size and head.root != self._frontier.root:
                words = f"from here to {size - 1} the log is not the one whose head somebody kept"
                raise LedgerBroken(words, seq=self._agreed)
            self._agreed, self._outside_checked = head.size, self._outside_checked + 1
