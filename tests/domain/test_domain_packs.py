"""Packs: every number with its source; a hole is filled and signed for, or nothing is adopted."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from hashlib import sha256
from pathlib import Path

import pytest

from hat_clinic.domain import codec
from hat_clinic.domain.entries.packs import PackAdopted, PackValue
from hat_clinic.domain.pack_files import parse_pack
from hat_clinic.domain.packs import (
    AdoptPack,
    FilledHole,
    Hole,
    Pack,
    PackFile,
    assess_adopt_pack,
    decide_adopt_pack,
    evolve_pack,
)
from hat_clinic.vocabulary.errors import Refused, Rejected
from hat_clinic.vocabulary.quantities import Expression
from tests.domain.entries_in_order import ANA, BO, InOrder

PACKS = Path(__file__).parents[2] / "hat_clinic" / "packs"
TODAY = date(2026, 11, 23)
HEAD = """
pack = "p"
version = "1"
jurisdiction = "CH"
title = "A pack"
expression = "hydrochloride_monohydrate"
"""
GAP = '[[value]]\nname = "gap"\nnumber = 30\nunit = "minute"\nsource = "the label"\n'
WAIT = '[[value]]\nname = "wait"\nunit = "minute"\nneeds = "how long"\n'
SPLIT = '[[value]]\nname = "may_split"\nunit = "yes_or_no"\nneeds = "whether"\n'
SHARE = '[[value]]\nname = "share"\nunit = "percent"\nneeds = "how much"\noptional = true\n'
FILE = parse_pack((HEAD + GAP + WAIT + SPLIT + SHARE).encode())
SET = (FilledHole("wait", 5, "Dr Ana", TODAY), FilledHole("may_split", 0, "Dr Ana", TODAY))
ADOPT = AdoptPack("p", "1", FILE.sha256, SET)


def rules(file: PackFile, command: AdoptPack) -> list[str]:
    return [each.rule for each in assess_adopt_pack(file, command)]


def filled(name: str, number: int, source: str = "Dr Ana", dated: date = TODAY) -> AdoptPack:
    return replace(ADOPT, filled=(FilledHole(name, number, source, dated),))


# --- adopting ---------------------------------------------------------------------------


def test_allows_a_pack_whose_holes_are_filled_and_marks_what_the_clinic_set() -> None:
    (entry,) = decide_adopt_pack(FILE, ADOPT, TODAY)
    assert entry.values == (
        PackValue("gap", 30, "minute", "the label", False),
        PackValue("wait", 5, "minute", "Dr Ana", True, TODAY),
        PackValue("may_split", 0, "yes_or_no", "Dr Ana", True, TODAY),
    )
    assert (entry.expression, entry.jurisdiction) == (Expression.HYDROCHLORIDE_MONOHYDRATE, "CH")


def test_allows_an_optional_hole_to_be_filled() -> None:
    command = replace(ADOPT, filled=(*SET, FilledHole("share", 100, "Dr Ana", TODAY)))
    assert decide_adopt_pack(FILE, command, TODAY)[0].values[-1].number == 100


def test_refuses_so37_every_hole_that_is_open() -> None:
    found = assess_adopt_pack(FILE, replace(ADOPT, filled=()))
    assert [(each.rule, each.words) for each in found] == [
        ("SO37", "set wait: how long (minute)"),
        ("SO37", "set may_split: whether (yes_or_no)"),
    ]


@pytest.mark.parametrize("name", ["gap", "unheard_of", "wait"])
def test_refuses_so38_a_number_the_pack_does_not_leave_to_the_clinic(name: str) -> None:
    command = replace(ADOPT, filled=(*SET, FilledHole(name, 1, "Dr Ana", TODAY)))
    assert rules(FILE, command) == ["SO38"]


def test_refuses_so39_another_edition_than_was_read() -> None:
    assert rules(FILE, replace(ADOPT, version="2")) == ["SO39"]
    assert rules(FILE, replace(ADOPT, sha256=bytes(32))) == ["SO39"]


def test_refuses_everything_at_once() -> None:
    command = replace(filled("gap", 1), version="0")
    with pytest.raises(Refused) as refusal:
        decide_adopt_pack(FILE, command, TODAY)
    assert [each.rule for each in refusal.value.findings] == ["SO39", "SO37", "SO37", "SO38"]


@pytest.mark.parametrize(
    "command, field",
    [
        (filled("may_split", 2), "filled/0/number"),
        (filled("share", 101), "filled/0/number"),
        (filled("wait", -1), "filled/0/number"),
        (filled("wait", 10**9 + 1), "filled/0/number"),
        (filled("wait", 5, source=" "), "filled/0/source"),
        (filled("wait", 5, dated=date(2026, 11, 24)), "filled/0/dated"),
    ],
)
def test_boundary_rejects_numbers_no_unit_has_and_sources_nobody_named(
    command: AdoptPack, field: str
) -> None:
    with pytest.raises(Rejected) as rejection:
        decide_adopt_pack(FILE, command, TODAY)
    assert rejection.value.field == field


def test_a_pack_is_in_force_from_its_confirmation_on() -> None:
    log = InOrder()
    (entry,) = decide_adopt_pack(FILE, ADOPT, TODAY)
    first = log.says(ANA, entry)
    assert evolve_pack(None, first) is None
    pack = evolve_pack(None, log.confirms(BO, first))
    assert pack is not None
    assert (pack.since, pack.number("wait"), pack.number("gap"), pack.number("share")) == (1, 5, 30, None)
    assert codec.decode(Pack, codec.encode(pack)) == pack
    later = log.confirms(BO, log.says(ANA, replace(entry, version="2")))
    newer = evolve_pack(pack, later)
    assert newer is not None and (newer.version, newer.since) == ("2", 3)
    assert evolve_pack(newer, first) is newer


def test_an_adoption_without_an_expression_stays_readable() -> None:
    old = PackAdopted("p", "1", bytes(32), (PackValue("gap", 30, "minute", "the label", False),))
    assert "expression" not in codec.encode(old)
    assert codec.decode(PackAdopted, codec.encode(old)) == old


# --- reading a file ---------------------------------------------------------------------


def test_reads_values_and_holes() -> None:
    assert FILE.values == (PackValue("gap", 30, "minute", "the label", False),)
    assert FILE.holes[0] == Hole("wait", "minute", "how long", False)
    assert FILE.holes[2].optional


@pytest.mark.parametrize(
    "text, field",
    [
        ("pack = ", "pack"),
        (GAP, "pack/expression"),
        (HEAD, "pack/value"),
        (HEAD + "value = 3", "value"),
        (HEAD + "value = [3]", "value"),
        (HEAD + 'colour = "red"\n' + GAP, "pack/colour"),
        (HEAD.replace('"1"', "1") + GAP, "pack/version"),
        (HEAD.replace("hydrochloride_monohydrate", "salt") + GAP, "expression"),
        (HEAD + GAP + GAP, "value"),
        (HEAD + GAP + WAIT.replace("wait", "gap"), "value"),
        (HEAD + GAP.replace('source = "the label"\n', ""), "value/0/source"),
        (HEAD + GAP.replace("the label", ""), "value/0/source"),
        (HEAD + GAP.replace("30", "30.5"), "value"),
        (HEAD + GAP.replace("30", "-1"), "value/0/number"),
        (HEAD + GAP.replace("30", "true"), "value/0/number"),
        (HEAD + GAP.replace("30", "1000000001"), "value/0/number"),
        (HEAD + WAIT + "number = 3\n", "value/0/number"),
        (HEAD + WAIT + 'optional = "yes"\n', "value/0/optional"),
    ],
)
def test_rejects_a_file_that_is_not_understood_whole(text: str, field: str) -> None:
    with pytest.raises(Rejected) as rejection:
        parse_pack(text.encode())
    assert rejection.value.field == field


def test_rejects_what_is_not_utf8() -> None:
    with pytest.raises(Rejected):
        parse_pack(b"\xff")


# --- what comes with the program --------------------------------------------------------


def test_the_swiss_pack_says_the_approved_schedule_and_guesses_nothing() -> None:
    data = (PACKS / "swissmedic-diaphin-iv.toml").read_bytes()
    pack = parse_pack(data)
    assert pack.sha256 == sha256(data).digest()
    assert (pack.jurisdiction, pack.expression) == ("CH", Expression.HYDROCHLORIDE_MONOHYDRATE)
    assert {each.name: (each.number, each.unit) for each in pack.values} == {
        "titration_first_single": (15, "mg"),
        "titration_repeat_at_once": (15, "mg"),
        "titration_first_day_single": (30, "mg"),
        "titration_first_day_gap": (30, "minute"),
        "titration_next_day_share": (50, "percent"),
        "titration_two_a_day_rise": (50, "percent"),
        "minimum_gap": (30, "minute"),
        "daily_total_warning": (600, "mg"),
    }
    assert all("Swissmedic-approved text" in each.source for each in pack.values)
    assert [each.name for each in pack.holes if not each.optional] == [
        "hand_over",
        "late_report",
        "prescriber_may_verify",
    ]
