"""The first two steps of a dose: may I prepare it, and what to draw."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from hat_clinic.client.identity import Identity
from hat_clinic.client.statements import ToSign
from hat_clinic.client.terminal import Done
from hat_clinic.vocabulary.errors import Rejected
from hat_clinic.vocabulary.moments import clock_text, date_text, parse_moment
from hat_clinic.vocabulary.quantities import mass_text, volume_text
from hat_clinic.vocabulary.terms import ContainerKind
from hat_clinic.wire.board import BoardRow, Containers, CourseView, DoseView
from hat_clinic.wire.forms import made_id
from tui import drawing, shown, typed, words
from tui.drawing import Body, mass_body, mass_of
from tui.screens.fields import field
from tui.screens.frame import BACK, GO_ON
from tui.screens.lines import line
from tui.screens.patient import PatientFrame
from tui.screens.sign import SignScreen


class PermitScreen(PatientFrame):
    """How much, out of what. The rules answer, and reserve it for a quarter of an hour."""

    heading = words.PERMIT
    # Never the dose, not for a moment: the first digits of a scan would stand there.
    AUTO_FOCUS = "#container"
    BINDINGS: ClassVar[list[BindingType]] = [BACK, Binding(GO_ON, "go_on", "May I prepare?")]

    def __init__(self, row: BoardRow, identity: Identity, course: CourseView) -> None:
        super().__init__(row, identity)
        self.chosen = course
        self.stock: Containers | None = None

    def step(self) -> ComposeResult:
        """The prescription, what speaks against it, the two fields, the containers."""
        now, zone, course = self.clinic.now(), self.clinic.zone, self.chosen
        for text in shown.course_lines(course, self.row, now, zone):
            yield line(text)
        yield line(f"TODAY  {shown.today(self.row)}")
        if course.stops:
            yield line(words.PERMIT_STOPS, "gap")
            yield line("\n".join(words.stop(each.rule, each.words) for each in course.stops))
        yield line(words.PERMIT_HOW, "how")
        largest = shown.permitted(course)
        # The prescribed dose is no measurement: it is filled in, and may be made smaller.
        value = "" if largest is None else mass_text(largest).removesuffix(" mg")
        yield from field("dose", words.DOSE_FIELD, "mg", value=value)
        several = words.SEVERAL if course.product.kind == ContainerKind.SINGLE_USE else ""
        yield from field("container", words.CONTAINER_FIELD, hint=several, several=True)
        yield line("", id="stock")

    def on_mount(self) -> None:
        """The containers are asked for."""
        product = self.chosen.product.product
        self.look(lambda: self.clinic.desk.containers(product), self._stocked)

    def _stocked(self, found: Containers) -> None:
        self.stock = found
        lines = []
        for each in found.containers:
            use_by = date_text(date.fromisoformat(each.use_by))
            said = "opened" if each.opened else "unopened"
            if each.usable_until is not None:
                said += f", until {clock_text(parse_moment(each.usable_until), self.clinic.zone)}"
            promised = "" if each.free else ", promised to another dose"
            lines.append(f"  …{each.container[-4:]}   lot {each.lot}   use by {use_by}   {said}{promised}")
        self.tell("stock", "\n".join([words.CONTAINERS, *lines] if lines else [words.NO_CONTAINERS]))

    def action_go_on(self) -> None:
        """The dose is permitted and what to draw is shown, or every reason against it."""
        if not self.fresh(GO_ON):
            return
        body = self.try_(self._body)
        if body is not None:
            asked = body
            self.ask(
                lambda: self.clinic.desk.perform("permit-dose", asked),
                lambda done: self._permitted(done, asked),
            )

    def _body(self) -> Body:
        course, stock = self.chosen, self.stock
        product = course.product if stock is None else stock.product
        expression = mass_of(product.content).expression
        mass = typed.milligrams(self.typed("dose"), expression, "dose")
        picked = drawing.pick(self.typed("container"), () if stock is None else stock.containers, "container")
        body: Body = {
            "patient": self.row.patient,
            "prescription": course.prescription,
            "product": product.product,
            "mass": mass_body(mass),
            "draws": [each.body for each in drawing.plan(product, picked, mass)],
        }
        visit = self.row.visit
        if visit is None:
            raise Rejected("this patient has no open visit; go back and let the patient arrive", "visit")
        return body | {"visit": visit.visit}

    def _permitted(self, done: Done, asked: Body) -> None:
        desk = self.clinic.desk
        # The id follows from the request, so no server chooses which dose this is.
        dose = made_id(desk.terminal.origin, done.answer.receipt.request, "dose")
        self.look(lambda: desk.permitted(dose, self.identity, asked), self._go)

    def _go(self, view: DoseView) -> None:
        self.clinic.step(DrawScreen(self.row, self.identity, view))


class DrawScreen(PatientFrame):
    """What to draw, out of which container. Drawn, the statement is asked for."""

    heading = words.DRAW
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Back, the permit stays"),
        Binding(GO_ON, "go_on", "I have drawn it"),
    ]

    def __init__(self, row: BoardRow, identity: Identity, dose: DoseView) -> None:
        super().__init__(row, identity)
        self.dose = dose

    def step(self) -> ComposeResult:
        """The permit, in large."""
        until = clock_text(parse_moment(self.dose.permitted_until), self.clinic.zone)
        yield line(words.DRAW_HOW.format(until=until), "how")
        entered, course = self.dose.entered, self.course_of(self.dose.product)
        if course is not None:
            mass = None if entered is None else mass_of(entered.mass)
            yield line(shown.medicine(course.product, mass, course.route), "strong")
        for draw in () if entered is None else map(drawing.draw_of, entered.draws):
            volume = "" if draw.volume is None else f"   VOLUME  {volume_text(draw.volume)}"
            ending = f"CONTAINER  …{draw.container[-4:]}   lot {draw.lot}"
            yield line(f"DRAW  {mass_text(draw.mass)}{volume}   {ending}", "strong")
        if entered is not None and entered.surplus.ug:
            surplus = mass_text(mass_of(entered.surplus))
            yield line(f"{words.FIELDS['surplus']}  {surplus}, when the second person has read the dose")

    def action_go_on(self) -> None:
        """The statement of what was drawn is shown, to be signed."""
        if not self.fresh(GO_ON):
            return
        expects, desk = self._expects(), self.clinic.desk
        self.ask(
            lambda: desk.draw("prepare-dose", {"dose": self.dose.dose}, expects, self.identity), self._drawn
        )

    def _expects(self) -> Body:
        """What this screen shows: the statement must say the same."""
        expects: Body = {"patient": self.row.patient, "product": self.dose.product}
        entered = self.dose.entered
        if entered is not None:
            expects |= {
                "mass": mass_body(mass_of(entered.mass)),
                "surplus": mass_body(mass_of(entered.surplus)),
                "draws": [drawing.draw_of(each).body for each in entered.draws],
            }
        return expects

    def _drawn(self, found: ToSign) -> None:
        self.clinic.step(SignScreen(self.row, self.identity, found, words.SIGN_PREPARED, self._signed))

    def _signed(self, done: Done) -> None:
        from tui.screens.second import VerifyScreen

        self.clinic.step(VerifyScreen(self.row, self.identity, self.dose.dose))
