"""`hat-clinic init`: the key ceremony, typed by two people or read from two owner-only files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hat_clinic.cli.main import WRONG_USAGE, app, say, told

if TYPE_CHECKING:
    from hat_clinic.wiring.ceremony import NewFounder

EXAMPLE = '{"staff_code": "A-01", "name": "...", "passphrase": "..."}'


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(help="A new folder for the clinic.")],
    site: Annotated[str, typer.Option(help="Short id of the premises, for example zh1.")],
    origin: Annotated[str, typer.Option(help="Name of the log for ever: <host>/<premises id>.")],
    name: Annotated[str, typer.Option(help="Name of the premises, as on the register.")],
    zone: Annotated[str, typer.Option(help="IANA time zone, for example Europe/Zurich.")],
    day_starts: Annotated[
        str, typer.Option(help="When the clinic's day begins, HH:MM, for limits per day.")
    ] = "00:00",
    terminal: Annotated[str, typer.Option(help="Name of the first terminal.")] = "terminal 1",
    founder: Annotated[
        list[Path] | None,
        typer.Option(help=f"Owner-only JSON file of a founder, given twice: {EXAMPLE}"),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Make a clinic: secrets, database, the first four entries, and the trust anchor.

    Two founders take part; each chooses a passphrase of 15 characters or more.
    Exit codes: 0 made, 64 wrong usage (nothing was made).
    """
    from hat_clinic.vocabulary.errors import HatError
    from hat_clinic.wiring.ceremony import NewClinic, init_clinic, require_possible
    from hat_clinic.wiring.system import SystemClock, SystemIds

    clinic = NewClinic(site, origin, name, zone, _minutes(day_starts), terminal, demo=False)
    try:
        require_possible(folder, clinic)
        first, second = _founders(founder)
        made = init_clinic(folder, clinic, (first, second), SystemClock(), SystemIds())
    except (HatError, ValueError, OSError) as error:
        say(f"Nothing was made: {told(error)}", err=True)
        raise typer.Exit(WRONG_USAGE) from None
    if as_json:
        found = {"policy": made.policy, "terminal": made.terminal, "terminal_file": str(made.terminal_file)}
        typer.echo(json.dumps(found, indent=1))
        return
    typer.echo(made.policy)
    typer.echo("This is the trust anchor (policy.txt). Print it, or keep a copy where nobody who")
    typer.echo("runs this computer can change it: every later check starts from it.")
    say(f"The first terminal's secret is in {made.terminal_file}; move it to that terminal.")


def _minutes(text: str) -> int:
    hours, colon, minutes = text.partition(":")
    if not (colon and hours.isdecimal() and minutes.isdecimal() and len(minutes) == 2):
        raise typer.BadParameter("a time of day is HH:MM", param_hint="--day-starts")
    if int(hours) > 23 or int(minutes) > 59:
        raise typer.BadParameter("a time of day is HH:MM", param_hint="--day-starts")
    return int(hours) * 60 + int(minutes)


def _founders(files: list[Path] | None) -> tuple[NewFounder, NewFounder]:
    from hat_clinic.wiring.ceremony import NewFounder

    if files:
        if len(files) != 2:
            raise ValueError("give --founder twice: two people open the log")
        return _from_file(files[0]), _from_file(files[1])
    people = []
    for number in ("first", "second"):
        say(f"The {number} founder:")
        code, name = typer.prompt("  staff code"), typer.prompt("  name")
        words = "  passphrase, 15 characters or more"
        phrase = typer.prompt(words, hide_input=True, confirmation_prompt=True)
        people.append(NewFounder(code, name, phrase))
    return people[0], people[1]


def _from_file(path: Path) -> NewFounder:
    from hat_clinic.security.secret_files import read_secret
    from hat_clinic.vocabulary.strict_json import loads
    from hat_clinic.wiring.ceremony import NewFounder

    found = loads(read_secret(path))
    if not isinstance(found, dict) or found.keys() != {"staff_code", "name", "passphrase"}:
        raise ValueError(f"{path} is not like {EXAMPLE}")
    if not all(isinstance(each, str) and each for each in found.values()):
        raise ValueError(f"{path}: all three are text")
    return NewFounder(str(found["staff_code"]), str(found["name"]), str(found["passphrase"]))
