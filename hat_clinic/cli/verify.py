"""`hat-clinic verify`: is this still the record that was made?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hat_clinic.cli.main import WRONG_USAGE, app, say, told

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from hat_clinic.cli.progress import Progress
    from hat_clinic.handlers.verdict import Verdict
    from hat_clinic.ledger.policy import Policy


@app.command()
def verify(
    bundle: Annotated[Path | None, typer.Argument(help="A bundle that `export` wrote.")] = None,
    data: Annotated[Path | None, typer.Option(help="The clinic's folder, in place of a bundle.")] = None,
    policy: Annotated[
        Path | None, typer.Option(help="Your own copy of policy.txt; without it the one beside the record.")
    ] = None,
    heads: Annotated[
        Path | None, typer.Option(help="A folder of heads kept elsewhere: *.notes and *.contradictions.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the verdict as JSON.")] = False,
) -> None:
    """Check a record whole: proofs, signatures, people, duties, requests, projections.

    Run your own copy of the program: the clinic's can be made to say anything. Without a head that
    was kept outside the clinic the verdict is at best 4: somebody with the clinic's own keys can
    rewrite everything, and only such a head tells.

    Exit codes: 0 holds, 2 tampered (the first bad entry is named), 3 incomplete (something was
    withheld or is missing), 4 policy unmet, 64 wrong usage.
    """
    from sqlalchemy.exc import SQLAlchemyError

    from hat_clinic.cli.progress import shown
    from hat_clinic.handlers.verifying import compared, verify_bundle
    from hat_clinic.vocabulary.errors import HatError

    if (bundle is None) == (data is None):
        raise typer.BadParameter("say which record: a BUNDLE, or --data DIR", param_hint="BUNDLE")
    try:
        notes = _notes(heads)
        _warn_of_inside(heads, data if data is not None else bundle)
        with shown() as progress:
            if data is not None:
                beside = data / "policy.txt"
                anchor = read_policy(policy or beside) if policy or beside.exists() else None
                verdict = _verify_folder(data, anchor, notes, progress)
                own = anchor if policy else None
                verdict = compared(verdict, own, beside.read_bytes() if beside.exists() else None)
            else:
                assert bundle is not None  # one of the two was given
                anchor = None if policy is None else read_policy(policy)
                verdict = verify_bundle(bundle, anchor, notes, progress)
    except (HatError, SQLAlchemyError, OSError, ValueError) as error:
        say(f"Nothing was verified: {told(error)}", err=True)
        raise typer.Exit(WRONG_USAGE) from None
    typer.echo(json.dumps(verdict.json(), indent=1) if as_json else verdict.text())
    raise typer.Exit(int(verdict.code))


def _verify_folder(data: Path, anchor: Policy | None, notes: tuple[str, ...], progress: Progress) -> Verdict:
    from sqlalchemy.exc import DatabaseError

    from hat_clinic.handlers.verdict import Code, Verdict
    from hat_clinic.handlers.verifying_database import unreadable, verify_database
    from hat_clinic.store.engine import reading
    from hat_clinic.store.own_tables import require_readable
    from hat_clinic.vocabulary.errors import LedgerBroken
    from hat_clinic.wiring.folder import ClinicFolder

    folder, origin = ClinicFolder.open(data), str(data)
    engine = None
    try:
        engine = folder.engine(alone=False)
        if anchor is None:
            with reading(engine) as connection:
                require_readable(connection)
        origin = anchor.origin if anchor is not None else only_origin(engine)
        return verify_database(engine, folder.site_keys(origin), anchor, notes, progress)
    except LedgerBroken as error:
        return Verdict(Code.TAMPERED, origin, (str(error),), error.seq)
    except DatabaseError as error:
        return unreadable(origin, error)
    finally:
        if engine is not None:
            engine.dispose()


def only_origin(engine: Engine) -> str:
    """The name of the one log in this database.

    Raises: ValueError, if there are several or none.
    """
    from hat_clinic.store import sites
    from hat_clinic.store.engine import reading

    with reading(engine) as connection:
        origins = [site.origin for site in sites.stored(connection)]
    if len(origins) != 1:
        raise ValueError(f"this database holds {len(origins)} logs: say which with --policy")
    return origins[0]


def read_policy(path: Path) -> Policy:
    """The trust anchor in this file.

    Raises: BadProof; OSError.
    """
    from hat_clinic.ledger.policy import Policy

    return Policy.parse(path.read_bytes())


def _notes(folder: Path | None) -> tuple[str, ...]:
    """Every head in this folder: those that were kept, and those that contradicted them."""
    from hat_clinic.ledger.kept_heads import is_cut, split_notes
    from hat_clinic.vocabulary.errors import BadProof

    if folder is None:
        return ()
    files = [path for end in ("notes", "contradictions") for path in sorted(folder.glob(f"*.{end}"))]
    if not files:
        raise ValueError(f"{folder} is not a folder of heads: no *.notes and no *.contradictions lie in it")
    found: list[str] = []
    for path in files:
        data = path.read_bytes()
        try:
            found += split_notes(data)
        except BadProof as error:
            raise BadProof(f"{path}: {error}") from error
        if is_cut(data):
            say(f"{path} ends inside a head, which is left aside", err=True)
    if not found:
        raise ValueError(f"the files in {folder} hold no head")
    return tuple(found)


def _warn_of_inside(heads: Path | None, record: Path | None) -> None:
    """Told where the heads lie with what they are to prove."""
    if heads is not None and record is not None and heads.resolve().is_relative_to(record.resolve()):
        say(
            f"{heads} lies inside {record}: whoever changed the record may have changed these heads too."
            " They prove as much as a copy you kept yourself only if nobody could",
            err=True,
        )
