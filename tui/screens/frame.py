"""What every screen has: a headline, what was said, the keys; and one way of asking the server.

F6 goes on and F8 signs; no other key, and no letter, changes anything. A key that is held down
counts once. While the server is asked nothing else is, and Esc waits, so that nobody leaves
without having seen what came of it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar, TypeVar, cast

from textual import events
from textual.actions import SkipAction
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Input

from hat_clinic.vocabulary.errors import HatError, Unauthenticated
from tui import shown, words
from tui.screens.keys_line import KeysLine
from tui.screens.lines import Line, line
from tui.typed import ENDING, apart

if TYPE_CHECKING:
    from tui.app import ClinicApp

T = TypeVar("T")
log = logging.getLogger(__name__)
BACK = Binding("escape", "back", "Back")
GO_ON, SIGN = "f6", "f8"


class Several(Input):
    """A field that holds several containers. A scanner ends each with Enter, people put a space."""

    @property
    def goes_on(self) -> bool:
        """Whether the last one was scanned and not ended: it is longer than what people type."""
        last = apart(self.value)[-1:]
        return self.value[-1:] not in ("", " ", ",") and any(len(each) > ENDING for each in last)

    def end_one(self) -> None:
        """What stands here is ended, and the next may come."""
        self.value += " "
        self.cursor_position = len(self.value)


class Frame(Screen[None]):
    """A screen of this terminal."""

    BINDINGS: ClassVar[list[BindingType]] = [
        BACK,
        # At once, before the next key: else a PIN typed fast stands in clear in the field before it.
        Binding("tab", "app.focus_next", priority=True, show=False),
        Binding("shift+tab", "app.focus_previous", priority=True, show=False),
        Binding("enter", "next_field", priority=True, show=False),
        Binding("pageup", "turn(-1)", "Up", show=False),
        Binding("pagedown", "turn(1)", "Down", show=False),
    ]
    heading = ""
    busy = False
    unanswered: tuple[str, ...] = words.MAYBE_DONE
    typed_in: Widget | None = None
    """The field that had the focus last: what is hidden loses it."""
    asks_on_enter = False
    """Whether Enter asks for what was typed, instead of going on to the next field."""
    locks = True
    """Whether it takes no PIN itself, so that a sign-in that has ended leads to the locked screen."""

    @property
    def clinic(self) -> ClinicApp:
        """The app, by its own type."""
        return cast("ClinicApp", self.app)

    def compose(self) -> ComposeResult:
        """Headline, the step, what was said, the keys."""
        yield line("", id="headline")
        yield line(words.SMALL, id="small")
        yield from self.above()
        with VerticalScroll(id="step", can_focus=False):
            yield from self.step()
        yield line("", id="said")
        yield KeysLine(show_command_palette=False, compact=True)

    def above(self) -> ComposeResult:
        """What stands between the headline and the step, and stays when the step scrolls."""
        return ()

    def step(self) -> ComposeResult:
        """What this step needs."""
        return ()

    def on_mount(self) -> None:
        """The clock in the headline goes on."""
        self.tell_headline()
        self.set_interval(1, self.tell_headline)

    def tell_headline(self) -> None:
        """Where, what, who and when."""
        clinic = self.clinic
        by = "" if clinic.desk.current is None else clinic.desk.current.name
        when = shown.headline(clinic.now(), clinic.zone) if clinic.zone else ""
        demo = f"{words.DEMO}  " if clinic.desk.demo else ""
        left, right = f"{demo}{clinic.place}  {self.heading}", f"{by}   {when}"
        room = max(self.app.size.width - len(right) - 2, 0)
        cut = left if len(left) <= room else f"{demo}{self.heading}"
        self.query_one("#headline", Line).tell(f"{cut:<{room}}  {right}")

    # --- the window -----------------------------------------------------------------------

    @property
    def too_small(self) -> bool:
        """Whether the window hides the step: nobody acts on what nobody sees."""
        return self.has_class("-small") or self.has_class("-short")

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Where the typing goes is remembered."""
        self.typed_in = event.widget

    def on_resize(self, event: events.Resize) -> None:
        """Shown again, the step takes the typing up where it was."""
        if not self.too_small:
            self.call_after_refresh(self._type_again)

    def _type_again(self) -> None:
        if self.focused is not None or self.too_small:
            return
        if self.typed_in is None:
            self.focus_next(self.AUTO_FOCUS or "*")
        else:
            # As when the whole program gets the focus back: what stands there is not selected.
            self.set_focus(self.typed_in, from_app_focus=True)

    # --- saying ---------------------------------------------------------------------------

    def say(self, *lines: str) -> None:
        """These lines, and no others, stand above the keys."""
        said = self.query_one("#said", Line)
        said.tell("\n".join(lines))
        said.set_class(bool(lines), "-some")
        said.set_class(any(each.startswith("■") for each in lines), "-stops")
        self.call_after_refresh(self._keep_in_sight)

    def _keep_in_sight(self) -> None:
        """Where the typing goes is seen, however much was said below it."""
        if self.focused is not None:
            self.focused.scroll_visible(animate=False)

    def typed(self, name: str) -> str:
        """What stands in a field."""
        return self.query_one(f"#{name}", Input).value

    # --- asking ---------------------------------------------------------------------------

    def ask(
        self,
        work: Callable[[], T],
        then: Callable[[T], None],
        unanswered: tuple[str, ...] = words.MAYBE_DONE,
    ) -> None:
        """`work` is done in a thread, then `then` is called here; or its error is said in words.

        `unanswered` is what to say where no answer comes; of an act, that it may have been done.
        """
        if self.busy:
            self.say(words.BUSY)
            return
        self.busy, self.unanswered = True, unanswered
        self.say(words.WAIT)
        self.run_worker(self._asked(work, then), exit_on_error=True)

    def look(self, work: Callable[[], T], then: Callable[[T], None]) -> None:
        """The same for what changes nothing."""
        self.ask(work, then, words.ONLY_LOOKED)

    async def _asked(self, work: Callable[[], T], then: Callable[[T], None]) -> None:
        try:
            found = await asyncio.to_thread(work)
        except HatError as error:
            self.busy = False
            self.failed(error)
        except OSError as error:
            self.busy = False
            self.say(words.OWN_FILES.format(error=error.strerror or error))
        except Exception:
            # A patient may be waiting: the screens stay, and say that nobody knows.
            self.busy = False
            log.exception("asking failed")
            self.say(*words.UNFORESEEN)
        else:
            self.busy = False
            self.say()
            then(found)

    def failed(self, error: HatError) -> None:
        """What went wrong is said, and what to do; who may not look any more types a PIN first."""
        said = words.of_error(error, self.unanswered)
        if isinstance(error, Unauthenticated) and (self.locks or self.unanswered is words.ONLY_LOOKED):
            self.clinic.lock(*said)
        else:
            self.say(*said)

    def try_(self, work: Callable[[], T]) -> T | None:
        """What `work` gives of what was typed; None once it was said what is wrong with that."""
        try:
            return work()
        except HatError as error:
            self.unanswered = words.MAYBE_DONE
            self.failed(error)
            return None

    # --- keys -----------------------------------------------------------------------------

    def fresh(self, key: str, *, unseen: bool = False) -> bool:
        """Whether the key was let go since it was last pressed; else that is said.

        In a window that shows no step it does nothing, unless it may be pressed `unseen`.
        """
        if self.too_small and not unseen:
            return False
        if self.busy:
            self.say(words.BUSY)
            return False
        if not self.clinic.pressed_anew(key):
            self.say(words.HELD)
            return False
        return True

    @classmethod
    def keys(cls) -> dict[str, str]:
        """The actions of this screen's own keys."""
        bindings = [each for one in reversed(cls.mro()) if issubclass(one, Frame) for each in one.BINDINGS]
        return {each.key: each.action for each in bindings if isinstance(each, Binding)}

    def action_back(self) -> None:
        """The board; what was recorded or sent before stays so."""
        if self.busy:
            self.say(words.BUSY)
            return
        self.leaving()
        self.clinic.to_board()

    def action_turn(self, by: int) -> None:
        """The step is read on, or back, wherever the typing goes."""
        step = self.query_one("#step", VerticalScroll)
        step.scroll_relative(y=by * max(step.size.height - 1, 1), animate=False)

    def leaving(self) -> None:
        """What must be let go of."""

    def on_key(self, event: events.Key) -> None:
        """A function key that does nothing here says so."""
        name = event.key
        if not (name.startswith("f") and name[1:].isdigit()):
            return
        if name in self.active_bindings:
            return
        self.say(words.NO_EMERGENCY if name == "f9" else words.NOTHING_HERE.format(key=name.upper()))

    def action_next_field(self) -> None:
        """Enter goes to the next field, and never further; a container that was scanned it ends first.

        Raises: SkipAction, where Enter is for whoever has the focus.
        """
        fields = list(self.query(Input))
        if self.asks_on_enter or self.focused not in fields:
            raise SkipAction
        if isinstance(self.focused, Several) and self.focused.goes_on:
            raise SkipAction
        if self.focused in fields[:-1]:
            self.set_focus(fields[fields.index(self.focused) + 1])

    def enter_typed(self, field: Input) -> None:
        """Enter was typed here, after all that stands here and before anything else."""
        if isinstance(field, Several) and field.goes_on:
            field.end_one()
