"""Signing: the statement as its bytes say it, one PIN, F8."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input

from hat_clinic.client.identity import Identity
from hat_clinic.client.statements import ToSign
from hat_clinic.client.terminal import Done
from hat_clinic.wire.board import BoardRow
from tui import shown, words
from tui.screens.fields import field
from tui.screens.frame import BACK, SIGN
from tui.screens.lines import line
from tui.screens.patient import PatientFrame


class SignScreen(PatientFrame):
    """Every field of one statement, and nothing that does not stand in it."""

    BINDINGS: ClassVar[list[BindingType]] = [BACK, Binding(SIGN, "sign", "Sign")]
    locks = False

    def __init__(
        self, row: BoardRow, identity: Identity, to_sign: ToSign, heading: str, then: Callable[[Done], None]
    ) -> None:
        super().__init__(row, identity)
        self.to_sign, self.heading, self.then = to_sign, heading, then

    def step(self) -> ComposeResult:
        """PIN first, so that it is in sight however long the statement is."""
        yield line(words.SIGN_HOW, "how")
        yield from field("pin", "PIN", secret=True)
        judged, rest = shown.statement(self.to_sign.tag, self.to_sign.fields, self.known(), self.clinic.zone)
        yield line(words.STATEMENT, "gap")
        yield line("\n".join(judged), "strong", hang=shown.LABEL)
        yield line(words.ALSO_SAID, "gap")
        yield line("\n".join(rest), "faint", hang=shown.LABEL)

    def action_sign(self) -> None:
        """It is signed and on record, or why not is said."""
        if not self.fresh(SIGN):
            return
        pin = self.typed("pin")
        self.query_one("#pin", Input).value = ""
        self.ask(lambda: self.clinic.desk.sign(self.to_sign, pin), self.then)

    def leaving(self) -> None:
        """The statement is left unsigned."""
        self.clinic.desk.leave(self.to_sign)
