"""Views: who may read which, and that what was entered for a dose stays hidden until it is verified."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from fastapi.routing import iter_route_contexts
from sqlalchemy import Engine

from hat_clinic.client.identity import open_identity, require_enrolled
from hat_clinic.handlers.reads import READS
from hat_clinic.vocabulary.terms import Role
from hat_clinic.wire.board import IdentityView
from hat_clinic.wire.ledger import Proven
from tests.api.served import HERE, Served
from tests.api.served_ward import served_ward
from tests.clinic import Member
from tests.handlers.dosing import Ward
from tests.handlers.enrolling import FAMILY

# They answer from the log or about oneself; every enrolled terminal or signed-in person may ask.
NO_VIEWS = {
    "/v1/sites/{site}/clock-ins/parameters",
    "/v1/sites/{site}/ledger/head",
    "/v1/sites/{site}/ledger/consistency",
    "/v1/sites/{site}/ledger/proof",
    "/v1/sites/{site}/requests/{request}",
    "/health",
    "/ready",
    "/openapi.json",
}


BY_NAME = {"system": "family", "value": FAMILY}


@dataclass
class Looking:
    """A served ward and those who look at it."""

    ward: Ward
    house: Served

    def sees(self, one: Member, path: str, body: Any = None) -> Any:
        method = "GET" if body is None else "POST"
        return self.house.http.request(method, f"{HERE}{path}", json=body, headers=self.house.as_(one))

    def path_of(self, view: str) -> str:
        dose = self.ward.permitted() if view == "dose" else ""
        return {
            "board": "/board",
            "find-patients": "/patients/find",
            "patient-identity": f"/patients/{self.ward.patient}/identity",
            "dose": f"/doses/{dose}",
            "product-containers": "/products/diaphin-iv/containers",
            "register-pages": "/register/pages",
            "register-page": "/register/pages/diaphin-iv/1",
            "entries": "/entries",
        }[view]


@pytest.fixture
def looking(engine: Engine) -> Iterator[Looking]:
    with served_ward(engine) as (ward, house):
        for one in (ward.nia, ward.noa, ward.dan, ward.clinic.ada):
            house.keep_credential(one)
        yield Looking(ward, house)


# --- who may ------------------------------------------------------------------------------


def test_every_route_that_reads_is_a_view_with_its_roles_or_named_here(looking: Looking) -> None:
    routes = [each.route for each in iter_route_contexts(looking.house.http.app.routes)]  # type: ignore[attr-defined]
    read = [each for each in routes if {"GET", "HEAD"} & set(getattr(each, "methods", None) or ())]
    views = {each.operation_id for each in read if each.path not in NO_VIEWS}  # type: ignore[attr-defined]
    tagged = {each.operation_id for each in routes if "views" in getattr(each, "tags", ())}  # type: ignore[attr-defined]
    assert tagged == set(READS)
    assert views == tagged - {"find-patients"}  # the one that is asked with a body
    assert len(read) >= len(READS) + len(NO_VIEWS) - 2


@pytest.mark.parametrize("view", sorted(READS))
def test_a_view_answers_the_roles_of_its_line_and_no_other(looking: Looking, view: str) -> None:
    path, before = looking.path_of(view), {}
    for number, role in enumerate(Role):
        one = looking.ward.clinic.hire(f"X-{number}", role)
        looking.house.keep_credential(one)
        size = looking.house.size()
        before[role] = looking.sees(one, path, BY_NAME if view == "find-patients" else None).status_code
        assert looking.house.size() == size  # looking writes nothing
    assert before == {role: 200 if role in READS[view] else 403 for role in Role}


def test_who_may_not_read_is_told_which_rule_says_so(looking: Looking) -> None:
    answer = looking.sees(looking.ward.clinic.ada, "/board")
    assert answer.status_code == 403
    assert [each["rule"] for each in answer.json()["findings"]] == ["SO40"]


@pytest.mark.parametrize("path", ["/board", "/register/pages"])
def test_nobody_reads_without_signing_in(looking: Looking, path: str) -> None:
    assert looking.house.http.get(f"{HERE}{path}", headers=looking.house.terminal).status_code == 401


@pytest.mark.parametrize(
    "path, status",
    [
        ("/patients/{other}/identity", 404),
        ("/doses/{other}", 404),
        ("/products/nothing/containers", 404),
        ("/patients/anna/identity", 422),
        ("/doses/anna", 422),
    ],
)
def test_what_is_not_there_is_not_found(looking: Looking, path: str, status: int) -> None:
    other = looking.ward.clinic.ids.uuid7()
    assert looking.sees(looking.ward.nia, path.format(other=other)).status_code == status


@pytest.mark.parametrize("number, status", [("2", 404), ("0", 422), ("1_0", 422), ("x", 422)])
def test_a_register_page_is_found_by_its_number(looking: Looking, number: str, status: int) -> None:
    phil = looking.ward.clinic.hire("P-01", Role.PHARMACIST)
    looking.house.keep_credential(phil)
    assert looking.sees(phil, f"/register/pages/diaphin-iv/{number}").status_code == status


# --- what is seen -------------------------------------------------------------------------


def test_the_board_shows_who_is_here_and_what_each_may_have(looking: Looking) -> None:
    found = looking.sees(looking.ward.nia, "/board").json()
    (row,) = found["rows"]
    assert (found["zone"], row["patient"]) == ("Europe/Zurich", looking.ward.patient)
    assert row["visit"]["identified"] and row["visit"]["fit"]
    (course,) = row["courses"]
    assert course["measurable"] == {"of": "hydrochloride_monohydrate", "ug": 15_000}
    assert course["stops"] == [] and row["doses"] == []


def test_the_board_says_why_not_and_when(looking: Looking) -> None:
    for _ in range(2):
        dose = looking.ward.handed_over()
        assert looking.ward.give(dose).accepted and looking.ward.saw_given(dose).accepted
    found = looking.sees(looking.ward.nia, "/board").json()
    (row,) = found["rows"]
    (course,) = row["courses"]
    assert row["last"]["mass"]["ug"] == 15_000 and course["given_today"]["ug"] == 30_000
    assert {"AD29", "AD30"} <= {each["rule"] for each in course["stops"]}
    assert course["due"] > found["at"]
    assert row["doses"] == []


def test_what_is_given_waits_on_the_board_for_who_saw_it(looking: Looking) -> None:
    assert looking.ward.give(looking.ward.handed_over()).accepted
    (row,) = looking.sees(looking.ward.nia, "/board").json()["rows"]
    assert [each["awaits_second"] for each in row["doses"]] == [True]


def test_an_identity_is_opened_by_who_asks_and_found_in_the_log(looking: Looking) -> None:
    ward, clinic = looking.ward, looking.ward.clinic
    answer = looking.sees(ward.nia, looking.path_of("patient-identity"))
    view = IdentityView.model_validate_json(answer.content)
    found = open_identity(b64decode(view.envelope), b64decode(view.rec), ward.patient, clinic.site.origin)
    assert (found.family, found.patient) == (FAMILY, ward.patient)
    proof = looking.house.http.get(
        f"{HERE}/ledger/proof", params={"seq": view.seq}, headers=looking.house.terminal
    )
    require_enrolled(found, Proven.model_validate_json(proof.content), clinic.keys.head_vkey)


@pytest.mark.parametrize(
    "system, value, found",
    [
        ("family", "müllerin", 1),
        ("nhs-number", "9434765919", 1),
        ("nhs-number", "999 000 0018", 0),
        ("family", "Müller", 0),
        ("family", "  ", 0),
    ],
)
def test_a_patient_is_found_by_number_or_family_name(
    looking: Looking, system: str, value: str, found: int
) -> None:
    answer = looking.sees(looking.ward.nia, "/patients/find", {"system": system, "value": value})
    assert [each["patient"] for each in answer.json()["patients"]] == [looking.ward.patient] * found


def test_containers_are_named_without_what_is_in_them(looking: Looking) -> None:
    found = looking.sees(looking.ward.nia, "/products/diaphin-iv/containers").json()
    assert {each["container"] for each in found["containers"]} == set(looking.ward.vials)
    assert set(found["containers"][0]) == {"container", "lot", "use_by", "opened", "free"}


def test_the_register_is_read_in_its_own_rows(looking: Looking) -> None:
    looking.ward.prepared()
    phil = looking.ward.clinic.hire("P-01", Role.PHARMACIST)
    looking.house.keep_credential(phil)
    (page,) = looking.sees(phil, "/register/pages").json()["pages"]
    assert (page["product"], page["number"], page["closed"]) == ("diaphin-iv", 1, False)
    shown = looking.sees(phil, "/register/pages/diaphin-iv/1").json()
    assert shown["page"] == page
    assert all(len(row) == len(shown["headings"]) for row in shown["rows"])


# --- what stays hidden --------------------------------------------------------------------


@pytest.mark.parametrize("stage", ["permitted", "prepared"])
def test_what_was_entered_is_shown_to_its_performer_alone(looking: Looking, stage: str) -> None:
    ward = looking.ward
    dose = ward.permitted() if stage == "permitted" else ward.prepared()
    mine = looking.sees(ward.nia, f"/doses/{dose}").json()
    assert mine["stage"] == stage and mine["entered"]["mass"]["ug"] == 15_000
    for other in (ward.noa, ward.dan):
        found = looking.sees(other, f"/doses/{dose}")
        assert "entered" not in found.json()
        assert "15000" not in found.text and ward.vials[0] not in found.text


def test_a_dose_is_shown_to_all_who_may_once_its_reading_agreed(looking: Looking) -> None:
    ward = looking.ward
    dose = ward.prepared()
    assert ward.verify(dose).accepted
    assert looking.sees(ward.dan, f"/doses/{dose}").json()["entered"]["mass"]["ug"] == 15_000


def test_no_sum_on_the_board_gives_an_unread_dose_away(looking: Looking) -> None:
    ward = looking.ward
    first = ward.handed_over()
    assert ward.give(first).accepted and ward.saw_given(first).accepted
    ward.clinic.clock.pass_time(minutes=31)
    ward.prepared(14)  # and 15 mg on top would be 14 mg too much for one day
    found = looking.sees(ward.noa, "/board")
    (row,) = found.json()["rows"]
    assert row["doses"][0]["stage"] == "prepared"
    assert row["courses"][0]["given_today"]["ug"] == 15_000
    assert {each["rule"] for each in row["courses"][0]["stops"]} == {"AD31"}
    for given_away in ("14000", "14 mg", "29000", "29 mg", "44 mg"):
        assert given_away not in found.text
