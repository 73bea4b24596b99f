"""The pages that the code writes are what it would write now, and other pages lead somewhere."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from hat_clinic.domain.entries import SIGNERS, Signer, tag_of
from hat_clinic.store.record import SEALED_CLASSES
from tests.docs import kinds, pages
from tests.docs.rules import REPOSITORY

WRITTEN = [
    path for path in (*REPOSITORY.glob("*.md"), *(REPOSITORY / "docs").rglob("*.md")) if path.is_file()
]
FREE_TEXT = {"reason", "finding", "note", "recorded_text", "actual_text"}
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


def test_security_names_every_entry_in_clear_with_words_of_a_persons_own() -> None:
    text = (REPOSITORY / "SECURITY.md").read_text(encoding="utf-8")
    told = set(re.findall(r"`(\w+)`", text.partition("**Words typed as")[2].partition("\n- ")[0]))
    revocations = {"RoleRevoked", "KeyRevoked", "TerminalRevoked"}
    closed_list = {"PrescriptionEnded"}
    found = {
        kind.__name__
        for kind, row in SIGNERS.items()
        if row.entry_class not in SEALED_CLASSES and FREE_TEXT & {each.name for each in fields(kind)}
    }
    assert told == found - revocations - closed_list


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
