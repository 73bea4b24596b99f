"""`hat-clinic staff`: who works here; appointed and trusted by two administrators, revoked by one person."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hat_clinic.cli.main import app, or_say, say
from hat_clinic.cli.terminal import AT, SERVER
from hat_clinic.vocabulary.terms import RevocationReason, Role

if TYPE_CHECKING:
    from hat_clinic.cli.signing import Sitting
    from hat_clinic.wiring.roster import Employed

PERSON = "The person's id, as `staff list` prints it."
SEED_BYTES = 32

staff = typer.Typer(name="staff", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(staff, help="Who works here: list, appoint, grant and revoke keys and roles.")


@staff.command("list")
def list_staff(
    data: Annotated[Path, typer.Option(help="The clinic's folder.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, one object a person.")] = False,
) -> None:
    """Print everybody who was ever appointed, with their roles and keys. Changes nothing.

    Exit codes: 0 printed, 64 wrong usage or no clinic there.
    """
    from hat_clinic.wiring.roster import read_staff

    with or_say("Nothing was printed"):
        found = read_staff(data)
    if as_json:
        typer.echo(json.dumps([_row(one) for one in found], indent=1))
        return
    for one in found:
        roles = ", ".join(role.replace("_", " ") for role in one.person.roles) or "no role"
        say(f"{one.person.staff_code}  {one.person.name}  ({roles})")
        say(f"    person {one.person.person}")
        for each in one.person.registrations:
            say(f"    registration {each.body} {each.number}")
        for key in one.keys:
            doubt = "" if key.disputed_from is None else f", in doubt from entry {key.disputed_from} on"
            say(f"    key {key.key} {'good' if key.until is None else 'revoked'}{doubt}")


def _row(one: Employed) -> dict[str, Any]:
    return {
        "person": one.person.person,
        "staff_code": one.person.staff_code,
        "name": one.person.name,
        "roles": [str(role) for role in one.person.roles],
        "registrations": [{"body": each.body, "number": each.number} for each in one.person.registrations],
        "keys": [
            {"key": key.key, "good": key.until is None, "disputed_from": key.disputed_from}
            for key in one.keys
        ],
    }


@staff.command()
def appoint(
    at: Annotated[Path, typer.Option(help=AT)],
    code: Annotated[str, typer.Option(help="Staff code, which nobody has or had, for example N-01.")],
    name: Annotated[str, typer.Option(help="Name, as others know it.")],
    role: Annotated[list[Role], typer.Option(help="What the person may do; may be given again.")],
    registration: Annotated[
        list[str] | None, typer.Option(help="Professional registration, BODY:NUMBER; may be given again.")
    ] = None,
    server: Annotated[str | None, typer.Option(help=SERVER)] = None,
) -> None:
    """Let somebody work here: appointment, key and roles, each signed by two administrators.

    The new person chooses a passphrase of 15 characters or more first. Their key is made here; the
    server gets it closed under that passphrase. What was begun and not finished goes on with grant-key
    and grant-role; a key that stayed without its passphrase is revoked.

    Exit codes: 0 done, 1 begun and not finished, 64 nothing was done.
    """
    from hat_clinic.cli.signing import sitting

    registrations = [_registration(each) for each in registration or ()]
    with sitting(at, server) as here:
        phrase = _new_passphrase(name)
        here.administrators()
        person = here.terminal.ids.uuid7()
        body: dict[str, Any] = {"person": person, "staff_code": code, "name": name}
        here.by_two("appoint-person", body | {"registrations": registrations})
        say(f"{name} ({code}) has the id {person}.")
        _grant_key(here, person, phrase)
        for each in role:
            here.by_two("grant-role", {"person": person, "role": each.value})
    say(f"{name} may clock in as {code}.")


@staff.command("grant-key")
def grant_key(
    at: Annotated[Path, typer.Option(help=AT)],
    person: Annotated[str, typer.Option(help=PERSON)],
    server: Annotated[str | None, typer.Option(help=SERVER)] = None,
) -> None:
    """Give a person a new key, under a passphrase they choose here. Two administrators sign.

    Exit codes: 0 done, 1 begun and not finished, 64 nothing was done.
    """
    from hat_clinic.cli.signing import sitting

    with sitting(at, server) as here:
        phrase = _new_passphrase("Whoever gets the key")
        here.administrators()
        _grant_key(here, person, phrase)
    say("The key is granted.")


@staff.command("grant-role")
def grant_role(
    at: Annotated[Path, typer.Option(help=AT)],
    person: Annotated[str, typer.Option(help=PERSON)],
    role: Annotated[Role, typer.Option(help="What the person may do.")],
    server: Annotated[str | None, typer.Option(help=SERVER)] = None,
) -> None:
    """Trust a person with a role. Two administrators sign.

    Exit codes: 0 done, 1 begun and not finished, 64 nothing was done.
    """
    from hat_clinic.cli.signing import sitting

    with sitting(at, server) as here:
        here.administrators()
        here.by_two("grant-role", {"person": person, "role": role.value})
    say("The role is granted.")


@staff.command("revoke-key")
def revoke_key(
    at: Annotated[Path, typer.Option(help=AT)],
    person: Annotated[str, typer.Option(help=PERSON)],
    key: Annotated[str, typer.Option(help="The key's id, as `staff list` prints it.")],
    reason: Annotated[RevocationReason, typer.Option(help="Why it is trusted no more.")],
    disputed_from: Annotated[
        int | None, typer.Option(min=0, help="From which entry on its signatures are in doubt.")
    ] = None,
    server: Annotated[str | None, typer.Option(help=SERVER)] = None,
) -> None:
    """Let a key sign nothing more. One person signs, for trust is quickly removed.

    Exit codes: 0 revoked, 1 it is not known whether it was, 64 nothing was done.
    """
    from hat_clinic.cli.signing import sitting

    body: dict[str, Any] = {"person": person, "key": key, "reason": reason.value}
    if disputed_from is not None:
        body["disputed_from"] = disputed_from
    with sitting(at, server) as here:
        here.clock_in("Who revokes it")
        here.by_one("revoke-key", body)
    say("The key is revoked.")


@staff.command("revoke-role")
def revoke_role(
    at: Annotated[Path, typer.Option(help=AT)],
    person: Annotated[str, typer.Option(help=PERSON)],
    role: Annotated[Role, typer.Option(help="What the person may do no more.")],
    reason: Annotated[RevocationReason, typer.Option(help="Why.")],
    server: Annotated[str | None, typer.Option(help=SERVER)] = None,
) -> None:
    """Take a role away. One person signs, for trust is quickly removed.

    Exit codes: 0 revoked, 1 it is not known whether it was, 64 nothing was done.
    """
    from hat_clinic.cli.signing import sitting

    with sitting(at, server) as here:
        here.clock_in("Who revokes it")
        here.by_one("revoke-role", {"person": person, "role": role.value, "reason": reason.value})
    say("The role is revoked.")


def _registration(text: str) -> dict[str, str]:
    body, colon, number = text.partition(":")
    if not (colon and body.strip() and number.strip()):
        raise typer.BadParameter("a registration is BODY:NUMBER", param_hint="--registration")
    return {"body": body.strip(), "number": number.strip()}


def _new_passphrase(who: str) -> str:
    """What the new person chose, typed twice.

    Raises: Rejected, for one that is too short, before anybody else is asked for anything.
    """
    from hat_clinic.security.signing import require_passphrase

    say(f"{who}:")
    words = "  your own first passphrase, 15 characters or more"
    phrase: str = typer.prompt(words, hide_input=True, confirmation_prompt=True)
    require_passphrase(phrase)
    return phrase


def _grant_key(here: Sitting, person: str, phrase: str) -> None:
    """A key made here speaks for the person, and opens by their passphrase.

    Why no second try: the seed is in this process alone, so a key that stayed without a passphrase
    opens for nobody; it is revoked, and another one granted.
    """
    from hat_clinic.client.first_passphrase import keep_first_passphrase
    from hat_clinic.ledger.canonical import b64
    from hat_clinic.ledger.keys import ED25519
    from hat_clinic.security.signing import SigningKey
    from hat_clinic.vocabulary.ids import PersonId

    at, random = here.terminal, here.terminal.ids.random
    seed = random(SEED_BYTES)
    key = SigningKey.from_seed(seed)
    here.by_two(
        "grant-key",
        {"person": person, "key": key.key_id, "alg": ED25519, "public": b64(key.public_raw)},
    )
    terminal = at.enrolment.terminal
    keep_first_passphrase(at.http, at.origin, terminal, PersonId(person), seed, phrase, random)
    here.stands.append(f"the passphrase of key {key.key_id} is kept")
