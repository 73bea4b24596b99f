"""How a line gets onto a page, and what may stand under it later."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from hat_clinic.domain.entries import SIGNERS, Recorded, Signer
from hat_clinic.domain.entries.doses import Draw
from hat_clinic.domain.register.state import Footnote, Line, LineKind, Page, SubKind, SubLine
from hat_clinic.domain.stock.amounts import put, take
from hat_clinic.vocabulary.ids import PageId, PersonId, ProductId
from hat_clinic.vocabulary.quantities import Mass, Volume
from hat_clinic.vocabulary.replacing import replace


class Book(Protocol):
    """The register as one entry needs it: a page and the lines it touches."""

    def open_page(self, product: ProductId) -> Page | None:
        """The page of the product that lines are added to."""
        ...

    def page(self, page: PageId) -> Page | None:
        """The page of this id, open or closed."""
        ...

    def line(self, key: str) -> Line | None:
        """The line under `line_key`."""
        ...


@dataclass(frozen=True, slots=True)
class Changes:
    """The pages and lines that an entry made or completed, as they are after it."""

    pages: tuple[Page, ...] = ()
    lines: tuple[Line, ...] = ()


NOTHING = Changes()


def add_line(page: Page | None, recorded: Recorded, kind: LineKind, **said: Any) -> Changes:
    """The line is the page's next, with the balance after it.

    The line is of the entry `recorded`, or of the first statement that it confirms.
    """
    if page is None:
        return NOTHING
    first = recorded if recorded.named is None else recorded.named
    balance, overdrawn = page.balance, page.overdrawn
    if (mass_in := said.get("mass_in")) is not None:
        balance, overdrawn = put(balance, overdrawn, mass_in)
    if (mass_out := said.get("mass_out")) is not None:
        balance, overdrawn = take(balance, overdrawn, mass_out)
    bare: dict[str, Any] = {"containers": (), "lots": (), "sub_lines": (), "footnotes": ()}
    line = Line(
        page=page.page,
        number=page.lines + 1,
        seq=first.seq,
        at=recorded.at,
        kind=kind,
        performer=PersonId(first.person),
        balance=balance,
        overdrawn=overdrawn,
        verifier=None if recorded.named is None else PersonId(recorded.person),
        **bare | said,
    )
    return Changes((replace(page, lines=page.lines + 1, balance=balance, overdrawn=overdrawn),), (line,))


def drawn(draws: tuple[Draw, ...], like: Mass) -> dict[str, Any]:
    """What an out-line says of the containers: which, of which lots, and how much in all."""
    return {
        "volume": liquid(each.volume for each in draws),
        "mass_out": sum((each.mass for each in draws), Mass.zero(like.expression)),
        "containers": distinct(each.container for each in draws),
        "lots": distinct(each.lot for each in draws),
    }


def liquid(volumes: Iterable[Volume | None]) -> Volume | None:
    """All of it together; None where not every one of them was said."""
    said = list(volumes)
    known = [each for each in said if each is not None]
    return sum(known, Volume(0)) if known and len(known) == len(said) else None


def by_machine(recorded: Recorded) -> bool | None:
    """Whether the machine's key signs entries of this kind; None, which leaves no trace, if people do."""
    signing = SIGNERS.get(type(recorded.entry))
    return True if signing is not None and signing.signer is Signer.MACHINE else None


def distinct(values: Iterable[Any]) -> tuple[Any, ...]:
    """Each value once, in the order of its first appearance."""
    return tuple(dict.fromkeys(values))


def sub_line(
    recorded: Recorded, kind: SubKind, mass: Mass, happened_at: datetime | None = None, **said: Any
) -> SubLine:
    """A part of an out-line as this entry says it."""
    performer = PersonId(recorded.person)
    bare = SubLine(kind, mass, recorded.seq, recorded.at, performer, recorded.payload)
    return replace(bare, happened_at=happened_at, **said)


def with_sub_lines(line: Line | None, *added: SubLine) -> Changes:
    """These stand under the line; parts of nothing are left out."""
    if line is None:
        return NOTHING
    kept = tuple(each for each in added if not each.mass.is_zero)
    return Changes(lines=(replace(line, sub_lines=line.sub_lines + kept),))


def sub_lines_verified(line: Line | None, payload: bytes, verifier: PersonId) -> Changes:
    """The sub-lines that this payload made have their second person."""
    if line is None:
        return NOTHING
    parts = tuple(
        replace(each, verifier=verifier) if each.payload == payload else each for each in line.sub_lines
    )
    return Changes(lines=(replace(line, sub_lines=parts),))


def with_footnote(line: Line | None, footnote: Footnote) -> Changes:
    """The footnote stands under the line."""
    if line is None:
        return NOTHING
    return Changes(lines=(replace(line, footnotes=(*line.footnotes, footnote)),))
