"""The desk: one terminal and the people at work on it, without any screen.

Every call here waits for the server or for Argon2, so screens run them in a thread. What a screen
shows of a patient is opened here from the sealed entry, and that entry is proven to be in the log.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from hat_clinic.client.answers import NoAnswer
from hat_clinic.client.clocking import ClockIn
from hat_clinic.client.identity import Identity
from hat_clinic.client.naming import read_named
from hat_clinic.client.statements import Named, ToSign
from hat_clinic.client.terminal import Body, Done, Terminal
from hat_clinic.vocabulary.errors import BadProof, Clash, HatError, Rejected, Unauthenticated
from hat_clinic.vocabulary.strict_json import JsonValue
from hat_clinic.wire.board import (
    Board,
    BoardRow,
    Containers,
    DoseView,
    FoundPatients,
    IdentityView,
    WaitingView,
)
from tui import words
from tui.drawing import draw_of, mass_body, mass_of

T = TypeVar("T")
NHS_DIGITS = 10


@dataclass(frozen=True, slots=True)
class SeenRow:
    """A row of the board with the identity that this terminal opened; None where it was erased."""

    row: BoardRow
    identity: Identity | None


@dataclass(frozen=True, slots=True)
class SeenBoard:
    """The board as this terminal may show it."""

    board: Board
    rows: tuple[SeenRow, ...]


class Desk:
    """One terminal and who is clocked in on it. `current` is whose looking rights the screens use."""

    def __init__(self, terminal: Terminal) -> None:
        self.terminal = terminal
        self.people: dict[str, ClockIn] = {}
        self.current: ClockIn | None = None
        self._patients: dict[str, str] = {}
        """Whose each dose is, as this terminal first showed it."""

    @property
    def demo(self) -> bool:
        """Whether this log is a demonstration: only those have an origin under .invalid."""
        return self.terminal.origin.partition("/")[0].endswith(".invalid")

    # --- who is here ----------------------------------------------------------------------

    def clock_in(self, staff_code: str, passphrase: str, pin: str, again: str) -> tuple[ClockIn, list[str]]:
        """The person is clocked in here, and what they once sent without an answer is settled."""
        one = self.terminal.clock_in(staff_code, passphrase, pin, again)
        before = self.people.get(staff_code)
        if before is not None:
            before.seed.forget()
        self.people[staff_code] = one
        if self.current is None or self.current is before:
            self.current = one
        return one, self._resend(one)

    def person(self, staff_code: str) -> ClockIn:
        """Who has this staff code, clocked in here.

        Raises: Unauthenticated.
        """
        wanted = staff_code.strip().casefold()
        for code, one in self.people.items():
            if code.casefold() == wanted:
                return one
        raise Unauthenticated(words.NOT_CLOCKED_IN)

    def at_screen(self) -> ClockIn:
        """Whose screen this is.

        Raises: Unauthenticated.
        """
        if self.current is None:
            raise Unauthenticated("nobody is signed in here; clock in")
        return self.current

    def lock(self) -> None:
        """Nobody looks; keys stay."""
        for one in self.people.values():
            try:
                self.terminal.lock(one)
            except HatError:
                continue  # the token is forgotten here; over there it ends by itself

    def unlock(self, staff_code: str, pin: str) -> ClockIn:
        """That person looks at this screen now."""
        one = self.person(staff_code)
        _require_typed(pin)
        self.terminal.unlock(one, pin)
        self.current = one
        return one

    def clock_all_out(self) -> None:
        """No key is left here, and the server knows it, as far as it can be told."""
        for one in self.people.values():
            one.seed.forget()
            try:
                self.terminal.clock_out(one)
            except HatError:
                continue  # it ends by itself after the shift
        self.people.clear()
        self.current = None

    def ask_again(self) -> list[str]:
        """What became of everything that was sent from here without an answer, in words.

        Of another person too, if that one may look now; else it is said whose it is.
        """
        said = self._resend(self.at_screen())
        for one in self.people.values():
            if one is self.current or not self.terminal.outbox.waiting(one.person):
                continue
            try:
                said += self._resend(one)
            except Unauthenticated:
                said.append(words.ANOTHERS.format(name=one.name))
        return said

    # --- looking --------------------------------------------------------------------------

    def board(self) -> SeenBoard:
        """Who is here, every identity opened and proven to be in the log."""
        board = self.terminal.http.view(Board, "/board", self.at_screen().require_token())
        known = self.terminal.log.identity
        rows = tuple(
            SeenRow(each, None if each.identity is None else known(each.identity, each.patient))
            for each in board.rows
        )
        return SeenBoard(board, rows)

    def identity(self, patient: str, rec: str | None = None, by: ClockIn | None = None) -> Identity:
        """Who this patient is, proven to be in the log; with `rec`, exactly that identity.

        Raises: BadProof.
        """
        token = (by or self.at_screen()).require_token()
        view = self.terminal.http.view(IdentityView, f"/patients/{patient}/identity", token)
        found = self.terminal.log.identity(view, patient)
        if rec not in (None, view.rec):
            raise BadProof("the server sent another identity of this patient than the dose relies on")
        return found

    def find(self, text: str) -> tuple[Identity, ...]:
        """Who is enrolled under what was typed: a family name or a number, each opened and proven."""
        body: JsonValue = {"system": _system(text), "value": text}
        token = self.at_screen().require_token()
        found = self.terminal.http.find(FoundPatients, "/patients/find", token, body)
        return tuple(self.terminal.log.identity(each, each.patient) for each in found.patients)

    def containers(self, product: str) -> Containers:
        """What there is of a product."""
        token = self.at_screen().require_token()
        return self.terminal.http.view(Containers, f"/products/{product}/containers", token)

    def dose(self, dose: str, of: Identity, by: ClockIn | None = None) -> DoseView:
        """One dose of the patient on the screen, as its viewer may see it.

        Refuses: another dose; one that is another patient's, or was when this terminal first showed it;
        one that was prepared for another identity.
        Raises: BadProof.
        """
        token = (by or self.at_screen()).require_token()
        view = self.terminal.http.view(DoseView, f"/doses/{dose}", token)
        known = self._patients.get(dose, of.patient)
        if view.dose != dose or {view.patient, known} != {of.patient}:
            raise BadProof("the server shows a dose of another patient than the one on the screen")
        if view.identity not in (None, b64encode(of.rec).decode()):
            raise BadProof("this dose was prepared for another identity than the one on the screen")
        self._patients[dose] = of.patient
        return view

    def permitted(self, dose: str, of: Identity, asked: Body) -> DoseView:
        """The dose that was just permitted, which is the one that was asked for.

        Raises: BadProof.
        """
        view = self.dose(dose, of)
        entered = view.entered
        if entered is None or view.product != asked["product"]:
            raise BadProof("the server does not show what was permitted")
        draws = [draw_of(each).body for each in entered.draws]
        if (mass_body(mass_of(entered.mass)), draws) != (asked["mass"], asked["draws"]):
            raise BadProof("the server shows another mass or container than was permitted")
        return view

    def named(self, waiting: WaitingView, by: ClockIn) -> Named:
        """The statement that waits for a second person, opened from the log itself.

        Raises: BadProof, also for an entry that is not the one to be named.
        """
        return read_named(self.terminal.http, self.terminal.log, by.require_token(), waiting)

    # --- acts -----------------------------------------------------------------------------

    def perform(self, act: str, body: Body, expects: Body | None = None) -> Done:
        """The attributed act is accepted, by whose screen this is."""
        return self.terminal.perform(self.at_screen(), act, body, expects)

    def draw(
        self, act: str, body: Body, expects: Body | None = None, identity: Identity | None = None
    ) -> ToSign:
        """A statement to be shown and signed by whose screen this is."""
        return self.terminal.draw(self.at_screen(), act, body, expects, identity)

    def sign(self, shown: ToSign, pin: str) -> Done:
        """What was shown is signed and on record."""
        by = self.at_screen()
        return self.with_pin(by, pin, lambda: self.terminal.sign(by, shown, pin))

    def leave(self, shown: ToSign) -> None:
        """What was shown is left unsigned. Once signed and sent, it waits for its answer instead."""
        for one in self.terminal.outbox.waiting():
            if one.request == shown.asked.request and one.envelope is None:
                self.terminal.leave(shown)

    def sign_as(
        self, by: ClockIn, pin: str, act: str, body: Body, expects: Body, identity: Identity | None = None
    ) -> Done:
        """A second person's statement is drawn, held against what they typed, signed and on record.

        Why in two steps: what was signed once is sent again as it is, and never drawn anew.
        """
        shown = self.with_pin(by, pin, lambda: self.terminal.draw(by, act, body, expects, identity))
        try:
            return self.with_pin(by, pin, lambda: self.terminal.sign(by, shown, pin))
        except (Unauthenticated, Rejected, Clash):
            self.leave(shown)
            raise

    def with_pin(self, by: ClockIn, pin: str, work: Callable[[], T]) -> T:
        """What `work` gives; if only looking had ended meanwhile, the PIN opens it again first.

        Raises: Unauthenticated, for a wrong PIN; Rejected, before anything is asked, for none.
        """
        _require_typed(pin)
        before = by.seed.tries_left
        try:
            return work()
        except Unauthenticated:
            if by.seed.tries_left < before:
                raise
            self.terminal.unlock(by, pin)
            return work()

    def _resend(self, by: ClockIn) -> list[str]:
        said: list[str] = []
        try:
            done = self.terminal.resend(
                by, lambda one: said.append(words.NOT_DONE.format(act=one.act.replace("-", " ")))
            )
        except NoAnswer as error:
            return [*said, *words.of_error(error)]
        for one in done:
            act = one.proof.leaves[0].tag.replace("-", " ")
            accepted = words.ASKED_AGAIN.format(act=act)
            said.append(accepted if one.answer.accepted else words.WAS_REFUSED)
            said += [words.finding(each) for each in one.answer.findings]
        return said


def _require_typed(pin: str) -> None:
    if not pin:
        raise Rejected(words.NO_PIN, "pin")
    if not (pin.isascii() and pin.isdecimal()):
        raise Rejected(words.NOT_A_PIN, "pin")  # a scan that went astray costs no try


def _system(text: str) -> str:
    """Who gave the number that was typed: ten digits are an NHS number, other digits the clinic's own."""
    digits = text.replace(" ", "").replace("-", "")
    if len(digits) == NHS_DIGITS and digits.isdecimal():
        return "nhs-number"
    return "clinic" if any(each.isdecimal() for each in digits) else "family"
