"""One signed envelope is one entry of its decision, and what broke a rule opened an incident there."""

from __future__ import annotations

import pytest

from hat_clinic.auditor.decisions import Decisions, Owed
from hat_clinic.domain.entries.incidents import IncidentOpened
from hat_clinic.ledger.audit import Audited
from hat_clinic.ledger.audit_source import Missing
from hat_clinic.ledger.leaf import Leaf
from hat_clinic.ledger.statement import Statement
from hat_clinic.vocabulary.errors import LedgerBroken
from hat_clinic.vocabulary.ids import ContainerId, DoseId, IncidentId

AT = "2026-11-23T03:34:05.000001Z"
ONE, TWO, THREE = (f"0190a000-0000-7000-8000-00000000000{number}" for number in range(3))
DOSE = DoseId("d")


def entry(
    seq: int,
    request: str,
    rec: bytes,
    said: Statement | Missing = Missing.WITHHELD,
    *,
    at: str = AT,
    tag: str = "dose-given",
) -> Audited:
    return Audited(Leaf("hat.invalid/zh1", seq, at, tag, request, rec), said, None)


def said(**other: object) -> Statement:
    told: dict[str, object] = {
        "salt": bytes(16), "origin": "hat.invalid/zh1", "request": ONE, "terminal": "t", "person": "nia",
        "key": "machine", "meaning": "gave", "body": {}, "body_sha256": bytes(32),
    }  # fmt: skip
    return Statement(**told | other)  # type: ignore[arg-type]


def incident(*rules: str, dose: DoseId | None = DOSE, container: ContainerId | None = None) -> IncidentOpened:
    return IncidentOpened(IncidentId("i"), rules, dose=dose, container=container)


def test_one_envelope_is_one_entry_of_its_decision() -> None:
    decisions = Decisions()
    decisions.take(entry(7, ONE, bytes(32)))
    decisions.take(entry(8, ONE, bytes(31) + b"1"))
    with pytest.raises(LedgerBroken, match="stands twice") as caught:
        decisions.take(entry(9, ONE, bytes(32)))
    assert caught.value.seq == 9


def test_another_decision_begins_anew() -> None:
    decisions = Decisions()
    decisions.take(entry(7, ONE, bytes(32)))
    decisions.take(entry(8, TWO, bytes(32)))


def test_an_incident_that_is_owed_is_opened_in_the_same_decision() -> None:
    decisions = Decisions()
    decisions.take(entry(7, ONE, bytes(32)))
    decisions.owe(Owed(7, ("AD43",), dose=DOSE))
    decisions.opened(incident("AD43", "AD25"))
    decisions.take(entry(8, TWO, bytes(32)))
    decisions.owe(Owed(8, ("AD43",), dose=DOSE))
    with pytest.raises(LedgerBroken, match="no incident, though AD43") as caught:
        decisions.take(entry(9, THREE, bytes(32)))
    assert caught.value.seq == 8


@pytest.mark.parametrize(
    "told",
    [
        incident("AD25"),
        incident("AD43", dose=DoseId("another")),
        incident("AD43", container=ContainerId("c")),
    ],
)
def test_an_incident_about_something_else_is_not_the_one_owed(told: IncidentOpened) -> None:
    decisions = Decisions()
    decisions.take(entry(7, ONE, bytes(32)))
    decisions.owe(Owed(7, ("AD43",), dose=DOSE))
    decisions.opened(told)
    with pytest.raises(LedgerBroken, match="no incident"):
        decisions.end()


@pytest.mark.parametrize("other", [{"person": "noa"}, {"terminal": "u"}, {"body_sha256": bytes(31) + b"1"}])
def test_a_decision_is_one_person_s_at_one_terminal(other: dict[str, object]) -> None:
    decisions = Decisions()
    decisions.take(entry(7, ONE, bytes(32), said()))
    decisions.take(entry(8, ONE, bytes(31) + b"1"))  # one that cannot be read says nothing
    with pytest.raises(LedgerBroken, match="another person's than its decision") as caught:
        decisions.take(entry(9, ONE, bytes(31) + b"2", said(**other)))
    assert caught.value.seq == 9


def test_the_founders_open_the_log_together() -> None:
    decisions = Decisions()
    decisions.take(entry(0, ONE, bytes(32), said()))
    decisions.take(entry(1, ONE, bytes(31) + b"1", said(person="noa")))


def test_no_time_passes_within_a_decision() -> None:
    decisions = Decisions()
    decisions.take(entry(7, ONE, bytes(32)))
    with pytest.raises(LedgerBroken, match="another moment than its decision"):
        decisions.take(entry(8, ONE, bytes(31) + b"1", at=AT.replace("000001", "000002")))


@pytest.mark.parametrize("tags", [("act-refused", "dose-permitted"), ("dose-permitted", "act-refused")])
def test_a_refusal_is_all_there_is_of_its_decision(tags: tuple[str, str]) -> None:
    decisions = Decisions()
    decisions.take(entry(7, ONE, bytes(32), tag=tags[0]))
    with pytest.raises(LedgerBroken, match="a refusal, and something else"):
        decisions.take(entry(8, ONE, bytes(31) + b"1", tag=tags[1]))


def test_a_refusal_may_tell_of_a_doubt_about_the_clock() -> None:
    decisions = Decisions()
    decisions.take(entry(7, ONE, bytes(32), tag="act-refused"))
    decisions.take(entry(8, ONE, bytes(31) + b"1", tag="clock-doubted"))
