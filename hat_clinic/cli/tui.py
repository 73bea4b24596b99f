"""`hat-clinic tui`: the terminal's screens."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hat_clinic.cli.main import WRONG_USAGE, app, say, told

if TYPE_CHECKING:
    from hat_clinic.client.enrolment import Enrolment

SERVER = "http://127.0.0.1:8443"
AGAIN = "from hat_clinic.cli.main import run; run()"
LOG = "tui.log"


@app.command()
def tui(
    terminal: Annotated[
        Path, typer.Option(help="terminal.json of this terminal, or the terminal file that init wrote.")
    ],
    server: Annotated[
        str | None, typer.Option(help=f"Address of the server; else the terminal's own, or {SERVER}.")
    ] = None,
) -> None:
    """Work at a terminal: clock in, the board of today, doses.

    What this terminal has seen of the log is kept beside the file, in heads/ and outbox/; policy.txt,
    the trust anchor, must lie there too. Faults are written to tui.log, never onto the screen.

    Exit codes: 0 left, 1 it failed, 64 it could not start.
    """
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        typer.echo("Not started: this is for people at a terminal; there is none here.", err=True)
        raise typer.Exit(WRONG_USAGE)
    if needs_utf8(sys.stdout.encoding, sys.stderr.encoding) and os.environ.get("PYTHONUTF8") != "1":
        # Textual draws on stderr, whose encoding is fixed when the interpreter starts.
        command = [sys.executable, "-c", AGAIN, *sys.argv[1:]]
        os.execve(sys.executable, command, os.environ | {"PYTHONUTF8": "1"})
    os.environ.setdefault("TEXTUAL_ANIMATIONS", "none")
    from hat_clinic.vocabulary.errors import HatError

    try:
        enrolment = read_enrolment(terminal, server)
        code = _run(enrolment, terminal.resolve().parent)
    except (HatError, OSError, ValueError) as error:
        say(f"Not started: {told(error)}", err=True)
        raise typer.Exit(WRONG_USAGE) from None
    raise typer.Exit(code)


def needs_utf8(*encodings: str | None) -> bool:
    """Whether one of these cannot hold every name; then the marks on the screen are lost too."""
    return any((each or "ascii").lower().replace("-", "").replace("_", "") != "utf8" for each in encodings)


def read_enrolment(file: Path, server: str | None) -> Enrolment:
    """What this terminal was given, in either form, with the address it is to ask.

    Raises: Rejected, BadProof; OSError.
    """
    from hat_clinic.client.enrolment import ENROLMENT, POLICY, Enrolment
    from hat_clinic.client.own_files import read_own
    from hat_clinic.ledger.policy import Policy
    from hat_clinic.vocabulary.errors import Rejected
    from hat_clinic.vocabulary.strict_json import loads

    if file.name == ENROLMENT:
        found = Enrolment.read(file.parent)
        return found if server is None else replace(found, url=server)
    policy = Policy.parse((file.parent / POLICY).read_bytes())
    match loads(read_own(file)):
        case {"site": str(site), "origin": str(origin), "terminal": str(terminal), "secret": str(secret)}:
            if origin != policy.origin:
                raise Rejected(f"{POLICY} beside it is of another log", str(file))
            return Enrolment(terminal, secret, site, server or SERVER, policy)
        case _:
            raise Rejected("this is no file of a terminal", str(file))


def _run(enrolment: Enrolment, folder: Path) -> int:
    import logging

    from hat_clinic.client.terminal import Terminal
    from hat_clinic.wiring.system import SystemClock, SystemIds
    from tui.app import ClinicApp

    log = folder / LOG
    log.touch(mode=0o600)
    logging.basicConfig(filename=log, level=logging.WARNING, format="%(asctime)s %(name)s %(message)s")
    logging.captureWarnings(True)
    terminal = Terminal(enrolment, folder, SystemClock(), SystemIds())
    clinic = ClinicApp(terminal)
    try:
        clinic.run()
    finally:
        clinic.desk.clock_all_out()
        terminal.close()
    return clinic.return_code or 0
