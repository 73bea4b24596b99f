"""Bad input, sent to every route that takes a body: 422 naming the field, nothing written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.routing import APIRoute, iter_route_contexts
from httpx2 import AsyncClient
from sqlalchemy import Engine

from hat_clinic.api.app import create_app
from hat_clinic.handlers.grants import ACTS
from tests.api.bad_bodies import Spoilt, spoilt_members, whole_bodies
from tests.api.served import Served, served
from tests.prepared import every_row

IDS = {"{site}": "zh1", "{statement}": "0193580a-1c00-7000-8000-0000000000aa"}


@pytest.fixture
def house(engine: Engine) -> Iterator[Served]:
    with served(engine, tuple(ACTS.values()), raises=False) as one:
        yield one


def write_routes(house: Served) -> list[tuple[str, dict[str, Any], dict[str, Any]]]:
    """(path, example, schema) of every route that takes a body, from OpenAPI itself."""
    api = house.http.get("/openapi.json").json()
    found = []
    for path, methods in api["paths"].items():
        for method, operation in methods.items():
            if "requestBody" in operation:
                assert method == "post"
                reference = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"]
                schema = api["components"]["schemas"][reference.rpartition("/")[2]]
                (example,) = schema["examples"]
                found.append((path, example, schema | {"defs": api["components"]["schemas"]}))
    return found


def at(path: str) -> str:
    for name, value in IDS.items():
        path = path.replace(name, value)
    return path


def send(house: Served, path: str, body: bytes, **headers: str) -> Any:
    sent = {"Content-Type": "application/json", **house.writes(house.clinic.ada), **headers}
    return house.http.post(at(path), content=body, headers=sent)


def fault(answer: Any, pointer: str) -> str:
    """What is wrong with this answer to a bad body; nothing if it is as it must be."""
    if answer.status_code != 422:
        return f"{answer.status_code} {answer.text[:200]}"
    if answer.headers["content-type"] != "application/problem+json":
        return f"is {answer.headers['content-type']}"
    named = [each["pointer"] for each in answer.json()["errors"]]
    if not any(each.startswith(f"#{pointer}") for each in named):
        return f"names {named}, not #{pointer}"
    return ""


def refused_everywhere(house: Served, spoilt: Any) -> Counter[str]:
    """How many bad bodies each route refused as it must; a list of those it did not fails the test."""
    headers = house.as_(house.clinic.ada) | {"Content-Type": "application/json"}
    routes = write_routes(house)
    before, wrong, sent = every_row(house.clinic.engine), list[str](), Counter[str]()

    async def send_all(app: AsyncClient) -> None:
        for path, example, schema in routes:
            bodies: Iterator[Spoilt] = spoilt(example, schema)
            for words, pointer, body in bodies:
                sent[path] += 1
                key = {"Idempotency-Key": house.clinic.ids.uuid7()}
                answer = await app.post(at(path), content=body, headers=headers | key)
                if found := fault(answer, pointer):
                    wrong.append(f"{path}: {words}: {found}")

    house.inside(send_all)
    assert wrong == []
    assert every_row(house.clinic.engine) == before
    return sent


def test_bodies_that_cannot_be_read(house: Served) -> None:
    sent = refused_everywhere(house, lambda example, schema: whole_bodies(example))
    assert len(sent) >= len(ACTS) + 3 and min(sent.values()) >= 18


def test_members_that_are_not_what_they_must_be(house: Served) -> None:
    sent = refused_everywhere(house, lambda example, schema: spoilt_members(example, schema, schema["defs"]))
    assert len(sent) >= len(ACTS) + 3 and min(sent.values()) >= 18
    print(f"{sum(sent.values())} bad bodies to {len(sent)} routes")


NOT_JSON: list[dict[str, str]] = [
    {"Content-Type": "text/plain"},
    {"Content-Type": "application/x-www-form-urlencoded"},
    {"Content-Type": "application/json; charset=latin-1"},
    {"Content-Type": ""},
    {"Content-Encoding": "gzip"},
]


def test_another_content_type_is_not_read(house: Served) -> None:
    for path, _, _ in write_routes(house):
        for headers in NOT_JSON:
            answer = send(house, path, b"{}", **headers)
            assert answer.status_code == 415, (path, answer.text)
            assert answer.headers["content-type"] == "application/problem+json"


NO_REQUEST_IDS = (
    None,
    "",
    "1",
    "0193580a-1c00-4000-8000-0000000000aa",
    "0193580A-1C00-7000-8000-0000000000AA",
    "\xe9",
)


def test_a_request_id_is_a_uuid7(house: Served) -> None:
    headers = house.as_(house.clinic.ada)
    named = {*ACTS, *(f"{name}/statement" for name in ACTS)}
    acts = [route for route in write_routes(house) if route[0].removeprefix("/v1/sites/{site}/") in named]
    assert len(acts) == len(ACTS)
    for path, example, _ in acts:
        for key in NO_REQUEST_IDS:
            sent: dict[str, Any] = (
                {**headers} if key is None else {**headers, "Idempotency-Key": key.encode("latin-1")}
            )
            answer = house.http.post(at(path), json=example, headers=sent)
            assert answer.status_code == 422, (path, answer.text)
            assert [each["parameter"].lower() for each in answer.json()["errors"]] == ["idempotency-key"]


def test_every_route_that_is_registered_is_in_openapi(house: Served) -> None:
    routes = [one.original_route for one in iter_route_contexts(create_app(house.runtime).routes)]
    bodies = [one for one in routes if isinstance(one, APIRoute) and one.body_field is not None]
    assert len(bodies) == len(write_routes(house))
