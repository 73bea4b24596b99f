"""`hat-clinic rebuild`: the tables people read, compared with the log or made again from it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hat_clinic.cli.main import WRONG_USAGE, app, say, told

if TYPE_CHECKING:
    from hat_clinic.cli.progress import Progress

TAMPERED = 2


@app.command()
def rebuild(
    data: Annotated[Path, typer.Option(help="The clinic's folder.")],
    check: Annotated[
        bool, typer.Option("--check", help="Change nothing: rebuild in memory and compare, row by row.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Make the tables people read again from the log, or check that they are what it says.

    The clinic's server must not run while they are made again; --check can be run beside it.

    Exit codes: 0 made again or all the same, 2 a row differs or the log cannot be replayed, 64
    wrong usage.
    """
    from sqlalchemy.exc import SQLAlchemyError

    from hat_clinic.cli.progress import shown
    from hat_clinic.vocabulary.errors import HatError, LedgerBroken

    try:
        with shown() as progress:
            entries = _check(data, progress) if check else _rebuild(data, progress)
    except LedgerBroken as error:
        found = {"entries": None, "words": str(error), "first_bad_entry": error.seq}
        _tell(found, str(error), as_json)
        raise typer.Exit(TAMPERED) from None
    except (HatError, SQLAlchemyError, OSError, ValueError) as error:
        say(f"Nothing was done: {told(error)}", err=True)
        raise typer.Exit(WRONG_USAGE) from None
    words = (
        f"{entries} entries: every row is what they say" if check else f"made again from {entries} entries"
    )
    _tell({"entries": entries, "words": words, "first_bad_entry": None}, words, as_json)


def _check(data: Path, progress: Progress) -> int:
    from hat_clinic.cli.verify import only_origin
    from hat_clinic.handlers.records import DatabaseRecord, site_of
    from hat_clinic.handlers.replaying import require_projections
    from hat_clinic.store.engine import reading
    from hat_clinic.store.own_tables import require_readable
    from hat_clinic.wiring.folder import ClinicFolder

    folder = ClinicFolder.open(data)
    engine = folder.engine(alone=False)
    try:
        with reading(engine) as connection:
            require_readable(connection)
        origin = only_origin(engine)
        with reading(engine) as connection:
            site = site_of(connection, origin)
            record = DatabaseRecord(connection, site.site_id, folder.site_keys(origin))
            total = record.size()
            require_projections(record, lambda done: progress("replaying", done, total))
            return total
    finally:
        engine.dispose()


def _rebuild(data: Path, progress: Progress) -> int:
    from hat_clinic.cli.verify import only_origin
    from hat_clinic.handlers.rebuilding import rebuild_projections
    from hat_clinic.handlers.records import site_of
    from hat_clinic.store.engine import reading
    from hat_clinic.wiring.folder import ClinicFolder

    folder = ClinicFolder.open(data)
    engine = folder.engine()
    try:
        origin = only_origin(engine)
        with reading(engine) as connection:
            site = site_of(connection, origin)
        keys = folder.site_keys(origin)
        return rebuild_projections(engine, site.site_id, keys, lambda done: progress("replaying", done, done))
    finally:
        engine.dispose()


def _tell(found: dict[str, Any], words: str, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(found, indent=1))
    else:
        say(words)
