"""Views for screens: the board, an identity, a dose, a product's containers, register pages."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field

from hat_clinic.wire.answers import VIEW, Base64, Finding, Moment
from hat_clinic.wire.kinds import LONGEST_ID, STRICT, MassBody, VolumeBody


class Who(BaseModel):
    """Somebody who works here."""

    model_config = VIEW
    person: str
    name: str


class IdentityView(BaseModel):
    """The identity entry of a patient: open `envelope` yourself, and check it against `rec`.

    `seq` is its place in the log, for the proof that it is there. `test_data` marks a number
    that no real person has.
    """

    model_config = VIEW
    patient: str
    seq: int
    rec: Base64
    envelope: Base64
    test_data: bool


class FindPatients(BaseModel):
    """Look for a patient under a number that `system` gave, or under the family name.

    Why a body: names and numbers do not belong into addresses, which are logged on the way.
    """

    model_config = STRICT | {
        "json_schema_extra": {"examples": [{"system": "nhs-number", "value": "999 000 0018"}]}
    }
    system: Annotated[str, Field(min_length=1, max_length=64, description="Who gave it, or `family`.")]
    value: Annotated[str, Field(min_length=1, max_length=LONGEST_ID)]


class FoundPatients(BaseModel):
    """Those enrolled under it: open each, for the index finds candidates only."""

    model_config = VIEW
    patients: list[IdentityView]


class ProductView(BaseModel):
    """A product as its label says; `content` is one container."""

    model_config = VIEW
    product: str
    drug: str
    form: str
    strength: str
    kind: str
    content: MassBody
    content_volume: VolumeBody | None = None
    graduation: VolumeBody | None = None


class StepView(BaseModel):
    """What a prescription permits between two moments. Units: minutes."""

    model_config = VIEW
    starts: Moment
    ends: Moment
    largest_single: MassBody
    earliest_after_previous: int
    daily_maximum: MassBody


class CourseView(BaseModel):
    """A prescription as it stands now: `stops` is all that speaks against its largest mass now.

    `step` is absent where it permits nothing now; `measurable` is the largest mass within the
    step that the product's syringe can hold; `due` the earliest moment by prescription and pack.
    """

    model_config = VIEW
    prescription: str
    product: ProductView
    route: str
    prescriber: Who
    given_today: MassBody
    stops: list[Finding]
    step: StepView | None = None
    measurable: MassBody | None = None
    due: Moment | None = None


class VisitView(BaseModel):
    """An open visit as far as it has come."""

    model_config = VIEW
    visit: str
    arrived_at: Moment
    identified: bool
    fit: bool | None = None


class DoseOnBoard(BaseModel):
    """A dose that waits for somebody. No mass: the next who reads it must not have seen it.

    `unseen`: given, and nobody has said yet that they saw it. `unplaced`: drawn, and some of it
    has not been said where it is.
    """

    model_config = VIEW
    dose: str
    stage: str
    performer: Who
    awaits_second: bool
    unseen: bool
    unplaced: bool
    since: Moment | None = None


class LastDose(BaseModel):
    """The last dose that entered the patient."""

    model_config = VIEW
    ended_at: Moment
    mass: MassBody


class BoardRow(BaseModel):
    """One patient. `identity` is absent where it was erased, `visit` where none is open."""

    model_config = VIEW
    patient: str
    courses: list[CourseView]
    doses: list[DoseOnBoard]
    identity: IdentityView | None = None
    visit: VisitView | None = None
    last: LastDose | None = None


class Board(BaseModel):
    """Everybody who is here or of whom a dose is open. `zone` is the site's IANA time zone."""

    model_config = VIEW
    site: str
    name: str
    zone: str
    at: Moment
    rows: list[BoardRow]


class DrawView(BaseModel):
    """What leaves one container."""

    model_config = VIEW
    container: str
    lot: str
    mass: MassBody
    volume: VolumeBody | None = None


class Entered(BaseModel):
    """What was entered for a dose, for those who may see it; `open` has no place yet."""

    model_config = VIEW
    mass: MassBody
    surplus: MassBody
    open: MassBody
    draws: list[DrawView]
    given: MassBody | None = None


class WaitingView(BaseModel):
    """A statement about a dose that a second person has yet to confirm: read entry `seq` first."""

    model_config = VIEW
    names: Base64
    tag: str
    seq: int
    person: str


class DoseView(BaseModel):
    """One dose. Until a second person's reading agreed, `entered` is there for its performer only.

    `prepared` is the hash by which a second person's statement names the first; `identity` that of
    the identity entry it was prepared for. `of` is the expression in which its masses are read.
    `given` waits for who saw it, `waiting` for any second person.
    """

    model_config = VIEW
    dose: str
    patient: str
    product: str
    of: str
    stage: str
    performer: Who
    awaits_second: bool
    permitted_until: Moment
    waiting: list[WaitingView]
    prepared: Base64 | None = None
    prepared_at: Moment | None = None
    identity: Base64 | None = None
    verifier: Who | None = None
    handed_over_at: Moment | None = None
    given_at: Moment | None = None
    given: WaitingView | None = None
    entered: Entered | None = None


class ContainerView(BaseModel):
    """A container that holds something. How much is not said: whoever counts must not have read it.

    `free` is false while all of it is promised to other doses.
    """

    model_config = VIEW
    container: str
    lot: str
    use_by: str = Field(description="YYYY-MM-DD.")
    opened: bool
    free: bool
    usable_until: Moment | None = None


class Containers(BaseModel):
    """A product and its containers: those to be used first come first."""

    model_config = VIEW
    product: ProductView
    containers: list[ContainerView]


class PageView(BaseModel):
    """A page of the controlled-drug register; without its balance while a dose on it is unread."""

    model_config = VIEW
    product: str
    number: int
    drug: str
    form: str
    strength: str
    opened_at: Moment
    lines: int
    closed: bool
    brought_forward: MassBody
    balance: MassBody | None = None
    overdrawn: MassBody | None = None
    closed_at: Moment | None = None


class Pages(BaseModel):
    """Every page, by product and number."""

    model_config = VIEW
    pages: list[PageView]


class PageWithLines(BaseModel):
    """A page as rows under the register's own headings, which name the unit or the clock of each cell."""

    model_config = VIEW
    page: PageView
    headings: list[str]
    rows: list[list[str]]
