"""What must be so after the five days, looked at from outside: by the register, and by `verify`."""

from __future__ import annotations

from dataclasses import dataclass

from hat_clinic.domain.register.state import Line, SubKind, unclosed
from hat_clinic.handlers.verdict import Code, Verdict
from hat_clinic.handlers.verifying import Progress
from hat_clinic.handlers.verifying_database import verify_database
from hat_clinic.ledger.kept_heads import split_notes
from hat_clinic.vocabulary.quantities import mass_text
from hat_clinic.wiring.demo.days import REALLY_SPILLED, SPILLED, FiveDays
from hat_clinic.wiring.demo.opening import AMPOULE, DIAPHIN, concentration, graduation, mg
from hat_clinic.wiring.demo.premises import TERMINALS, Premises
from hat_clinic.wiring.demo.team import Expected
from hat_clinic.wiring.register_pages import Register, read_register


@dataclass(frozen=True, slots=True)
class Outcome:
    """The register, the verdict, and everything that was expected."""

    register: Register
    verdict: Verdict
    expected: tuple[Expected, ...]

    @property
    def held(self) -> bool:
        """Whether all of it held."""
        return all(each.held for each in self.expected)


def judge(play: FiveDays, premises: Premises, progress: Progress) -> Outcome:
    """Everything that was expected, beside what is on record now."""
    register = read_register(premises.path)
    verdict = verify(premises, progress)
    found = [*play.team.expected, _schedule(play), *_on_record(register), *_balances(play, register)]
    found.append(Expected("verify: the record holds", verdict.code is Code.HOLDS, verdict.headline))
    found.append(Expected("the verdict says that it is a demo's", verdict.demo, verdict.headline))
    return Outcome(register, verdict, tuple(found))


def verify(premises: Premises, progress: Progress) -> Verdict:
    """As `hat-clinic verify --data DIR` with the heads that the demo's terminals have kept."""
    notes = [
        note
        for path in sorted((premises.path / TERMINALS).glob("*/heads/*.notes"))
        for note in split_notes(path.read_bytes())
    ]
    engine = premises.folder.engine(alone=False)
    try:
        keys = premises.folder.site_keys(premises.policy.origin)
        return verify_database(engine, keys, premises.policy, notes, progress)
    finally:
        engine.dispose()


def _schedule(play: FiveDays) -> Expected:
    """What Ana was given is what the schedule comes to, dose by dose."""
    planned = [[each.mass for each in day] for day in play.titration.measured(concentration(), graduation())]
    said = " | ".join(", ".join(mass_text(mass) for mass in day) for day in play.given_to_ana)
    return Expected(f"titration as published: {said}", play.given_to_ana == planned)


def _on_record(register: Register) -> list[Expected]:
    """What the lines of the register say of the doses that were out of the ordinary."""
    lines = [line for page in register.pages for line in register.on_page[page.page]]
    parts = [{each.kind: each.mass for each in line.sub_lines} for line in lines]
    reduced = {SubKind.GIVEN: mg(150), SubKind.WASTED: mg(50)}
    partial = {SubKind.GIVEN: mg(120), SubKind.WASTED: mg(80)}
    left = [line.number for line in lines if unclosed(line)]
    unseen = [line.number for line in lines for each in line.sub_lines if not (each.verifier or each.read_by)]
    return [
        Expected("a reduced dose, 150 mg given, 50 mg of its ampoules wasted", parts.count(reduced) == 1),
        Expected("a dose given in part, 120 mg given, 80 mg wasted", parts.count(partial) == 1),
        Expected(
            "a footnote says 4 mg were spilled, not 5 mg; the line still says 5 mg",
            [line.mass_out for line in lines if _corrected(line)] == [SPILLED],
        ),
        Expected("every dose is closed to the last milligram", not left, str(left or "")),
        Expected(
            "two people signed for every milligram, or for the dose that it is the surplus of",
            not unseen,
            str(unseen or ""),
        ),
    ]


def _corrected(line: Line) -> bool:
    return any((each.recorded, each.actual) == (SPILLED, REALLY_SPILLED) for each in line.footnotes)


def _balances(play: FiveDays, register: Register) -> list[Expected]:
    """What the newest page of each product says, beside what really is in the cupboard."""
    found = []
    for product in (DIAPHIN, AMPOULE):
        newest = [page for page in register.pages if page.product == product.product][-1]
        truth = sum((mass for _, mass in play.cupboard.found(product.product)), mg(0))
        said = f"the register's balance of {product.product} is what is there: {mass_text(truth)}"
        found.append(Expected(said, newest.balance == truth, mass_text(newest.balance)))
    return found
