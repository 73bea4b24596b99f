"""From what was found to the view that is sent."""

from __future__ import annotations

from hat_clinic.domain.doses.state import Dose, HistoryDose, Stage, open_mass
from hat_clinic.domain.entries.doses import Draw
from hat_clinic.domain.entries.prescriptions import Step
from hat_clinic.domain.register.state import Page
from hat_clinic.domain.stock import Product
from hat_clinic.domain.visits import Visit
from hat_clinic.handlers import pages
from hat_clinic.handlers.board import Course, DoseShown, IdentityOnRecord, OnShelf, Row, Waiting, unseen
from hat_clinic.handlers.reads import Look
from hat_clinic.vocabulary.ids import PersonId
from hat_clinic.vocabulary.moments import moment_text
from hat_clinic.vocabulary.quantities import Mass, Volume
from hat_clinic.wire import board as wire
from hat_clinic.wire.answers import Finding
from hat_clinic.wire.kinds import MassBody, VolumeBody, b64


def mass(found: Mass) -> MassBody:
    """A mass, as it is written."""
    return MassBody(of=found.expression.value, ug=found.micrograms)


def volume(found: Volume | None) -> VolumeBody | None:
    """A volume, as it is written."""
    return None if found is None else VolumeBody(ul=found.microlitres)


def who(look: Look, person: PersonId) -> wire.Who:
    """Somebody by name."""
    return wire.Who(person=person, name=look.name_of(person))


def board(look: Look, rows: tuple[Row, ...]) -> wire.Board:
    """The board."""
    site = look.site
    return wire.Board(
        site=site.site_id,
        name=site.name,
        zone=site.zone,
        at=moment_text(look.moment),
        rows=[_row(look, each) for each in rows],
    )


def identity(found: IdentityOnRecord) -> wire.IdentityView:
    """Who a patient is, as the very envelope."""
    return wire.IdentityView(
        patient=found.patient.patient,
        seq=found.patient.identity_seq,
        rec=b64(found.identity.rec),
        envelope=b64(found.identity.envelope),
        test_data=found.identity.test_data,
    )


def dose(look: Look, shown: DoseShown) -> wire.DoseView:
    """A dose; what was entered only if this person may see it."""
    found = shown.dose
    return wire.DoseView(
        dose=found.dose,
        patient=found.patient,
        product=found.product,
        of=found.mass.expression.value,
        stage=str(found.stage),
        performer=who(look, found.performer),
        awaits_second=found.awaits_second,
        permitted_until=moment_text(found.permitted_until),
        prepared=None if found.prepared_payload is None else b64(found.prepared_payload),
        prepared_at=None if found.prepared_at is None else moment_text(found.prepared_at),
        identity=b64(found.relies_on[0]) if found.relies_on else None,
        verifier=None if found.verifier is None else who(look, found.verifier),
        handed_over_at=None if found.handed_over_at is None else moment_text(found.handed_over_at),
        given_at=None if found.given_at is None else moment_text(found.given_at),
        given=None if shown.given is None else _waiting(shown.given),
        waiting=[_waiting(each) for each in shown.waiting],
        entered=_entered(found) if shown.seen else None,
    )


def containers(product: Product, found: tuple[OnShelf, ...]) -> wire.Containers:
    """A product's containers."""
    return wire.Containers(product=_product(product), containers=[_container(each) for each in found])


def page(look: Look, found: Page) -> wire.PageView:
    """A page without its lines; without its balance too, while that would tell how much a dose is."""
    told = not pages.unread_on(look, found)
    return wire.PageView(
        product=found.product,
        number=found.number,
        drug=found.drug,
        form=found.form,
        strength=found.strength,
        opened_at=moment_text(found.opened_at),
        lines=found.lines,
        closed=found.closed,
        brought_forward=mass(found.brought_forward),
        balance=mass(found.balance) if told else None,
        overdrawn=None if found.overdrawn is None or not told else mass(found.overdrawn),
        closed_at=None if found.closed_at is None else moment_text(found.closed_at),
    )


def _row(look: Look, row: Row) -> wire.BoardRow:
    found = row.identity
    return wire.BoardRow(
        patient=row.patient.patient,
        identity=None if found is None else identity(IdentityOnRecord(row.patient, found)),
        visit=None if row.visit is None else _visit(row.visit),
        courses=[_course(look, each) for each in row.courses],
        doses=[_on_board(look, each) for each in row.doses],
        last=None if row.last is None else _last(row.last),
    )


def _visit(found: Visit) -> wire.VisitView:
    return wire.VisitView(
        visit=found.visit,
        arrived_at=moment_text(found.arrived_at),
        identified=found.identified is not None,
        fit=found.fit,
    )


def _course(look: Look, found: Course) -> wire.CourseView:
    measurable = found.measurable
    return wire.CourseView(
        prescription=found.prescription.prescription,
        product=_product(found.product),
        route=str(found.prescription.route),
        prescriber=wire.Who(person=found.prescription.prescriber, name=found.prescriber),
        given_today=mass(found.given_today),
        stops=[Finding(rule=one.rule, words=one.words, source=one.source) for one in found.stops],
        step=None if found.step is None else _step(found.step),
        measurable=None if measurable is None else mass(measurable.mass),
        due=None if found.due is None else moment_text(found.due),
    )


def _step(found: Step) -> wire.StepView:
    return wire.StepView(
        starts=moment_text(found.starts),
        ends=moment_text(found.ends),
        largest_single=mass(found.largest_single),
        earliest_after_previous=found.earliest_after_previous,
        daily_maximum=mass(found.daily_maximum),
    )


def _product(found: Product) -> wire.ProductView:
    return wire.ProductView(
        product=found.product,
        drug=found.drug,
        form=found.form,
        strength=found.strength,
        kind=str(found.kind),
        content=mass(found.content),
        content_volume=volume(found.content_volume),
        graduation=volume(found.graduation),
    )


def _on_board(look: Look, found: Dose) -> wire.DoseOnBoard:
    moments = (found.given_at, found.handed_over_at, found.prepared_at)
    since = next((each for each in moments if each is not None), None)
    return wire.DoseOnBoard(
        dose=found.dose,
        stage=str(found.stage),
        performer=who(look, found.performer),
        awaits_second=found.awaits_second or found.stage is Stage.PREPARED,
        unseen=unseen(found),
        unplaced=not open_mass(found).is_zero,
        since=None if since is None else moment_text(since),
    )


def _waiting(found: Waiting) -> wire.WaitingView:
    return wire.WaitingView(names=b64(found.names), tag=found.tag, seq=found.seq, person=found.person)


def _last(found: HistoryDose) -> wire.LastDose | None:
    if found.ended_at is None:
        return None
    return wire.LastDose(ended_at=moment_text(found.ended_at), mass=mass(found.surely))


def _entered(found: Dose) -> wire.Entered:
    return wire.Entered(
        mass=mass(found.mass),
        surplus=mass(found.surplus),
        open=mass(open_mass(found)),
        draws=[_draw(each) for each in found.draws],
        given=None if found.given is None else mass(found.given),
    )


def _draw(found: Draw) -> wire.DrawView:
    return wire.DrawView(
        container=found.container, lot=found.lot, mass=mass(found.mass), volume=volume(found.volume)
    )


def _container(found: OnShelf) -> wire.ContainerView:
    until = found.usable_until
    return wire.ContainerView(
        container=found.container.container,
        lot=found.container.lot,
        use_by=found.container.use_by.isoformat(),
        opened=found.container.opened_at is not None,
        free=found.free,
        usable_until=None if until is None else moment_text(until),
    )
