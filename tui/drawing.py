"""From a mass and the containers in somebody's hands to what is drawn from each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hat_clinic.vocabulary.errors import Rejected
from hat_clinic.vocabulary.quantities import Expression, Mass, Strength, Volume, mass_text
from hat_clinic.vocabulary.strict_json import JsonValue
from hat_clinic.vocabulary.terms import ContainerKind
from hat_clinic.wire.board import ContainerView, DrawView, ProductView
from hat_clinic.wire.kinds import MassBody, VolumeBody
from tui.typed import apart

Body = dict[str, JsonValue]


@dataclass(frozen=True, slots=True)
class Draw:
    """What leaves one container."""

    container: str
    lot: str
    mass: Mass
    volume: Volume | None = None

    @property
    def body(self) -> Body:
        """As it is sent."""
        found: Body = {"container": self.container, "lot": self.lot, "mass": mass_body(self.mass)}
        return found if self.volume is None else found | {"volume": {"ul": self.volume.microlitres}}


def mass_of(view: MassBody) -> Mass:
    """The mass of a view."""
    return Mass(view.ug, Expression(view.of))


def mass_body(mass: Mass) -> Body:
    """The mass as it is sent."""
    return {"of": mass.expression.value, "ug": mass.micrograms}


def draw_of(view: DrawView) -> Draw:
    """The draw of a view."""
    volume = None if view.volume is None else Volume(view.volume.ul)
    return Draw(view.container, view.lot, mass_of(view.mass), volume)


def pick(typed: str, containers: Sequence[ContainerView], field: str) -> tuple[ContainerView, ...]:
    """The containers that were scanned or whose endings were typed, separated by spaces.

    Raises: Rejected, for none, one that is not in stock, or an ending that several have.
    """
    picked: list[ContainerView] = []
    for word in apart(typed):
        matches = [each for each in containers if each.container.lower().endswith(word.lower())]
        if len(word) < 4 or not matches:
            raise Rejected(f"“{word}” is no container of this product in stock; look at its label", field)
        if len(matches) > 1:
            raise Rejected(f"several containers end in “{word}”; scan it, or type more of it", field)
        picked += matches
    if not picked:
        raise Rejected("scan the container, or type the last four characters on it", field)
    return tuple(picked)


def plan(product: ProductView, picked: Sequence[ContainerView], mass: Mass) -> tuple[Draw, ...]:
    """What is drawn for this mass: whole single-use containers, or the volume out of one other.

    Whether it can be drawn - measured, enough, not expired - is for the rules to say.
    Raises: Rejected, for two multi-dose containers: one dose comes out of one of them; for fewer
    single-use ones than hold the mass.
    """
    content = mass_of(product.content)
    if product.kind == ContainerKind.SINGLE_USE:
        if len(picked) * content.micrograms < mass.micrograms:
            raise Rejected(
                f"{mass_text(mass)} takes more than {len(picked)} of {mass_text(content)}: type the last"
                " four of each, with a space between",
                "container",
            )
        whole = _volume(product.content_volume)
        return tuple(Draw(each.container, each.lot, content, whole) for each in picked)
    if len(picked) > 1:
        raise Rejected("draw a dose out of one container; choose one that has enough", "container")
    return (Draw(picked[0].container, picked[0].lot, mass, _volume_of(product, mass)),)


def _volume_of(product: ProductView, mass: Mass) -> Volume | None:
    volume, graduation = _volume(product.content_volume), _volume(product.graduation)
    if volume is None or graduation is None or graduation.is_zero:
        return None
    return Strength(mass_of(product.content), volume).measure(mass, graduation).volume


def _volume(view: VolumeBody | None) -> Volume | None:
    return None if view is None else Volume(view.ul)
