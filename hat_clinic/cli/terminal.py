"""`hat-clinic terminal`: a new terminal's folder, its enrolment by two people, its revocation, the list."""

from __future__ import annotations

import json
from pathlib import Path
from shlex import quote
from typing import Annotated

import typer

from hat_clinic.cli.main import WRONG_USAGE, app, or_say, say, told
from hat_clinic.vocabulary.terms import RevocationReason

AT = "An enrolled terminal: its folder, or the terminal file that init wrote."
SERVER = "Address of the server, if it is not the terminal's own."

terminals = typer.Typer(name="terminal", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(terminals, help="The enrolled places where people may act: list, new, enrol, revoke.")


@terminals.command("list")
def list_terminals(
    data: Annotated[Path, typer.Option(help="The clinic's folder.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, one object a terminal.")] = False,
) -> None:
    """Print every terminal that was ever enrolled. Changes nothing.

    Exit codes: 0 printed, 64 wrong usage or no clinic there.
    """
    from hat_clinic.ledger.canonical import b64
    from hat_clinic.wiring.roster import read_terminals

    with or_say("Nothing was printed"):
        found = read_terminals(data)
    rows = [
        {
            "terminal": one.terminal,
            "name": one.name,
            "enrolled": not one.revoked,
            "secret_hash": None if one.secret_hash is None else b64(one.secret_hash),
        }
        for one in found
    ]
    if as_json:
        typer.echo(json.dumps(rows, indent=1))
        return
    for row in rows:
        say(f"{row['terminal']}  {'enrolled' if row['enrolled'] else 'revoked '}  {row['name']}")


@terminals.command()
def new(
    folder: Annotated[Path, typer.Argument(help="A new folder, on the terminal itself.")],
    url: Annotated[str, typer.Option(help="Address of the server, for example https://hat.clinic.example.")],
    policy: Annotated[Path, typer.Option(help="Your own copy of policy.txt, the trust anchor.")],
    site: Annotated[
        str | None, typer.Option(help="Short id of the premises, if the log's name does not end in it.")
    ] = None,
    name: Annotated[str, typer.Option(help="Name people know it by.")] = "new terminal",
) -> None:
    """Make a terminal's folder with a fresh id and secret, and print what two administrators enrol.

    The secret stays in the folder, for its owner alone; the server learns its hash.

    Exit codes: 0 made, 64 wrong usage (nothing was made).
    """
    from hat_clinic.client.enrolment import Enrolment
    from hat_clinic.client.http import SiteHttp
    from hat_clinic.ledger.canonical import b64
    from hat_clinic.ledger.policy import Policy
    from hat_clinic.security.tokens import new_token, token_hash
    from hat_clinic.vocabulary.errors import HatError
    from hat_clinic.wiring.folder import require_new
    from hat_clinic.wiring.system import SystemIds

    ids = SystemIds()
    terminal, secret = ids.uuid7(), new_token(ids.random)
    try:
        anchor = Policy.parse(policy.read_bytes())
        at = site or anchor.origin.rpartition("/")[2]
        SiteHttp(url, at, terminal, secret).close()  # it refuses an address that secrets are not sent to
        require_new(folder)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
        Enrolment(terminal, secret, at, url, anchor).write(folder)
    except (HatError, OSError, ValueError) as error:
        say(f"Nothing was made: {told(error)}", err=True)
        raise typer.Exit(WRONG_USAGE) from None
    digest = b64(token_hash(secret))
    say(f"The terminal's folder is {folder}, for the log {anchor.origin}, site {at}.")
    say(f"  id    {terminal}")
    say(f"  hash  {digest}")
    say("It may talk to the server once two administrators have enrolled it, at a terminal that may:")
    say(
        f"  hat-clinic terminal enrol --at TERMINAL_FOLDER --id {terminal} "
        f"--hash {quote(digest)} --name {quote(name)}"
    )


@terminals.command()
def enrol(
    at: Annotated[Path, typer.Option(help=AT)],
    terminal: Annotated[str, typer.Option("--id", help="The id that `terminal new` printed.")],
    digest: Annotated[str, typer.Option("--hash", help="The hash that `terminal new` printed.")],
    name: Annotated[str, typer.Option(help="Name people know it by.")],
    server: Annotated[str | None, typer.Option(help=SERVER)] = None,
) -> None:
    """Let a new terminal talk to the server: two administrators sign for it, at a terminal that may.

    Exit codes: 0 enrolled, 1 begun and not finished, 64 nothing was done.
    """
    from hat_clinic.cli.signing import sitting
    from hat_clinic.ledger.canonical import unb64
    from hat_clinic.vocabulary.errors import BadProof

    try:
        unb64(digest, 32)
    except BadProof:
        raise typer.BadParameter("this is no hash that `terminal new` printed", param_hint="--hash") from None
    with sitting(at, server) as here:
        here.administrators()
        here.by_two("enrol-terminal", {"terminal": terminal, "name": name, "secret_hash": digest})
    say(f"{name} is enrolled.")


@terminals.command()
def revoke(
    at: Annotated[Path, typer.Option(help=AT)],
    terminal: Annotated[str, typer.Option("--id", help="Its id, as `terminal list` prints it.")],
    reason: Annotated[RevocationReason, typer.Option(help="Why it is trusted no more.")],
    server: Annotated[str | None, typer.Option(help=SERVER)] = None,
) -> None:
    """Let a terminal talk to the server no more. One person signs, for trust is quickly removed.

    Exit codes: 0 revoked, 1 it is not known whether it was, 64 nothing was done.
    """
    from hat_clinic.cli.signing import sitting

    with sitting(at, server) as here:
        here.clock_in("Who revokes it")
        here.by_one("revoke-terminal", {"terminal": terminal, "reason": reason.value})
    say("The terminal is revoked.")
