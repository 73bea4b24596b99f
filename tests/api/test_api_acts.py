"""Acts over HTTP: drawn and signed, or performed; receipts that verify; a request spent once."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine

from hat_clinic.handlers import patients
from hat_clinic.handlers.grants import ACTS
from hat_clinic.ledger.canonical import encode
from hat_clinic.ledger.checkpoint import open_checkpoint
from hat_clinic.ledger.dsse import parse_envelope
from hat_clinic.ledger.leaf import parse_leaf
from hat_clinic.ledger.statement import parse_statement
from hat_clinic.ledger.tlog_proof import require_proof
from hat_clinic.vocabulary.ids import TerminalId
from hat_clinic.vocabulary.terms import Role
from hat_clinic.wire.forms import made_id
from tests.api.served import HERE, Served, b64, served, sign
from tests.clinic import Member

ENROLMENT = {
    "family": "Invented",
    "given": "Person",
    "born": "1980-01-31",
    "identifiers": [{"system": "NHS", "value": "9990000018"}],
}


@pytest.fixture
def house(engine: Engine) -> Iterator[Served]:
    with served(engine, patients.ACTS) as one:
        yield one


@pytest.fixture
def nia(house: Served) -> Member:
    one = house.clinic.hire("N-01", Role.NURSE)
    house.keep_credential(one)
    return one


def draw(house: Served, one: Member, body: Any, act: str = "grant-role", request: str | None = None) -> Any:
    return house.http.post(f"{HERE}/{act}/statement", json=body, headers=house.writes(one, request))


def send(house: Served, one: Member, statement: str, body: Any) -> Any:
    return house.http.post(f"{HERE}/statements/{statement}/signature", json=body, headers=house.as_(one))


def enrol(house: Served, one: Member, request: str | None = None, **changes: Any) -> Any:
    return house.http.post(
        f"{HERE}/enrol-patient", json=ENROLMENT | changes, headers=house.writes(one, request)
    )


def require_receipt(house: Served, receipt: dict[str, Any]) -> None:
    """Every proof in the receipt holds, and speaks of the entries that the receipt names."""
    keys, site = house.clinic.keys, house.clinic.site
    head = open_checkpoint(receipt["head"], site.origin, keys.head_vkey)
    assert receipt["count"] == len(receipt["entries"]) == len(receipt["proofs"])
    for place, (line, proof) in enumerate(zip(receipt["entries"], receipt["proofs"], strict=True)):
        seq = receipt["first_seq"] + place
        known = house.http.get(f"{HERE}/ledger/proof", params={"seq": seq}, headers=house.terminal).json()
        leaf = b64decode(known["leaf"])
        assert require_proof(proof, leaf, site.origin, keys.head_vkey) == head
        parsed = parse_leaf(leaf)
        assert (parsed.seq, parsed.tag, parsed.rec) == (seq, line["tag"], b64decode(line["rec"]))
        assert (line["seq"], parsed.request) == (seq, receipt["request"])
        assert b64decode(line["leaf"]) == leaf


def test_an_attributed_act_is_on_record_with_its_receipt(house: Served, nia: Member) -> None:
    request = house.clinic.ids.uuid7()
    answer = enrol(house, nia, request)
    assert answer.status_code == 201, answer.text
    receipt = answer.json()
    assert (receipt["request"], receipt["outcome"]) == (request, "accepted")
    assert [line["tag"] for line in receipt["entries"]] == ["patient-enrolled"]
    require_receipt(house, receipt)
    assert receipt["made"] == {"patient": made_id(house.clinic.site.origin, request, "patient")}


def test_a_signed_act_is_drawn_signed_and_on_record(house: Served, nia: Member) -> None:
    ada = house.clinic.ada
    drawn = draw(house, ada, {"person": nia.person, "role": "pharmacist"})
    assert drawn.status_code == 200, drawn.text
    statement = drawn.json()
    said = parse_statement(b64decode(statement["payload"]))
    assert (said.person, said.key, said.terminal) == (ada.person, ada.key.key_id, house.clinic.terminal)
    assert said.body == {"person": nia.person, "role": "pharmacist"}
    answer = send(house, ada, statement["statement"], sign(ada, statement))
    assert answer.status_code == 201, answer.text
    require_receipt(house, answer.json())
    (line,) = answer.json()["entries"]
    feed = house.http.get(f"{HERE}/entries", params={"after": line["seq"] - 1}, headers=house.as_(ada)).json()
    envelope = b64decode(feed["entries"][0]["envelope"])
    assert parse_statement(parse_envelope(envelope).payload) == said


def test_the_same_request_gets_the_same_entries_with_newer_proofs(house: Served, nia: Member) -> None:
    request = house.clinic.ids.uuid7()
    first = enrol(house, nia, request)
    size = house.size()
    house.clinic.clock.pass_time(minutes=1)
    again = enrol(house, nia, request)
    assert (again.status_code, house.size()) == (201, size)
    same = {"request", "outcome", "first_seq", "count", "entries", "made"}
    assert {name: again.json()[name] for name in same} == {name: first.json()[name] for name in same}
    require_receipt(house, again.json())
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    asked = house.http.get(f"{HERE}/requests/{request}", headers=house.as_(nia))
    assert asked.json()["entries"] == first.json()["entries"]


def test_a_signature_sent_again_gets_the_same_entries(house: Served, nia: Member) -> None:
    ada = house.clinic.ada
    statement = draw(house, ada, {"person": nia.person, "role": "pharmacist"}).json()
    signed = sign(ada, statement)
    first = send(house, ada, statement["statement"], signed)
    again = send(house, ada, statement["statement"], signed)
    assert (again.status_code, again.json()["entries"]) == (201, first.json()["entries"])
    assert again.headers["Idempotent-Replayed"] == "true"


def test_a_drawn_request_is_shown_the_same_bytes(house: Served, nia: Member) -> None:
    request, body = house.clinic.ids.uuid7(), {"person": nia.person, "role": "pharmacist"}
    first = draw(house, house.clinic.ada, body, request=request)
    assert draw(house, house.clinic.ada, body, request=request).json() == first.json()


def test_a_spent_request_clashes_with_another_body(house: Served, nia: Member) -> None:
    request = house.clinic.ids.uuid7()
    enrol(house, nia, request)
    answer = enrol(house, nia, request, given="Another")
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/clash")


def test_a_request_of_somebody_else_is_refused_and_on_record(house: Served, nia: Member) -> None:
    request = house.clinic.ids.uuid7()
    enrol(house, nia, request)
    answer = enrol(house, house.clinic.ada, request)
    assert answer.status_code == 403
    assert [each["rule"] for each in answer.json()["findings"]] == ["SO41"]
    assert [line["tag"] for line in answer.json()["entries"]] == ["act-refused"]
    hidden = house.http.get(f"{HERE}/requests/{request}", headers=house.as_(house.clinic.ada))
    assert hidden.status_code == 404


def test_without_the_role_the_answer_is_forbidden_with_its_rule_and_receipt(
    house: Served, nia: Member
) -> None:
    answer = draw(house, nia, {"person": house.clinic.ada.person, "role": "pharmacist"})
    assert answer.status_code == 403
    problem = answer.json()
    assert problem["findings"][0]["rule"] == "SO40" and problem["findings"][0]["words"]
    assert (problem["outcome"], problem["status"]) == ("refused", 403)
    require_receipt(house, problem)


def test_a_refusal_by_the_rules_carries_its_findings_and_receipt(house: Served, nia: Member) -> None:
    answer = draw(house, house.clinic.ada, {"person": nia.person, "role": "nurse"})
    assert answer.status_code == 409
    assert [each["rule"] for each in answer.json()["findings"]] == ["SO31"]
    require_receipt(house, answer.json())


def test_bytes_that_were_not_drawn_are_no_proof(house: Served, nia: Member) -> None:
    ada, bo = house.clinic.ada, house.clinic.bo
    statement = draw(house, ada, {"person": nia.person, "role": "pharmacist"}).json()
    size = house.size()
    said = json.loads(b64decode(statement["payload"]))
    said["body"]["role"] = "administrator"
    changed = statement | {"payload": b64(encode(said))}
    for body in (sign(ada, changed), sign(bo, statement), {"envelope": "AAAA"}, {"envelope": b64(b"{}")}):
        answer = send(house, ada, statement["statement"], body)
        assert (answer.status_code, answer.json()["type"]) == (422, "/problems/bad-proof")
    assert house.size() == size
    assert send(house, ada, statement["statement"], sign(ada, statement)).status_code == 201


def test_an_unknown_statement_is_not_found(house: Served, nia: Member) -> None:
    ada = house.clinic.ada
    statement = draw(house, ada, {"person": nia.person, "role": "pharmacist"}).json()
    answer = send(house, ada, house.clinic.ids.uuid7(), sign(ada, statement))
    assert answer.status_code == 404


def test_another_terminal_cannot_sign_what_was_shown_here(house: Served, nia: Member) -> None:
    ada, elsewhere = house.clinic.ada, TerminalId(house.clinic.ids.uuid7())
    statement = draw(house, ada, {"person": nia.person, "role": "pharmacist"}).json()
    house.secret, house.clinic.terminal = house.enrol(elsewhere), elsewhere
    house.tokens.clear()
    answer = send(house, ada, statement["statement"], sign(ada, statement))
    assert answer.status_code == 403
    assert [each["rule"] for each in answer.json()["findings"]] == ["SO41"]


def test_names_go_into_the_feed_sealed(house: Served, nia: Member) -> None:
    seq = enrol(house, nia).json()["first_seq"]
    feed = house.http.get(f"{HERE}/entries", params={"after": seq - 1}, headers=house.as_(nia))
    assert "envelope" not in feed.json()["entries"][0]
    assert "Invented" not in feed.text


def test_no_act_has_the_name_of_another_route() -> None:
    taken = {"clock-ins", "sign-ins", "statements", "ledger", "entries", "requests"}
    assert not taken & ACTS.keys()


def test_whoever_acted_a_moment_ago_and_is_signed_out_since_acts_no_more(house: Served, nia: Member) -> None:
    headers = house.as_(nia)
    assert enrol(house, nia).status_code == 201
    assert house.http.delete(f"{HERE}/sign-ins/current", headers=headers).status_code == 204
    size, headers = house.size(), headers | {"Idempotency-Key": house.clinic.ids.uuid7()}
    answer = house.http.post(f"{HERE}/enrol-patient", json=ENROLMENT, headers=headers)
    assert answer.status_code == 401 and house.size() == size


def test_a_token_that_was_good_a_moment_ago_is_good_at_its_own_terminal_only(
    house: Served, nia: Member
) -> None:
    assert enrol(house, nia).status_code == 201
    other = TerminalId(house.clinic.ids.uuid7())
    headers = house.writes(nia) | {"Hat-Terminal": f"{other}.{house.enrol(other)}"}
    assert house.http.post(f"{HERE}/enrol-patient", json=ENROLMENT, headers=headers).status_code == 401


@pytest.mark.parametrize("name", ["Hat-Terminal", "Authorization", "Idempotency-Key"])
def test_whoever_acted_a_moment_ago_sends_each_header_once_too(house: Served, nia: Member, name: str) -> None:
    assert enrol(house, nia).status_code == 201
    size, headers = house.size(), list(house.writes(nia).items())
    answer = house.http.post(f"{HERE}/enrol-patient", json=ENROLMENT, headers=[*headers, (name, "another")])
    assert answer.status_code == 422 and house.size() == size
