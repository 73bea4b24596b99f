"""The use case of incidents: an outsider closes one."""

from __future__ import annotations

from typing import Any

from hat_clinic.domain.entries.incidents import IncidentClosed
from hat_clinic.domain.incidents import CloseIncident, Incident, decide_close, involved
from hat_clinic.handlers.acts import Act, Actor, Decision
from hat_clinic.projections.incidents import INCIDENTS
from hat_clinic.projections.register import LINES
from hat_clinic.projections.stock import CONTAINERS, COUNTS
from hat_clinic.store.states import States
from hat_clinic.store.transaction import Transaction
from hat_clinic.vocabulary.ids import PersonId
from hat_clinic.vocabulary.terms import Role

LOOKERS = frozenset({Role.CONTROLLED_DRUGS_LEAD, Role.MEDICAL_LEAD, Role.PHARMACIST})


def involved_in(tx: States, incident: Incident) -> frozenset[PersonId]:
    """Everybody whose act the incident is about."""
    line = None if incident.dose is None else LINES.load(tx, incident.dose)
    container = None if incident.container is None else CONTAINERS.load(tx, incident.container)
    count = None if incident.count is None else COUNTS.load(tx, incident.count)
    return involved(incident, line, container, count)


def _close(tx: Transaction, actor: Actor, command: CloseIncident) -> Decision:
    incident = INCIDENTS.load(tx, command.incident)
    people = frozenset[PersonId]() if incident is None else involved_in(tx, incident)
    return Decision((decide_close(incident, people, command, actor.person),))


ACTS: tuple[Act[Any], ...] = (Act("close-incident", CloseIncident, IncidentClosed, LOOKERS, _close),)
