"""Incidents: opened by the machine when a rule was broken or things disagree, closed by an outsider."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from hat_clinic.domain.entries import Recorded
from hat_clinic.domain.entries.incidents import IncidentClosed, IncidentOpened
from hat_clinic.domain.register.state import Line
from hat_clinic.domain.stock.state import Container, Count
from hat_clinic.vocabulary.errors import Finding, Refused
from hat_clinic.vocabulary.ids import ContainerId, CountId, DoseId, IncidentId, PatientId, PersonId
from hat_clinic.vocabulary.replacing import replace
from hat_clinic.vocabulary.terms import IncidentFinding

OUTSIDER = "NHS Tayside, discrepancies; house rule on persons"

# --- state ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Incident:
    """What somebody must look at; `opened_by` is whose act opened it."""

    incident: IncidentId
    rules: tuple[str, ...]
    seq: int
    opened_at: datetime
    opened_by: PersonId
    open: bool
    patient: PatientId | None = None
    dose: DoseId | None = None
    container: ContainerId | None = None
    count: CountId | None = None
    finding: IncidentFinding | None = None
    closed_at: datetime | None = None
    closed_by: PersonId | None = None


def involved(
    incident: Incident, line: Line | None, container: Container | None, count: Count | None
) -> frozenset[PersonId]:
    """Everybody whose act the incident is about, as far as the entries tell.

    `line` is the register's line of its dose, `container` and `count` those it names.
    """
    people: list[PersonId | None] = [incident.opened_by]
    if line is not None:
        people += [line.performer, line.verifier, line.authority]
        for part in line.sub_lines:
            people += [part.performer, part.verifier]
        people += [note.by for note in line.footnotes]
    if container is not None:
        for account in container.accounts:
            people += [account.person, account.confirmed_by]
    if count is not None:
        people += [count.counted_by, count.recounted_by]
    return frozenset(_present(people))


def _present(people: Iterable[PersonId | None]) -> Iterator[PersonId]:
    return (person for person in people if person is not None)


# --- commands ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CloseIncident:
    """Say what was found, and that nothing more has to be looked into."""

    incident: IncidentId
    finding: IncidentFinding


# --- assess -----------------------------------------------------------------------------


def assess_close(
    incident: Incident | None, people: frozenset[PersonId], closer: PersonId
) -> tuple[Finding, ...]:
    """Every reason why `closer` cannot close this; `people` are those involved. CD37 where there is none."""
    if incident is None:
        words = "There is no incident of this name. Choose one from the list of open ones."
        return (Finding("CD37", words, OUTSIDER),)
    return (*_closed_before(incident), *_involved(people, closer))


def _closed_before(incident: Incident) -> Iterator[Finding]:
    """CD37: closing an incident that is not there, or closed already.

    Source: UK MDR 2001 reg 20(c): what is written is not altered.
    """
    if not incident.open:
        yield Finding("CD37", "This incident is closed already. Its finding stays.", "UK MDR 2001 reg 20(c)")


def _involved(people: frozenset[PersonId], closer: PersonId) -> Iterator[Finding]:
    """CD38: closing by somebody whose own act it is about.

    Source: NHS Tayside, discrepancies; house rule on persons: separation of duties.
    """
    if closer in people:
        words = "You took part in what this is about. Somebody who did not must look at it and close it."
        yield Finding("CD38", words, OUTSIDER)


# --- decide -----------------------------------------------------------------------------


def decide_close(
    incident: Incident | None, people: frozenset[PersonId], command: CloseIncident, closer: PersonId
) -> IncidentClosed:
    """The incident is closed, with what was found.

    Refuses: CD37, CD38.
    """
    found = assess_close(incident, people, closer)
    if found:
        raise Refused(found)
    return IncidentClosed(command.incident, command.finding)


# --- evolve -----------------------------------------------------------------------------


def evolve_incident(incident: Incident | None, recorded: Recorded) -> Incident | None:
    """The incident after this entry."""
    match recorded.entry:
        case IncidentOpened() as entry:
            return Incident(
                entry.incident,
                entry.rules,
                recorded.seq,
                recorded.at,
                PersonId(recorded.person),
                True,
                entry.patient,
                entry.dose,
                entry.container,
                entry.count,
            )
        case IncidentClosed() as entry if incident is not None:
            return replace(
                incident,
                open=False,
                finding=entry.finding,
                closed_at=recorded.at,
                closed_by=PersonId(recorded.person),
            )
        case _:
            return incident
