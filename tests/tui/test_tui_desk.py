"""A desk whose server lies: no name, dose or statement of another patient gets onto any screen."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx2
import pytest

from hat_clinic.client.answers import NoAnswer
from hat_clinic.client.identity import Identity
from hat_clinic.ledger.canonical import b64, unb64
from hat_clinic.ledger.dsse import make_envelope, parse_envelope
from hat_clinic.ledger.leaf import envelope_hash
from hat_clinic.ledger.statement import parse_statement
from hat_clinic.vocabulary.errors import BadProof, Clash, Unauthenticated
from hat_clinic.vocabulary.moments import moment_text
from hat_clinic.wire.forms import made_id
from tests.api.raw_hands import Hands, mass
from tests.client.at_work import PASSPHRASE, PIN
from tests.tui.at_screen import Desk as Served
from tui import words
from tui.desk import Desk

pytestmark = pytest.mark.only_on("sqlcipher", reason="screens see the same HTTP whatever the engine")


@pytest.fixture
def at(ward_desk: Served) -> Desk:
    """Nia at her desk."""
    desk = Desk(ward_desk.terminal)
    desk.clock_in(ward_desk.ward.nia.staff_code, PASSPHRASE, PIN, PIN)
    return desk


def made_up(view: dict[str, Any]) -> None:
    """Another name for the same patient, in an envelope that agrees with its own hash."""
    opened = parse_envelope(unb64(view["envelope"]))
    said = parse_statement(opened.payload)
    said.body["family"] = "Somebody"
    envelope = make_envelope(opened.payload_type, said.payload(), opened.keyid, lambda message: bytes(64))
    view |= {"envelope": b64(envelope), "rec": b64(envelope_hash(envelope))}


def ana(desk: Desk) -> Identity:
    (row,) = desk.board().rows
    assert row.identity is not None
    return row.identity


# --- names --------------------------------------------------------------------------------


def test_refuses_a_name_made_up_for_the_board(ward_desk: Served, at: Desk) -> None:
    """It agrees with the hash beside it, and no entry of the log has that hash."""
    ward_desk.network.change("/board", lambda body: made_up(body["rows"][0]["identity"]))
    with pytest.raises(BadProof, match="not in the log"):
        at.board()


def test_refuses_a_name_made_up_for_the_door(ward_desk: Served, at: Desk) -> None:
    ward_desk.network.change("/find", lambda body: made_up(body["patients"][0]))
    with pytest.raises(BadProof, match="not in the log"):
        at.find("9434765919")
    ward_desk.network.mend()
    assert [each.family for each in at.find("9434765919")] == ["Müllerin"]


def test_refuses_a_name_made_up_after_the_true_one_was_shown(ward_desk: Served, at: Desk) -> None:
    patient = ana(at).patient
    ward_desk.network.change("/identity", made_up)
    with pytest.raises(BadProof, match="another identity of this patient than it did before"):
        at.identity(patient)


def test_a_name_is_proven_once_however_often_it_is_shown(ward_desk: Served, at: Desk) -> None:
    ana(at)
    ward_desk.network.asked.clear()
    ana(at)
    assert ward_desk.network.asked == ["GET /board"]


# --- doses --------------------------------------------------------------------------------


def permitted(ward_desk: Served, at: Desk) -> tuple[str, dict[str, Any]]:
    body = Hands(ward_desk.ward, ward_desk.house).permit_body()
    done = at.perform("permit-dose", body)
    return made_id(at.terminal.origin, done.answer.receipt.request, "dose"), body


@pytest.mark.parametrize(
    "changes",
    [{"patient": "another"}, {"dose": "another"}, {"identity": b64(bytes(32))}],
    ids=["patient", "dose", "identity"],
)
def test_refuses_anothers_dose(ward_desk: Served, at: Desk, changes: dict[str, str]) -> None:
    dose, _ = permitted(ward_desk, at)
    who = ana(at)
    ward_desk.network.change("/doses/", lambda body: body.update(changes))
    with pytest.raises(BadProof, match="another"):
        at.dose(dose, who)
    ward_desk.network.mend()
    assert at.dose(dose, who).patient == who.patient


def test_refuses_a_dose_that_changes_its_patient(ward_desk: Served, at: Desk) -> None:
    """The server tells both tales consistently; this terminal knows the first."""
    dose, _ = permitted(ward_desk, at)
    who = ana(at)
    at.dose(dose, who)
    other = replace(who, patient="another")
    ward_desk.network.change("/doses/", lambda body: body.update(patient="another"))
    with pytest.raises(BadProof, match="another patient"):
        at.dose(dose, other)


def more(body: dict[str, Any]) -> None:
    body["entered"]["mass"] = mass(150)


def elsewhere(body: dict[str, Any]) -> None:
    body["entered"]["draws"][0]["container"] = "another"


@pytest.mark.parametrize(
    "lie",
    [more, elsewhere, lambda body: body.update(product="other"), lambda body: body.pop("entered")],
    ids=["mass", "container", "product", "nothing"],
)
def test_refuses_to_draw_something_else_than_was_permitted(
    ward_desk: Served, at: Desk, lie: Callable[[dict[str, Any]], None]
) -> None:
    dose, asked = permitted(ward_desk, at)
    who = ana(at)
    assert at.permitted(dose, who, asked).dose == dose
    ward_desk.network.change("/doses/", lie)
    with pytest.raises(BadProof, match="permitted"):
        at.permitted(dose, who, asked)


def test_refuses_a_hand_over_to_somebody_else(ward_desk: Served, at: Desk) -> None:
    ward = ward_desk.ward
    dose = ward.prepared()
    assert ward.verify(dose).accepted
    with pytest.raises(BadProof, match="another patient than was asked"):
        at.perform("hand-over-dose", {"dose": dose}, {"patient": "another"})


def test_refuses_a_statement_of_another_than_the_server_named(ward_desk: Served, at: Desk) -> None:
    ward = ward_desk.ward
    dose = ward.handed_over()
    ward.give(dose)
    waiting = at.dose(dose, ana(at)).given
    assert waiting is not None
    assert at.named(waiting, at.at_screen()).said.person == ward.nia.person
    for wrong, said in (
        (waiting.model_copy(update={"person": ward.noa.person}), "not the person"),
        (waiting.model_copy(update={"tag": "dose-prepared"}), "not the statement"),
        (waiting.model_copy(update={"seq": waiting.seq - 1}), "not the statement"),
        (waiting.model_copy(update={"names": b64(bytes(32))}), "not the statement"),
    ):
        with pytest.raises(BadProof, match=said):
            at.named(wrong, at.at_screen())


# --- signing ------------------------------------------------------------------------------


def test_what_was_signed_is_sent_again_and_not_drawn_anew(ward_desk: Served, at: Desk) -> None:
    """The server says that nobody is signed in, after it has done what was signed."""
    ward, network = ward_desk.ward, ward_desk.network
    dose = ward.handed_over()
    body = {"dose": dose, "given": mass(15), "remainder": mass(0)}
    now = {"happened_at": moment_text(ward.clinic.clock.now())}
    left, before = [1], ward_desk.house.size()

    def signed_out(request: httpx2.Request, response: httpx2.Response) -> httpx2.Response:
        if "/signature" not in request.url.path or not left[0]:
            return response
        left[0] -= 1
        problem = {"type": "/problems/unauthenticated", "title": "sign in", "status": 401}
        return httpx2.Response(
            401, headers={"content-type": "application/problem+json"}, content=json.dumps(problem)
        )

    network.after = signed_out
    network.asked.clear()
    done = at.sign_as(at.at_screen(), PIN, "give-dose", {**body, **now}, {"patient": ward.patient})
    assert done.answer.accepted and done.answer.replayed
    assert network.asked.count("POST /give-dose/statement") == 1
    assert ward_desk.house.size() == before + done.answer.receipt.count
    assert at.terminal.outbox.waiting() == ()


def test_a_statement_left_too_long_is_not_signed_and_waits_no_longer(ward_desk: Served, at: Desk) -> None:
    ward = ward_desk.ward
    dose, _ = permitted(ward_desk, at)
    shown = at.draw("prepare-dose", {"dose": dose})
    ward.clinic.clock.pass_time(minutes=2)
    with pytest.raises(Clash, match="more than two minutes"):
        at.sign(shown, PIN)
    at.leave(shown)
    assert at.terminal.outbox.waiting() == ()
    with pytest.raises(Unauthenticated):
        at.sign_as(at.at_screen(), "999111", "prepare-dose", {"dose": dose}, {})
    assert at.terminal.outbox.waiting() == ()


def test_what_never_arrived_is_said_not_to_have_been_done(ward_desk: Served, at: Desk) -> None:
    body = Hands(ward_desk.ward, ward_desk.house).permit_body()
    ward_desk.network.cut("/permit-dose")
    with pytest.raises(NoAnswer):
        at.perform("permit-dose", body)
    ward_desk.network.mend()
    ward_desk.ward.clinic.clock.pass_time(minutes=3)
    before = ward_desk.house.size()
    assert at.ask_again() == [words.NOT_DONE.format(act="permit dose")]
    assert ward_desk.house.size() == before and at.ask_again() == []
