"""What is asked to be signed must be what was asked for; a server that says otherwise is refused."""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import replace
from datetime import date, timedelta
from hashlib import sha256
from typing import Any

import pytest

from hat_clinic import handlers
from hat_clinic.client.signed_acts import SIGNED_ACTS
from hat_clinic.client.statements import Shown, ToSign, open_named, require_asked
from hat_clinic.domain.entries import body_of
from hat_clinic.domain.entries.doses import DosePrepared, DoseVerified
from hat_clinic.domain.entries.patients import PatientEnrolled
from hat_clinic.domain.entries.register import Footnoted, LineCorrected
from hat_clinic.domain.entries.stock import StockReceived
from hat_clinic.handlers.acts import Act
from hat_clinic.ledger.dsse import parse_envelope
from hat_clinic.ledger.keys import PublicKey
from hat_clinic.ledger.statement import MACHINE, Statement, payload_type
from hat_clinic.vocabulary.errors import BadProof, Clash, Unauthenticated
from hat_clinic.vocabulary.ids import (
    ContainerId,
    DoseId,
    PageId,
    ProductId,
    ReceiptId,
)
from hat_clinic.vocabulary.quantities import Expression, Mass
from hat_clinic.vocabulary.terms import CorrectionReason, ReceiptKind
from hat_clinic.wire.forms import made_id
from tests.client.log_in_memory import ORIGIN, request_id
from tests.client.told_statements import (
    ANA_KELLER,
    BEA_MEIER,
    DOSE,
    GIVEN,
    HCL,
    KELLERS,
    KEY,
    NOON,
    PIN,
    PREPARED,
    asked,
    drawn,
    sealed,
)


def test_what_was_asked_is_shown_whole_and_signed() -> None:
    one = asked(expects={"patient": ANA_KELLER, "mass": body_of(PREPARED)["mass"]}, identity=KELLERS)
    shown = require_asked(drawn(one), one, NOON)
    assert shown.entry == PREPARED
    assert {"mass", "patient", "draws 1 lot"} <= {each.name for each in shown.fields}
    assert Shown("mass", "150 mg hydrochloride monohydrate") in shown.fields
    assert Shown("draws 1 volume", "1.5 mL") in shown.fields
    seed = sealed()
    envelope = shown.sign(seed, PIN, NOON)
    payload = parse_envelope(envelope).require_signed(PublicKey("ed25519", KEY.public_raw))
    assert payload == shown.payload
    assert parse_envelope(envelope).payload_type == payload_type("dose-prepared")


def test_nothing_in_a_statement_can_draw_on_the_screen() -> None:
    """A lot that would begin a line of its own, or turn what stands beside it."""
    lot = "L1\nPATIENT  somebody else\x1b[2K\u202e"
    one, draws = asked(), (replace(PREPARED.draws[0], lot=lot),)
    shown = require_asked(drawn(one, replace(PREPARED, draws=draws)), one, NOON)
    assert Shown("draws 1 lot", "L1\\x0aPATIENT  somebody else\\x1b[2K\\u202e") in shown.fields
    assert all(each.text.isprintable() for each in shown.fields)


@pytest.mark.parametrize("says", ["2026-11-23T12:00:00.000000Z", "2126-11-23T12:00:00.000000Z"])
def test_a_statement_is_signed_within_two_minutes_whatever_time_the_server_gave_it(says: str) -> None:
    one = asked()
    shown = require_asked(drawn(one).model_copy(update={"expires_at": says}), one, NOON)
    late = NOON + timedelta(seconds=120)
    for now in (late, NOON + timedelta(hours=3), NOON - timedelta(seconds=1)):
        with pytest.raises(Clash, match="more than two minutes"):
            shown.sign(sealed(), PIN, now)
    assert shown.sign(sealed(), PIN, late - timedelta(microseconds=1))


@pytest.mark.parametrize("statement", ["", "../credentials", "x", request_id(2).upper()])
def test_refuses_an_id_that_no_statement_has(statement: str) -> None:
    one = asked()
    with pytest.raises(BadProof, match="no id that a statement can have"):
        require_asked(drawn(one).model_copy(update={"statement": statement}), one, NOON)


def test_every_member_of_the_statement_is_shown() -> None:
    one = asked()
    shown = require_asked(drawn(one), one, NOON)
    names = {each.name.split(" ")[0] for each in shown.fields}
    assert names == {name.split("_")[0] for name in shown.said.body}
    assert all(each.text for each in shown.fields)
    empty = asked("give-dose")
    report = require_asked(drawn(empty, GIVEN), empty, NOON)
    assert Shown("breaches", "none") in report.fields


@pytest.mark.parametrize(
    "says, words",
    [
        ({"origin": "hat.invalid/zh2"}, "another log"),
        ({"request": request_id(9)}, "another request"),
        ({"terminal": "t2"}, "another terminal"),
        ({"person": "bo"}, "another person"),
        ({"key": MACHINE}, "another key"),
        ({"body_sha256": bytes(32)}, "another body"),
        ({"body_sha256": None}, "another body"),
        ({"meaning": "verified"}, "nobody signs dose-prepared with the meaning 'verified'"),
    ],
)
def test_refuses_a_statement_that_is_not_what_was_asked(says: dict[str, Any], words: str) -> None:
    one = asked()
    with pytest.raises(BadProof, match=words):
        require_asked(drawn(one, **says), one, NOON)


def test_refuses_the_act_passed_off_as_another() -> None:
    one = asked("give-dose")
    with pytest.raises(BadProof, match="give-dose is not signed as dose-prepared"):
        require_asked(drawn(one), one, NOON)
    strange = asked("no-such-act")
    with pytest.raises(BadProof, match="no-such-act is not signed as dose-prepared"):
        require_asked(drawn(strange), strange, NOON)


def test_refuses_a_kind_of_entry_nobody_signs() -> None:
    entry = PatientEnrolled(ANA_KELLER, "Keller", "Ana", date(1984, 2, 29), ())
    one = asked()
    with pytest.raises(BadProof, match="nobody signs patient-enrolled"):
        require_asked(drawn(one, entry), one, NOON)


@pytest.mark.parametrize(
    "entry, name",
    [
        (replace(PREPARED, dose=DoseId(request_id(805))), "dose"),
        (replace(PREPARED, patient=BEA_MEIER), "patient"),
        (replace(PREPARED, mass=Mass(300_000, HCL)), "mass"),
        (replace(PREPARED, mass=Mass(150_000, Expression.BASE)), "mass"),
    ],
)
def test_refuses_other_values_than_asked_or_seen(entry: DosePrepared, name: str) -> None:
    one = asked(expects={"patient": ANA_KELLER, "mass": body_of(PREPARED)["mass"]})
    with pytest.raises(BadProof, match=f"another {name} than was asked"):
        require_asked(drawn(one, entry), one, NOON)


def test_refuses_other_values_in_a_report() -> None:
    one = asked("give-dose")
    require_asked(drawn(one, GIVEN), one, NOON)
    with pytest.raises(BadProof, match="another given than was asked"):
        require_asked(drawn(one, replace(GIVEN, given=Mass(100_000, HCL))), one, NOON)


@pytest.mark.parametrize("others", [("cd34",), ()])
def test_refuses_a_reading_of_more_containers_than_were_read(others: tuple[str, ...]) -> None:
    """Nobody else has read them, and the statement goes to the key without being shown again."""
    read = DoseVerified(DOSE, ANA_KELLER, bytes(32), KELLERS.rec, Mass(150_000, HCL), "ab12", bytes(16))
    body = {name: value for name, value in body_of(read).items() if name not in ("patient", "nonce")}
    one = replace(asked("verify-dose"), body=body)
    require_asked(drawn(one, read), one, NOON)
    with pytest.raises(BadProof, match="says other_container_endings, for which nobody asked"):
        require_asked(drawn(one, replace(read, other_container_endings=others)), one, NOON)
    both = replace(one, body=body | {"other_container_endings": ["ef56"]})
    for told in (None, others, ("ef56", "ef56")):
        with pytest.raises(BadProof, match="another other_container_endings than was asked"):
            require_asked(drawn(both, replace(read, other_container_endings=told)), both, NOON)


def test_a_correction_may_name_the_only_container_of_its_line_and_no_other_than_was_asked() -> None:
    told = LineCorrected(
        7, PageId("p/1"), Footnoted.MASS, CorrectionReason.MISREAD, Mass(2, HCL), Mass(1, HCL),
        container=ContainerId("c-1"),
    )  # fmt: skip
    body = {name: value for name, value in body_of(told).items() if name != "container"}
    one = replace(asked("correct-line"), body=body)
    require_asked(drawn(one, told), one, NOON)
    with pytest.raises(BadProof, match="says dose, for which nobody asked"):
        require_asked(drawn(one, replace(told, dose=DOSE)), one, NOON)
    named = replace(one, body=body | {"container": "c-2"})
    with pytest.raises(BadProof, match="another container than was asked"):
        require_asked(drawn(named, told), named, NOON)


def test_refuses_a_one_where_true_was_asked() -> None:
    one = asked(expects={"verifier_waived": 1})
    body = body_of(GIVEN) | {"verifier_waived": True}
    report = replace(asked("give-dose"), expects=one.expects)
    with pytest.raises(BadProof, match="another verifier_waived"):
        require_asked(drawn(report, GIVEN, body=body), report, NOON)


def test_refuses_bytes_that_are_not_their_own_canonical_form() -> None:
    one = asked()
    payload = Statement(
        bytes(16), ORIGIN, one.request, "t1", "ana", one.key, "prepared", body_of(PREPARED)
    ).payload()
    with pytest.raises(BadProof, match="not canonical JSON"):
        require_asked(drawn(one, payload=payload + b"\n"), one, NOON)
    with pytest.raises(BadProof, match="not base64"):
        require_asked(drawn(one).model_copy(update={"payload": "?"}), one, NOON)


def test_refuses_a_body_that_is_not_exactly_of_its_kind() -> None:
    one = asked()
    with pytest.raises(BadProof, match="nothing of this name belongs here"):
        require_asked(drawn(one, body=body_of(PREPARED) | {"also": "this"}), one, NOON)


def test_refuses_new_ids_that_do_not_follow_from_the_request() -> None:
    one = asked("give-dose")
    made: dict[str, str]
    for made in ({}, {"incident": request_id(9)}, {"dose": made_id(ORIGIN, one.request, "dose")}):
        with pytest.raises(BadProof, match="other ids than this request does"):
            require_asked(drawn(one, GIVEN, made=made), one, NOON)
    receiving = replace(one, act="receive-stock", body={})
    receipt = StockReceived(
        ReceiptId(request_id(9)), ReceiptKind.DELIVERY, ProductId("diaphin-10g"), "supplier", "note-1", ()
    )
    with pytest.raises(BadProof, match="another receipt than was asked"):
        require_asked(drawn(receiving, receipt), receiving, NOON)


def test_the_second_person_reads_what_they_will_name() -> None:
    one = asked()
    first = require_asked(drawn(one), one, NOON)
    kind = payload_type("dose-prepared")
    named = open_named(first.payload, kind, first.payload_hash, ORIGIN)
    assert (named.entry, named.fields) == (PREPARED, first.fields)
    for payload, tag, names, origin, words in (
        (first.payload, kind, bytes(32), ORIGIN, "not the statement that is to be confirmed"),
        (first.payload, kind, first.payload_hash, "hat.invalid/zh2", "another log"),
        (first.payload, payload_type("dose-given"), first.payload_hash, ORIGIN, "cannot be read"),
    ):
        with pytest.raises(BadProof, match=words):
            open_named(payload, tag, names, origin)


def test_every_signed_act_is_known_as_it_is_served() -> None:
    served = {
        act.name: (act.command, act.kind)
        for room in pkgutil.iter_modules(handlers.__path__)
        for value in vars(importlib.import_module(f"{handlers.__name__}.{room.name}")).values()
        if isinstance(value, tuple)
        for act in value
        if isinstance(act, Act) and act.signed
    }
    assert served == {name: tuple(each) for name, each in SIGNED_ACTS.items()}


def test_refuses_to_sign_with_another_key_than_the_statement_names() -> None:
    one = asked()
    shown = require_asked(drawn(one), one, NOON)
    with pytest.raises(BadProof, match="another key"):
        shown.sign(sealed(b"bo"), PIN, NOON)
    with pytest.raises(Unauthenticated, match="wrong PIN"):
        shown.sign(sealed(), "000000", NOON)


def test_a_second_statement_names_the_first_by_its_payload() -> None:
    one = asked()
    shown: ToSign = require_asked(drawn(one), one, NOON)
    assert shown.payload_hash == sha256(shown.payload).digest()
