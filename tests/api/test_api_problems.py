"""Whatever goes wrong, the answer is a problem in our words, with the headers of every answer."""

from __future__ import annotations

import ast
import inspect
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from fastapi.exceptions import RequestValidationError
from sqlalchemy import Engine

from hat_clinic.api.headers import HEADERS
from hat_clinic.api.problems import MEDIA_TYPE, MOST_FAULTS, PROBLEMS, kind_of, of_error, of_validation
from hat_clinic.handlers.grants import ACTS
from hat_clinic.handlers.runtime import SiteRuntime
from hat_clinic.store.committer import OutcomeUnknown
from hat_clinic.store.writer import WriterStopped
from hat_clinic.vocabulary import errors
from hat_clinic.vocabulary.errors import Finding, HatError, LedgerBroken, Refused, Rejected, Throttled
from tests.api.served import HERE, Served, served


@pytest.fixture
def house(engine: Engine) -> Iterator[Served]:
    with served(engine, raises=False) as one:
        yield one


def is_problem(answer: Any, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == MEDIA_TYPE
    found: dict[str, Any] = answer.json()
    assert found["status"] == status and found["type"].startswith("/problems/") and found["title"]
    for name, value in HEADERS.items():
        assert answer.headers[name] == value
    assert "server" not in answer.headers
    return found


def test_every_error_has_its_own_line_and_the_status_its_tree_promises() -> None:
    tree = inspect.getdoc(errors) or ""
    for name, kind in vars(errors).items():
        if isinstance(kind, type) and issubclass(kind, HatError) and kind is not HatError:
            (line,) = [each for each in tree.splitlines() if f"─ {name} " in each]
            promised = next(int(word) for word in line.replace(",", " ").split() if word.isdigit())
            assert PROBLEMS[kind].status == promised
    assert len({kind.name for kind in PROBLEMS.values()}) == len(PROBLEMS)


@pytest.mark.parametrize("error", [WriterStopped("closing"), OutcomeUnknown("who knows")])
def test_an_error_without_a_line_is_answered_by_its_family(error: HatError) -> None:
    assert kind_of(error).status == 503
    assert str(error) not in bytes(of_error(error).body).decode()


def test_findings_come_with_rule_words_and_source() -> None:
    findings = (Finding("AD01", "wait", "a law"), Finding("AD02", "stop"))
    body = ast.literal_eval(bytes(of_error(Refused(findings)).body).decode())
    assert body["findings"] == [
        {"rule": "AD01", "words": "wait", "source": "a law"},
        {"rule": "AD02", "words": "stop", "source": ""},
    ]


@pytest.mark.parametrize(
    "field, place",
    [
        ("", {"pointer": "#"}),
        ("/mass/ug", {"pointer": "#/mass/ug"}),
        ("/a b/ü", {"pointer": "#/a%20b/%C3%BC"}),
        ("zone", {"parameter": "zone"}),
    ],
)
def test_a_rejection_names_its_place(field: str, place: dict[str, str]) -> None:
    body = ast.literal_eval(bytes(of_error(Rejected("bad", field)).body).decode())
    assert body["errors"] == [{**place, "detail": "bad"}]


def test_a_rejection_by_the_rules_names_a_member_of_the_body() -> None:
    answer = of_error(Rejected("bad", "filled/0/source"), about_body=True)
    (fault,) = ast.literal_eval(bytes(answer.body).decode())["errors"]
    assert fault["pointer"] == "#/filled/0/source"


@pytest.mark.parametrize("more", [-1, 0, 1, 6000])
def test_boundary_of_the_faults_that_are_named(more: int) -> None:
    faults = [{"loc": ("body", str(each)), "msg": "no"} for each in range(MOST_FAULTS + more)]
    answer = of_validation(RequestValidationError(faults))
    told = json.loads(bytes(answer.body))
    named = [each["pointer"] for each in told["errors"]]
    assert named == [f"#/{each}" for each in range(min(len(faults), MOST_FAULTS))]
    assert (str(len(faults)) in told["detail"]) == (more > 0)


@pytest.mark.parametrize("wait, seconds", [(timedelta(microseconds=1), "1"), (timedelta(seconds=2), "2")])
def test_boundary_of_retry_after(wait: timedelta, seconds: str) -> None:
    assert of_error(Throttled("wait", wait)).headers["Retry-After"] == seconds


UNKNOWN = [
    ("GET", "/", 404),
    ("GET", "/docs", 404),
    ("GET", "/redoc", 404),
    ("GET", "/v1/sites/zh1/nothing", 404),
    ("GET", "/health/", 404),
    ("POST", "/health", 405),
    ("GET", f"{HERE}/grant-role/statement", 405),
    ("PUT", f"{HERE}/clock-ins", 405),
    ("OPTIONS", f"{HERE}/clock-ins", 405),
    ("GET", "/v1/sites/zh1/%00", 404),
    ("GET", "/%ff%fe", 404),
]


def test_unknown_addresses_and_methods_are_problems_too(house: Served) -> None:
    for method, path, status in UNKNOWN:
        answer = house.http.request(method, path)
        is_problem(answer, status)
        assert ("allow" in answer.headers) == (status == 405), path


def test_a_success_carries_the_headers_too(house: Served) -> None:
    answer = house.http.get("/health")
    assert answer.json() == {"status": "alive"}
    assert all(answer.headers[name] == value for name, value in HEADERS.items())


def test_what_nobody_foresaw_is_told_without_its_words(
    house: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(*args: object) -> None:
        raise ZeroDivisionError("the patient's name")

    monkeypatch.setattr(SiteRuntime, "read", fails)
    answer = house.http.get(f"{HERE}/ledger/head", headers=house.terminal)
    assert is_problem(answer, 500)["type"] == "/problems/unforeseen"
    assert "patient" not in answer.text


def test_a_broken_record_turns_readiness_red_and_stops_writing(
    house: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = house.clinic.ada
    headers = house.writes(ada)
    assert house.http.get("/ready").status_code == 200

    async def finds(*args: object) -> None:
        raise LedgerBroken("a leaf is not the one in the tree", seq=3)

    with monkeypatch.context() as patch:
        patch.setattr(SiteRuntime, "read", finds)
        answer = house.http.get(f"{HERE}/ledger/head", headers=house.terminal)
    assert is_problem(answer, 500)["type"] == "/problems/ledger-broken"
    assert house.http.get("/ready").status_code == 503
    assert house.http.get("/health").status_code == 200
    body = {"person": ada.person, "role": "nurse"}
    answer = house.http.post(f"{HERE}/grant-role/statement", json=body, headers=headers)
    is_problem(answer, 500)


def test_a_closed_writer_is_unavailable(house: Served) -> None:
    headers = house.writes(house.clinic.ada)
    house.clinic.writer.close()
    assert house.http.get("/ready").status_code == 503
    body = {"person": house.clinic.ada.person, "role": "nurse"}
    answer = house.http.post(f"{HERE}/grant-role/statement", json=body, headers=headers)
    is_problem(answer, 503)


def test_openapi_names_problems_examples_and_units(engine: Engine) -> None:
    with served(engine, tuple(ACTS.values())) as house:
        api = house.http.get("/openapi.json").json()
    for path, methods in api["paths"].items():
        for operation in methods.values():
            if path.startswith("/v1"):
                for status in ("401", "409", "422"):
                    assert list(operation["responses"][status]["content"]) == [MEDIA_TYPE]
                assert operation["security"], path
    mass = api["components"]["schemas"]["MassBody"]
    assert "micrograms" in mass["properties"]["ug"]["description"]
