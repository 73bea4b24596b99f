"""The steps before a dose: is it the right person, and is a dose safe now."""

from __future__ import annotations

from base64 import b64encode
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input

from hat_clinic.client.identity import Identity
from hat_clinic.client.terminal import Done
from hat_clinic.vocabulary.errors import Rejected
from hat_clinic.vocabulary.moments import moment_text
from tui import shown, typed, words
from tui.drawing import Body
from tui.screens.fields import field
from tui.screens.frame import BACK, GO_ON, Frame
from tui.screens.lines import Line, line
from tui.screens.patient import PatientFrame

FIT = ("fit for a dose", "not fit")
READINGS = (
    ("breathing_rate", "BREATHING", "per minute"),
    ("oxygen_saturation", "OXYGEN", "percent"),
    ("breath_alcohol", "BREATH ALCOHOL", "micrograms per 100 mL of breath"),
)


class ArriveScreen(Frame):
    """Whoever stands at the door is found, and a visit of theirs is opened."""

    asks_on_enter = True
    heading = words.ARRIVE
    BINDINGS: ClassVar[list[BindingType]] = [
        BACK,
        Binding(GO_ON, "go_on", "Has arrived"),
        Binding("up", "choose(-1)", "Row", show=False),
        Binding("down", "choose(1)", "Row", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.found: tuple[Identity, ...] = ()
        self.asked_for = ""
        self.at: int | None = None
        """Who is chosen. Of several nobody is, until somebody looks and chooses."""

    def step(self) -> ComposeResult:
        """One field, and who was found."""
        yield line(words.ARRIVE_HOW, "how")
        yield from field("who", "WHO")
        yield line("", "strong", "found")

    def on_input_changed(self, event: Input.Changed) -> None:
        """Nobody is chosen under another name than the one that stands there."""
        if self.found and self.typed("who").strip() != self.asked_for:
            self._show((), "")

    def enter_typed(self, field: Input) -> None:
        """Those enrolled under what was typed are shown."""
        text = field.value.strip()
        if text:
            self.look(lambda: self.clinic.desk.find(text), lambda found: self._show(found, text))

    def _show(self, found: tuple[Identity, ...], text: str) -> None:
        self.found, self.at, self.asked_for = found, 0 if len(found) == 1 else None, text
        self._tell_found()
        if text and not found:
            self.say(*(each.format(text=text) for each in words.NOT_ENROLLED))
        elif len(found) > 1:
            self.say(words.CHOOSE_ONE.format(count=len(found)))

    def action_choose(self, by: int) -> None:
        """Another of those found is chosen; the first or the last, where nobody was."""
        last = len(self.found) - 1
        if last >= 0:
            before = self.at if self.at is not None else (-1 if by > 0 else last + 1)
            self.at = min(max(before + by, 0), last)
            self._tell_found()

    def _tell_found(self) -> None:
        today = self.clinic.today()
        lines = (
            f"{'▌' if place == self.at else ' '} {shown.banner(each, today)}"
            for place, each in enumerate(self.found)
        )
        self.query_one("#found", Line).tell("\n".join(lines))

    def action_go_on(self) -> None:
        """The chosen one has arrived."""
        if not self.fresh(GO_ON):
            return
        if self.at is None or self.typed("who").strip() != self.asked_for:
            self.say(words.NOBODY_CHOSEN)
            return
        one = self.found[self.at]
        said = words.ARRIVED.format(name=shown.name_of(one))
        body: Body = {"patient": one.patient}
        self.ask(
            lambda: self.clinic.desk.perform("arrive-for-visit", body),
            lambda _: self.clinic.to_board(said, patient=one.patient),
        )


class LeaveScreen(PatientFrame):
    """The visit ends now."""

    heading = words.LEAVE
    BINDINGS: ClassVar[list[BindingType]] = [BACK, Binding(GO_ON, "go_on", "Leaves now")]

    def step(self) -> ComposeResult:
        """What stands open is said first."""
        yield line(words.LEAVE_HOW.format(name=shown.name_of(self.identity)), "how")
        zone, now = self.clinic.zone, self.clinic.now()
        mark, state = shown.state(self.row, now, zone)
        yield line(f"NOW   {mark} {state}")
        yield line(shown.last_line(self.row, now, zone))

    def action_go_on(self) -> None:
        """That the patient left is on record."""
        if not self.fresh(GO_ON) or self.row.visit is None:
            return
        now = moment_text(self.clinic.now())
        body: Body = {"visit": self.row.visit.visit, "patient": self.row.patient, "happened_at": now}
        said = words.LEFT.format(name=shown.name_of(self.identity))
        self.ask(lambda: self.clinic.desk.perform("leave-visit", body), lambda _: self.clinic.to_board(said))


class VisitFrame(PatientFrame):
    """A step of an open visit."""

    @property
    def about(self) -> Body:
        """Which visit, of whom.

        Raises: Rejected, where none is open.
        """
        if self.row.visit is None:
            raise Rejected("this patient has no open visit; let the patient arrive first", "visit")
        return {"visit": self.row.visit.visit, "patient": self.row.patient}


class IdentifyScreen(VisitFrame):
    """Two kinds of identifier that the person present shows."""

    heading = words.IDENTIFY
    BINDINGS: ClassVar[list[BindingType]] = [BACK, Binding(GO_ON, "go_on", "This is the person")]

    def step(self) -> ComposeResult:
        """The kinds, by their digits."""
        yield line(words.IDENTIFY_HOW, "how")
        yield line(words.numbered(words.IDENTIFIER_WORDS), "strong")
        yield from field("by", "CHECKED BY", "two digits")

    def action_go_on(self) -> None:
        """The check is on record."""
        if not self.fresh(GO_ON):
            return
        body = self.try_(self._body)
        if body is not None:
            self.ask(lambda: self.clinic.desk.perform("check-identity", body), self._done)

    def _body(self) -> Body:
        by = typed.choices(self.typed("by"), words.IDENTIFIERS, "checked by")
        return {**self.about, "identity": b64encode(self.identity.rec).decode(), "by": list(by)}

    def _done(self, done: Done) -> None:
        self.clinic.go_on(self.row.patient)


class AssessScreen(VisitFrame):
    """What was measured, and what follows from it."""

    heading = words.ASSESS
    BINDINGS: ClassVar[list[BindingType]] = [BACK, Binding(GO_ON, "go_on", "Record")]

    def step(self) -> ComposeResult:
        """Every field starts empty."""
        yield line(words.ASSESS_HOW, "how")
        yield from field("consciousness", "CONSCIOUSNESS", words.numbered(words.CONSCIOUSNESS))
        for name, label, unit in READINGS:
            yield from field(name, label, unit)
        yield from field("note", "NOTE")
        yield from field("fit", "CONCLUSION", words.numbered(FIT))

    def action_go_on(self) -> None:
        """The assessment is on record."""
        if not self.fresh(GO_ON):
            return
        body = self.try_(self._body)
        if body is not None:
            self.ask(lambda: self.clinic.desk.perform("assess-patient", body), self._done)

    def _body(self) -> Body:
        consciousness = typed.choice(self.typed("consciousness"), words.CONSCIOUSNESS, "consciousness")
        fit = typed.choice(self.typed("fit"), FIT, "conclusion") == FIT[0]
        body: Body = {**self.about, "consciousness": consciousness, "fit": fit}
        for name, label, _ in READINGS:
            read = typed.reading(self.typed(name), label.lower())
            if read is not None:
                body[name] = read
        note = self.typed("note").strip()
        return body | {"note": note} if note else body

    def _done(self, done: Done) -> None:
        self.clinic.go_on(self.row.patient)
