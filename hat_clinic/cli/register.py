"""`hat-clinic register`: the pages of the controlled-drug register, for people or for a spreadsheet."""

from __future__ import annotations

import csv
import io
import json
import shutil
import sys
from pathlib import Path
from typing import Annotated

import typer

from hat_clinic.cli.main import app, or_say, say


@app.command()
def register(
    data: Annotated[Path, typer.Option(help="The clinic's folder.")],
    as_csv: Annotated[
        bool, typer.Option("--csv", help="Print rows under the headings the law asks for.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The same rows as JSON, one object a row.")] = False,
    width: Annotated[
        int | None,
        typer.Option(min=80, max=120, help="Characters a line of a page; otherwise as wide as the terminal."),
    ] = None,
) -> None:
    """Print every page of the register, with the balance after each line. Changes nothing.

    Dates and times are the wall clock of the site's zone; in the rows with its offset, and beside it in UTC.
    Patients stand in it by their ids: names are sealed and are not opened for this.

    Exit codes: 0 printed, 64 wrong usage or no clinic there.
    """
    from hat_clinic.wiring.register_pages import read_register

    if as_csv and as_json:
        raise typer.BadParameter("choose one of the two", param_hint="--csv, --json")
    with or_say("Nothing was printed"):
        found = read_register(data)
    rows = found.rows()
    if as_csv:
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(rows)
        typer.echo(text.getvalue(), nl=False)
    elif as_json:
        typer.echo(json.dumps([dict(zip(rows[0], row, strict=True)) for row in rows[1:]], indent=1))
    else:
        for line in found.lines(width or room()):
            say(line)


def room() -> int:
    """How wide a page may be: as the terminal; on paper and in a file as usual."""
    from hat_clinic.wiring.register_layout import USUAL

    return shutil.get_terminal_size((USUAL, 24)).columns if sys.stdout.isatty() else USUAL
