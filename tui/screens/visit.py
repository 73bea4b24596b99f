"""The steps before a dose: is it the right person, and is a dose safe now."""

from __future__ import annotations

from base64 import b64encode
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from hat_clinic.client.terminal import Done
from hat_clinic.vocabulary.errors import Rejected
from tui import typed, words
from tui.drawing import Body
from tui.screens.fields import field
from tui.screens.frame import BACK, GO_ON, line
from tui.screens.patient import PatientFrame

FIT = ("fit for a dose", "not fit")
READINGS = (
    ("breathing_rate", "BREATHING", "per minute"),
    ("oxygen_saturation", "OXYGEN", "percent"),
    ("breath_alcohol", "BREATH ALCOHOL", "micrograms per 100 mL of breath"),
)


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
