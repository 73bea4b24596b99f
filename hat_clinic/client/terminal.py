"""One enrolled terminal at work: what the screens, the command line and integrators drive.

Every act goes one way, and each line of it is there for a crash between it and the next:

    1. the request and its body are on disk       outbox.py
    2. it is sent                                 http.py
    3. a statement is taken apart, shown, signed  statements.py; the envelope is on disk before it goes
    4. the receipt is proven, and what it is of   receipts.py, recorded.py
    5. the head is proven to continue the last    heads.py
    6. the request is settled                     outbox.py

An outcome is known when it is proven. Whatever fails before leaves the request waiting, and
`resend` goes on from there under the same id.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx2

from hat_clinic.client import clocking
from hat_clinic.client.answers import Answer, NoAnswer
from hat_clinic.client.attributed_acts import ATTRIBUTED_ACTS
from hat_clinic.client.clocking import ClockIn
from hat_clinic.client.enrolment import Enrolment
from hat_clinic.client.heads import Heads
from hat_clinic.client.http import SiteHttp
from hat_clinic.client.identity import Identity
from hat_clinic.client.log import FollowedLog
from hat_clinic.client.outbox import NOT_DECIDED, Outbox, Waiting
from hat_clinic.client.receipts import INSTEAD, Proof, require_receipt
from hat_clinic.client.recorded import (
    Opened,
    read_entry,
    require_attempt,
    require_attributed,
    require_kind,
    require_made,
    require_mismatch,
)
from hat_clinic.client.statements import Asked, ToSign, require_asked
from hat_clinic.ledger.canonical import unb64
from hat_clinic.ledger.leaf import Leaf
from hat_clinic.ledger.statement import MACHINE
from hat_clinic.vocabulary.errors import (
    BadProof,
    Clash,
    HatError,
    LedgerBroken,
    NotFound,
    NotPermitted,
    Rejected,
)
from hat_clinic.vocabulary.ids import IdSource
from hat_clinic.vocabulary.moments import Clock
from hat_clinic.vocabulary.strict_json import JsonValue

Body = Mapping[str, JsonValue]
_SAYS_NOTHING = (NoAnswer, LedgerBroken)
"""After these the request may have been decided; after any other first answer it was not."""
_NEVER_DECIDED = (Rejected, NotFound, NotPermitted, Clash, BadProof)
"""After these it never was and never will be, however often it is asked. The others - nobody is signed
in, wait, closed - say nothing of an earlier attempt."""


@dataclass(frozen=True, slots=True)
class Done:
    """An act whose outcome is proven. `answer` says accepted or refused, with every finding."""

    answer: Answer
    proof: Proof


class Terminal:
    """The client of one enrolled terminal; its files lie in `folder`. Safe from several threads.

    Raises: Rejected, BadProof, for files that are not what this terminal left; OSError.
    """

    def __init__(
        self,
        enrolment: Enrolment,
        folder: Path,
        clock: Clock,
        ids: IdSource,
        transport: httpx2.BaseTransport | None = None,
    ) -> None:
        self.enrolment, self.clock, self.ids = enrolment, clock, ids
        self.vkey = enrolment.policy.head
        self.origin = enrolment.policy.origin
        self.http = SiteHttp(
            enrolment.url, enrolment.site, enrolment.terminal, enrolment.secret, transport=transport
        )
        self.heads = Heads(folder / "heads", enrolment.terminal, self.vkey)
        self.log = FollowedLog(self.http, self.heads, enrolment.policy)
        try:
            self.outbox = Outbox(folder / "outbox" / f"{enrolment.terminal}.jsonl")
        except Exception:
            self.heads.close()
            raise

    def close(self) -> None:
        """Files and connections are closed."""
        self.outbox.close()
        self.heads.close()
        self.http.close()

    # --- who is at work here --------------------------------------------------------------

    def clock_in(self, staff_code: str, passphrase: str, pin: str, pin_again: str) -> ClockIn:
        """The person is clocked in here; see `clocking.clock_in`."""
        return clocking.clock_in(
            self.http, staff_code, passphrase, pin, pin_again, self.clock, self.ids.random
        )

    def lock(self, one: ClockIn) -> None:
        """The person cannot look; the key stays for the shift."""
        clocking.lock(self.http, one)

    def unlock(self, one: ClockIn, pin: str) -> None:
        """The person may look again; see `clocking.unlock`."""
        clocking.unlock(self.http, one, pin, self.enrolment.terminal, self.origin, self.clock)

    def clock_out(self, one: ClockIn) -> None:
        """The person's key is gone from here."""
        clocking.clock_out(self.http, one)

    # --- acts -----------------------------------------------------------------------------

    def perform(self, by: ClockIn, act: str, body: Body, expects: Body | None = None) -> Done:
        """The attributed act is accepted, and that is proven.

        `expects` are members that the entry must have besides those of `body`.
        Raises: Refused, NotPermitted (both proven too); what the server refuses unread; BadProof, for
        an entry of something else; NoAnswer, after which the request waits in the outbox.
        """
        self.heads.require_sound()
        token = by.require_token()
        if act not in ATTRIBUTED_ACTS:
            raise Rejected("nothing of this name is recorded for a person", "act")
        one = self.outbox.put(self.ids.uuid7(), by.person, act, dict(body), False, self.clock.now())
        try:
            answer = self.http.perform(token, act, one.request, one.body)
        except _SAYS_NOTHING:
            raise
        except HatError:
            self.outbox.settle(one.request, NOT_DECIDED)
            raise
        return self._accepted(by, one, answer, expects)

    def draw(
        self,
        by: ClockIn,
        act: str,
        body: Body,
        expects: Body | None = None,
        identity: Identity | None = None,
    ) -> ToSign:
        """A statement that is about what was asked, to be shown and then signed or left.

        Raises: Refused, NotPermitted (both proven); BadProof, for a statement about anything else.
        """
        self.heads.require_sound()
        token = by.require_token()
        one = self.outbox.put(self.ids.uuid7(), by.person, act, dict(body), True, self.clock.now())
        asked = Asked(
            self.origin, self.enrolment.terminal, by.person, by.key, one.request, act, one.body,
            expects or {}, identity,
        )  # fmt: skip
        try:
            drawn = self.http.statement(token, act, one.request, one.body)
        except _SAYS_NOTHING:
            raise
        except HatError:
            self.outbox.settle(one.request, NOT_DECIDED)
            raise
        if isinstance(drawn, Answer):
            self._settled(by, one, drawn)
            raise drawn.refusal()
        try:
            return require_asked(drawn, asked, self.clock.now())
        except BadProof:
            self.outbox.settle(one.request, NOT_DECIDED)
            raise

    def sign(self, by: ClockIn, shown: ToSign, pin: str) -> Done:
        """What was shown is signed, on record, and proven to be.

        Raises: Unauthenticated, for a wrong PIN: the statement may be signed again; BadProof;
        Refused, NotPermitted (both proven); NoAnswer, after which the envelope waits in the outbox.
        """
        self.heads.require_sound()
        token = by.require_token()
        envelope = shown.sign(by.seed, pin, self.clock.now())
        one = self.outbox.signed(shown.asked.request, shown.statement_id, envelope)
        try:
            answer = self.http.sign(token, shown.statement_id, envelope)
        except _NEVER_DECIDED:
            self.outbox.settle(one.request, NOT_DECIDED)
            raise
        return self._accepted(by, one, answer)

    def leave(self, shown: ToSign) -> None:
        """What was shown is not signed. The server forgets it after two minutes."""
        self.outbox.settle(shown.asked.request, NOT_DECIDED)

    def resend(self, by: ClockIn, undone: Callable[[Waiting], None] = lambda one: None) -> tuple[Done, ...]:
        """Every request of this person that waited has a proven outcome, or `undone` was told of it.

        A statement that nobody signed is left and not told of: drawing it did nothing, and the same act
        may have been signed since. What was refused unread is done with, and what was asked for more
        than two minutes ago and never arrived is not done now.
        Raises: NoAnswer and what else leaves the rest waiting; BadProof.
        """
        done = []
        for one in self.outbox.waiting(by.person):
            try:
                answer = self._ask_again(by, one)
            except _NEVER_DECIDED:
                answer = None
            if answer is None:
                self.outbox.settle(one.request, NOT_DECIDED)
                if not one.is_draft:
                    undone(one)
            else:
                done.append(self._settled(by, one, answer))
        return tuple(done)

    # --- the log --------------------------------------------------------------------------

    def look_at_log(self) -> None:
        """The newest head continues the newest known here, and is kept; see `FollowedLog.look`."""
        self.log.look()

    # --- outcomes -------------------------------------------------------------------------

    def _ask_again(self, by: ClockIn, one: Waiting) -> Answer | None:
        """What became of it; None if nothing did and nothing can."""
        token = by.require_token()
        try:
            return self.http.outcome(token, one.request)
        except NotFound:
            if one.envelope is not None and one.statement is not None:
                return self.http.sign(token, one.statement, one.envelope)
            if one.by_hand or not one.is_meant(self.clock.now()):
                return None
            return self.http.perform(token, one.act, one.request, one.body)

    def _accepted(self, by: ClockIn, one: Waiting, answer: Answer, expects: Body | None = None) -> Done:
        done = self._settled(by, one, answer, expects)
        if not answer.accepted:
            raise answer.refusal()
        return done

    def _settled(self, by: ClockIn, one: Waiting, answer: Answer, expects: Body | None = None) -> Done:
        receipt = answer.receipt
        leaves = [unb64(line.leaf) for line in receipt.entries]
        asked = self._asked(one, expects)

        def attempt(leaf: Leaf) -> None:
            require_attempt(self._opened(by, leaf), asked)

        proof = require_receipt(receipt, leaves, self.vkey, one.request, one.envelope, attempt)
        require_made(receipt.made, asked)
        if answer.accepted:
            self._require_done(by, one, asked, proof.leaves[0])
        self.log.keep(receipt.head)
        self.outbox.settle(one.request, receipt.outcome)
        return Done(answer, proof)

    def _require_done(self, by: ClockIn, one: Waiting, asked: Asked, first: Leaf) -> None:
        """What is on record is what was asked for; what was signed, its receipt has compared."""
        if not one.by_hand:
            if require_kind(first, one.act):
                require_attributed(self._opened(by, first), asked)
        elif one.envelope is None:
            raise BadProof("the server says that it was done; nobody has signed it here")
        elif first.tag in INSTEAD.values():
            require_mismatch(self._opened(by, first), one.envelope)

    def _opened(self, by: ClockIn, leaf: Leaf) -> Opened:
        """The entry, or no answer: what was decided is not undone because it cannot be read."""
        try:
            return read_entry(self.http, by.require_token(), leaf)
        except BadProof:
            raise
        except HatError as error:
            raise NoAnswer(f"what was recorded could not be read: {error}") from error

    def _asked(self, one: Waiting, expects: Body | None) -> Asked:
        return Asked(
            self.origin, self.enrolment.terminal, one.person, MACHINE, one.request, one.act, one.body,
            expects or {},
        )  # fmt: skip
