"""What is on record for a request is opened and held against what was asked; anything else is refused."""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import replace
from typing import Any

import pytest

from hat_clinic import handlers
from hat_clinic.client.attributed_acts import ATTRIBUTED_ACTS
from hat_clinic.client.recorded import (
    open_entry,
    require_attempt,
    require_attributed,
    require_kind,
    require_mismatch,
)
from hat_clinic.client.statements import Asked, body_digest
from hat_clinic.domain.entries import SIGNERS, body_of, tag_of
from hat_clinic.domain.entries.doses import DoseHandedOver, DoseMismatched
from hat_clinic.domain.entries.system import ActRefused
from hat_clinic.domain.entries.visits import PatientArrived
from hat_clinic.handlers.acts import Act
from hat_clinic.ledger.dsse import make_envelope
from hat_clinic.ledger.leaf import Leaf, envelope_hash
from hat_clinic.ledger.statement import MACHINE, Statement, payload_type
from hat_clinic.vocabulary.errors import BadProof
from hat_clinic.vocabulary.ids import DoseId, PatientId, PersonId, RequestId, VisitId
from hat_clinic.wire.forms import made_id
from tests.client.log_in_memory import AT, ORIGIN, request_id
from tests.client.told_statements import KEY

OURS, ITS_OWN = request_id(77), request_id(79)
DOSE, ANA = DoseId(request_id(800)), PatientId(request_id(900))
ASKED = Asked(ORIGIN, "t1", "ana", MACHINE, OURS, "hand-over-dose", {"dose": DOSE}, {"patient": ANA})
REFUSED = ActRefused("hand-over-dose", ("SO41",), None, DOSE, RequestId(OURS))


def recorded(entry: Any, request: str = ITS_OWN, **says: Any) -> tuple[bytes, Leaf]:
    """The envelope and the leaf of this entry, saying something else where `says` is given."""
    members = {
        "salt": bytes(16),
        "origin": ORIGIN,
        "request": request,
        "terminal": "t1",
        "person": "ana",
        "key": MACHINE,
        "meaning": SIGNERS[type(entry)].meaning,
        "body": body_of(entry),
        "body_sha256": body_digest("hand-over-dose", {"dose": DOSE}),
    } | says
    tag = tag_of(type(entry))
    envelope = make_envelope(payload_type(tag), Statement(**members).payload(), MACHINE, KEY.sign)
    return envelope, Leaf(ORIGIN, 7, AT, tag, request, envelope_hash(envelope))


def attempt(entry: Any, **says: Any) -> None:
    require_attempt(open_entry(*recorded(entry, **says)), ASKED)


# --- refusals of an attempt ---------------------------------------------------------------


def test_a_refusal_that_names_this_very_request_answers_it() -> None:
    attempt(REFUSED)


@pytest.mark.parametrize(
    "entry",
    [
        replace(REFUSED, attempted=None),
        replace(REFUSED, attempted=RequestId(request_id(78))),
        replace(REFUSED, act="permit-dose"),
        DoseHandedOver(DOSE, ANA),
    ],
    ids=["of nothing attempted", "of another request", "of another act", "no refusal"],
)
def test_refuses_a_refusal_of_something_else(entry: Any) -> None:
    with pytest.raises(BadProof, match="answers another request"):
        attempt(entry)


@pytest.mark.parametrize(
    "says, words",
    [
        ({"person": "bo"}, "another person"),
        ({"terminal": "t2"}, "another terminal"),
        ({"body_sha256": bytes(32)}, "another body"),
        ({"key": KEY.key_id}, "another key"),
    ],
)
def test_refuses_a_refusal_of_somebody_else(says: dict[str, Any], words: str) -> None:
    with pytest.raises(BadProof, match=words):
        attempt(REFUSED, **says)


def test_refuses_an_entry_that_is_not_its_leafs() -> None:
    envelope, leaf = recorded(REFUSED)
    other, _ = recorded(replace(REFUSED, attempted=None))
    with pytest.raises(BadProof, match="not entry 7"):
        open_entry(other, leaf)
    for wrong in (
        replace(leaf, tag="clock-doubted"),
        replace(leaf, request=OURS),
        replace(leaf, origin="hat.invalid/zh2"),
    ):
        with pytest.raises(BadProof, match="otherwise than its leaf"):
            open_entry(envelope, wrong)


def test_refuses_an_entry_that_cannot_be_read() -> None:
    with pytest.raises(BadProof, match="cannot be read"):
        open_entry(*recorded(REFUSED, body={"act": "x"}))


# --- attributed acts ----------------------------------------------------------------------


def hand_over(entry: Any, **says: Any) -> None:
    require_attributed(open_entry(*recorded(entry, OURS, **says)), ASKED)


def test_what_was_asked_for_is_on_record() -> None:
    hand_over(DoseHandedOver(DOSE, ANA))


@pytest.mark.parametrize(
    "entry, says, words",
    [
        (DoseHandedOver(DOSE, PatientId(request_id(901))), {}, "another patient"),
        (DoseHandedOver(DoseId(request_id(801)), ANA), {}, "another dose"),
        (DoseHandedOver(DOSE, ANA), {"person": "bo"}, "another person"),
        (DoseHandedOver(DOSE, ANA), {"terminal": "t2"}, "another terminal"),
        (DoseHandedOver(DOSE, ANA), {"body_sha256": bytes(32)}, "another body"),
    ],
)
def test_refuses_what_was_not_asked_for(entry: Any, says: dict[str, Any], words: str) -> None:
    with pytest.raises(BadProof, match=words):
        hand_over(entry, **says)


def test_refuses_a_made_id_that_does_not_follow_from_the_request() -> None:
    body = {"patient": ANA}
    asked = replace(ASKED, act="arrive-for-visit", body=body, expects={})
    digest = {"body_sha256": body_digest("arrive-for-visit", body)}
    own = PatientArrived(VisitId(made_id(ORIGIN, OURS, "visit")), ANA)
    require_attributed(open_entry(*recorded(own, OURS, **digest)), asked)
    picked = PatientArrived(VisitId(request_id(5)), ANA)
    with pytest.raises(BadProof, match="another visit"):
        require_attributed(open_entry(*recorded(picked, OURS, **digest)), asked)


def test_refuses_another_kind_of_entry_than_the_act_becomes() -> None:
    _, leaf = recorded(DoseHandedOver(DOSE, ANA), OURS)
    assert require_kind(leaf, "hand-over-dose")
    assert not require_kind(replace(leaf, tag="patient-assessed"), "assess-patient")
    for act in ("leave-visit", "no-such-act"):
        with pytest.raises(BadProof, match="dose-handed-over is on record"):
            require_kind(leaf, act)


def test_every_attributed_act_is_known_as_it_is_served() -> None:
    served = {
        act.name: (act.command, act.kind)
        for room in pkgutil.iter_modules(handlers.__path__)
        for value in vars(importlib.import_module(f"{handlers.__name__}.{room.name}")).values()
        if isinstance(value, tuple)
        for act in value
        if isinstance(act, Act) and not act.signed
    }
    assert served == {name: tuple(each) for name, each in ATTRIBUTED_ACTS.items()}


def test_refuses_a_mismatch_about_another_reading() -> None:
    entry = DoseMismatched(DOSE, ANA, PersonId("ana"), b"as it was signed")
    opened = open_entry(*recorded(entry, OURS))
    require_mismatch(opened, b"as it was signed")
    with pytest.raises(BadProof, match="another reading"):
        require_mismatch(opened, b"another")
    with pytest.raises(BadProof, match="another reading"):
        require_mismatch(open_entry(*recorded(REFUSED)), b"as it was signed")
