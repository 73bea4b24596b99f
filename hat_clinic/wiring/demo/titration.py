"""The titration that is played: limits from a file that names its source, masses a syringe can measure."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib.resources import files

from hat_clinic.vocabulary.quantities import Expression, Mass, Measured, Strength, Volume

FILE = "diaphin-titration.toml"


@dataclass(frozen=True, slots=True)
class PlannedDose:
    """One dose: its time on the wall clock, and its limit as a mass or a share of the day before.

    `stays`: the patient is still there when the next one follows.
    """

    at: str
    why: str
    limit: Mass | None
    share: int | None
    stays: bool

    def most(self, day_before: Mass) -> Mass:
        """The most it may be after `day_before` was given."""
        if self.limit is not None:
            return self.limit
        assert self.share is not None  # `read_titration` has looked
        return day_before.percent(self.share).mass


@dataclass(frozen=True, slots=True)
class Titration:
    """The days in their order, each with its doses."""

    title: str
    source: str
    expression: Expression
    days: tuple[tuple[PlannedDose, ...], ...]

    def daily_maxima(self) -> tuple[Mass, ...]:
        """What each day comes to if all that the limits allow were given."""
        found: list[Mass] = []
        before = Mass.zero(self.expression)
        for doses in self.days:
            before = sum((dose.most(before) for dose in doses), Mass.zero(self.expression))
            found.append(before)
        return tuple(found)

    def measured(self, strength: Strength, graduation: Volume) -> tuple[tuple[Measured, ...], ...]:
        """The doses of each day if each is given whole: the largest the syringe can measure."""
        found: list[tuple[Measured, ...]] = []
        before = Mass.zero(self.expression)
        for doses in self.days:
            today = tuple(strength.measure(dose.most(before), graduation) for dose in doses)
            before = sum((each.mass for each in today), Mass.zero(self.expression))
            found.append(today)
        return tuple(found)


def read_titration() -> Titration:
    """The titration that comes with the program.

    Raises: ValueError, for a file that names no source or a dose without exactly one limit.
    """
    top = tomllib.loads((files(__package__) / FILE).read_text(encoding="utf-8"))
    expression = Expression(top["expression"])
    if not top["source"].strip():
        raise ValueError("a titration names its source")
    days = tuple(tuple(_dose(dose, expression) for dose in day["doses"]) for day in top["day"])
    return Titration(top["title"], top["source"], expression, days)


def _dose(said: dict[str, object], expression: Expression) -> PlannedDose:
    limit, share = said.get("limit"), said.get("share")
    if (limit is None) == (share is None) or not isinstance(limit or share, int):
        raise ValueError("a dose has a limit in mg, or a share of the day before in percent")
    return PlannedDose(
        str(said["at"]),
        str(said["why"]),
        Mass.mg(limit, expression) if isinstance(limit, int) else None,
        share if isinstance(share, int) else None,
        said.get("stays") is True,
    )
