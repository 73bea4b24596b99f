"""A changed server with the true keys and honest staff: counts, losses and corrections."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from hat_clinic.domain.entries.incidents import IncidentOpened
from hat_clinic.domain.entries.register import Footnoted, LineCorrected
from hat_clinic.domain.entries.stock import CountedContainer, StockAccounted, StockCounted, StockRecounted
from hat_clinic.domain.entries.system import ActConfirmed
from hat_clinic.vocabulary.ids import CountId, IncidentId, PageId, PersonId, ProductId
from hat_clinic.vocabulary.terms import CorrectionReason, LossReason, Whereabouts
from tests.auditor.forged_entries import Forger, require_caught
from tests.handlers.dosing import DIAPHIN, Ward, mg


@pytest.fixture
def ward(engine: Engine) -> Iterator[Ward]:
    one = Ward.open(engine)
    yield one
    one.clinic.close()


@pytest.fixture
def forger(ward: Ward) -> Forger:
    return Forger(ward.clinic)


def found(ward: Ward, *milligrams: int) -> tuple[CountedContainer, ...]:
    return tuple(CountedContainer(vial, mg(each)) for vial, each in zip(ward.vials, milligrams, strict=True))


def counted(
    ward: Ward,
    forger: Forger,
    first: tuple[int, int],
    second: tuple[int, int],
    product: ProductId = DIAPHIN.product,
    counter: PersonId | None = None,
    *rules: str,
) -> int:
    count = CountId(ward.clinic.ids.uuid7())
    _, names = forger.append(ward.nia, StockCounted(count, product, found(ward, *first)))
    again = StockRecounted(count, DIAPHIN.product, names, found(ward, *second), counter or ward.nia.person)
    opened = IncidentOpened(IncidentId(ward.clinic.ids.uuid7()), rules, count=count)
    return forger.append(ward.noa, again, *((opened,) if rules else ()))[0]


def test_the_first_counter_is_who_counted_first(ward: Ward, forger: Forger) -> None:
    full = (10_000, 10_000)
    seq = counted(ward, forger, full, full, counter=ward.dan.person)
    require_caught(forger, seq, "somebody else made the first count")


def test_both_counts_are_of_one_product(ward: Ward, forger: Forger) -> None:
    full = (10_000, 10_000)
    seq = counted(ward, forger, full, full, ProductId("another"))
    require_caught(forger, seq, "of another product")


def test_counts_that_differ_open_an_incident(ward: Ward, forger: Forger) -> None:
    seq = counted(ward, forger, (9_000, 10_000), (10_000, 10_000))
    require_caught(forger, seq, "no incident, though CD33, CD35")


def test_counts_that_agree_on_less_than_the_entries_say_open_one_too(ward: Ward, forger: Forger) -> None:
    seq = counted(ward, forger, (9_000, 9_000), (9_000, 9_000))
    require_caught(forger, seq, "no incident, though CD33, CD34")


def test_the_incident_names_what_did_not_agree(ward: Ward, forger: Forger) -> None:
    short = (9_000, 9_000)
    seq = counted(ward, forger, short, short, DIAPHIN.product, None, "CD33")
    require_caught(forger, seq, "no incident, though CD33, CD34")


def lost(ward: Ward, where: Whereabouts, milligrams: int, *breaches: str) -> StockAccounted:
    now = ward.clinic.clock.now()
    vial, why = ward.vials[0], LossReason.DROPPED
    return StockAccounted(DIAPHIN.product, vial, where, mg(milligrams), now, why, breaches)


def test_drug_that_nobody_can_find_is_marked(ward: Ward, forger: Forger) -> None:
    seq, _ = forger.append(ward.nia, lost(ward, Whereabouts.UNACCOUNTED, 900))
    require_caught(forger, seq, "broke CD21")


def test_drug_that_nobody_can_find_opens_an_incident(ward: Ward, forger: Forger) -> None:
    seq, _ = forger.append(ward.nia, lost(ward, Whereabouts.UNACCOUNTED, 900, "CD21"))
    require_caught(forger, seq, "no incident, though CD21")


def test_more_lost_than_was_there_opens_an_incident(ward: Ward, forger: Forger) -> None:
    seq, _ = forger.append(ward.nia, lost(ward, Whereabouts.SPILLED, 10_001))
    require_caught(forger, seq, "no incident, though CD20")


@pytest.mark.parametrize("told", [(15, 14), (None, 14)], ids=["more", "of nothing"])
def test_a_correction_moves_what_it_names(ward: Ward, forger: Forger, told: tuple[int | None, int]) -> None:
    recorded, actual = told
    entry = LineCorrected(
        1, PageId(f"{DIAPHIN.product}/1"), Footnoted.MASS, CorrectionReason.MISREAD,
        None if recorded is None else mg(recorded), mg(actual), adds=mg(5_000), container=ward.vials[0],
    )  # fmt: skip
    _, names = forger.append(ward.nia, entry)
    seq, _ = forger.append(ward.noa, ActConfirmed(names, "line-corrected"))
    require_caught(forger, seq, "a correction moves the balance by")
