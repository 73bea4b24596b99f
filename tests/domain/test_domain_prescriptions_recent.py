"""From the doses a patient had to what titration looks at, in table notation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import pytest

from hat_clinic.domain.prescriptions import RecentDoses, recent_doses
from hat_clinic.vocabulary.quantities import Mass
from tests.domain.prescribing import BASE, HCL, mg

TODAY = date(2026, 11, 23)


@dataclass(frozen=True)
class Past:
    """A dose so many days ago, of so much."""

    ago: int
    counted: Mass
    injections: int = 1
    open: bool = False

    @property
    def day(self) -> date:
        return TODAY - timedelta(days=self.ago)


@pytest.mark.parametrize(
    "doses, wanted",
    [
        ((), RecentDoses(None, 0, 0, None)),
        ((Past(0, mg(15)),), RecentDoses(None, 0, 1, mg(15))),
        ((Past(0, mg(15)), Past(0, mg(10))), RecentDoses(None, 0, 2, mg(15))),
        ((Past(1, mg(30)), Past(1, mg(60)), Past(0, mg(40))), RecentDoses(mg(90), 2, 1, mg(60))),
        ((Past(1, mg(30)), Past(0, mg(40))), RecentDoses(mg(30), 1, 1, mg(40))),
        ((Past(2, mg(200)),), RecentDoses(mg(0), 0, 0, None)),
        ((Past(-1, mg(200)),), RecentDoses(None, 0, 0, None)),
        ((Past(1, mg(90), injections=3),), RecentDoses(mg(90), 3, 0, mg(90))),
        # Not given, still out, or of another expression: none of these raises a limit.
        ((Past(1, mg(200), injections=0),), RecentDoses(None, 0, 0, None)),
        ((Past(1, mg(200), open=True),), RecentDoses(None, 0, 0, None)),
        ((Past(1, Mass.mg(200, BASE)), Past(1, mg(10))), RecentDoses(mg(10), 1, 0, mg(10))),
    ],
)
def test_what_was_given_around_a_day(doses: tuple[Past, ...], wanted: RecentDoses) -> None:
    assert recent_doses(doses, TODAY, HCL) == wanted
