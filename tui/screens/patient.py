"""A step for one patient: the banner stands above everything and stays."""

from __future__ import annotations

from collections.abc import Mapping

from textual.app import ComposeResult

from hat_clinic.client.identity import Identity
from hat_clinic.wire.board import BoardRow, CourseView
from tui import shown, words
from tui.screens.frame import Frame, Line, line


class PatientFrame(Frame):
    """A screen about one patient, whose identity this terminal opened."""

    def __init__(self, row: BoardRow, identity: Identity) -> None:
        super().__init__()
        self.row, self.identity = row, identity

    def above(self) -> ComposeResult:
        """The banner."""
        yield line(self.banner(), id="banner")

    def banner(self) -> str:
        """Who it is. Allergies are not kept by this program, and that is said."""
        test = f"{shown.GAP}{words.TEST_PATIENT}" if self.row.identity and self.row.identity.test_data else ""
        return f"{shown.banner(self.identity, self.clinic.today())}{test}\n{words.NO_ALLERGIES}"

    @property
    def course(self) -> CourseView | None:
        """The prescription this step is about."""
        return self.row.courses[0] if self.row.courses else None

    def known(self) -> Mapping[str, str]:
        """Names beside ids."""
        found = {self.row.patient: shown.name_of(self.identity)}
        for each in self.row.courses:
            found[each.product.product] = shown.medicine(each.product, None, each.route)
            found[each.prescriber.person] = each.prescriber.name
        return found

    def tell(self, name: str, text: str) -> None:
        """A line of this step says this now."""
        self.query_one(f"#{name}", Line).tell(text)
