"""A terminal against servers that lie: what is not proven is not believed, and no lie is signed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy import Engine

from hat_clinic.client.answers import NoAnswer
from hat_clinic.handlers import patients, visits
from hat_clinic.ledger.canonical import b64, unb64
from hat_clinic.ledger.statement import parse_statement
from hat_clinic.vocabulary.errors import BadProof, NotPermitted, Rejected
from hat_clinic.vocabulary.terms import Role
from hat_clinic.wire.forms import made_id
from tests.client.acting import GRANT, draw, grant, may_enrol, patient
from tests.client.at_work import PIN, AtWork, at_work


@pytest.fixture
def work(engine: Engine, tmp_path: Path) -> Iterator[AtWork]:
    with at_work(engine, tmp_path, patients.ACTS, visits.ACTS) as one:
        yield one


@pytest.fixture
def enroller(work: AtWork) -> AtWork:
    return may_enrol(work)


# --- servers that lie ---------------------------------------------------------------------


def test_refuses_another_requests_refusal_as_the_answer(work: AtWork) -> None:
    """Refused, says the server, and shows a refusal that is in the log and was another's."""
    earlier: list[dict[str, Any]] = []

    def refused(request: httpx2.Request, response: httpx2.Response) -> httpx2.Response:
        if "/enrol-patient" not in request.url.path:
            return response
        if not earlier:
            earlier.append(response.json())
            return response
        body = earlier[0] | {"request": request.headers["Idempotency-Key"]}
        return httpx2.Response(403, headers={"content-type": "application/problem+json"}, json=body)

    work.network.after = refused
    with pytest.raises(NotPermitted):
        work.terminal.perform(work.ada, "enrol-patient", patient(work))
    with pytest.raises(BadProof, match="answers another request"):
        work.terminal.perform(work.ada, "enrol-patient", patient(work))
    assert len(work.terminal.outbox.waiting()) == 1


def test_an_attempt_on_somebody_elses_request_is_refused_and_that_is_proven(work: AtWork) -> None:
    shown = draw(work)
    bo = work.clock_in(work.house.clinic.bo)
    work.terminal.sign(work.ada, shown, PIN)
    at = work.house.clinic.clock.now()
    work.terminal.outbox.put(shown.asked.request, bo.person, "enrol-patient", patient(work), False, at)
    (done,) = work.terminal.resend(bo)
    assert [each.rule for each in done.answer.findings] == ["SO41"]
    assert done.answer.forbidden and done.proof.leaves[0].request != shown.asked.request
    assert work.terminal.outbox.waiting() == ()


def test_refuses_that_what_nobody_signed_here_was_done(work: AtWork) -> None:
    shown = draw(work)
    work.terminal.sign(work.ada, shown, PIN)
    work.terminal.outbox.put(shown.asked.request, work.ada.person, GRANT, grant(work), by_hand=True)
    with pytest.raises(BadProof, match="nobody has signed it here"):
        work.terminal.resend(work.ada)
    assert len(work.terminal.outbox.waiting()) == 1


def test_no_answer_where_what_was_recorded_is_not_shown_for_now(enroller: AtWork) -> None:
    """The visit is open; that it is this one could not be read. Asked again, it is."""
    work = enroller
    done = work.terminal.perform(work.ada, "enrol-patient", patient(work))
    known = made_id(work.terminal.origin, done.answer.receipt.request, "patient")
    work.network.cut("/entries")
    with pytest.raises(NoAnswer):
        work.terminal.perform(work.ada, "arrive-for-visit", {"patient": known})
    work.network.mend()
    (again,) = work.terminal.resend(work.ada)
    assert again.answer.accepted and again.answer.replayed


def test_refuses_another_patients_entry_as_what_was_asked(enroller: AtWork) -> None:
    work = enroller
    done = work.terminal.perform(work.ada, "enrol-patient", patient(work))
    known = made_id(work.terminal.origin, done.answer.receipt.request, "patient")
    with pytest.raises(BadProof, match="another patient than was asked"):
        work.terminal.perform(work.ada, "arrive-for-visit", {"patient": known}, {"patient": "somebody else"})


def test_refuses_to_perform_what_nobody_records_for_a_person(work: AtWork) -> None:
    with pytest.raises(Rejected, match="nothing of this name"):
        work.terminal.perform(work.ada, GRANT, grant(work))
    assert work.terminal.outbox.waiting() == ()


def test_refuses_a_receipt_for_what_was_not_sent(work: AtWork) -> None:
    shown = draw(work)

    def another_entry(body: dict[str, Any]) -> None:
        proven = work.terminal.http.proof(0)
        body["entries"][0] |= {"seq": 0, "tag": "ledger-opened"}
        body |= {"first_seq": 0, "proofs": [proven.proof]}

    work.network.change("/signature", another_entry)
    with pytest.raises(BadProof):
        work.terminal.sign(work.ada, shown, PIN)
    # Not proven is not known: it waits, and an honest answer settles it.
    assert len(work.terminal.outbox.waiting()) == 1
    work.network.mend()
    (done,) = work.terminal.resend(work.ada)
    assert done.answer.accepted


def test_refuses_a_statement_about_somebody_else(work: AtWork) -> None:
    def another_person(body: dict[str, Any]) -> None:
        said = parse_statement(unb64(body["payload"]))
        said.body["person"] = work.house.clinic.ada.person
        body["payload"] = b64(said.payload())

    work.network.change("/statement", another_person)
    with pytest.raises(BadProof, match="another person than was asked"):
        draw(work)
    assert work.terminal.outbox.waiting() == ()


def test_an_act_said_to_be_done_unsigned_is_no_answer(work: AtWork) -> None:
    shown = draw(work)
    receipt = work.terminal.sign(work.ada, shown, PIN).answer.receipt.model_dump()

    def done_already(body: dict[str, Any]) -> None:
        body.clear()
        body.update(receipt)

    work.network.change("/statement", done_already)
    with pytest.raises(NoAnswer, match="cannot be read"):
        draw(work, Role.PHARMACIST)


def test_after_a_rewrite_nothing_more_is_signed(work: AtWork) -> None:
    work.terminal.look_at_log()
    shown = draw(work)

    def no_proof(body: dict[str, Any]) -> None:
        body["hashes"] = [b64(bytes(32)) for _ in body["hashes"]]

    work.network.change("/ledger/consistency", no_proof)
    with pytest.raises(BadProof, match="THE RECORD WAS CHANGED"):
        work.terminal.sign(work.ada, shown, PIN)
    work.network.mend()
    for attempt in (lambda: draw(work), lambda: work.terminal.sign(work.ada, shown, PIN)):
        with pytest.raises(BadProof, match="Nothing more is signed"):
            attempt()
    with pytest.raises(BadProof, match="Nothing more is signed"):
        work.terminal.perform(work.ada, "enrol-patient", patient(work))


def test_refuses_a_log_that_began_otherwise_than_the_policy_says(work: AtWork) -> None:
    policy = replace(work.enrolment.policy, leaf0=bytes(32))
    work.terminal.close()
    work.enrolment = replace(work.enrolment, policy=policy)
    work.terminal = work.start()
    with pytest.raises(BadProof, match="entry 0 is not the one"):
        work.terminal.look_at_log()
