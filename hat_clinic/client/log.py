"""The log as this terminal follows it: nothing is in it that does not stand under a head kept here.

A signature of the log's key is not enough. Whoever has that key can sign two logs, so each head that
proves something must continue the heads before it, or what it proves is not believed.
"""

from __future__ import annotations

from hat_clinic.client.heads import Heads
from hat_clinic.client.http import SiteHttp
from hat_clinic.client.identity import Identity, open_identity, require_enrolled
from hat_clinic.client.receipts import require_in_log
from hat_clinic.ledger.canonical import unb64
from hat_clinic.ledger.checkpoint import Checkpoint
from hat_clinic.ledger.leaf import Leaf
from hat_clinic.ledger.policy import Policy
from hat_clinic.ledger.tlog_proof import TlogProof
from hat_clinic.vocabulary.errors import BadProof
from hat_clinic.wire.board import IdentityView
from hat_clinic.wire.ledger import Proven


class FollowedLog:
    """One log, from the entry that the policy names to the newest head known here."""

    def __init__(self, http: SiteHttp, heads: Heads, policy: Policy) -> None:
        self._http, self._heads, self._policy = http, heads, policy
        self._enrolled: dict[str, Identity] = {}

    def keep(self, note: str) -> Checkpoint:
        """The head continues what is known here.

        The first time, entry 0 is checked to be the one the policy names.
        Raises: BadProof, loudly, if the log was changed; NoAnswer.
        """
        if self._heads.newest is None:
            proven = self._http.proof(0)
            self._policy.require_leaf0(unb64(proven.leaf))
            require_in_log(proven, self._heads.vkey)
            # Kept too: else a server could prove the beginning in one log and go on in another.
            self._heads.keep(_head_of(proven), self._http.consistency)
        return self._heads.keep(note, self._http.consistency)

    def look(self) -> None:
        """The newest head is at least as new as the newest known here, and is kept.

        Raises: BadProof, loudly, if the log was changed; BadProof, for an old head; NoAnswer.
        """
        before = self._heads.newest
        shown = self.keep(self._http.head().head)
        if before is not None and shown.size < before.size:
            raise BadProof(
                f"the server shows a head of {shown.size} entries as its newest; {before.size} are known here"
            )

    def leaf(self, seq: int) -> Leaf:
        """The leaf of entry `seq`.

        Raises: BadProof.
        """
        proven = self._http.proof(seq)
        leaf = self._require(proven)
        if leaf.seq != seq:
            raise BadProof(f"the server proved entry {leaf.seq}; entry {seq} was asked for")
        return leaf

    def identity(self, view: IdentityView, patient: str) -> Identity:
        """Who this patient is: what the entry in the log says, and the only one ever shown here.

        Why it is proven once: what is under a head that others continue stays under all of them.
        Raises: BadProof.
        """
        found = open_identity(unb64(view.envelope), unb64(view.rec, 32), patient, self._heads.vkey.name)
        known = self._enrolled.get(patient)
        if known is None:
            proven = self._http.proof(view.seq)
            require_enrolled(found, proven, self._heads.vkey)
            self._require(proven)
            self._enrolled[patient] = found
        elif known != found:
            raise BadProof("the server shows another identity of this patient than it did before")
        return found

    def _require(self, proven: Proven) -> Leaf:
        leaf, _ = require_in_log(proven, self._heads.vkey)
        self.keep(_head_of(proven))
        return leaf


def _head_of(proven: Proven) -> str:
    return TlogProof.parse(proven.proof).checkpoint_note
