"""`hat-clinic demo`: five clinic days in a fresh clinic of invented people, then the verdict."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated

import typer

from hat_clinic.cli.main import WRONG_USAGE, app, say, told

if TYPE_CHECKING:
    from hat_clinic.wiring.demo.outcome import Outcome
    from hat_clinic.wiring.demo.play import Played

DID_NOT_HOLD = 1


@app.command()
def demo(
    folder: Annotated[Path, typer.Argument(help="A new folder, or an earlier demo's, which is replaced.")],
    headless: Annotated[
        bool, typer.Option("--headless", help="Print what happened and end, also on a terminal.")
    ] = False,
) -> None:
    """Play five clinic days through the HTTP API in an encrypted clinic where everybody is invented.

    The clock of the demo is told: five days pass in a minute or two, and the writer, which `serve`
    starts as a process of its own, stays in this one. Everything else is as in a clinic:
    signatures, rules, refusals, the register and its proof.

    Exit codes: 0 everything held, 1 something did not, 64 it could not be played there.
    """
    from sqlalchemy.exc import SQLAlchemyError

    from hat_clinic.cli.progress import shown
    from hat_clinic.store.unusable import StoreUnusable
    from hat_clinic.vocabulary.errors import HatError, Rejected
    from hat_clinic.wiring.demo.play import played
    from hat_clinic.wiring.demo.premises import require_replaceable
    from hat_clinic.wiring.system import SystemClock, SystemIds

    try:
        require_replaceable(folder)
    except (Rejected, OSError) as error:
        say(f"Nothing was done: {told(error)}", err=True)
        raise typer.Exit(WRONG_USAGE) from None
    typer.echo(
        "DEMO: invented people, and a clock that is told: five clinic days pass in a minute or two.", err=True
    )
    try:
        with ExitStack() as stack:
            with shown() as progress:
                done = stack.enter_context(played(folder, SystemClock(), SystemIds(), progress))
            _tell(done.outcome, folder)
            typer.echo(done.board)
            if not headless and sys.stdin.isatty() and sys.stdout.isatty():
                _show_board(done)
    except (StoreUnusable, SQLAlchemyError, OSError) as error:
        say(f"The demo could not be played: {error}", err=True)
        raise typer.Exit(WRONG_USAGE) from None
    except HatError as error:
        say(f"The demo did not go as it had to: {error}", err=True)
        raise typer.Exit(DID_NOT_HOLD) from None
    raise typer.Exit(0 if done.outcome.held else DID_NOT_HOLD)


def to_try(folder: Path) -> tuple[str, ...]:
    """Commands about this demo that a shell takes as they stand, whatever the folder is called."""
    data, heads = quote(str(folder)), quote(str(folder / "terminals" / "bedside" / "heads"))
    return (
        f"hat-clinic serve --data {data}",
        f"hat-clinic register --data {data} --csv",
        f"hat-clinic verify --data {data} --heads {heads}",
    )


def _tell(outcome: Outcome, folder: Path) -> None:
    for line in outcome.register.lines():
        say(line)
    typer.echo(outcome.verdict.text())
    typer.echo("")
    typer.echo("What had to happen in these five days:")
    for each in outcome.expected:
        say(f"  {'yes' if each.held else 'NO '}  {each.what}")
        if not each.held and each.found:
            say(f"       found: {each.found}")
    typer.echo("")
    say(f"The clinic stays in {folder}. Try:")
    for words in to_try(folder):
        say(f"  {words}")
    say(f"Who may clock in, with which passphrase: {folder / 'demo-staff.json'}")
    typer.echo("")
    sys.stdout.flush()


def _show_board(done: Played) -> None:
    """The demo's terminal has been worked at, for as long as somebody liked."""
    from hat_clinic.wiring.demo.people import NIA
    from hat_clinic.wiring.demo.play import bedside_terminal
    from tui.app import ClinicApp

    typer.echo("")
    typer.echo(f"The board comes next. Clock in as {NIA.staff_code} with the passphrase: {NIA.passphrase}")
    typer.echo(f"Choose a PIN of your own, or take {NIA.pin}. ^Q ends it.")
    typer.prompt("Press Enter for the board", default="", show_default=False)
    with bedside_terminal(done) as terminal:
        ClinicApp(terminal).run()
