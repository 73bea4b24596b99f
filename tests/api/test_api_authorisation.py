"""Who may call what: every route is called once as everybody, and the answers are the committed table.

After a change that is meant: `HAT_WRITE_TABLES=1 make test TESTS=tests/api/test_api_authorisation.py`, and
read what changed in docs/authorisation.md before it is committed.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, delete

from hat_clinic.handlers.grants import ACTS
from hat_clinic.store.schema import throttle
from hat_clinic.store.transaction import Transaction
from hat_clinic.vocabulary.terms import Role
from hat_clinic.wire.kinds import UUID_EXAMPLE
from tests.api.served import Served, served

TABLE = Path(__file__).parents[2] / "docs" / "authorisation.md"
HEAD = """# Who may call what

Made by `tests/api/test_api_authorisation.py`, which calls every route once as everybody and reads the
status. Each person has that role alone; `terminal` is an enrolled terminal with nobody signed in.

- `yes`: not turned away for who they are. The rules may still refuse, and then say which.
- `401`: no enrolled terminal, or nobody signed in. Nothing is on record but the count of failures.
- `403`: signed in, and never allowed. An act so refused is on record with rule SO40.

"""
PARAMETERS = {"site": "zh1", "number": "1", "staff_code": "A-01", "from": "1", "seq": "1"}


@pytest.fixture
def house(engine: Engine) -> Iterator[Served]:
    with served(engine, tuple(ACTS.values()), raises=False) as one:
        yield one


def calls(house: Served) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """(method, path, what to send) of every route there is, from OpenAPI."""
    api = house.http.get("/openapi.json").json()
    for path, methods in sorted(api["paths"].items()):
        for method, operation in methods.items():
            sent: dict[str, Any] = {"params": {}}
            for one in operation.get("parameters", []):
                if one["required"] and one["in"] == "query":
                    sent["params"][one["name"]] = PARAMETERS[one["name"]]
            if "requestBody" in operation:
                reference = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"]
                sent["json"] = api["components"]["schemas"][reference.rpartition("/")[2]]["examples"][0]
            yield method.upper(), path, sent


def ask(house: Served, method: str, path: str, sent: dict[str, Any], headers: dict[str, str]) -> str:
    parts = (part[1:-1] if part.startswith("{") else None for part in path.split("/"))
    filled = "/".join(
        part if name is None else PARAMETERS.get(name, UUID_EXAMPLE)
        for part, name in zip(path.split("/"), parts, strict=True)
    )
    key = {"Idempotency-Key": house.clinic.ids.uuid7()}
    answer = house.http.request(method, filled, headers=headers | key, **sent)
    # One failure must not make the next one wait.
    house.clinic.in_one(forgive)
    assert answer.status_code < 500, (method, path, answer.text)
    return str(answer.status_code) if answer.status_code in (401, 403) else "yes"


def forgive(tx: Transaction) -> None:
    tx.conn.execute(delete(throttle))


def table(house: Served) -> str:
    """The table as it is now."""
    people = {role: house.clinic.hire(f"R-{place:02}", role) for place, role in enumerate(Role)}
    for one in people.values():
        house.keep_credential(one)
    columns = ["nobody", "terminal", *(str(role).replace("_", " ") for role in Role)]
    lines = [f"| route | {' | '.join(columns)} |", "|---" * (len(columns) + 1) + "|"]
    for method, path, sent in calls(house):
        row = [ask(house, method, path, sent, {}), ask(house, method, path, sent, house.terminal)]
        for one in people.values():
            row.append(ask(house, method, path, sent, house.as_(one)))
            if method == "DELETE":
                house.tokens.pop(one.staff_code)
        lines.append(f"| {method} `{path.removeprefix('/v1/sites/{site}')}` | {' | '.join(row)} |")
    return HEAD + "\n".join(lines) + "\n"


def test_every_route_answers_everybody_as_the_table_says(house: Served) -> None:
    found = table(house)
    if os.environ.get("HAT_WRITE_TABLES"):
        TABLE.write_text(found, encoding="utf-8")
    assert found == TABLE.read_text(encoding="utf-8")


def test_no_role_may_everything_and_no_act_is_for_nobody() -> None:
    for role in Role:
        assert any(role not in act.roles for act in ACTS.values()), role
    assert all(act.roles for act in ACTS.values())
