"""What a server could send to be signed, true or false, and whose names it could show."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any

from hat_clinic.client.identity import open_identity
from hat_clinic.client.signed_acts import SIGNED_ACTS
from hat_clinic.client.statements import Asked, body_digest
from hat_clinic.domain.entries import SIGNERS, body_of, tag_of
from hat_clinic.domain.entries.doses import DoseGiven, DosePrepared, Draw
from hat_clinic.domain.entries.patients import Identifier, PatientEnrolled
from hat_clinic.ledger.dsse import make_envelope
from hat_clinic.ledger.leaf import envelope_hash
from hat_clinic.ledger.statement import MACHINE, Statement, payload_type
from hat_clinic.security.signing import KdfParams, PinSealedSeed, SigningKey
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
from hat_clinic.wire.columns import MAKES
from hat_clinic.wire.forms import made_id
from tests.client.log_in_memory import ORIGIN, b64, request_id

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
    one = Asked(ORIGIN, "t1", "ana", KEY.key_id, request_id(1), act, body)
    return replace(one, **changes)


def drawn(one: Asked, entry: Any = PREPARED, payload: bytes | None = None, **says: Any) -> StatementToSign:
    """What a server sends, saying something else where `says` is given."""
    tag = says.pop("tag", tag_of(type(entry)))
    made = says.pop("made", None)
    if made is None:
        known = MAKES.get(SIGNED_ACTS[one.act].command, ()) if one.act in SIGNED_ACTS else ()
        made = {name: made_id(ORIGIN, one.request, name) for name in known}
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


def sealed(key: bytes = b"ana") -> PinSealedSeed:
    light = KdfParams(memory_kib=8, passes=1, lanes=1)
    return PinSealedSeed.seal(sha256(key).digest(), PIN, NOON, lambda n: bytes(n), params=light)
