"""A prescriber, a product, the pack as it is shipped, and a plain prescription to bend."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import hat_clinic
from hat_clinic.domain.entries.packs import PackValue
from hat_clinic.domain.entries.prescriptions import Step
from hat_clinic.domain.pack_files import parse_pack
from hat_clinic.domain.packs import Pack
from hat_clinic.domain.prescriptions import (
    Circumstances,
    Prescription,
    RecentDoses,
    SignPrescription,
    assess_prescription,
)
from hat_clinic.domain.staff import Person
from hat_clinic.domain.staff.state import Licence
from hat_clinic.domain.stock import Product
from hat_clinic.vocabulary.ids import PatientId, PersonId, PrescriptionId, ProductId
from hat_clinic.vocabulary.quantities import Expression, Mass
from hat_clinic.vocabulary.terms import ContainerKind, Role, Route

NINE = datetime(2026, 11, 23, 8, tzinfo=UTC)
"""Nine o'clock in Zurich."""
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ANA, BEN, DAN = PatientId("ana"), PatientId("ben"), PersonId("dan")
P1, P2 = PrescriptionId("p1"), PrescriptionId("p2")
HCL, BASE = Expression.HYDROCHLORIDE_MONOHYDRATE, Expression.BASE
LICENCE = Licence("L1", "diamorphine", date(2026, 1, 1), date(2026, 12, 31))
PRESCRIBER = Person(DAN, "dan", "Dan", (), (Role.PRESCRIBER,), (LICENCE,))
DIAPHIN = Product(
    product=ProductId("diaphin"),
    drug="diamorphine",
    form="solution for injection",
    strength="100 mg/mL",
    kind=ContainerKind.MULTI_DOSE,
    routes=(Route.INTRAVENOUS, Route.INTRAMUSCULAR),
    content=Mass.mg(10_000, HCL),
    source="label",
)
FILE = parse_pack((Path(hat_clinic.__file__).parent / "packs" / "swissmedic-diaphin-iv.toml").read_bytes())
PACK = Pack(FILE.pack, FILE.version, FILE.sha256, FILE.values, 5, FILE.jurisdiction, FILE.expression)
NEVER = RecentDoses(None, 0, 0)
"""Nobody has given this patient a dose yet."""
STEADY = RecentDoses(Mass.mg(600, HCL), 3, 0, Mass.mg(200, HCL))


def mg(milligrams: int) -> Mass:
    return Mass.mg(milligrams, HCL)


def step(
    single: int = 200, daily: int = 600, gap: int = 30, starts: datetime = NINE, ends: datetime | None = None
) -> Step:
    """Milligrams and minutes; a day long unless said otherwise."""
    return Step(starts, ends or starts + DAY, mg(single), gap, mg(daily))


def signing(*steps: Step, replaces: PrescriptionId | None = None) -> SignPrescription:
    return SignPrescription(P1, ANA, DIAPHIN.product, Route.INTRAVENOUS, steps or (step(),), replaces)


AROUND = Circumstances(
    prescriber=PRESCRIBER,
    patient_person=None,
    product=DIAPHIN,
    known=None,
    others=(),
    pack=PACK,
    zone="Europe/Zurich",
    day_starts_minutes=360,
    recent=STEADY,
)


def with_values(*values: PackValue) -> Pack:
    """The pack, these values in place of or beside its own."""
    names = {each.name for each in values}
    return replace(PACK, values=(*(each for each in PACK.values if each.name not in names), *values))


def without_value(name: str) -> Pack:
    """The pack without this number."""
    return replace(PACK, values=tuple(each for each in PACK.values if each.name != name))


def prescription(name: PrescriptionId = P2, patient: PatientId = ANA) -> Prescription:
    """One in force since a day before nine."""
    since = NINE - DAY
    steps = (step(starts=since, ends=since + 10 * DAY),)
    return Prescription(
        name, patient, DIAPHIN.product, Route.INTRAVENOUS, steps, DAN, b"\x03" * 32, since, False
    )


def rules(
    command: SignPrescription | None = None, around: Circumstances = AROUND, moment: datetime = NINE
) -> list[str]:
    """The rules that this prescription breaks, at nine unless said otherwise."""
    return [finding.rule for finding in assess_prescription(around, command or signing(), moment)]
