"""`hat-clinic export`: the whole record of a clinic in one file, for somebody to verify elsewhere."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from hat_clinic.cli.main import WRONG_USAGE, app, say, told

TAMPERED = 2


@app.command()
def export(
    file: Annotated[Path, typer.Argument(help="A new zip archive, or folder with --folder.")],
    data: Annotated[Path, typer.Option(help="The clinic's folder.")],
    withhold: Annotated[
        list[str] | None,
        typer.Option(
            help="Leave the envelopes of a sealed class out: patient, clinical. May be given twice."
        ),
    ] = None,
    folder: Annotated[bool, typer.Option("--folder", help="Write a folder instead of an archive.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Write everything stored into a bundle that can be verified without the database.

    The bundle holds who the patients are, in clear, unless that is withheld. It is written as
    stored, whether or not it holds: `verify` says that.

    Exit codes: 0 written; 2 something in the database could not be read as ours: written without it,
    or, where it says so, nothing was written; 64 wrong usage (nothing was written).
    """
    from sqlalchemy.exc import SQLAlchemyError

    from hat_clinic.cli.progress import shown
    from hat_clinic.cli.verify import only_origin, read_policy
    from hat_clinic.handlers.exporting import export_database
    from hat_clinic.store.engine import reading
    from hat_clinic.store.own_tables import require_readable
    from hat_clinic.vocabulary.errors import HatError, LedgerBroken
    from hat_clinic.vocabulary.terms import EntryClass
    from hat_clinic.wiring.folder import POLICY, ClinicFolder

    try:
        classes = frozenset(EntryClass(each) for each in withhold or ())
        clinic, beside = ClinicFolder.open(data), data / POLICY
        engine = clinic.engine(alone=False)
        try:
            with reading(engine) as connection:
                require_readable(connection)
            policy = beside.read_bytes() if beside.exists() else None
            origin = read_policy(beside).origin if policy is not None else only_origin(engine)
            with shown() as progress:
                done = export_database(
                    engine, clinic.site_keys(origin), policy, file,
                    as_folder=folder, withhold=classes, progress=progress,
                )  # fmt: skip
        finally:
            engine.dispose()
    except LedgerBroken as error:
        say(f"Nothing was written, for it could not be read back. Does not hold: {error}", err=True)
        raise typer.Exit(TAMPERED) from None
    except (HatError, SQLAlchemyError, OSError, ValueError) as error:
        say(f"Nothing was written: {told(error)}", err=True)
        raise typer.Exit(WRONG_USAGE) from None
    if as_json:
        found = {"file": str(file), "entries": done.entries, "withheld": done.withheld, "found": done.found}
        typer.echo(json.dumps(found, indent=1))
    else:
        say(f"{file}: {done.entries} entries, {done.withheld} of them withheld")
    for words in done.found:
        say(f"Does not hold: {words}", err=True)
    raise typer.Exit(TAMPERED if done.found else 0)
