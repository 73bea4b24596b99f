"""Masses, volumes and strengths: exact integers, and a mass always names its expression.

100 mg of the hydrochloride monohydrate and 100 mg of the base are different amounts of
drug. Arithmetic therefore stays inside one expression; the only way across is a
`LabelledRatio`, a product's own labelled equivalence, and only one step of it.

Nothing here rounds silently: what cannot be represented or measured is rounded *down*
and the loss is returned beside the result.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NoReturn

LARGEST = 2**53 - 1
"""Micrograms or microlitres; the largest integer the stored JSON may carry."""


class Expression(StrEnum):
    """What a number of milligrams is a number of milligrams *of*."""

    HYDROCHLORIDE_MONOHYDRATE = "hydrochloride_monohydrate"
    ANHYDROUS_HYDROCHLORIDE = "anhydrous_hydrochloride"
    BASE = "base"


class MixedExpressions(ValueError):
    """Two masses of different expressions were added, subtracted, compared or mixed up.

    Why: outside the exception tree on purpose. It is a mistake in the program, never an
    answer to a person.
    """

    def __init__(self, left: Expression, right: Expression) -> None:
        super().__init__(f"a mass of {left.value} and a mass of {right.value} are not one quantity")
        self.left = left
        self.right = right

    def __reduce__(self) -> tuple[type[MixedExpressions], tuple[Expression, Expression]]:
        return MixedExpressions, (self.left, self.right)


def _require_count(value: int, unit: str) -> None:
    if type(value) is not int:
        raise TypeError(f"{unit} are counted in whole numbers, not in {type(value).__name__}")
    if not 0 <= value <= LARGEST:
        raise ValueError(f"{value} {unit} is outside 0 to 2^53 - 1")


@dataclass(frozen=True, slots=True)
class Mass:
    """An amount of drug.

    Units: micrograms of `expression`.
    Raises: MixedExpressions when two expressions meet in + - < <= > >=; ValueError below zero.
    Why: `==` does not raise, so that masses can stand in sets and in the fields of other
    values; masses of different expressions are simply unequal. A mass is no truth value:
    `if mass` could mean "is there one" or "is it more than zero".
    """

    micrograms: int
    expression: Expression

    def __post_init__(self) -> None:
        _require_count(self.micrograms, "micrograms")
        if type(self.expression) is not Expression:
            raise TypeError("a mass names its expression")

    @classmethod
    def zero(cls, expression: Expression) -> Mass:
        """Nothing, of `expression`; the start of a sum."""
        return cls(0, expression)

    @classmethod
    def mg(cls, milligrams: int, expression: Expression) -> Mass:
        """A whole number of milligrams of `expression`."""
        _require_count(milligrams, "milligrams")
        return cls(milligrams * 1000, expression)

    @property
    def is_zero(self) -> bool:
        """Whether this is nothing at all."""
        return self.micrograms == 0

    def _same(self, other: Mass) -> int:
        if self.expression is not other.expression:
            raise MixedExpressions(self.expression, other.expression)
        return other.micrograms

    def __add__(self, other: Mass) -> Mass:
        if not isinstance(other, Mass):
            return NotImplemented
        return Mass(self.micrograms + self._same(other), self.expression)

    def __sub__(self, other: Mass) -> Mass:
        if not isinstance(other, Mass):
            return NotImplemented
        return Mass(self.micrograms - self._same(other), self.expression)

    def __mul__(self, count: int) -> Mass:
        if type(count) is not int:
            return NotImplemented
        return Mass(self.micrograms * count, self.expression)

    def __lt__(self, other: Mass) -> bool:
        if not isinstance(other, Mass):
            return NotImplemented
        return self.micrograms < self._same(other)

    def __le__(self, other: Mass) -> bool:
        if not isinstance(other, Mass):
            return NotImplemented
        return self.micrograms <= self._same(other)

    def __gt__(self, other: Mass) -> bool:
        if not isinstance(other, Mass):
            return NotImplemented
        return self.micrograms > self._same(other)

    def __ge__(self, other: Mass) -> bool:
        if not isinstance(other, Mass):
            return NotImplemented
        return self.micrograms >= self._same(other)

    def __bool__(self) -> NoReturn:
        raise TypeError("a Mass is not a truth value; ask is_zero, or whether it is None")

    def percent(self, per_hundred: int) -> Split:
        """`per_hundred` hundredths of this mass, rounded down, with what was lost."""
        _require_count(per_hundred, "hundredths")
        whole, lost = divmod(self.micrograms * per_hundred, 100)
        return Split(Mass(whole, self.expression), lost, 100)


@dataclass(frozen=True, slots=True, order=True)
class Volume:
    """An amount of liquid.

    Units: microlitres.
    """

    microlitres: int

    def __post_init__(self) -> None:
        _require_count(self.microlitres, "microlitres")

    @property
    def is_zero(self) -> bool:
        """Whether this is nothing at all."""
        return self.microlitres == 0

    def __add__(self, other: Volume) -> Volume:
        if not isinstance(other, Volume):
            return NotImplemented
        return Volume(self.microlitres + other.microlitres)

    def __sub__(self, other: Volume) -> Volume:
        if not isinstance(other, Volume):
            return NotImplemented
        return Volume(self.microlitres - other.microlitres)

    def __mul__(self, count: int) -> Volume:
        if type(count) is not int:
            return NotImplemented
        return Volume(self.microlitres * count)

    def __bool__(self) -> NoReturn:
        raise TypeError("a Volume is not a truth value; ask is_zero, or whether it is None")


@dataclass(frozen=True, slots=True)
class Split:
    """A mass rounded down to the microgram, and exactly what the rounding lost.

    Units: the loss is `lost_numerator / denominator` of one microgram, always below one.
    """

    mass: Mass
    lost_numerator: int
    denominator: int


@dataclass(frozen=True, slots=True)
class Converted:
    """A mass carried once into another expression, and exactly what the rounding lost.

    Units: the loss is `lost_numerator / denominator` of one microgram, always below one.
    Why: it is not a `Mass`, so it cannot be fed to a second conversion unnoticed; roundings
    would add up and the label gives no such equivalence.
    """

    mass: Mass
    lost_numerator: int
    denominator: int


@dataclass(frozen=True, slots=True)
class Measured:
    """What a syringe can hold of a wanted mass: `mass + shortfall` is the wanted mass.

    Units: `mass` is rounded down to the microgram; `Strength.mass_in(volume)` tells the loss.
    """

    volume: Volume
    mass: Mass
    shortfall: Mass


@dataclass(frozen=True, slots=True)
class Strength:
    """So much drug in so much liquid, an exact ratio such as 100 mg in 1 mL."""

    mass: Mass
    volume: Volume

    def __post_init__(self) -> None:
        if self.mass.is_zero or self.volume.is_zero:
            raise ValueError("a strength has some drug in some liquid")

    def mass_in(self, volume: Volume) -> Split:
        """The mass in `volume`, rounded down, with what was lost."""
        whole, lost = divmod(self.mass.micrograms * volume.microlitres, self.volume.microlitres)
        return Split(Mass(whole, self.mass.expression), lost, self.volume.microlitres)

    def measure(self, limit: Mass, graduation: Volume) -> Measured:
        """The largest volume on the syringe's graduation whose mass is not above `limit`.

        Raises: MixedExpressions; ValueError for a graduation of nothing.
        """
        if limit.expression is not self.mass.expression:
            raise MixedExpressions(limit.expression, self.mass.expression)
        if graduation.is_zero:
            raise ValueError("a syringe is graduated in more than nothing")
        per_mark = self.mass.micrograms * graduation.microlitres
        volume = graduation * (limit.micrograms * self.volume.microlitres // per_mark)
        mass = self.mass_in(volume).mass
        return Measured(volume, mass, limit - mass)


@dataclass(frozen=True, slots=True)
class LabelledRatio:
    """A product's labelled equivalence: `of` of one expression is `is_` of another.

    Source: the label, e.g. 10,000 mg hydrochloride monohydrate = 8,710 mg base (injection);
    200 mg anhydrous hydrochloride = 182 mg base (tablet).
    """

    of: Mass
    is_: Mass

    def __post_init__(self) -> None:
        if self.of.is_zero or self.is_.is_zero:
            raise ValueError("a labelled ratio relates two amounts of more than nothing")
        if self.of.expression is self.is_.expression:
            raise ValueError("a labelled ratio leads from one expression to another")

    def convert(self, mass: Mass) -> Converted:
        """`mass` in the other expression, rounded down, with what was lost.

        Raises: MixedExpressions when `mass` is not in the expression of `of`; TypeError for
        anything that is not a `Mass`, above all for a mass that was converted already.
        """
        if type(mass) is not Mass:
            raise TypeError(f"only a Mass is converted, and only once; this is a {type(mass).__name__}")
        if mass.expression is not self.of.expression:
            raise MixedExpressions(mass.expression, self.of.expression)
        whole, lost = divmod(mass.micrograms * self.is_.micrograms, self.of.micrograms)
        return Converted(Mass(whole, self.is_.expression), lost, self.of.micrograms)


def _thousandths_text(value: int) -> str:
    whole, rest = divmod(value, 1000)
    decimals = f"{rest:03d}".rstrip("0")
    return f"{whole:,}.{decimals}" if decimals else f"{whole:,}"


def mass_text(mass: Mass) -> str:
    """The mass as people read it: `67.5 mg`, `1,000 mg`, `0.5 mg`.

    Source: NHS Common User Interface MEDi-014 to 017 and 041 to 044; ISMP error-prone list.
    Why: always milligrams. Two masses on one screen must not differ in their unit.
    """
    return f"{_thousandths_text(mass.micrograms)} mg"


def volume_text(volume: Volume) -> str:
    """The volume as people read it: `0.67 mL`, `10 mL`.

    Source: as `mass_text`.
    """
    return f"{_thousandths_text(volume.microlitres)} mL"
