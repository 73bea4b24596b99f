"""The board as text: who is here, and what each may have now."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from hat_clinic.client.identity import Identity
from hat_clinic.vocabulary.moments import clock_text, date_text, local_text, parse_moment
from hat_clinic.vocabulary.quantities import Expression, Mass, mass_text
from hat_clinic.wire.board import Board, BoardRow, CourseView
from hat_clinic.wire.kinds import MassBody


@dataclass(frozen=True, slots=True)
class Seen:
    """The board, with each patient's identity opened from the sealed entry itself."""

    board: Board
    identities: dict[str, Identity]


def board_text(seen: Seen) -> str:
    """The board for people; DEMO at its head."""
    return "\n".join(_lines(seen))


def _lines(seen: Seen) -> Iterator[str]:
    board = seen.board
    at = local_text(parse_moment(board.at), board.zone)
    yield f"DEMO BOARD  {board.name}  {at}"
    if not board.rows:
        yield "  nobody is here"
    for row in board.rows:
        yield from _row(row, seen.identities.get(row.patient), board.zone)


def _row(row: BoardRow, who: Identity | None, zone: str) -> Iterator[str]:
    name = "erased" if who is None else f"{who.family.upper()}, {who.given}  Born {date_text(who.born)}"
    yield f"  {name}  {_here(row, zone)}"
    if row.last is not None:
        ended = local_text(parse_moment(row.last.ended_at), zone)
        yield f"      last dose {mass_text(_mass(row.last.mass))}, ended {ended}"
    for course in row.courses:
        yield f"      {_course(course, zone)}"
        for stop in course.stops:
            yield f"        {stop.rule} {stop.words}"
    for dose in row.doses:
        yield f"      dose {dose.stage.replace('_', ' ')}, by {dose.performer.name}"


def _here(row: BoardRow, zone: str) -> str:
    visit = row.visit
    if visit is None:
        return "not here"
    fit = {None: "not assessed yet", True: "fit", False: "NOT FIT"}[visit.fit]
    known = "identified" if visit.identified else "not identified yet"
    return f"here since {clock_text(parse_moment(visit.arrived_at), zone)}, {known}, {fit}"


def _course(course: CourseView, zone: str) -> str:
    product = course.product
    words = f"{product.drug} {product.strength}, {course.route}"
    if course.step is None:
        return f"{words}: nothing is permitted now"
    dose = mass_text(_mass(course.measurable or course.step.largest_single))
    due = "" if course.due is None else f", due {local_text(parse_moment(course.due), zone)}"
    most = mass_text(_mass(course.step.daily_maximum))
    return f"{words}: DOSE {dose}, at most {most} a day{due}"


def _mass(body: MassBody) -> Mass:
    return Mass(body.ug, Expression(body.of))
