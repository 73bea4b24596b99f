"""The table of incidents."""

from __future__ import annotations

from hat_clinic.domain.entries import Recorded
from hat_clinic.domain.entries.incidents import IncidentClosed, IncidentOpened
from hat_clinic.domain.incidents import Incident, evolve_incident
from hat_clinic.projections.keyed import Keyed
from hat_clinic.store.schema import projection_incident
from hat_clinic.store.states import States

INCIDENTS = Keyed(projection_incident, Incident, lambda incident: {"open": int(incident.open)})


def apply(tx: States, recorded: Recorded) -> None:
    """The table of incidents has taken note of this entry."""
    entry = recorded.entry
    if isinstance(entry, IncidentOpened | IncidentClosed):
        incident = evolve_incident(INCIDENTS.load(tx, entry.incident), recorded)
        if incident is not None:
            INCIDENTS.save(tx, entry.incident, incident)
