"""A terminal against the real app: every act proven, nothing lost, nothing done twice."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from hat_clinic.client.answers import NoAnswer
from hat_clinic.client.outbox import Waiting
from hat_clinic.handlers import patients, visits
from hat_clinic.ledger.canonical import b64
from hat_clinic.ledger.leaf import envelope_hash
from hat_clinic.vocabulary.errors import Refused, Rejected, Unauthenticated
from hat_clinic.vocabulary.ids import is_uuid7
from tests.client.acting import GRANT, draw, may_enrol, patient
from tests.client.at_work import PIN, AtWork, at_work


@pytest.fixture
def work(engine: Engine, tmp_path: Path) -> Iterator[AtWork]:
    with at_work(engine, tmp_path, patients.ACTS, visits.ACTS) as one:
        yield one


@pytest.fixture
def enroller(work: AtWork) -> AtWork:
    return may_enrol(work)


def test_a_signed_act_is_drawn_shown_signed_and_proven(work: AtWork) -> None:
    shown = draw(work)
    assert [(each.name, each.text) for each in shown.fields] == [
        ("person", work.house.clinic.bo.person),
        ("role", "nurse"),
    ]
    before = work.house.size()
    done = work.terminal.sign(work.ada, shown, PIN)
    assert done.answer.accepted
    assert [leaf.tag for leaf in done.proof.leaves] == ["role-granted"]
    assert done.proof.leaves[0].seq == before
    assert work.terminal.outbox.waiting() == ()
    newest = work.terminal.heads.newest
    assert newest is not None and newest == done.proof.head


def test_a_second_person_confirms_at_the_same_terminal(work: AtWork) -> None:
    shown = draw(work)
    work.terminal.sign(work.ada, shown, PIN)
    bo = work.clock_in(work.house.clinic.bo)
    body = {"names": b64(shown.payload_hash), "names_tag": shown.tag}
    # What grants something to bo is confirmed by somebody else: refused, proven, with its rule.
    with pytest.raises(Refused) as caught:
        work.terminal.draw(bo, "confirm-act", body)
    assert [each.rule for each in caught.value.findings] == ["SO24"]
    assert work.terminal.outbox.waiting() == ()


def test_a_wrong_pin_signs_nothing_and_the_statement_may_be_signed_again(work: AtWork) -> None:
    shown, before = draw(work), work.house.size()
    with pytest.raises(Unauthenticated, match="wrong PIN, 4 tries left"):
        work.terminal.sign(work.ada, shown, "999111")
    assert work.house.size() == before
    assert work.terminal.sign(work.ada, shown, PIN).answer.accepted


def test_what_is_left_unsigned_waits_no_longer(work: AtWork) -> None:
    shown = draw(work)
    work.terminal.leave(shown)
    assert work.terminal.outbox.waiting() == ()
    with pytest.raises(Rejected, match="settled"):
        work.terminal.sign(work.ada, shown, PIN)


def test_what_the_server_refuses_unread_does_not_wait(work: AtWork) -> None:
    with pytest.raises(Rejected) as caught:
        work.terminal.draw(work.ada, GRANT, {"person": "nobody", "role": "nurse"})
    assert caught.value.field == "/person"
    assert work.terminal.outbox.waiting() == ()


# --- answers that get lost ----------------------------------------------------------------


def test_an_answer_lost_after_signing_is_asked_for_again(work: AtWork) -> None:
    shown = draw(work)
    work.network.drop_answers("/signature")
    with pytest.raises(NoAnswer):
        work.terminal.sign(work.ada, shown, PIN)
    size = work.house.size()
    work.restart()
    (done,) = work.terminal.resend(work.ada)
    assert done.answer.accepted and done.answer.replayed
    assert [leaf.tag for leaf in done.proof.leaves] == ["role-granted"]
    assert work.house.size() == size
    assert work.terminal.resend(work.ada) == ()


def test_a_signature_that_never_arrived_is_sent_again(work: AtWork) -> None:
    shown = draw(work)
    work.network.cut("/signature")
    with pytest.raises(NoAnswer):
        work.terminal.sign(work.ada, shown, PIN)
    (waiting,) = work.terminal.outbox.waiting()
    assert waiting.envelope is not None
    work.network.mend()
    work.restart()
    (done,) = work.terminal.resend(work.ada)
    assert done.answer.accepted
    assert done.proof.leaves[0].rec == envelope_hash(waiting.envelope)


def test_a_signature_that_arrives_too_late_is_refused_and_that_is_proven(work: AtWork) -> None:
    shown = draw(work)
    work.network.cut("/signature")
    with pytest.raises(NoAnswer):
        work.terminal.sign(work.ada, shown, PIN)
    work.network.mend()
    work.house.clinic.clock.pass_time(minutes=3)
    (done,) = work.terminal.resend(work.ada)
    assert not done.answer.accepted
    assert [each.rule for each in done.answer.findings] == ["SO42"]
    assert work.terminal.outbox.waiting() == ()


@pytest.mark.parametrize("loses", ["answer", "request"])
def test_an_attributed_act_is_done_once_whatever_gets_lost(enroller: AtWork, loses: str) -> None:
    work, body = enroller, patient(enroller)
    before = work.house.size()
    if loses == "answer":
        work.network.drop_answers("/enrol-patient")
    else:
        work.network.cut("/enrol-patient")
    with pytest.raises(NoAnswer):
        work.terminal.perform(work.ada, "enrol-patient", body)
    (waiting,) = work.terminal.outbox.waiting()
    assert is_uuid7(waiting.request)
    work.network.mend()
    work.restart()
    (done,) = work.terminal.resend(work.ada)
    assert done.answer.accepted and done.answer.receipt.request == waiting.request
    assert work.house.size() == before + done.answer.receipt.count
    assert b"Invented" not in (work.folder / "outbox" / f"{work.enrolment.terminal}.jsonl").read_bytes()


@pytest.mark.parametrize("passes", [timedelta(seconds=120), timedelta(hours=3), -timedelta(minutes=1)])
def test_what_never_arrived_is_not_done_later_as_if_it_were_meant_then(
    enroller: AtWork, passes: timedelta
) -> None:
    work, told = enroller, []
    work.network.cut("/enrol-patient")
    with pytest.raises(NoAnswer):
        work.terminal.perform(work.ada, "enrol-patient", patient(work))
    work.network.mend()
    work.house.clinic.clock.shows += passes
    work.restart()
    before = work.house.size()
    assert work.terminal.resend(work.ada, told.append) == ()
    assert [each.act for each in told] == ["enrol-patient"]
    assert work.house.size() == before and work.terminal.outbox.waiting() == ()


@pytest.mark.parametrize("loses", ["answer", "request"])
def test_a_statement_that_nobody_signed_is_not_told_as_an_act_left_undone(work: AtWork, loses: str) -> None:
    """It is drawn again and signed: of that act nobody may say that it was not done."""
    told: list[Waiting] = []
    work.network.drop_answers("/statement") if loses == "answer" else work.network.cut("/statement")
    with pytest.raises(NoAnswer):
        draw(work)
    work.network.mend()
    assert work.terminal.sign(work.ada, draw(work), PIN).answer.accepted
    (waiting,) = work.terminal.outbox.waiting()
    assert waiting.is_draft
    assert work.terminal.resend(work.ada, told.append) == ()
    assert told == [] and work.terminal.outbox.waiting() == ()


def test_what_arrived_then_is_known_however_late_it_is_asked_for(enroller: AtWork) -> None:
    work = enroller
    work.network.drop_answers("/enrol-patient")
    with pytest.raises(NoAnswer):
        work.terminal.perform(work.ada, "enrol-patient", patient(work))
    work.house.clinic.clock.pass_time(hours=3)
    work.restart()
    (done,) = work.terminal.resend(work.ada)
    assert done.answer.accepted and done.answer.replayed


def test_somebody_elses_requests_are_not_sent_again_under_another_name(work: AtWork) -> None:
    shown = draw(work)
    work.network.drop_answers("/signature")
    with pytest.raises(NoAnswer):
        work.terminal.sign(work.ada, shown, PIN)
    bo = work.clock_in(work.house.clinic.bo)
    assert work.terminal.resend(bo) == ()
    assert len(work.terminal.outbox.waiting()) == 1


def test_while_the_server_is_away_the_request_goes_on_waiting(work: AtWork) -> None:
    shown = draw(work)
    work.network.cut("/")
    with pytest.raises(NoAnswer):
        work.terminal.sign(work.ada, shown, PIN)
    with pytest.raises(NoAnswer):
        work.terminal.resend(work.ada)
    assert len(work.terminal.outbox.waiting()) == 1
