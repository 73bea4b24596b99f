"""What is asked to be signed must be what was asked for; a server that says otherwise is refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any

import pytest

from hat_clinic.client.identity import Identity, open_identity, require_enrolled
from hat_clinic.client.statements import Asked, Shown, ToSign, body_digest, require_asked
from hat_clinic.domain.entries import SIGNERS, body_of, tag_of
from hat_clinic.domain.entries.doses import DoseGiven, DosePrepared, Draw
from hat_clinic.domain.entries.patients import Identifier, PatientEnrolled
from hat_clinic.ledger.dsse import make_envelope, parse_envelope
from hat_clinic.ledger.keys import PublicKey
from hat_clinic.ledger.leaf import envelope_hash
from hat_clinic.ledger.statement import MACHINE, Statement, payload_type
from hat_clinic.security.signing import KdfParams, PinSealedSeed, SigningKey
from hat_clinic.vocabulary.errors import BadProof, Unauthenticated
from hat_clinic.vocabulary.ids import (
    ContainerId,
    DoseId,
    PatientId,
    PersonId,
    PrescriptionId,
    ProductId,
    VisitId,
)
from hat_clinic.vocabulary.quantities import Expression, Mass, Volume
from hat_clinic.vocabulary.strict_json import JsonValue
from hat_clinic.vocabulary.terms import Route
from hat_clinic.wire.answers import StatementToSign
from hat_clinic.wire.forms import made_id
from tests.client.log_in_memory import ORIGIN, MemoryLog, b64, request_id

KEY = SigningKey.from_seed(sha256(b"ana").digest())
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
ANA_KELLER, BEA_MEIER = PatientId(request_id(900)), PatientId(request_id(901))
HCL = Expression.HYDROCHLORIDE_MONOHYDRATE
DOSE = DoseId(request_id(800))
PIN = "739164"


def enrolled(patient: PatientId, family: str, origin: str = ORIGIN, tag: str = "patient-enrolled") -> bytes:
    entry = PatientEnrolled(patient, family, "Ana", date(1984, 2, 29), (Identifier("ahv", "756"),))
    said = Statement(
        bytes(16), origin, request_id(5), "t1", "somebody", MACHINE, "attributed", body_of(entry), bytes(32)
    )
    return make_envelope(payload_type(tag), said.payload(), MACHINE, KEY.sign)


KELLER, MEIER = enrolled(ANA_KELLER, "Keller"), enrolled(BEA_MEIER, "Meier")
KELLERS = open_identity(KELLER, envelope_hash(KELLER), ANA_KELLER, ORIGIN)

PREPARED = DosePrepared(
    dose=DOSE,
    patient=ANA_KELLER,
    visit=VisitId(request_id(801)),
    prescription=PrescriptionId(request_id(802)),
    prescription_hash=bytes(32),
    prescriber=PersonId(request_id(803)),
    product=ProductId("diaphin-10g"),
    route=Route.INTRAVENOUS,
    draws=(Draw(ContainerId("c-1"), "L1", Mass(150_000, HCL), Volume(1_500)),),
    mass=Mass(150_000, HCL),
    surplus=Mass(0, HCL),
    relies_on=(KELLERS.rec, bytes(32)),
    nonce=bytes(32),
    volume=Volume(1_500),
)
GIVEN = DoseGiven(DOSE, ANA_KELLER, Mass(150_000, HCL), Mass(0, HCL), NOON, ())


def asked(act: str = "prepare-dose", **changes: Any) -> Asked:
    body: dict[str, JsonValue] = {"dose": DOSE}
    if act == "give-dose":
        wanted = body_of(GIVEN)
        body = {name: wanted[name] for name in ("dose", "given", "remainder", "happened_at")}
        body["incident"] = request_id(804)
    one = Asked(ORIGIN, "t1", "ana", KEY.key_id, request_id(1), act, body)
    return replace(one, **changes)


def drawn(one: Asked, entry: Any = PREPARED, payload: bytes | None = None, **says: Any) -> StatementToSign:
    """What a server sends, saying something else where `says` is given."""
    tag = says.pop("tag", tag_of(type(entry)))
    made = says.pop("made", {})
    members = {
        "salt": bytes(16),
        "origin": one.origin,
        "request": one.request,
        "terminal": one.terminal,
        "person": one.person,
        "key": one.key,
        "meaning": SIGNERS[type(entry)].meaning,
        "body": body_of(entry),
        "body_sha256": body_digest(one.act, one.body),
    } | says
    return StatementToSign(
        statement=request_id(2),
        payload=b64(payload or Statement(**members).payload()),
        payload_type=payload_type(tag),
        expires_at="2026-11-23T12:02:00.000000Z",
        made=made,
    )


def test_what_was_asked_is_shown_whole_and_signed() -> None:
    one = asked(expects={"patient": ANA_KELLER, "mass": body_of(PREPARED)["mass"]}, identity=KELLERS)
    shown = require_asked(drawn(one), one)
    assert shown.entry == PREPARED
    assert {"mass", "patient", "draws 1 lot"} <= {each.name for each in shown.fields}
    assert Shown("mass", "150 mg hydrochloride monohydrate") in shown.fields
    assert Shown("draws 1 volume", "1.5 mL") in shown.fields
    seed = sealed()
    envelope = shown.sign(seed, PIN, NOON)
    payload = parse_envelope(envelope).require_signed(PublicKey("ed25519", KEY.public_raw))
    assert payload == shown.payload
    assert parse_envelope(envelope).payload_type == payload_type("dose-prepared")


def sealed(key: bytes = b"ana") -> PinSealedSeed:
    light = KdfParams(memory_kib=8, passes=1, lanes=1)
    return PinSealedSeed.seal(sha256(key).digest(), PIN, NOON, lambda n: bytes(n), params=light)


def test_every_member_of_the_statement_is_shown() -> None:
    one = asked()
    shown = require_asked(drawn(one), one)
    names = {each.name.split(" ")[0] for each in shown.fields}
    assert names == {name.split("_")[0] for name in shown.said.body}
    assert all(each.text for each in shown.fields)
    empty = asked("give-dose")
    report = require_asked(drawn(empty, GIVEN), empty)
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
        require_asked(drawn(one, **says), one)


def test_refuses_the_act_passed_off_as_another() -> None:
    one = asked("give-dose")
    with pytest.raises(BadProof, match="give-dose is signed as dose-given, not as dose-prepared"):
        require_asked(drawn(one), one)
    strange = asked("no-such-act")
    with pytest.raises(BadProof, match="no-such-act is signed as None"):
        require_asked(drawn(strange), strange)


def test_refuses_a_kind_of_entry_nobody_signs() -> None:
    entry = PatientEnrolled(ANA_KELLER, "Keller", "Ana", date(1984, 2, 29), ())
    one = asked()
    with pytest.raises(BadProof, match="nobody signs patient-enrolled"):
        require_asked(drawn(one, entry), one)


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
        require_asked(drawn(one, entry), one)


def test_refuses_other_values_in_a_report() -> None:
    one = asked("give-dose")
    require_asked(drawn(one, GIVEN), one)
    with pytest.raises(BadProof, match="another given than was asked"):
        require_asked(drawn(one, replace(GIVEN, given=Mass(100_000, HCL))), one)


def test_refuses_a_one_where_true_was_asked() -> None:
    one = asked(expects={"verifier_waived": 1})
    body = body_of(GIVEN) | {"verifier_waived": True}
    report = replace(asked("give-dose"), expects=one.expects)
    with pytest.raises(BadProof, match="another verifier_waived"):
        require_asked(drawn(report, GIVEN, body=body), report)


def test_refuses_bytes_that_are_not_their_own_canonical_form() -> None:
    one = asked()
    payload = Statement(
        bytes(16), ORIGIN, one.request, "t1", "ana", one.key, "prepared", body_of(PREPARED)
    ).payload()
    with pytest.raises(BadProof, match="not canonical JSON"):
        require_asked(drawn(one, payload=payload + b"\n"), one)
    with pytest.raises(BadProof, match="not base64"):
        require_asked(drawn(one).model_copy(update={"payload": "?"}), one)


def test_refuses_a_body_that_is_not_exactly_of_its_kind() -> None:
    one = asked()
    with pytest.raises(BadProof, match="nothing of this name belongs here"):
        require_asked(drawn(one, body=body_of(PREPARED) | {"also": "this"}), one)


def test_refuses_a_new_id_that_does_not_follow_from_the_request() -> None:
    one = asked("give-dose")
    true = {"incident": made_id(ORIGIN, one.request, "incident")}
    require_asked(drawn(one, GIVEN, made=true), one)
    with pytest.raises(BadProof, match="another incident"):
        require_asked(drawn(one, GIVEN, made={"incident": request_id(9)}), one)
    with pytest.raises(BadProof, match="another dose than was asked"):
        require_asked(drawn(one, GIVEN, made={"dose": made_id(ORIGIN, one.request, "dose")}), one)


def test_refuses_to_sign_with_another_key_than_the_statement_names() -> None:
    one = asked()
    shown = require_asked(drawn(one), one)
    with pytest.raises(BadProof, match="another key"):
        shown.sign(sealed(b"bo"), PIN, NOON)
    with pytest.raises(Unauthenticated, match="wrong PIN"):
        shown.sign(sealed(), "000000", NOON)


# --- whose name is on the screen ----------------------------------------------------------


def test_refuses_a_server_that_shows_another_patients_name() -> None:
    """Meier's name on the screen, Keller's dose in the statement: refused wherever it is tried."""
    with pytest.raises(BadProof, match="not the identity entry that the statement relies on"):
        open_identity(MEIER, KELLERS.rec, ANA_KELLER, ORIGIN)
    with pytest.raises(BadProof, match="identity of another patient"):
        open_identity(MEIER, envelope_hash(MEIER), ANA_KELLER, ORIGIN)
    meiers = open_identity(MEIER, envelope_hash(MEIER), BEA_MEIER, ORIGIN)
    one = asked(identity=meiers)
    with pytest.raises(BadProof, match="another patient than the one shown"):
        require_asked(drawn(one), one)


def test_refuses_a_name_made_up_for_this_screen() -> None:
    made_up = enrolled(ANA_KELLER, "Meier")
    shown = open_identity(made_up, envelope_hash(made_up), ANA_KELLER, ORIGIN)
    one = asked(identity=shown)
    with pytest.raises(BadProof, match="does not rely on the identity"):
        require_asked(drawn(one), one)
    log = MemoryLog()
    log.add(KELLER, "patient-enrolled")
    require_enrolled(KELLERS, log.proven(0), log.vkey)
    with pytest.raises(BadProof, match="not in the log"):
        require_enrolled(shown, log.proven(0), log.vkey)


def test_the_identity_shown_is_what_the_entry_says() -> None:
    numbers = (Identifier("ahv", "756"),)
    wanted = Identity(ANA_KELLER, "Keller", "Ana", date(1984, 2, 29), numbers, envelope_hash(KELLER))
    assert wanted == KELLERS


@pytest.mark.parametrize("wrong", [{"origin": "hat.invalid/zh2"}, {"tag": "patient-arrived"}])
def test_refuses_an_identity_of_another_log_or_kind(wrong: dict[str, str]) -> None:
    envelope = enrolled(ANA_KELLER, "Keller", **wrong)
    with pytest.raises(BadProof, match="no identity entry of this log"):
        open_identity(envelope, envelope_hash(envelope), ANA_KELLER, ORIGIN)


def test_refuses_an_identity_that_cannot_be_read() -> None:
    said = Statement(bytes(16), ORIGIN, request_id(5), "t1", "s", MACHINE, "attributed", {"patient": "x"})
    envelope = make_envelope(payload_type("patient-enrolled"), said.payload(), MACHINE, KEY.sign)
    with pytest.raises(BadProof, match="cannot be read"):
        open_identity(envelope, envelope_hash(envelope), ANA_KELLER, ORIGIN)


def test_a_second_statement_names_the_first_by_its_payload() -> None:
    one = asked()
    shown: ToSign = require_asked(drawn(one), one)
    assert shown.payload_hash == sha256(shown.payload).digest()
