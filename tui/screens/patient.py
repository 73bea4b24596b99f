"""A step for one patient: the banner stands above everything and stays."""

from __future__ import annotations

from collections.abc import Mapping

from textual.app import ComposeResult

from hat_clinic.client.identity import Identity
from hat_clinic.wire.board import BoardRow, CourseView
from tui import shown, words
from tui.screens.frame import Frame
from tui.screens.lines import Line, line


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

    def course_of(self, product: str) -> CourseView | None:
        """The prescription by which this product is given; None where several differ in the route.

        Why not the first one: a patient may have two, and another product's name must not stand above
        a dose.
        """
        found = [each for each in self.row.courses if each.product.product == product]
        return found[0] if len({each.route for each in found}) == 1 else None

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
