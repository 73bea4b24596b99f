"""`hat-clinic serve`: the server of one clinic, until it is told to stop."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hat_clinic.cli.main import WRONG_USAGE, app, say, told


@app.command()
def serve(
    data: Annotated[Path, typer.Option(help="The clinic's folder.")],
    port: Annotated[int | None, typer.Option(help="Another port than the settings have.")] = None,
) -> None:
    """Serve a clinic. Without TLS only this machine can reach it.

    Exit codes: 0 told to stop, 2 the stored record contradicts itself, 64 it could not start, 70 the
    outcome of a commit is unknown: start again.
    """
    from sqlalchemy.exc import SQLAlchemyError

    from hat_clinic.store.unusable import StoreUnusable
    from hat_clinic.vocabulary.errors import HatError, LedgerBroken
    from hat_clinic.wiring.folder import ClinicFolder
    from hat_clinic.wiring.serving import run_server

    try:
        run_server(ClinicFolder.open(data), port, say)
    except LedgerBroken as error:
        say(f"The stored record contradicts itself: {error}", err=True)
        typer.echo("Nothing is served. Run `hat-clinic verify` and call whoever audits you.", err=True)
        raise typer.Exit(2) from None
    except (HatError, StoreUnusable, SQLAlchemyError, OSError, ValueError) as error:
        say(f"Not started: {told(error)}", err=True)
        raise typer.Exit(WRONG_USAGE) from None
