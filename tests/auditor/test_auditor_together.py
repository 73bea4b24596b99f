"""Decisions that were committed together have one head, and are told apart all the same."""

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


def test_their_head_is_missed_when_another_follows(clinic: Clinic, database: object) -> None:
    together_until = Inspector(clinic).size
    clinic.hire("N-02")
    inspector, intruder = Inspector(clinic), Intruder(clinic, database)
    with intruder.at_work() as connection:
        sizes = [row["size"] for row in rows(connection, ledger_head)]
        place = sizes.index(together_until)
        assert sizes[place] - sizes[place - 1] == DECISIONS
        remove(connection, ledger_head, rows(connection, ledger_head)[place])
        verdict = inspector.verify_inside(connection)
    assert (verdict.code, verdict.entry) == (Code.TAMPERED, together_until - 1), verdict.text()
    intruder.close()
