"""Titration: how fast a patient's dose may grow. Rules TI01 to TI07, intravenous doses only.

Every number is the adopted pack's, with the pack's source. A number the pack does not have
switches its rule off, and the prescriber is told; no number is guessed. What the patient will
have received tomorrow cannot be known today, so the same limits stand again at each dose:
`single_limit` is what both ask.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from hat_clinic.domain.entries.prescriptions import Step
from hat_clinic.domain.packs import Pack
from hat_clinic.domain.prescriptions.commands import SignPrescription
from hat_clinic.domain.prescriptions.state import Circumstances, RecentDoses
from hat_clinic.vocabulary.errors import Finding
from hat_clinic.vocabulary.quantities import Expression, Mass, mass_text
from hat_clinic.vocabulary.terms import Route

FIRST_SINGLE = "titration_first_single"
REPEAT_AT_ONCE = "titration_repeat_at_once"
FIRST_DAY_SINGLE = "titration_first_day_single"
FIRST_DAY_GAP = "titration_first_day_gap"
NEXT_DAY_SHARE = "titration_next_day_share"
TWO_A_DAY_RISE = "titration_two_a_day_rise"
MINIMUM_GAP = "minimum_gap"
DAILY_WARNING = "daily_total_warning"
SEVERAL = 2
"""Of more injections a day than this the next day's limit is a share of the day's total."""

_MICROSECOND = timedelta(microseconds=1)
_ON_FIRST_DAY = "the most on the first day"
_MICROGRAMS = {"mg": 1000, "ug": 1}
_MISSING = {
    FIRST_SINGLE: "the first dose",
    FIRST_DAY_SINGLE: "later doses of the first day",
    FIRST_DAY_GAP: "the time between doses on the first day",
    NEXT_DAY_SHARE: "the next day after several injections",
    TWO_A_DAY_RISE: "the rise from dose to dose at two injections a day",
    MINIMUM_GAP: "the time between doses",
}


@dataclass(frozen=True, slots=True)
class SingleLimit:
    """The most that one dose may be, by which rule, why in words, and where the number is from."""

    rule: str
    mass: Mass
    why: str
    source: str

    def findings(self, mass: Mass, where: str = "") -> tuple[Finding, ...]:
        """Why `mass` is too much, if it is."""
        if mass <= self.mass:
            return ()
        words = f"{where}{mass_text(mass)} is too much: at most {mass_text(self.mass)}, {self.why}"
        return (Finding(self.rule, words, self.source),)


def single_limit(pack: Pack, recent: RecentDoses) -> SingleLimit | None:
    """The most that the next dose may be after what the patient really had, or None if no rule says.

    TI01: a first dose ever above the pack's mass for it.
    TI02: a later dose of the first day above the pack's mass for that.
    TI04: a dose above the pack's share of the previous day's total, after more than two injections.
    TI05: a dose above the largest of the previous day's one or two by more than the pack's share.

    Source: the adopted pack's values.
    Why None on the day after a day without doses: the pack has no number for interruptions.
    """
    if recent.previous_day_given is None:
        if recent.today == 0:
            return _fixed(pack, FIRST_SINGLE, "TI01", "the most for a first dose")
        return _fixed(pack, FIRST_DAY_SINGLE, "TI02", _ON_FIRST_DAY)
    if recent.injections > SEVERAL:
        why = "the share of the previous day's total that one dose may be"
        return _share(pack, NEXT_DAY_SHARE, recent.previous_day_given, 0, "TI04", why)
    if recent.injections > 0 and recent.largest is not None:
        why = "the most a dose may rise to from the one before"
        return _share(pack, TWO_A_DAY_RISE, recent.largest, 100, "TI05", why)
    return None


def assess_titration(
    around: Circumstances, command: SignPrescription, moment: datetime
) -> tuple[Finding, ...]:
    """Every reason of titration against these steps."""
    pack = around.pack
    if pack is None or not _applies(command):
        return ()
    expression = around.product.content.expression
    if pack.expression is not expression:
        return (_other_expression(pack, expression),)
    if any(
        mass.expression is not expression
        for step in command.steps
        for mass in (step.largest_single, step.daily_maximum)
    ):
        return ()  # RX05 says so.
    found: list[Finding] = []
    for number in range(1, len(command.steps) + 1):
        steps = command.steps[:number]
        found += _single(around, pack, steps, moment)
        found += _gap(around, pack, steps, moment)
    return tuple(found)


def notes_on_titration(around: Circumstances, command: SignPrescription, moment: datetime) -> tuple[str, ...]:
    """Which rules of titration had no number, and what else the prescriber should know."""
    pack = around.pack
    if pack is None:
        return ()
    if not _applies(command):
        return ("titration was not checked: the pack's numbers are for intravenous doses",)
    notes = [
        f"the adopted pack has no number for {words}: this was not checked"
        for name, words in _MISSING.items()
        if pack.value(name) is None
    ]
    recent = around.recent
    if recent.previous_day_given is not None and recent.injections == 0:
        notes.append("no dose on the day before: tolerance may be lost, and the pack has no number for that")
    if len({_day(around, step, moment) for step in command.steps}) > 1:
        notes.append("later days are judged again at each dose, by what was really given until then")
    warning = _mass(pack, DAILY_WARNING)
    if warning is not None and any(
        step.daily_maximum.expression is warning.expression and step.daily_maximum > warning
        for step in command.steps
    ):
        notes.append(f"more than {mass_text(warning)} a day: {_source(pack, DAILY_WARNING)}")
    return tuple(notes)


def _applies(command: SignPrescription) -> bool:
    return command.route is Route.INTRAVENOUS


def _other_expression(pack: Pack, expression: Expression) -> Finding:
    """TI07: a product whose masses cannot be compared with the pack's."""
    said = "no expression" if pack.expression is None else str(pack.expression).replace("_", " ")
    words = (
        f"the pack's limits are in mg of {said}, this product's in {str(expression).replace('_', ' ')}: "
        "they cannot be compared, choose another product or adopt another pack"
    )
    return Finding("TI07", words, "house rule on numbers: every mass names its expression")


def _single(
    around: Circumstances, pack: Pack, steps: tuple[Step, ...], moment: datetime
) -> tuple[Finding, ...]:
    """TI01, TI02, TI04, TI05 on the plan's first day, TI06 on later ones; of the last of `steps`."""
    step, day = steps[-1], _day(around, steps[-1], moment)
    earlier = [each for each in steps if _day(around, each, moment) < day]
    if earlier:
        limit = _planned(pack, earlier[-1])
    elif len(steps) > 1 and around.recent.previous_day_given is None:
        limit = _fixed(pack, FIRST_DAY_SINGLE, "TI02", _ON_FIRST_DAY)
    else:
        limit = single_limit(pack, around.recent)
    return () if limit is None else limit.findings(step.largest_single, f"step {len(steps)}: ")


def _day(around: Circumstances, step: Step, moment: datetime) -> date:
    """The first day on which this step can permit anything."""
    return around.day(max(moment, step.starts))


def _planned(pack: Pack, before: Step) -> SingleLimit | None:
    """TI06: a step of a later day above what could be allowed if all of the day before is given.

    Source: the adopted pack's values.
    """
    several = before.daily_maximum > before.largest_single * SEVERAL
    if several:
        why = "the share of the day before that one dose may be, even if all of it is given"
        return _share(pack, NEXT_DAY_SHARE, before.daily_maximum, 0, "TI06", why)
    why = "the most a dose may rise to from the step before"
    return _share(pack, TWO_A_DAY_RISE, before.largest_single, 100, "TI06", why)


def _gap(around: Circumstances, pack: Pack, steps: tuple[Step, ...], moment: datetime) -> tuple[Finding, ...]:
    """TI03: doses closer together than the pack allows.

    The one exception is the pack's own: on a patient's first day, a further dose at once. Such a
    step ends that day and permits no more than the first dose and that one, by its maximum.
    Source: the adopted pack's value.
    """
    step = steps[-1]
    starts, ends = _day(around, step, moment), around.day(step.ends - _MICROSECOND)
    first_day = around.recent.previous_day_given is None and starts == _day(around, steps[0], moment)
    name = FIRST_DAY_GAP if first_day and pack.value(FIRST_DAY_GAP) is not None else MINIMUM_GAP
    value = pack.value(name)
    if value is None or step.earliest_after_previous >= value.number:
        return ()
    if first_day and starts == ends and _at_once(pack, step):
        return ()
    words = (
        f"step {len(steps)}: doses are at least {value.number} min apart, "
        f"not {step.earliest_after_previous}: lengthen the gap"
    )
    return (Finding("TI03", words, value.source),)


def _at_once(pack: Pack, step: Step) -> bool:
    first, repeat = _mass(pack, FIRST_SINGLE), _mass(pack, REPEAT_AT_ONCE)
    if first is None or repeat is None:
        return False
    return step.largest_single <= min(first, repeat) and step.daily_maximum <= first + repeat


def _fixed(pack: Pack, name: str, rule: str, why: str) -> SingleLimit | None:
    mass = _mass(pack, name)
    return None if mass is None else SingleLimit(rule, mass, why, _source(pack, name))


def _share(pack: Pack, name: str, of: Mass, more: int, rule: str, why: str) -> SingleLimit | None:
    percent = pack.number(name)
    if percent is None:
        return None
    return SingleLimit(rule, of.percent(more + percent).mass, why, _source(pack, name))


def _mass(pack: Pack, name: str) -> Mass | None:
    """The mass of this name, or None.

    Why nothing at all for a unit that is no mass: a limit nobody can read must not be lifted.
    """
    value = pack.value(name)
    if value is None or pack.expression is None:
        return None
    return Mass(value.number * _MICROGRAMS.get(value.unit, 0), pack.expression)


def _source(pack: Pack, name: str) -> str:
    value = pack.value(name)
    return "" if value is None else value.source
