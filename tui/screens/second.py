"""The second person: a reading made blind, and what they saw given.

`VerifyScreen` is a screen of its own and hides all before it. It is made from the patient's
identity and the dose's id alone, and reads the dose as the second person is allowed to see it.
"""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input

from hat_clinic.client.clocking import ClockIn
from hat_clinic.client.identity import Identity
from hat_clinic.client.statements import Named
from hat_clinic.client.terminal import Done
from hat_clinic.vocabulary.errors import Rejected
from hat_clinic.vocabulary.quantities import Expression
from hat_clinic.wire.board import BoardRow, DoseView, WaitingView
from tui import shown, typed, words
from tui.drawing import Body, mass_body
from tui.screens.fields import field
from tui.screens.frame import SIGN, Frame, Several
from tui.screens.lines import Line, line
from tui.screens.patient import PatientFrame

READ = "f5"
PIN_DIGITS = 6
VERIFIED = "dose-verified"


class VerifyScreen(Frame):
    """Who it is for, and what the second person reads. Nothing that was entered is here."""

    heading = words.SECOND
    locks = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Hand back unsigned"),
        Binding(SIGN, "sign", "Sign"),
    ]

    def __init__(self, row: BoardRow, identity: Identity, dose: str) -> None:
        super().__init__()
        self.row, self.identity, self.dose = row, identity, dose

    def step(self) -> ComposeResult:
        """Identity, and four fields that all start empty."""
        clinic = self.clinic
        performer = next((each.performer.name for each in self.row.doses if each.dose == self.dose), "")
        name = performer or clinic.desk.at_screen().name
        yield line(words.SECOND_ASKS.format(name=name))
        yield line(shown.banner(self.identity, clinic.today()), "patient")
        for each in words.SECOND_HOW:
            yield line(each, "how")
        yield from field("staff_code", "STAFF CODE")
        yield from field("reading", "DOSE YOU READ", "mg")
        yield from field("endings", "CONTAINERS END IN", hint=words.EVERY_CONTAINER, several=True)
        yield line("", "faint", "so_far")
        yield from field("pin", "PIN", secret=True)
        for each in (words.SECOND_ONCE, words.SECOND_NOT):
            yield line(each, "faint")

    def on_input_changed(self, event: Input.Changed) -> None:
        """What was typed of the containers is shown as it will be signed.

        Why: a forgotten space makes one container of two, and there is one try.
        """
        if event.input.id == "endings":
            goes_on = isinstance(event.input, Several) and event.input.goes_on
            self.query_one("#so_far", Line).tell(shown.so_far(typed.apart(event.value), goes_on))

    def action_sign(self) -> None:
        """The reading is signed; the server compares."""
        if not self.fresh(SIGN):
            return
        pin = self.typed("pin")
        self.query_one("#pin", Input).value = ""
        by = self.try_(lambda: self.clinic.desk.person(self.typed("staff_code")))
        if by is not None and not self._pin_among(pin):
            code, reading, endings = by, self.typed("reading"), self.typed("endings")
            self.ask(
                lambda: self._verify(code, pin, reading, endings), lambda done: self._compared(done, code)
            )

    def _pin_among(self, pin: str) -> bool:
        """Whether the PIN was typed among the containers; then it is taken out again, and that is said.

        Why: after a scan people type on, there is one try, and what is read stays on record.
        """
        endings = self.query_one("#endings", Input)
        *before, last = typed.apart(endings.value) or ("",)
        among = not pin and bool(before) and len(last) >= PIN_DIGITS and last.isdecimal()
        if among:
            endings.value = " ".join([*before, ""])
            self.say(*words.PIN_AMONG)
        return among

    def _verify(self, by: ClockIn, pin: str, reading: str, endings: str) -> Done:
        """In a thread: the dose as this person may see it, and their own reading, signed."""
        desk = self.clinic.desk
        view = desk.with_pin(by, pin, lambda: desk.dose(self.dose, self.identity, by))
        if view.prepared is None or view.identity is None:
            raise Rejected("this dose does not wait for a second reading; open it again from the board")
        identity = desk.identity(view.patient, view.identity, by)
        first, *others = typed.endings(endings, "containers end in")
        body: Body = {
            "dose": self.dose,
            "prepared": view.prepared,
            "identity": view.identity,
            "reading": mass_body(typed.milligrams(reading, Expression(view.of), "dose you read")),
            "container_ending": first,
        }
        if others:
            body["other_container_endings"] = list(others)
        return desk.sign_as(by, pin, "verify-dose", body, {"patient": view.patient}, identity)

    def _compared(self, done: Done, by: ClockIn) -> None:
        if done.proof.leaves[0].tag == VERIFIED:
            self.clinic.open_dose(self.row, self.identity, self.dose, words.MATCHES.format(name=by.name))
        else:
            self.clinic.to_board(*words.NO_MATCH)


class WitnessScreen(PatientFrame):
    """Somebody else's statement, opened from the log; the second person confirms what they read."""

    heading = words.WITNESS
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Hand back unsigned"),
        Binding(READ, "read_again", "Read again"),
        Binding(SIGN, "sign", "Sign"),
    ]

    def __init__(self, row: BoardRow, identity: Identity, dose: DoseView, waiting: WaitingView) -> None:
        super().__init__(row, identity)
        # Until the statement is here nothing on this screen takes a PIN.
        self.locks = True
        self.dose, self.waiting = dose, waiting
        self.read: Named | None = None

    def step(self) -> ComposeResult:
        """Two fields, then the statement."""
        yield line(words.WITNESS_HOW.format(name=self._first()), "how")
        yield from field("staff_code", "STAFF CODE")
        yield from field("pin", "PIN", secret=True)
        yield line("", "strong", "judged", shown.LABEL)
        yield line("", "faint", "rest", shown.LABEL)

    def _first(self) -> str:
        performer = self.dose.performer
        return performer.name if performer.person == self.waiting.person else "the first person"

    def on_mount(self) -> None:
        """The statement is asked for."""
        self._fetch()

    def _fetch(self) -> None:
        """The statement is fetched by the hash that will be named."""
        desk = self.clinic.desk
        self.look(lambda: desk.named(self.waiting, desk.at_screen()), self._opened)

    def _opened(self, found: Named) -> None:
        about = (found.said.body.get("patient"), found.said.body.get("dose"))
        if about != (self.row.patient, self.dose.dose):
            self.say(*words.CHANGED)
            return
        self.read, self.locks = found, False
        judged, rest = shown.statement(found.tag, found.fields, self.known(), self.clinic.zone)
        self.tell("judged", "\n".join([words.NAMED, *judged]))
        self.tell("rest", "\n".join([words.ALSO_SAID, *rest]))

    def action_read_again(self) -> None:
        """The statement is asked for again."""
        if self.fresh(READ):
            self._fetch()

    def action_sign(self) -> None:
        """The second person's statement is on record; one that was not read yet is asked for first."""
        if not self.fresh(SIGN):
            return
        pin = self.typed("pin")
        self.query_one("#pin", Input).value = ""
        if self.read is None:
            self._fetch()
            return
        by = self.try_(lambda: self.clinic.desk.person(self.typed("staff_code")))
        if by is not None:
            second = by
            self.ask(lambda: self._confirm(second, pin), lambda _: self.clinic.to_board(words.CLOSED))

    def _confirm(self, by: ClockIn, pin: str) -> Done:
        desk = self.clinic.desk
        if self.waiting.tag == "dose-given":
            body: Body = {"dose": self.dose.dose, "names": self.waiting.names}
            return desk.sign_as(by, pin, "verify-given", body, {"patient": self.row.patient})
        named: Body = {"names": self.waiting.names, "names_tag": self.waiting.tag}
        return desk.sign_as(by, pin, "confirm-act", named, {})
