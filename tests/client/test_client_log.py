"""The log is followed from the policy's entry 0 on; what stands under any other head is not believed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hat_clinic.ledger.leaf import envelope_hash
from hat_clinic.vocabulary.errors import BadProof
from hat_clinic.wire.board import IdentityView
from tests.client.log_in_memory import MemoryLog, b64
from tests.client.log_over_http import Follower, LogServer
from tests.client.told_statements import ANA_KELLER, BEA_MEIER, KELLER, KELLERS, MEIER, enrolled

MADE_UP = enrolled(ANA_KELLER, "Meier")


def clinic_log() -> MemoryLog:
    """Entry 1 enrols Ana Keller, entry 2 Bea Meier."""
    log = MemoryLog().grown(1)
    log.add(KELLER, "patient-enrolled")
    log.add(MEIER, "patient-enrolled")
    return log.grown(5)


@pytest.fixture
def one(tmp_path: Path) -> Follower:
    return Follower(tmp_path, LogServer(clinic_log()))


def view(envelope: bytes = KELLER, seq: int = 1, **changes: Any) -> IdentityView:
    members = {"patient": ANA_KELLER, "seq": seq, "envelope": b64(envelope), "test_data": True}
    return IdentityView(**members, rec=b64(envelope_hash(envelope))).model_copy(update=changes)


# --- names --------------------------------------------------------------------------------


def test_an_identity_is_shown_once_it_is_proven_and_proven_once(one: Follower) -> None:
    assert one.log.identity(view(), ANA_KELLER) == KELLERS
    assert one.server.asked.count("proof") == 2  # entry 0, and the enrolment
    assert one.log.identity(view(), ANA_KELLER) == KELLERS
    assert one.server.asked.count("proof") == 2
    assert one.heads.newest is not None and one.heads.newest.size == 5


@pytest.mark.parametrize(
    "shown, words",
    [
        (view(MADE_UP), "not in the log"),
        (view(MEIER, 2), "identity of another patient"),
        (view(KELLER, 2), "not in the log"),
        (view(KELLER, 3), "not in the log"),
        (view(rec=b64(envelope_hash(MEIER))), "not the identity entry"),
        (view(rec="AAAA"), "3 bytes where 32 belong"),
        (view().model_copy(update={"envelope": "?"}), "not base64"),
    ],
    ids=["made up", "another's", "at another's place", "at no enrolment", "other hash", "short", "no base64"],
)
def test_refuses_a_name_that_is_not_the_patients_in_the_log(
    one: Follower, shown: IdentityView, words: str
) -> None:
    with pytest.raises(BadProof, match=words):
        one.log.identity(shown, ANA_KELLER)


def test_refuses_a_name_from_a_log_that_only_its_key_vouches_for(one: Follower) -> None:
    """Signed by the right key, and no continuation of what this terminal knows."""
    one.log.look()
    other = MemoryLog().grown(1)
    other.add(MADE_UP, "patient-enrolled")
    one.server.lies = {"proof": other.grown(9), "consistency": other}
    with pytest.raises(BadProof, match="THE RECORD WAS CHANGED"):
        one.log.identity(view(MADE_UP), ANA_KELLER)
    with pytest.raises(BadProof, match="Nothing more is signed"):
        one.heads.require_sound()


def test_refuses_a_second_identity_of_a_patient_though_it_is_in_the_log(one: Follower) -> None:
    one.log.identity(view(), ANA_KELLER)
    one.server.log.add(MADE_UP, "patient-enrolled")
    with pytest.raises(BadProof, match="another identity of this patient than it did before"):
        one.log.identity(view(MADE_UP, 5), ANA_KELLER)
    assert one.log.identity(view(MEIER, 2, patient=BEA_MEIER), BEA_MEIER).family == "Meier"


# --- heads --------------------------------------------------------------------------------


def test_refuses_to_begin_in_one_log_and_go_on_in_another(one: Follower) -> None:
    """Entry 0 of the policy, proven; and the head of a log that began otherwise."""
    other = MemoryLog()
    other.add(b"another beginning")
    one.server.lies = {"head": other.grown(9), "consistency": other}
    with pytest.raises(BadProof, match="THE RECORD WAS CHANGED"):
        one.log.look()
    assert one.heads.newest is not None and one.heads.newest.size == 5


def test_refuses_another_entry_as_the_first(one: Follower) -> None:
    one.server.lies = {"proof": MemoryLog("head").grown(0)}
    one.server.lies["proof"].add(b"another beginning")
    with pytest.raises(BadProof, match="entry 0"):
        one.log.look()
    assert one.heads.newest is None


def test_refuses_an_old_head_as_the_newest(one: Follower) -> None:
    old = clinic_log()
    one.server.log.grown(8)
    one.log.look()
    one.server.lies = {"head": old}
    with pytest.raises(BadProof, match="5 entries as its newest; 8 are known here"):
        one.log.look()
    one.heads.require_sound()  # it is the beginning of what is known: old, and no contradiction
    one.server.lies = {}
    one.log.look()


def test_a_leaf_is_the_one_that_was_asked_for(one: Follower) -> None:
    assert one.log.leaf(2).seq == 2
    log = one.server.log
    log.proven = lambda seq: MemoryLog.proven(log, 1)  # type: ignore[method-assign]
    with pytest.raises(BadProof, match="proved entry 1; entry 2 was asked for"):
        one.log.leaf(2)
