"""Lines of text on a screen."""

from __future__ import annotations

from textual.widgets import Static

from tui import shown


class Line(Static):
    """Text as it is: nothing in it is markup, whatever somebody is called.

    Why it wraps itself: Textual breaks lines at no-break spaces too, and a number must not lose its
    unit to the next line.
    """

    def __init__(self, text: str, classes: str = "", id: str | None = None, hang: int = 0) -> None:
        super().__init__(text, classes=classes, id=id, markup=False)
        self.told, self.hang, self.stands = text, hang, text

    def on_resize(self) -> None:
        """The same text in the new width."""
        self.tell(self.told)

    def tell(self, text: str) -> None:
        """This is what stands here."""
        self.told = shown.printing(text)
        wrapped = shown.wrapped(self.told, self.content_size.width, self.hang)
        if wrapped != self.stands:  # else Textual lays the whole screen out anew, for nothing
            self.stands = wrapped
            self.update(wrapped)


def line(text: str, classes: str = "", id: str | None = None, hang: int = 0) -> Line:
    """A line, or several. `hang` is how far in a line goes on that was too long."""
    return Line(text, classes, id, hang)
