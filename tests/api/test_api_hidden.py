"""Nobody reads over a shoulder: what was entered reaches nobody before their own reading."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine

from hat_clinic.domain.entries import SIGNERS, tag_of
from hat_clinic.handlers.reads import ENTRIES
from hat_clinic.ledger.dsse import parse_envelope
from hat_clinic.ledger.leaf import parse_leaf
from hat_clinic.ledger.statement import parse_statement
from hat_clinic.vocabulary.moments import moment_text
from hat_clinic.vocabulary.terms import EntryClass, Role
from tests.api.raw_hands import ACCEPTED, Hands, hands, mass, named
from tests.api.served import HERE
from tests.clinic import Member
from tests.handlers.dosing import DIAPHIN

OF_A_DOSE = {"dose-permitted", "dose-prepared"}


@pytest.fixture
def by_hand(engine: Engine) -> Iterator[Hands]:
    with hands(engine) as one:
        yield one


def read_by(by_hand: Hands, one: Member) -> list[tuple[str, dict[str, Any] | None]]:
    """Tag and body, or None, of every entry as the feed gives it to `one`."""
    feed = by_hand.house.http.get(f"{HERE}/entries", params={"limit": 500}, headers=by_hand.at(one)).json()
    assert len(feed["entries"]) == feed["size"]
    found = []
    for fed in feed["entries"]:
        body = None
        if "envelope" in fed:
            body = parse_statement(parse_envelope(b64decode(fed["envelope"])).payload).body
        found.append((parse_leaf(b64decode(fed["leaf"])).tag, body))
    return found


def bodies(by_hand: Hands, one: Member, *tags: str) -> list[dict[str, Any]]:
    return [body for tag, body in read_by(by_hand, one) if tag in tags and body is not None]


# --- the feed -----------------------------------------------------------------------------


def test_the_feed_gives_a_dose_to_its_performer_alone_until_it_is_read(by_hand: Hands) -> None:
    ward = by_hand.ward
    inspector = ward.clinic.hire("I-01", Role.AUDITOR)
    reading = by_hand.prepared()
    assert [body["dose"] for body in bodies(by_hand, ward.nia, *OF_A_DOSE)] == [reading["dose"]] * 2
    for other in (ward.noa, ward.dan, inspector):
        assert bodies(by_hand, other, *OF_A_DOSE) == []
    assert by_hand.both(ward.noa, "verify-dose", reading).status_code == ACCEPTED
    for other in (ward.noa, ward.dan, inspector):
        assert len(bodies(by_hand, other, *OF_A_DOSE)) == 2


def test_the_feed_gives_a_dose_to_all_once_its_reading_did_not_match(by_hand: Hands) -> None:
    reading = by_hand.prepared() | {"reading": mass(14)}
    assert by_hand.both(by_hand.ward.noa, "verify-dose", reading).status_code == ACCEPTED
    assert len(bodies(by_hand, by_hand.ward.noa, *OF_A_DOSE)) == 2


def test_the_feed_gives_a_first_count_to_its_author_alone_until_the_second(by_hand: Hands) -> None:
    ward = by_hand.ward
    phil, paula = (ward.clinic.hire(code, Role.PHARMACIST) for code in ("P-01", "P-02"))
    found = [{"container": each, "mass": mass(10_000)} for each in ward.vials]
    first = by_hand.draw(phil, "count-stock", {"product": DIAPHIN.product, "counted": found})
    assert by_hand.sign(phil, first).status_code == ACCEPTED
    assert len(bodies(by_hand, phil, "stock-counted")) == 1
    assert bodies(by_hand, paula, "stock-counted") == []
    again = {"count": first["made"]["count"], "counted": found}
    done = by_hand.both(paula, "recount-stock", again)
    assert done.status_code == ACCEPTED, done.text
    assert len(bodies(by_hand, paula, "stock-counted")) == 1


def test_envelopes_go_by_class_and_role(by_hand: Hands) -> None:
    ward = by_hand.ward
    by_hand.given()
    for number, role in enumerate(Role):
        one = ward.clinic.hire(f"X-{number}", role)
        found = read_by(by_hand, one)
        shown, all_tags = {tag for tag, body in found if body is not None}, {tag for tag, _ in found}
        assert shown == {tag for tag in all_tags if role in ENTRIES[tag]}


def test_what_is_sealed_is_in_nobodys_feed() -> None:
    sealed = {EntryClass.PATIENT, EntryClass.CLINICAL}
    for kind, row in SIGNERS.items():
        assert not (row.entry_class in sealed and ENTRIES[tag_of(kind)])


def test_who_has_to_confirm_something_reads_it_in_the_log(by_hand: Hands) -> None:
    ward, clinic = by_hand.ward, by_hand.ward.clinic
    person = clinic.hire("N-09", Role.NURSE).person
    grant = by_hand.draw(clinic.ada, "grant-role", {"person": person, "role": "pharmacist"})
    assert by_hand.sign(clinic.ada, grant).status_code == ACCEPTED
    assert bodies(by_hand, clinic.bo, "role-granted")[-1]["role"] == "pharmacist"
    lost = {
        "container": ward.vials[1], "whereabouts": "wasted", "mass": mass(10),
        "happened_at": moment_text(clinic.clock.now()), "reason": "dropped",
    }  # fmt: skip
    statement = by_hand.draw(ward.nia, "account-stock", lost)
    assert by_hand.sign(ward.nia, statement).status_code == ACCEPTED
    assert len(bodies(by_hand, ward.noa, "stock-accounted")) == 1
    seen = {"names": named(statement), "names_tag": "stock-accounted"}
    assert by_hand.both(ward.noa, "confirm-act", seen).status_code == ACCEPTED
    assert bodies(by_hand, ward.noa, "stock-accounted") == []
