"""The command `hat-clinic`: what an operator types, and the exit codes it promises.

Exit codes: 0 holds, 1 failed, 2 tampered, 3 incomplete, 4 policy unmet, 64 wrong usage, 70 outcome
unknown, 130 given up; docs/exit-codes.md says which command ends with which.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Annotated, NoReturn

import typer

import hat_clinic
from hat_clinic.vocabulary.one_line import one_line

WRONG_USAGE = 64
INTERRUPTED = 130
# One module each; they import what they need inside the command, so that --help stays quick.
COMMANDS = (
    "init", "serve", "verify", "export", "rebuild", "register", "staff", "terminal", "demo", "tui",
)  # fmt: skip

app = typer.Typer(
    name="hat-clinic",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def say(words: str, *, err: bool = False) -> None:
    """These words are one line on the screen, whatever was read into them."""
    typer.echo(one_line(words), err=err)


def told(error: BaseException) -> str:
    """What went wrong, and where: the file or field that was rejected, if the words do not name it."""
    place = getattr(error, "field", "")
    return f"{error}: {place}" if place and place not in str(error) else str(error)


@contextmanager
def or_say(nothing: str) -> Iterator[None]:
    """The block is done with a clinic, or the command has ended with 64 and said why.

    Raises: typer.Exit.
    """
    from sqlalchemy.exc import SQLAlchemyError

    from hat_clinic.store.unusable import StoreUnusable
    from hat_clinic.vocabulary.errors import HatError

    try:
        yield
    except (HatError, StoreUnusable, SQLAlchemyError, OSError, ValueError) as error:
        say(f"{nothing}: {told(error)}", err=True)
        raise typer.Exit(WRONG_USAGE) from None


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"hat-clinic {hat_clinic.__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit."),
    ] = False,
) -> None:
    """Supervised dosing, the controlled-drug register and its proof."""


def run(arguments: list[str] | None = None) -> NoReturn:
    """The process has ended with the exit code of the command.

    Why: typer ends wrong usage with 2, which here means *tampered*; a typing mistake
    must never read as an alarm, nor an alarm as a typing mistake. So what typer raises
    about usage ends with 64, and a command says its own code with `raise typer.Exit(2)`.
    """
    try:
        code = app(arguments, prog_name="hat-clinic", standalone_mode=False)
    except typer.TyperException as error:
        _show(error)
        raise SystemExit(WRONG_USAGE) from None
    except typer.Abort:
        raise SystemExit(INTERRUPTED) from None
    raise SystemExit(code if isinstance(code, int) else 0)


def _show(error: typer.TyperException) -> None:
    show = getattr(error, "show", None)
    if callable(show):  # usage and hint first; the base class alone knows only its message
        show()
    else:
        typer.echo(f"Error: {error.format_message()}", err=True)


# Last, for each of them takes `app` from here.
for _name in COMMANDS:
    import_module(f"hat_clinic.cli.{_name}")
