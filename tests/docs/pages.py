"""The pages of `docs/` that the code writes itself. `make docs` writes them, a test compares them."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from itertools import groupby
from typing import Any

from hat_clinic.domain.confirmations import SECONDS
from hat_clinic.domain.entries import SIGNERS, Signer, Signing, tag_of
from hat_clinic.domain.entries import doses as dose_entries
from hat_clinic.domain.entries import stock as stock_entries
from hat_clinic.domain.entries import system as system_entries
from hat_clinic.handlers.acts import Act
from hat_clinic.handlers.grants import ACTS
from hat_clinic.handlers.reads import READS
from tests.docs import kinds, prose, rules

# Second statements with an entry of their own. All others are confirmed by an `ActConfirmed`.
OWN_SECONDS: dict[type, type] = {
    dose_entries.DosePrepared: dose_entries.DoseVerified,
    dose_entries.DoseGiven: dose_entries.GivenVerified,
    stock_entries.StockCounted: stock_entries.StockRecounted,
    system_entries.ClockAccepted: system_entries.ClockAgreed,
}


def rulebook() -> str:
    """Every rule: what it refuses, who says so, where it stands, which tests name it."""
    code = rules.program()
    tests = rules.naming_tests(code.rules)
    lines = prose.RULEBOOK.splitlines()
    for family, about in rules.FAMILIES.items():
        ids = [each for each in code.rules if each.startswith(family)]
        used = [*ids, *(each for each in prose.RETIRED if each.startswith(family))]
        free = f"{family}{max((int(each[2:]) for each in used), default=0) + 1:02}"
        lines += ["", f"## {family}: {about}", "", f"{len(ids) or 'No'} rules; next free id {free}."]
        if ids:
            lines += ["", "| rule | refuses | source | found in | tests |", "|---|---|---|---|---|"]
        for rule in ids:
            said = sorted((each for each in code.said if each.rule == rule), key=lambda each: each.again)
            words = "; also: ".join(each.words for each in said)
            places = dict.fromkeys(each.place for each in (*said, *code.found) if each.rule == rule)
            own = [each for each in tests[rule] if each.startswith("domain/")] or tests[rule]
            lines.append(_row(rule, words, "; ".join(code.sources(rule)), _listed(places), _listed(own)))
    lines += prose.GONE.splitlines()
    lines += [_row(rule, words) for rule, words in prose.RETIRED.items()]
    lines += prose.HOUSE.splitlines()
    lines += [_row(number, words) for number, words in prose.HOUSE_RULES.items()]
    return _page(lines)


def entries() -> str:
    """Every kind of entry: who signs it, how it is kept, what it says."""
    lines = prose.ENTRIES.splitlines()
    parts: dict[str, type] = {}
    for column, group in groupby(SIGNERS.items(), key=lambda row: row[0].__module__.rpartition(".")[2]):
        lines += ["", f"## {column}"]
        for kind, row in group:
            kept = f"`{tag_of(kind)}` · {row.entry_class} · {_by(row)} · {row.meaning}"
            second = _second(kind, row)
            lines += ["", f"### {kind.__name__}", "", _first(kind), ""]
            lines += [f"{kept} · second: {second}" if second else kept, ""]
            lines += [f"- `{name}`: {words}" for name, words in kinds.fields_of(kind, parts)]
    lines += ["", "## Parts", "", "| in fields above | is |", "|---|---|"]
    for name, part in sorted(kinds.parts_of_parts(parts).items()):
        lines.append(_row(f"`{name}`", kinds.part(part)))
    machine = [f"`{kind.__name__}`" for kind, row in SIGNERS.items() if row.signer is Signer.MACHINE]
    lines += ["", "## What only the machine signs", "", ", ".join(machine) + "."]
    return _page(lines)


def acts() -> str:
    """Every act: what it becomes, who may, who signs. Every view: who may read it."""
    lines = prose.ACTS.splitlines()
    for name, act in ACTS.items():
        permit, second = "permit" if act.permit else "", _second(act.kind, SIGNERS[act.kind])
        becomes, roles = f"`{act.kind.__name__}`", _words(act.roles)
        lines.append(_row(f"`{name}`", _first(act.command), becomes, _how(act), permit, second, roles))
    lines += prose.VIEWS.splitlines()
    lines += [_row(f"`{name}`", _words(roles)) for name, roles in READS.items()]
    return _page(lines)


PAGES: dict[str, Callable[[], str]] = {"rulebook.md": rulebook, "entries.md": entries, "acts.md": acts}


def _how(act: Act[Any]) -> str:
    if not act.signed:
        return "attributed"
    return "signed, blind" if act.draft else "signed"


def _by(row: Signing) -> str:
    return "by the person's key" if row.signer is Signer.PERSON else "by the machine's key"


def _second(kind: type, row: Signing) -> str:
    if kind in OWN_SECONDS:
        return f"`{OWN_SECONDS[kind].__name__}`"
    if not row.second:
        return ""
    roles = SECONDS[tag_of(kind)].second
    return f"`ActConfirmed` by {_words(roles) if roles else 'the other founder'}"


def _words(roles: Iterable[str]) -> str:
    return ", ".join(sorted(role.replace("_", " ") for role in roles))


def _first(kind: type) -> str:
    """The first paragraph of a docstring, in one line."""
    return " ".join((inspect.getdoc(kind) or "").partition("\n\n")[0].split())


def _listed(names: Iterable[str]) -> str:
    return "<br>".join(f"`{each}`" for each in names)


def _row(*cells: str) -> str:
    return "| " + " | ".join(each.replace("|", "\\|") for each in cells) + " |"


def _page(lines: list[str]) -> str:
    return "\n".join(lines) + "\n"
