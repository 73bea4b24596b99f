"""`hat-clinic serve`: the server of one clinic, until it is told to stop."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hat_clinic.cli.main import app, or_say, say


@app.command()
def serve(
    data: Annotated[Path, typer.Option(help="The clinic's folder.")],
    port: Annotated[int | None, typer.Option(help="Another port than the settings have.")] = None,
) -> None:
    """Serve a clinic. Without TLS only this machine can reach it.

    Exit codes: 0 told to stop, 2 the stored record contradicts itself, 64 it could not start, 70 the
    outcome of a commit is unknown: start again.
    """
    from hat_clinic.vocabulary.errors import LedgerBroken
    from hat_clinic.wiring.folder import ClinicFolder
    from hat_clinic.wiring.serving import run_server

    with or_say("Not started"):
        try:
            run_server(ClinicFolder.open(data), port, say)
        except LedgerBroken as error:
            say(f"The stored record contradicts itself: {error}", err=True)
            typer.echo("Nothing is served. Run `hat-clinic verify` and call whoever audits you.", err=True)
            raise typer.Exit(2) from None
