"""From hand-over to the last milligram: handed over, given, accounted for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Static

from hat_clinic.client.identity import Identity
from hat_clinic.client.statements import ToSign
from hat_clinic.client.terminal import Done
from hat_clinic.vocabulary.errors import Rejected
from hat_clinic.vocabulary.moments import moment_text
from hat_clinic.vocabulary.quantities import mass_text
from hat_clinic.wire.board import BoardRow, DoseView, Entered
from tui import shown, typed, words
from tui.drawing import Body, mass_body, mass_of
from tui.screens.fields import field
from tui.screens.frame import BACK, GO_ON
from tui.screens.lines import line
from tui.screens.patient import PatientFrame
from tui.screens.sign import SignScreen


class DoseFrame(PatientFrame):
    """A step of a dose that was read by two."""

    def __init__(self, row: BoardRow, identity: Identity, dose: DoseView, *said: str) -> None:
        super().__init__(row, identity)
        self.dose, self._said = dose, said

    def on_mount(self) -> None:
        """What the step before came to."""
        self.say(*self._said)

    def entered(self) -> Entered:
        """What was entered.

        Raises: Rejected, where this person may not see it.
        """
        if self.dose.entered is None:
            raise Rejected("what was entered for this dose is not shown to you; its performer goes on")
        return self.dose.entered

    def dose_lines(self) -> Iterable[Static]:
        """What it is and who is accountable for it."""
        entered, course = self.dose.entered, self.course_of(self.dose.product)
        if entered is not None and course is not None:
            yield line(shown.medicine(course.product, mass_of(entered.mass), course.route), "strong")
        elif entered is not None:
            yield line(f"DOSE  {mass_text(mass_of(entered.mass))}", "strong")
        yield line(f"PREPARED BY  {self.dose.performer.name}")
        if self.dose.verifier is not None:
            yield line(f"SECOND SIGNER  {self.dose.verifier.name}")

    def known(self) -> dict[str, str]:
        """Names beside ids."""
        return {**super().known(), self.dose.performer.person: self.dose.performer.name}


class HandOverScreen(DoseFrame):
    """May the patient have it now? Every rule again, then yes or no."""

    heading = words.HAND_OVER
    BINDINGS: ClassVar[list[BindingType]] = [BACK, Binding(GO_ON, "go_on", "Hand over")]

    def step(self) -> ComposeResult:
        """The dose."""
        yield from self.dose_lines()
        yield line(words.HAND_OVER_HOW, "how")

    def action_go_on(self) -> None:
        """It is permitted and on record, or every reason against it is said."""
        if not self.fresh(GO_ON):
            return
        desk, body, expects = self.clinic.desk, Body(dose=self.dose.dose), Body(patient=self.row.patient)
        self.ask(lambda: desk.perform("hand-over-dose", body, expects), self._done)

    def _done(self, done: Done) -> None:
        self.clinic.step(GivenScreen(self.row, self.identity, self.dose, words.HANDED_OVER))


class GivenScreen(DoseFrame):
    """What is left in the syringe, and when it ended."""

    heading = words.GIVEN
    BINDINGS: ClassVar[list[BindingType]] = [BACK, Binding(GO_ON, "go_on", "Show the statement")]

    def step(self) -> ComposeResult:
        """The measurement starts empty; the time may be now."""
        yield from self.dose_lines()
        yield line(words.GIVEN_HOW, "how")
        yield from field("left", "LEFT IN SYRINGE", "mg")
        yield from field("ended", "ENDED", "24-hour; empty is now", hint="now")

    def action_go_on(self) -> None:
        """The statement of what was given is shown, to be signed."""
        if not self.fresh(GO_ON):
            return
        body = self.try_(self._body)
        if body is not None:
            desk, expects = self.clinic.desk, Body(patient=self.row.patient)
            self.ask(lambda: desk.draw("give-dose", body, expects), self._drawn)

    def _body(self) -> Body:
        mass = mass_of(self.entered().mass)
        left = typed.milligrams(self.typed("left"), mass.expression, "left in syringe")
        if left > mass:
            raise Rejected(f"the dose was {mass_text(mass)}: more cannot be left", "left in syringe")
        ended = typed.ended_at(self.typed("ended"), self.clinic.zone, self.clinic.now(), "ended")
        return {
            "dose": self.dose.dose,
            "given": mass_body(mass - left),
            "remainder": mass_body(left),
            "happened_at": moment_text(ended),
        }

    def _drawn(self, found: ToSign) -> None:
        self.clinic.step(SignScreen(self.row, self.identity, found, words.SIGN_GIVEN, self._signed))

    def _signed(self, done: Done) -> None:
        self.clinic.open_dose(self.row, self.identity, self.dose.dose)


class AccountScreen(DoseFrame):
    """Where the rest of a dose is: wasted, spilled, returned, or nobody knows."""

    heading = words.ACCOUNT
    BINDINGS: ClassVar[list[BindingType]] = [BACK, Binding(GO_ON, "go_on", "Show the statement")]

    def step(self) -> ComposeResult:
        """How much is open, and three fields."""
        yield from self.dose_lines()
        if self.dose.entered is not None:
            yield line(words.ACCOUNT_OPEN.format(mass=mass_text(mass_of(self.dose.entered.open))), "strong")
        yield line(words.ACCOUNT_HOW, "how")
        yield from field("where", "WHERE", words.numbered(words.WHEREABOUTS))
        yield from field("mass", "HOW MUCH", "mg")
        yield line(words.numbered(words.LOSSES), "gap")
        yield from field("reason", "WHY", "one digit")

    def action_go_on(self) -> None:
        """The statement of where it went is shown, to be signed."""
        if not self.fresh(GO_ON):
            return
        body = self.try_(self._body)
        if body is not None:
            desk, expects = self.clinic.desk, Body(patient=self.row.patient)
            self.ask(lambda: desk.draw("account-remainder", body, expects), self._drawn)

    def _body(self) -> Body:
        expression = mass_of(self.entered().mass).expression
        return {
            "dose": self.dose.dose,
            "whereabouts": typed.choice(self.typed("where"), words.WHEREABOUTS, "where"),
            "mass": mass_body(typed.milligrams(self.typed("mass"), expression, "how much")),
            "happened_at": moment_text(self.clinic.now()),
            "reason": typed.choice(self.typed("reason"), words.LOSSES, "why"),
        }

    def _drawn(self, found: ToSign) -> None:
        self.clinic.step(SignScreen(self.row, self.identity, found, words.SIGN_ACCOUNT, self._signed))

    def _signed(self, done: Done) -> None:
        self.clinic.open_dose(self.row, self.identity, self.dose.dose)
