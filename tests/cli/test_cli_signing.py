"""People who sign from the command line take their time, and answers get lost: nothing is signed unseen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest
import typer

from hat_clinic.cli.signing import NOT_ALL_DONE, at_terminal
from hat_clinic.cli.tui import read_enrolment
from hat_clinic.client.terminal import Terminal
from hat_clinic.wiring.ceremony import Founded, init_clinic
from hat_clinic.wiring.demo.server import served
from hat_clinic.wiring.demo.told_clock import ToldClock, ToldIds
from hat_clinic.wiring.folder import ClinicFolder
from hat_clinic.wiring.system import SystemClock, SystemIds
from tests.cli.test_cli_staff import ADA, CLINIC, PIN
from tests.wiring.test_wiring_serving import PEOPLE

START = datetime(2026, 3, 2, 8, tzinfo=UTC)
Typed = list[str | Callable[[], str]]


class Losing(httpx2.BaseTransport):
    """A network that delivers everything and loses the answer to a signature, if it is told to."""

    def __init__(self, loses: bool) -> None:
        self.through, self.loses = httpx2.HTTPTransport(), loses

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """The server's answer, or none."""
        response = self.through.handle_request(request)
        if self.loses and request.url.path.endswith("/signature"):
            response.close()
            raise httpx2.ReadError("lost")
        return response

    def close(self) -> None:
        """No connection is open."""
        self.through.close()


class Room:
    """A served clinic whose clock is told, its first terminal, and what people type there."""

    def __init__(self, data: Path, made: Founded, url: str, clock: ToldClock) -> None:
        self.data, self.made, self.url, self.clock = data, made, url, clock
        self.loses = False

    def terminal(self) -> Terminal:
        """The first terminal."""
        found = replace(read_enrolment(self.made.terminal_file, None), url=self.url)
        ids = ToldIds(self.clock, SystemIds())
        return Terminal(found, self.data, self.clock, ids, Losing(self.loses))

    def later(self, typed: str, **units: int) -> Callable[[], str]:
        """These keys, after so much time."""

        def slow() -> str:
            self.clock.pass_time(**units)
            return typed

        return slow


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    clock = ToldClock(START, SystemClock())
    ids, data = ToldIds(clock, SystemIds()), tmp_path / "clinic"
    made = init_clinic(data, CLINIC, PEOPLE, clock, ids)
    with served(ClinicFolder.open(data), clock, ids) as serving:
        yield Room(data, made, serving.url, clock)


@contextmanager
def typing(typed: Typed, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Somebody types this, all of it and no more."""
    left = list(typed)

    def prompt(*_: Any, confirmation_prompt: bool = False, **__: Any) -> str:
        if not left:
            raise typer.Abort
        one = left.pop(0)
        if confirmation_prompt:
            left.pop(0)
        return one if isinstance(one, str) else one()

    monkeypatch.setattr(typer, "prompt", prompt)
    yield
    assert not left


def grant(room: Room) -> None:
    """Ada signs that Bo is a nurse."""
    with at_terminal(room.terminal) as here:
        here.clock_in("Ada")
        here.by_one("grant-role", bo_a_nurse(room))


def bo_a_nurse(room: Room) -> dict[str, str]:
    """What a first person signs."""
    return {"person": room.made.founders[1], "role": "nurse"}


def test_a_statement_older_than_two_minutes_is_shown_anew(
    room: Room, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    typed: Typed = [*ADA, room.later(PIN, seconds=121), PIN]
    with typing(typed, monkeypatch):
        grant(room)
    said = capsys.readouterr()
    assert said.out.count("is about to sign") == 2
    assert "here it is anew" in said.err


def test_who_waited_long_looks_again_by_pin(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    with typing([*ADA, PIN, PIN], monkeypatch), at_terminal(room.terminal) as here:
        here.clock_in("Ada")
        room.clock.pass_time(minutes=20)
        here.by_one("grant-role", bo_a_nurse(room))
    assert here.stands == ["grant-role, signed by A-01"]
    assert here.people[0].seed.tries_left == 0, "no key is left"


def test_what_is_not_known_is_said_and_is_found_out_the_next_time(
    room: Room, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    room.loses = True
    typed: Typed = [*ADA, PIN]
    with typing(typed, monkeypatch), pytest.raises(typer.Exit) as ended:
        grant(room)
    assert ended.value.exit_code == NOT_ALL_DONE
    assert "Whether the last of it was done is not known" in capsys.readouterr().err
    room.loses = False
    with typing(list(ADA), monkeypatch), at_terminal(room.terminal) as here:
        one = here.clock_in("Ada")
        assert not here.terminal.outbox.waiting(one.person)


def test_five_wrong_pins_end_it(
    room: Room, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    typed: Typed = [*ADA, *["702947"] * 5]
    with typing(typed, monkeypatch), pytest.raises(typer.Exit) as ended:
        grant(room)
    assert ended.value.exit_code == 64
    assert "Nothing was done: wrong PIN, five times" in capsys.readouterr().err
