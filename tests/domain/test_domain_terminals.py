"""Terminals: enrolled by two under an id that is never used again, revoked by one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hat_clinic.domain import codec
from hat_clinic.domain.entries.terminals import TerminalEnrolled, TerminalRevoked
from hat_clinic.domain.terminals import (
    EnrolTerminal,
    RevokeTerminal,
    Terminal,
    decide_enrol_terminal,
    decide_revoke_terminal,
    evolve_terminal,
    terminal_of,
)
from hat_clinic.vocabulary.errors import Refused, Rejected
from hat_clinic.vocabulary.ids import TerminalId
from hat_clinic.vocabulary.terms import RevocationReason
from tests.domain.entries_in_order import ANA, BO, InOrder

T1, HASH = TerminalId("t1"), bytes(range(32))
ENROL, REVOKE = EnrolTerminal(T1, "Room 1", HASH), RevokeTerminal(T1, RevocationReason.LOST)
OTHER = Terminal(TerminalId("t2"), "Room 2", False, HASH)
ENROLLED, GONE = Terminal(T1, "Room 1", False, HASH), Terminal(T1, "Room 1", True, HASH)


def rule(refusal: pytest.ExceptionInfo[Refused]) -> list[str]:
    return [each.rule for each in refusal.value.findings]


def test_allows_enrolment_and_revocation() -> None:
    assert decide_enrol_terminal(None, ENROL) == (TerminalEnrolled(T1, "Room 1", HASH),)
    assert decide_revoke_terminal(ENROLLED, (ENROLLED, OTHER), REVOKE) == (
        TerminalRevoked(T1, RevocationReason.LOST),
    )


@pytest.mark.parametrize("known", [ENROLLED, GONE])
def test_refuses_so35_an_id_that_was_ever_used(known: Terminal) -> None:
    with pytest.raises(Refused) as refusal:
        decide_enrol_terminal(known, ENROL)
    assert rule(refusal) == ["SO35"]


@pytest.mark.parametrize("known", [None, GONE])
def test_refuses_so36_where_there_is_nothing_to_revoke(known: Terminal | None) -> None:
    with pytest.raises(Refused) as refusal:
        decide_revoke_terminal(known, (OTHER,), REVOKE)
    assert rule(refusal) == ["SO36"]


@pytest.mark.parametrize("others", [(), (replace(OTHER, revoked=True),)])
def test_refuses_so55_the_last_terminal(others: tuple[Terminal, ...]) -> None:
    with pytest.raises(Refused) as refusal:
        decide_revoke_terminal(ENROLLED, (ENROLLED, *others), REVOKE)
    assert rule(refusal) == ["SO55"]


def test_boundary_a_hash_has_32_bytes_and_there_are_words() -> None:
    for field, command in (
        ("secret_hash", EnrolTerminal(T1, "Room 1", HASH[1:])),
        ("secret_hash", EnrolTerminal(T1, "Room 1", HASH + b"x")),
        ("name", EnrolTerminal(T1, " ", HASH)),
    ):
        with pytest.raises(Rejected) as rejection:
            decide_enrol_terminal(None, command)
        assert rejection.value.field == field


def test_a_terminal_counts_from_its_confirmation_to_its_revocation() -> None:
    log = InOrder()
    first = log.says(ANA, TerminalEnrolled(T1, "Room 1", HASH))
    assert terminal_of(first) is None and evolve_terminal(None, first) is None
    second = log.confirms(BO, first)
    assert terminal_of(second) == T1
    state = evolve_terminal(None, second)
    assert state == ENROLLED
    assert evolve_terminal(state, second) == ENROLLED
    state = evolve_terminal(state, log.says(ANA, TerminalRevoked(T1, RevocationReason.LOST)))
    assert state == GONE
    assert codec.decode(Terminal, codec.encode(state)) == GONE
