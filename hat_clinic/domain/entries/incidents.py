"""Entries about what went wrong."""

from __future__ import annotations

from dataclasses import dataclass

from hat_clinic.vocabulary.ids import ContainerId, CountId, DoseId, IncidentId, PatientId
from hat_clinic.vocabulary.terms import IncidentFinding


@dataclass(frozen=True, slots=True)
class IncidentOpened:
    """Rules were broken or things do not agree; somebody must look. Opened by the machine."""

    incident: IncidentId
    rules: tuple[str, ...]
    patient: PatientId | None = None
    dose: DoseId | None = None
    container: ContainerId | None = None
    count: CountId | None = None


@dataclass(frozen=True, slots=True)
class IncidentClosed:
    """Somebody who took no part in it looked, and says what was found."""

    incident: IncidentId
    finding: IncidentFinding
