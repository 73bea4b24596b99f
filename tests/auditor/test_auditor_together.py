"""Decisions that were committed together are told apart all the same: each has its own head."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from hat_clinic.domain.visits import ArriveForVisit
from hat_clinic.handlers import patients, visits
from hat_clinic.handlers.deciding import perform
from hat_clinic.handlers.verdict import Code
from hat_clinic.store.schema import ledger_head
from hat_clinic.store.transaction import Transaction
from hat_clinic.vocabulary.ids import VisitId
from hat_clinic.vocabulary.terms import Role
from tests.auditor.verified_clinic import Inspector, Intruder, enrol, remove, rows
from tests.clinic import Clinic
from tests.store.waiting_together import Work, commits, together

DECISIONS = 5


@pytest.fixture
def clinic(engine: Engine) -> Iterator[Clinic]:
    """Five patients arrived at once; four of them for a second time, which is refused."""
    one = Clinic.open(engine, patients.ACTS, visits.ACTS)
    nurse = one.hire("N-01", Role.NURSE)
    patient, actor = enrol(one, nurse, 1), one.actor(nurse)

    def arriving() -> Work:
        command = ArriveForVisit(VisitId(one.ids.uuid7()), patient)
        stamp = one.stamp(actor, "arrive-for-visit", command)

        def work(tx: Transaction) -> object:
            return perform(tx, actor, stamp, one.acts["arrive-for-visit"], command)

        return work

    with commits(engine) as found:
        done = together(one.writer, [arriving() for _ in range(DECISIONS)])
    assert len(found) == 2  # one for the act they waited for, one for all of them
    assert [each.result().accepted for each in done] == [True] + [False] * (DECISIONS - 1)
    yield one
    one.close()


def test_what_was_committed_together_holds(clinic: Clinic) -> None:
    verdict = Inspector(clinic).verify()
    assert verdict.code is Code.HOLDS, verdict.text()


def test_a_head_of_one_of_them_that_is_gone_is_missed(clinic: Clinic, database: object) -> None:
    inspector, intruder = Inspector(clinic), Intruder(clinic, database)
    for back in range(2, DECISIONS + 1):
        with intruder.at_work() as connection:
            gone = rows(connection, ledger_head)[-back]
            remove(connection, ledger_head, gone)
            verdict = inspector.verify_inside(connection)
        assert gone["size"] == inspector.size + 1 - back
        assert (verdict.code, verdict.entry) == (Code.TAMPERED, gone["size"] - 1), verdict.text()
    intruder.close()
