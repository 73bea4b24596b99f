"""People at an enrolled terminal who sign from the command line: clocked in, shown, signed, clocked out.

Each signature takes two components, as on the screens: who is signing was asked with passphrase and
staff code, and every statement is opened by that person's PIN, typed after it was shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from hat_clinic.cli.main import WRONG_USAGE, say

if TYPE_CHECKING:
    from hat_clinic.client.clocking import ClockIn
    from hat_clinic.client.statements import Named, ToSign
    from hat_clinic.client.terminal import Terminal
    from hat_clinic.vocabulary.strict_json import JsonValue

    Body = Mapping[str, JsonValue]

NOT_ALL_DONE = 1


class Sitting:
    """One terminal, whoever is clocked in on it for this command, and what has come to stand."""

    def __init__(self, terminal: Terminal) -> None:
        self.terminal = terminal
        self.people: list[ClockIn] = []
        self.stands: list[str] = []
        self.in_doubt = False

    def administrators(self) -> None:
        """Two different administrators are here.

        Raises: Rejected, NotPermitted, before anything is asked of the second; what clocking in raises.
        """
        from hat_clinic.vocabulary.errors import NotPermitted, Rejected
        from hat_clinic.vocabulary.terms import Role

        for which in ("first", "second"):
            before = {one.person for one in self.people}
            one = self.clock_in(f"The {which} administrator")
            if one.person in before:
                raise Rejected("two different administrators sign this; the same person came twice")
            if Role.ADMINISTRATOR not in one.roles:
                raise NotPermitted(f"{one.staff_code} is no administrator here")

    def clock_in(self, who: str) -> ClockIn:
        """That person is clocked in here, and what they once sent without an answer is settled.

        Raises: Unauthenticated, Throttled, Rejected, BadProof, NoAnswer.
        """
        say(f"{who}:")
        code = typer.prompt("  staff code").strip()
        phrase = typer.prompt("  passphrase", hide_input=True)
        words = "  a PIN for this command, 6 digits or more"
        pin = typer.prompt(words, hide_input=True, confirmation_prompt=True)
        one = self.terminal.clock_in(code, phrase, pin, pin)
        self.people.append(one)
        self.terminal.resend(one)
        return one

    def by_two(self, act: str, body: Body) -> None:
        """The act is on record, signed by the first person and confirmed by the second.

        Raises: Refused, NotPermitted (both proven); what else `Terminal.draw` and `sign` raise.
        """
        from hat_clinic.client.statements import open_named
        from hat_clinic.ledger.canonical import b64

        first, second = self.people
        shown = self._signed(first, act, body)
        self.stands.append(f"{act} was signed by {first.staff_code} and waits for a second person")
        named = open_named(shown.payload, shown.payload_type, shown.payload_hash, self.terminal.origin)
        names = {"names": b64(shown.payload_hash), "names_tag": shown.tag}
        self._signed(second, "confirm-act", names, named)
        self.stands[-1] = f"{act}, signed by {first.staff_code} and {second.staff_code}"

    def by_one(self, act: str, body: Body) -> None:
        """The act is on record, signed by the person who is here.

        Raises: as `by_two`.
        """
        (one,) = self.people
        self._signed(one, act, body)
        self.stands.append(f"{act}, signed by {one.staff_code}")

    def close(self) -> None:
        """No key is left here, and the server knows it, as far as it can be told."""
        from hat_clinic.vocabulary.errors import HatError

        for one in self.people:
            with suppress(HatError):  # it ends by itself after the shift
                self.terminal.clock_out(one)
        self.terminal.close()

    def _signed(self, by: ClockIn, act: str, body: Body, named: Named | None = None) -> ToSign:
        """What was shown to this person is signed by their PIN and on record."""
        from hat_clinic.client.answers import NoAnswer
        from hat_clinic.client.statements import STATEMENT_LIVES
        from hat_clinic.vocabulary.errors import Unauthenticated

        while True:
            shown = self._drawn(by, act, body)
            _show(by, shown, named)
            left = by.seed.tries_left
            try:
                pin = typer.prompt(f"  {by.staff_code} signs with the PIN", hide_input=True)
                if self.terminal.clock.now() - shown.drawn_at < STATEMENT_LIVES:
                    self.terminal.sign(by, shown, pin)
                    return shown
                say("  That was shown more than two minutes ago; here it is anew.", err=True)
            except NoAnswer:
                self.in_doubt = True
                raise
            except Unauthenticated as error:
                if not 0 < by.seed.tries_left < left:
                    raise
                say(f"  {error}", err=True)
            except typer.Abort:
                self.terminal.leave(shown)
                raise
            self.terminal.leave(shown)

    def _drawn(self, by: ClockIn, act: str, body: Body) -> ToSign:
        from hat_clinic.vocabulary.errors import Unauthenticated

        try:
            return self.terminal.draw(by, act, body)
        except Unauthenticated:  # nobody looks for ever: the other person took a while
            pin = typer.prompt(f"  {by.staff_code} looks again with the PIN", hide_input=True)
            self.terminal.unlock(by, pin)
            return self.terminal.draw(by, act, body)


def sitting(at: Path, server: str | None) -> AbstractContextManager[Sitting]:
    """People sign at the terminal whose files lie there; see `at_terminal`."""
    return at_terminal(lambda: _terminal(at, server))


@contextmanager
def at_terminal(opened: Callable[[], Terminal]) -> Iterator[Sitting]:
    """People sign at this terminal; it is closed and they are clocked out afterwards.

    Raises: typer.Exit, with 64 if nothing was done and 1 if not all was, both said.
    """
    from hat_clinic.vocabulary.errors import HatError

    one: Sitting | None = None
    try:
        one = Sitting(opened())
        try:
            yield one
        except BaseException:
            for each in one.stands:
                say(f"On record: {each}.", err=True)
            raise
        finally:
            one.close()
    except (HatError, OSError, ValueError) as error:
        if one is not None and one.in_doubt:
            say(f"Whether the last of it was done is not known: {error}", err=True)
            say("Whoever signed it clocks in at this terminal again, and it is found out.", err=True)
        elif one is not None and one.stands:
            say(f"Not all was done: {error}", err=True)
        else:
            say(f"Nothing was done: {error}", err=True)
            raise typer.Exit(WRONG_USAGE) from None
        raise typer.Exit(NOT_ALL_DONE) from None


def _terminal(at: Path, server: str | None) -> Terminal:
    from hat_clinic.cli.tui import read_enrolment
    from hat_clinic.client.terminal import Terminal
    from hat_clinic.wiring.system import SystemClock, SystemIds

    file = terminal_file(at)
    return Terminal(read_enrolment(file, server), file.resolve().parent, SystemClock(), SystemIds())


def terminal_file(at: Path) -> Path:
    """What a terminal was given: `at` itself, or the one such file that lies in it.

    Raises: Rejected, for a folder with none or several.
    """
    from hat_clinic.client.enrolment import ENROLMENT
    from hat_clinic.vocabulary.errors import Rejected

    if not at.is_dir():
        return at
    if (at / ENROLMENT).exists():
        return at / ENROLMENT
    found = sorted(at.glob("terminal-*.json"))
    if len(found) != 1:
        words = "several terminals' files lie here; name one" if found else "no terminal's file lies here"
        raise Rejected(words, str(at))
    return found[0]


def _show(by: ClockIn, shown: ToSign, named: Named | None) -> None:
    typer.echo("")
    say(f"{by.name} ({by.staff_code}) is about to sign: {shown.tag}")
    for each in shown.fields:
        say(f"  {each.name.replace('_', ' ')}: {each.text}")
    if named is not None:
        say(f"  It confirms this statement: {named.tag}")
        for each in named.fields:
            say(f"    {each.name.replace('_', ' ')}: {each.text}")
