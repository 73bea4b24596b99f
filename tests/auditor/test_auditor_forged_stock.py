"""A changed server with the true keys and honest staff: counts, losses and corrections."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from hat_clinic.domain.entries.incidents import IncidentOpened
from hat_clinic.domain.entries.register import Footnoted, LineCorrected, PageClosed
from hat_clinic.domain.entries.stock import (
    CountedContainer,
    OverfillFound,
    ReceivedContainer,
    StockAccounted,
    StockCounted,
    StockReceived,
    StockRecounted,
)
from hat_clinic.domain.entries.system import ActConfirmed
from hat_clinic.projections.register import lines_of
from hat_clinic.vocabulary.ids import (
    ContainerId,
    CountId,
    DoseId,
    IncidentId,
    PageId,
    PersonId,
    ProductId,
    ReceiptId,
)
from hat_clinic.vocabulary.quantities import Volume
from hat_clinic.vocabulary.terms import CorrectionReason, LossReason, ReceiptKind, Role, Whereabouts
from tests.auditor.forged_entries import Forger, require_caught
from tests.auditor.verified_clinic import Inspector
from tests.handlers.dosing import DIAPHIN, Ward, mg


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


# --- corrections and pages ------------------------------------------------------------------


PAGE = PageId(f"{DIAPHIN.product}/1")


def delivered(ward: Ward) -> int:
    return ward.clinic.state(lambda tx: lines_of(tx, PAGE))[0].seq


def corrected(ward: Ward, forger: Forger, entry: LineCorrected) -> int:
    _, names = forger.append(ward.nia, entry)
    return forger.append(ward.noa, ActConfirmed(names, "line-corrected"))[0]


def correction(ward: Ward, **other: Any) -> LineCorrected:
    """One vial of the delivery held 5 g less, as an honest server would put it, or otherwise."""
    told: dict[str, Any] = {
        "line": delivered(ward), "page": PAGE, "what": Footnoted.MASS, "reason": CorrectionReason.MISREAD,
        "recorded": mg(20_000), "actual": mg(15_000), "takes": mg(5_000), "container": ward.vials[0],
    }  # fmt: skip
    return LineCorrected(**told | other)


def test_an_honest_correction_holds(ward: Ward, forger: Forger) -> None:
    corrected(ward, forger, correction(ward))
    found = Inspector(ward.clinic).verify()
    # The forger writes past the projections: that the tables lag is all there is to say.
    assert found.table is not None, found.text()


LOOSENED: dict[str, tuple[dict[str, Any], str]] = {
    "by more": ({"takes": mg(6_000)}, "by another difference"),
    "by nothing": ({"takes": None, "container": None}, "by another difference"),
    "the wrong way": ({"takes": None, "adds": mg(5_000)}, "the wrong way"),
    "from what never stood there": ({"recorded": mg(21_000), "takes": mg(6_000)}, "another mass than stands"),
    "of a line that is not there": ({"line": 1}, "does not stand there"),
    "on another page": ({"page": PageId(f"{DIAPHIN.product}/2")}, "does not stand there"),
    "as if it were a dose's": ({"dose": DoseId("somebody's")}, "does not stand there"),
    "of another container": ({"container": ContainerId("another")}, "not its line's"),
    "without a mass": ({"recorded": None, "actual": None}, "where none stands"),
    "as a moment": ({"what": Footnoted.TIME}, "of something else moves a mass"),
}


@pytest.mark.parametrize("how", LOOSENED)
def test_a_correction_moves_what_it_names(ward: Ward, forger: Forger, how: str) -> None:
    changed, words = LOOSENED[how]
    require_caught(forger, corrected(ward, forger, correction(ward, **changed)), words)


def test_a_line_is_corrected_from_where_its_last_correction_left_it(ward: Ward, forger: Forger) -> None:
    corrected(ward, forger, correction(ward))
    seq = corrected(ward, forger, correction(ward))
    require_caught(forger, seq, "another mass than stands")


def test_a_part_of_a_line_moves_no_balance(ward: Ward, forger: Forger) -> None:
    dose = ward.handed_over()
    assert ward.give(dose, 10, 5).accepted
    part = ward.dose(dose).given_seq
    told = correction(ward, line=part, recorded=mg(10), actual=mg(9), takes=None, adds=mg(1), dose=dose)
    require_caught(forger, corrected(ward, forger, told), "of a part of a line moves the balance")


def close(ward: Ward, forger: Forger, number: int, lines: int, left: int) -> int:
    lead = ward.clinic.hire("L-01", Role.CONTROLLED_DRUGS_LEAD)
    closed = PageClosed(PageId(f"{DIAPHIN.product}/{number}"), lines, mg(left))
    return forger.append(lead, closed)[0]


def test_only_the_newest_page_is_closed(ward: Ward, forger: Forger) -> None:
    require_caught(forger, close(ward, forger, 2, 1, 20_000), "another page")


def test_an_empty_page_is_not_closed(ward: Ward, forger: Forger) -> None:
    lead = ward.clinic.hire("L-02", Role.CONTROLLED_DRUGS_LEAD)
    forger.append(lead, PageClosed(PAGE, 1, mg(20_000)))
    require_caught(forger, close(ward, forger, 2, 0, 20_000), "empty, or overdrawn")


def test_no_page_is_closed_while_a_dose_on_it_is_out(ward: Ward, forger: Forger) -> None:
    dose = ward.prepared()
    assert ward.verify(dose).accepted
    require_caught(forger, close(ward, forger, 1, 2, 19_985), "still out")


# --- containers -----------------------------------------------------------------------------


def received(ward: Ward, forger: Forger, *containers: ReceivedContainer) -> int:
    came = StockReceived(
        ReceiptId(ward.clinic.ids.uuid7()), ReceiptKind.DELIVERY, DIAPHIN.product, "Pharm Co", "2", containers
    )
    _, names = forger.append(ward.nia, came)
    return forger.append(ward.noa, ActConfirmed(names, "stock-received"))[0]


def vial(name: str, milligrams: int = 10_000) -> ReceivedContainer:
    volume = DIAPHIN.content_volume
    return ReceivedContainer(ContainerId(name), "L2", date(2027, 6, 30), mg(milligrams), volume)


def test_a_container_is_received_once(ward: Ward, forger: Forger) -> None:
    require_caught(forger, received(ward, forger, vial(ward.vials[0])), "was there before")


def test_a_container_is_received_with_what_its_label_says(ward: Ward, forger: Forger) -> None:
    require_caught(forger, received(ward, forger, vial("V-9", 10_001)), "more than its label")


def test_a_delivery_of_nothing_is_none(ward: Ward, forger: Forger) -> None:
    require_caught(forger, received(ward, forger), "names no container")


def test_nothing_is_lost_from_a_container_nobody_received(ward: Ward, forger: Forger) -> None:
    told = replace(lost(ward, Whereabouts.SPILLED, 1), container=ContainerId("V-9"))
    require_caught(forger, forger.append(ward.nia, told)[0], "never received so")


def test_an_overfill_is_of_a_container_that_is_there(ward: Ward, forger: Forger) -> None:
    found = OverfillFound(
        ReceiptId(ward.clinic.ids.uuid7()), DIAPHIN.product, ContainerId("V-9"), mg(1), Volume(10)
    )
    _, names = forger.append(ward.nia, found)
    seq, _ = forger.append(ward.noa, ActConfirmed(names, "overfill-found"))
    require_caught(forger, seq, "never received so")
