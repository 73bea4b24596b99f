"""Five clinic days: Ana's titration from the vial, Ben's two sessions a day from ampoules.

What is out of the ordinary happens to Ben, so that Ana's course stays the published one:

    day 2   not fit, so refused; later fit, and a reduced dose
    day 3   part of a dose is given, the rest wasted before two people
    day 4   a reading that does not match, closed by accounting for all of it;
            who prepared a dose tries to verify it: refused
    day 5   a dose ends after its prescription has lapsed: recorded, with the rule and an incident

Day 3 also spills some of the vial, day 4 corrects how much that was, and on the evening of day 5
both products are counted by two people and the pages closed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TypeAlias

from hat_clinic.domain.entries.doses import DoseGiven
from hat_clinic.domain.entries.register import Footnoted
from hat_clinic.domain.entries.stock import CountedContainer
from hat_clinic.domain.register.state import page_id
from hat_clinic.vocabulary.ids import VisitId
from hat_clinic.vocabulary.quantities import Mass
from hat_clinic.vocabulary.terms import (
    Consciousness,
    CorrectionReason,
    IncidentFinding,
    LossReason,
    Whereabouts,
)
from hat_clinic.wiring.demo.bedside import Bedside, Enrolled, InHand, Order
from hat_clinic.wiring.demo.opening import (
    AMPOULE,
    DIAPHIN,
    EVENING,
    VIAL,
    Cupboard,
    concentration,
    graduation,
    mg,
    prescribe_on,
)
from hat_clinic.wiring.demo.people import NIA, NOA, PIA
from hat_clinic.wiring.demo.team import Signed, Team
from hat_clinic.wiring.demo.titration import PlannedDose, Titration
from hat_clinic.wiring.demo.told_clock import Calendar

MORNING, AFTERNOON = "09:45", "17:30"
Scene: TypeAlias = Callable[[], None]
SPILLED, REALLY_SPILLED = mg(5), mg(4)


@dataclass
class FiveDays:
    """The play: who, where, with what, and what became of it so far."""

    team: Team
    bedside: Bedside
    days: Calendar
    cupboard: Cupboard
    titration: Titration
    ana: Order
    ben: Order
    given_to_ana: list[list[Mass]] = field(default_factory=list)
    incidents: list[str] = field(default_factory=list)
    spill: int = 0
    visit: VisitId | None = None

    def steps(self) -> list[Scene]:
        """Every scene, in the order of the clinic's days; each tells the clock what time it is."""
        found: list[Scene] = []
        for day, doses in enumerate(self.titration.days, start=1):
            scenes = [(each.at, self._titration_dose(day, each)) for each in doses]
            scenes += [(MORNING, self._morning(day)), (AFTERNOON, self._afternoon(day))]
            if day == 3:
                scenes.append(("12:40", self._spill))
            if day == 4:
                scenes.append(("08:30", self._correct))
            if day == 5:
                scenes += [("18:30", self._look_into), ("19:00", self._count_and_close)]
            for at, scene in sorted(scenes, key=lambda each: each[0]):
                found.append(self._at(day, at, scene))
        return found

    def this_morning(self) -> None:
        """By the machine's own clock: Ben is here, known and fit, and may have his first dose of today."""
        self._come(self.ben.who)

    def _at(self, day: int, wall: str, scene: Scene) -> Scene:
        def play() -> None:
            self.team.clock.tell(self.days.at(day, wall))
            scene()

        return play

    # --- Ana ------------------------------------------------------------------------------

    def _titration_dose(self, day: int, planned: PlannedDose) -> Scene:
        def play() -> None:
            while len(self.given_to_ana) < day:
                self.given_to_ana.append([])
            before = sum(self.given_to_ana[day - 2], mg(0)) if day > 1 else mg(0)
            mass = concentration().measure(planned.most(before), graduation()).mass
            if self.visit is None:
                self.visit = self._come(self.ana.who)
            self.bedside.whole(self.ana, self.visit, mass, self.cupboard.from_vial(mass))
            self.given_to_ana[day - 1].append(mass)
            if not planned.stays:
                self.bedside.leave(self.ana.who, self.visit)
                self.visit = None

        return play

    # --- Ben ------------------------------------------------------------------------------

    def _morning(self, day: int) -> Scene:
        return {2: self._not_fit_then_reduced, 3: self._partial, 4: self._mismatch}.get(day, self._session)

    def _afternoon(self, day: int) -> Scene:
        return {4: self._verify_oneself, 5: self._lapsed}.get(day, self._session)

    def _come(self, who: Enrolled) -> VisitId:
        visit = self.bedside.arrive(who)
        self.bedside.assess(who, visit)
        return visit

    def _drawn_up(self, visit: VisitId, milligrams: int = 200) -> InHand:
        """Two ampoules; what they hold beyond the dose is wasted in the act of verifying it."""
        return self.bedside.prepare(self.ben, visit, mg(milligrams), self.cupboard.ampoules(2))

    def _session(self) -> None:
        visit = self._come(self.ben.who)
        self.bedside.whole(self.ben, visit, mg(200), self.cupboard.ampoules(2))
        self.bedside.leave(self.ben.who, visit)

    def _not_fit_then_reduced(self) -> None:
        visit = self.bedside.arrive(self.ben.who)
        self.bedside.assess(self.ben.who, visit, Consciousness.VOICE)
        draws = self.cupboard.ampoules(2)
        self.team.refused(
            "a dose for somebody who answers only when spoken to",
            {"AD23"},
            lambda: self.bedside.permit(self.ben, visit, mg(200), draws),
        )
        self.team.clock.pass_time(minutes=45)
        self.bedside.assess(self.ben.who, visit)
        hand = self.bedside.prepare(self.ben, visit, mg(150), draws)
        self.bedside.verify(hand)
        self.bedside.hand_over(hand)
        self.bedside.give(hand)
        self.bedside.leave(self.ben.who, visit)

    def _partial(self) -> None:
        visit = self._come(self.ben.who)
        hand = self._drawn_up(visit)
        self.bedside.verify(hand)
        self.bedside.hand_over(hand)
        self.bedside.give(hand, mg(120))
        self.bedside.waste(hand, mg(80), LossReason.PATIENT_STOPPED)
        self.bedside.leave(self.ben.who, visit)

    def _mismatch(self) -> None:
        visit = self._come(self.ben.who)
        hand = self._drawn_up(visit)
        read = self.bedside.verify(hand, mg(100))
        self._opened("a reading of 100 mg where 200 mg were drawn", read, "dose-mismatched")
        self.team.refused("handing over what did not match", {"AD40"}, lambda: self.bedside.hand_over(hand))
        self.bedside.waste(hand, mg(200), LossReason.NOT_VERIFIED)
        self.bedside.whole(self.ben, visit, mg(200), self.cupboard.ampoules(2))
        self.bedside.leave(self.ben.who, visit)

    def _verify_oneself(self) -> None:
        visit = self._come(self.ben.who)
        hand = self._drawn_up(visit)
        self.team.refused(
            "verifying what one prepared oneself", {"SO01"}, lambda: self.bedside.read(hand, by=NIA)
        )
        self.bedside.verify(hand)
        self.bedside.hand_over(hand)
        self.bedside.give(hand)
        self.bedside.leave(self.ben.who, visit)

    def _lapsed(self) -> None:
        visit = self._come(self.ben.who)
        self.team.clock.tell(self.days.at(5, "17:50"))
        hand = self._drawn_up(visit)
        self.bedside.verify(hand)
        self.bedside.hand_over(hand)
        lapsed = self.days.at(5, EVENING)
        given = self.bedside.give(hand, at=lapsed + timedelta(minutes=4))
        self._opened("a dose that ended after its prescription had lapsed", given, "dose-given")
        entry = given.shown.entry
        held = isinstance(entry, DoseGiven) and entry.breaches == ("AD25",)
        self.team.expect("it is recorded as a breach of AD25", held)
        self.bedside.leave(self.ben.who, visit)

    def _opened(self, what: str, signed: Signed, first: str) -> None:
        """The act is on record as `first`, and an incident with it."""
        tags = [each.tag for each in signed.done.answer.receipt.entries]
        self.team.expect(f"{what}: an incident", tags == [first, "incident-opened"], ", ".join(tags))
        self.incidents.append(signed.made["incident"])

    # --- stock and register ---------------------------------------------------------------

    def _spill(self) -> None:
        signed = self.team.both(
            NIA,
            NOA,
            "account-stock",
            container=VIAL,
            whereabouts=Whereabouts.SPILLED,
            mass=SPILLED,
            happened_at=self.team.clock.now(),
            reason=LossReason.DROPPED,
        )
        self.cupboard.vial_lost(REALLY_SPILLED)
        self.spill = signed.done.answer.receipt.first_seq

    def _correct(self) -> None:
        self.team.both(
            NOA,
            NIA,
            "correct-line",
            page=page_id(DIAPHIN.product, 1),
            line=self.spill,
            what=Footnoted.MASS,
            reason=CorrectionReason.MISREAD,
            recorded=SPILLED,
            actual=REALLY_SPILLED,
        )

    def _look_into(self) -> None:
        """The controlled-drugs lead, who took no part, closes what was opened; Ben is prescribed anew."""
        for incident in self.incidents:
            finding = IncidentFinding.PROCEDURE_NOT_FOLLOWED
            self.team.sign(PIA, "close-incident", incident=incident, finding=finding)
        self.ben = prescribe_on(self.team, self.ben.who, self.days)

    def _count_and_close(self) -> None:
        for product in (DIAPHIN, AMPOULE):
            found = tuple(CountedContainer(each, mass) for each, mass in self.cupboard.found(product.product))
            count = self.team.sign(NIA, "count-stock", product=product.product, counted=found)
            self.team.clock.pass_time(minutes=2)
            again = self.team.sign(NOA, "recount-stock", count=count.made["count"], counted=found)
            agreed = len(again.done.answer.receipt.entries) == 1
            self.team.expect(f"two counts of {product.product} agree with the register", agreed)
            self.team.clock.pass_time(minutes=2)
            self.team.sign(PIA, "close-page", page=page_id(product.product, 1))
