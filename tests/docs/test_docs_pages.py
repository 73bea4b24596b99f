"""The pages that the code writes are what it would write now, and other pages lead somewhere."""

from __future__ import annotations

import re
import types
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import get_args, get_type_hints

import pytest

from hat_clinic.domain.entries import SIGNERS, Signer, tag_of
from hat_clinic.store.record import SEALED_CLASSES
from hat_clinic.vocabulary.ids import PatientId
from hat_clinic.vocabulary.terms import LossReason
from tests.docs import kinds, pages
from tests.docs.rules import ID, REPOSITORY

WRITTEN = [
    path for path in (*REPOSITORY.glob("*.md"), *(REPOSITORY / "docs").rglob("*.md")) if path.is_file()
]
# Texts in clear that nobody can fill with words of their own, and what closes them.
CLOSED = {
    "LedgerOpened.zone": "require_zone: a zone of the IANA list",
    "LedgerOpened.head_alg": "written by the program",
    "LedgerOpened.machine_alg": "written by the program",
    "Founder.alg": "written by the program",
    "ActConfirmed.names_tag": "the tag of an entry",
    "ActRefused.act": "the name of an act",
    "ActRefused.rules": "ids of rules",
    "SignInFailures.account": "a person's id, or nothing",
    "KeyGranted.alg": "PublicKey: an algorithm the program knows",
    "PackAdopted.pack": "SO39: as in the pack's file",
    "PackAdopted.version": "SO39: as in the pack's file",
    "PackAdopted.jurisdiction": "SO39: as in the pack's file",
    "PackValue.name": "SO38: as in the pack's file",
    "PackValue.unit": "as in the pack's file",
    "IdentityChecked.by": "AD10: kinds of identifiers",
    "DoseGiven.breaches": "ids of rules",
    "DoseRemainderAccounted.breaches": "ids of rules",
    "UnpreparedDoseReported.breaches": "ids of rules",
    "StockAccounted.breaches": "ids of rules",
    "IncidentOpened.rules": "ids of rules",
    "LineCorrected.recorded_text": "CD50: a patient's id, a moment or a lot",
    "LineCorrected.actual_text": "CD50: a patient's id, a moment or a lot",
}
LINK = re.compile(r"\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)")
PATH = re.compile(r"`((?:hat_clinic|tests|docs|migrations|requirements|benchmarks|tui)/[\w./*{}-]+)`")


@pytest.mark.parametrize("name", pages.PAGES)
def test_a_page_is_fresh(name: str) -> None:
    text = (REPOSITORY / "docs" / name).read_text(encoding="utf-8")
    assert text == pages.PAGES[name](), f"docs/{name} is stale: run make docs, and read what changed"


def test_every_entry_and_act_has_its_place_on_its_page() -> None:
    entries, acts = pages.entries(), pages.acts()
    for kind in SIGNERS:
        assert f"### {kind.__name__}\n" in entries and f"`{tag_of(kind)}`" in entries
    for name in pages.ACTS:
        assert f"| `{name}` |" in acts


def test_every_kind_and_command_says_what_it_is() -> None:
    silent = [
        kind.__name__ for kind in (*SIGNERS, *(act.command for act in pages.ACTS.values())) if _dumb(kind)
    ]
    assert silent == []


def _dumb(kind: type) -> bool:
    # A dataclass without a docstring is given its own signature as one.
    return not kind.__doc__ or kind.__doc__.startswith(f"{kind.__name__}(")


def test_an_own_second_statement_is_signed_by_a_person_and_names_the_first_by_its_hash() -> None:
    for first, second in pages.OWN_SECONDS.items():
        assert SIGNERS[first].signer is SIGNERS[second].signer is Signer.PERSON
        assert not SIGNERS[first].second, f"{first.__name__} would need two seconds"
        assert {"names", "prepared"} & {each.name for each in fields(second)}


def test_every_part_of_an_entry_is_told() -> None:
    parts: dict[str, type] = {}
    for kind in SIGNERS:
        kinds.fields_of(kind, parts)
    for part in kinds.parts_of_parts(parts).values():
        assert kinds.part(part)


def test_security_lists_what_a_server_that_was_taken_over_could_invent() -> None:
    text = (REPOSITORY / "SECURITY.md").read_text(encoding="utf-8")
    told = text.partition("could invent them:")[2].partition("They could not")[0]
    assert set(re.findall(r"`(\w+)`", told)) == {
        kind.__name__ for kind, row in SIGNERS.items() if row.signer is Signer.MACHINE
    }


def test_security_names_every_text_in_clear_that_is_no_code() -> None:
    text = (REPOSITORY / "SECURITY.md").read_text(encoding="utf-8")
    told = re.findall(r"`(\w+\.\w+)`", text.partition("**Some words are typed")[2].partition("\n- ")[0])
    assert len(told) == len(set(told)) and set(told) == texts_in_clear() - CLOSED.keys()


def test_what_is_said_to_close_a_text_closes_one_that_is_there() -> None:
    assert CLOSED.keys() <= texts_in_clear()
    rulebook = pages.rulebook()
    for rule in re.findall(ID, " ".join(CLOSED.values())):
        assert f"| {rule} |" in rulebook.partition("## Gone")[0]


def test_no_reason_and_no_finding_in_clear_is_a_text() -> None:
    words = {"reason", "finding", "note", "why", "comment"}
    assert {each for each in texts_in_clear() if each.partition(".")[2] in words} == set()


def test_a_text_inside_a_part_and_one_that_may_be_absent_are_seen() -> None:
    @dataclass
    class Part:
        inner: str

    @dataclass
    class Whole:
        maybe: str | None
        many: tuple[str, ...]
        maybe_many: tuple[str, ...] | None
        parts: tuple[Part, ...]
        code: LossReason
        patient: PatientId

    Whole.__annotations__["parts"] = tuple[Part, ...]
    assert _texts(Whole) == {"Whole.maybe", "Whole.many", "Whole.maybe_many", "Part.inner"}


def texts_in_clear() -> set[str]:
    """Every field of an entry in clear, or of a part of one, that is plain text and so no id and no code."""
    found: set[str] = set()
    for kind, row in SIGNERS.items():
        if row.entry_class not in SEALED_CLASSES:
            found |= _texts(kind)
    return found


def _texts(kind: type) -> set[str]:
    found: set[str] = set()
    for name, hint in get_type_hints(kind).items():
        inner = hint
        while args := [each for each in get_args(inner) if each not in (types.NoneType, ...)]:
            inner = args[0]
        if inner is str:
            found.add(f"{kind.__name__}.{name}")
        elif is_dataclass(inner):
            found |= _texts(inner)  # type: ignore[arg-type]
    return found


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: str(path.relative_to(REPOSITORY)))
def test_what_a_page_points_to_is_there(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    missing = [link for link in LINK.findall(text) if not (path.parent / link).exists()]
    if path.parent.name != "adr":  # what a decision named may be gone since
        missing += [each for each in PATH.findall(text) if "{" not in each and not _there(each)]
    assert missing == []


def _there(pattern: str) -> bool:
    return any(REPOSITORY.glob(pattern.rstrip("/")))


def test_every_decision_is_listed() -> None:
    text = (REPOSITORY / "ARCHITECTURE.md").read_text(encoding="utf-8")
    listed = re.findall(r"\]\((docs/adr/[^)]+)\)", text.partition("## Decisions")[2])
    assert listed == sorted(str(each.relative_to(REPOSITORY)) for each in REPOSITORY.glob("docs/adr/*.md"))
