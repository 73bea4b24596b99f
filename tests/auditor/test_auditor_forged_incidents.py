"""A changed server with the true keys: incidents are closed once, by somebody who took no part."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from hat_clinic.domain.entries.incidents import IncidentClosed, IncidentOpened
from hat_clinic.domain.entries.stock import StockCounted, StockRecounted
from hat_clinic.domain.staff import GrantRole
from hat_clinic.domain.stock.commands import AccountStock
from hat_clinic.projections.incidents import INCIDENTS
from hat_clinic.vocabulary.ids import CountId, IncidentId
from hat_clinic.vocabulary.quantities import Volume
from hat_clinic.vocabulary.terms import IncidentFinding, LossReason, Role, Whereabouts
from tests.auditor.forged_entries import Forger, require_caught
from tests.auditor.verified_clinic import Inspector
from tests.clinic import Member
from tests.handlers.dosing import DIAPHIN, Ward

FINDING = next(iter(IncidentFinding))


@pytest.fixture
def ward(engine: Engine) -> Iterator[Ward]:
    """Nia and Noa may also close incidents, but not all of them."""
    one = Ward.open(engine)
    for member in (one.nia, one.noa):
        one.clinic.both("grant-role", GrantRole(member.person, Role.CONTROLLED_DRUGS_LEAD))
    yield one
    one.clinic.close()


def opened(ward: Ward) -> IncidentId:
    """The newest incident, of whatever happened last."""
    found = ward.clinic.state(lambda tx: INCIDENTS.find(tx, open=1))
    return max(found, key=lambda each: each.seq).incident


def closed(forger: Forger, one: Member, incident: IncidentId) -> int:
    return forger.append(one, IncidentClosed(incident, FINDING))[0]


def of_a_dose(ward: Ward) -> IncidentId:
    assert ward.verify(ward.prepared(), 9).accepted
    return opened(ward)


def of_a_container(ward: Ward) -> IncidentId:
    told = AccountStock(
        ward.vials[0], Whereabouts.UNACCOUNTED, ward.asking(1).mass, ward.clinic.clock.now(),
        LossReason.DROPPED, IncidentId(ward.clinic.ids.uuid7()), Volume(10),
    )  # fmt: skip
    ward.clinic.both("account-stock", told, ward.nia, ward.noa)
    return opened(ward)


@pytest.mark.parametrize("about", [of_a_dose, of_a_container])
@pytest.mark.parametrize("who", ["nia", "noa"])
def test_whoever_took_part_does_not_close_it(ward: Ward, forger: Forger, about: object, who: str) -> None:
    incident = about(ward)  # type: ignore[operator]
    require_caught(forger, closed(forger, getattr(ward, who), incident), "took part in what it is about")


def test_whoever_prescribed_does_not_close_what_happened_to_the_dose(ward: Ward, forger: Forger) -> None:
    require_caught(forger, closed(forger, ward.dan, of_a_dose(ward)), "took part in what it is about")


def test_whoever_counted_does_not_close_what_the_counts_found(ward: Ward, forger: Forger) -> None:
    ids, incident = ward.clinic.ids, IncidentId(ward.clinic.ids.uuid7())
    count = CountId(ids.uuid7())
    _, names = forger.append(ward.nia, StockCounted(count, DIAPHIN.product, ()))
    again = StockRecounted(count, DIAPHIN.product, names, (), ward.nia.person)
    forger.append(ward.noa, again, IncidentOpened(incident, ("CD33", "CD34"), count=count))
    require_caught(forger, closed(forger, ward.nia, incident), "took part in what it is about")


def test_an_incident_is_closed_once(ward: Ward, forger: Forger) -> None:
    incident, lead = of_a_container(ward), ward.dan
    closed(forger, lead, incident)
    require_caught(forger, closed(forger, lead, incident), "was not open")


def test_an_incident_that_nobody_opened_is_not_closed(ward: Ward, forger: Forger) -> None:
    seq = closed(forger, ward.dan, IncidentId(ward.clinic.ids.uuid7()))
    require_caught(forger, seq, "was not open")


def test_an_incident_is_not_opened_over_another(ward: Ward, forger: Forger) -> None:
    seq, _ = forger.append(ward.nia, IncidentOpened(of_a_dose(ward), ("AD45",)))
    require_caught(forger, seq, "of this id was opened before")


def test_an_outsider_closes_it(ward: Ward, forger: Forger) -> None:
    closed(forger, ward.dan, of_a_container(ward))
    found = Inspector(ward.clinic).verify()
    # The forger writes past the projections: that the tables lag is all there is to say.
    assert found.table is not None, found.text()
