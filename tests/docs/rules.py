"""What the code says of its rules: what each refuses, by which source, where it stands, who tests it.

A rule is found where its id stands as a string. Its meaning is the sentence `AD20: what is
refused` in a docstring there, once for each id; whoever finds the same rule elsewhere says
`AD20 too: ...`, or at least names it. Everything here is read and nothing is run, except that a
constant which holds a source is looked up in its module.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TypeGuard

REPOSITORY = Path(__file__).parents[2]
FAMILIES = {
    "EL": "eligibility",
    "RX": "prescribing",
    "TI": "titration",
    "AD": "administration",
    "CD": "register and stock",
    "SO": "sign-off",
}
ID = re.compile(rf"\b(?:{'|'.join(FAMILIES)})\d\d\b")
_NAMED = re.compile(rf"(?<![A-Z])(?:{'|'.join(FAMILIES)})\d\d(?!\d)")
_MEANING = re.compile(rf"({ID.pattern})( too)?: ")
_SENTENCE = re.compile(r"(?<=\.)\s")
_SOURCE = re.compile(r"^Source: (.+?)(?=^(?:Why|Units|Raises|Refuses)|\Z)", re.MULTILINE | re.DOTALL)
# The demo compares what it is told with ids; it finds nothing itself.
NOT_READ = "hat_clinic/wiring/demo"


@dataclass(frozen=True)
class Found:
    """A rule's id in the code: where, with which source, and all that is written there about it."""

    rule: str
    place: str
    source: str
    docs: tuple[str, ...]


@dataclass(frozen=True)
class Said:
    """What a docstring says of a rule; `again` for any but the one place that defines it."""

    rule: str
    words: str
    place: str
    again: bool


@dataclass
class Code:
    """All of the program's Python: what it finds, what it says, and what a program cannot follow."""

    found: list[Found] = field(default_factory=list)
    said: list[Said] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)

    @property
    def rules(self) -> list[str]:
        return sorted({each.rule for each in self.found})

    def sources(self, rule: str) -> list[str]:
        """What findings carry as source; where they take it from data, what the docstring says."""
        found = [each for each in self.found if each.rule == rule]
        told = [each.source for each in found if each.source]
        told = told or [source for each in found for doc in each.docs[-1:] for source in _sources(doc)]
        return list(dict.fromkeys(told))


def read(root: Path = REPOSITORY) -> Code:
    """The program under `root`."""
    code = Code()
    for path in sorted((root / "hat_clinic").rglob("*.py")):
        where = path.relative_to(root).as_posix()
        if not where.startswith(NOT_READ):
            _Reader(where, root, code).visit(ast.parse(path.read_text(encoding="utf-8")))
    return code


@cache
def program() -> Code:
    """This program, read once a process: it takes a second or two."""
    return read()


def naming_tests(rules: list[str], root: Path = REPOSITORY) -> dict[str, list[str]]:
    """For each rule the test files that have its id, in the name of a test or inside one."""
    named = {
        path.relative_to(root / "tests").as_posix(): set(_NAMED.findall(path.read_text("utf-8").upper()))
        for path in sorted((root / "tests").rglob("test_*.py"))
        if path.parent != root / "tests" / "docs"
    }
    return {rule: [where for where, ids in named.items() if rule in ids] for rule in rules}


def breaches(code: Code, tests: dict[str, list[str]]) -> list[str]:
    """What is wrong with the rules, one line each that a person can act on."""
    wrong = list(code.unreadable)
    for each in code.found:
        if not any(each.rule in doc for doc in each.docs):
            wrong.append(f"{each.place} finds {each.rule}, and no docstring there says so")
    for rule in code.rules:
        defined = [each for each in code.said if each.rule == rule and not each.again]
        if not defined:
            wrong.append(f"{rule}: no docstring says '{rule}: what is refused'")
        if len(defined) > 1:
            wrong.append(f"{rule} is defined {len(defined)} times: {', '.join(e.place for e in defined)}")
        if not code.sources(rule):
            wrong.append(f"{rule} has no source, in the finding or in its docstring")
        if not tests[rule]:
            wrong.append(f"{rule} is in no test")
    for rule in sorted({each.rule for each in code.said} - set(code.rules)):
        wrong.append(f"{rule} is explained and nothing finds it")
    return wrong


def _sources(doc: str) -> Iterator[str]:
    for match in _SOURCE.finditer(doc):
        yield " ".join(match[1].split()).rstrip(".")


class _Reader(ast.NodeVisitor):
    def __init__(self, where: str, root: Path, code: Code) -> None:
        self.where, self.root, self.code = where.removeprefix("hat_clinic/"), root, code
        self.module = where.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        self.names: list[str] = []
        self.docs: list[str] = []

    def visit_Module(self, node: ast.Module) -> None:
        # A constant is explained by a string under it, or by a function of its module.
        notes = [ast.literal_eval(each.value) for each in node.body[1:] if _is_text(each)]
        for note in notes:
            self._say(note)
        inside = (each for each in ast.walk(node) if isinstance(each, ast.FunctionDef))
        self.docs = [*notes, *(ast.get_docstring(each) or "" for each in inside)]
        self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self._enter(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self._enter(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self._enter(node)

    def _enter(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> None:
        doc = ast.get_docstring(node) or ""
        self.names.append(node.name)
        outside = self.docs
        self.docs = [*(outside if len(self.names) > 1 else []), doc]
        self._say(doc)
        self.generic_visit(node)
        self.docs = outside
        self.names.pop()

    def visit_Expr(self, node: ast.Expr) -> None:
        if not _is_text(node):
            self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        finding = isinstance(node.func, ast.Name) and node.func.id == "Finding"
        if finding and isinstance((node.args or [None])[0], ast.JoinedStr | ast.BinOp):
            self.code.unreadable.append(f"{self._place}: the id of a finding is put together")
        for each in node.args:
            if isinstance(each, ast.Constant) and _is_id(each.value):
                source = self._text_of(node.args[2]) if finding and len(node.args) > 2 else ""
                self._find(each.value, source)
            else:
                self.visit(each)
        for keyword in node.keywords:
            self.visit(keyword.value)
        self.visit(node.func)

    def visit_Constant(self, node: ast.Constant) -> None:
        if _is_id(node.value):
            self._find(str(node.value), "")

    @property
    def _place(self) -> str:
        return f"{self.where}:{self.names[0]}" if self.names else self.where

    def _find(self, rule: str, source: str) -> None:
        self.code.found.append(Found(rule, self._place, source, tuple(self.docs)))

    def _say(self, doc: str) -> None:
        for paragraph in re.split(r"\n\s*\n", doc):
            text = " ".join(paragraph.split())
            meanings = list(_MEANING.finditer(text))
            ends = [*(each.start() for each in meanings[1:]), len(text)]
            for match, end in zip(meanings, ends, strict=False):
                words = _SENTENCE.split(text[match.end() : end].strip())[0].rstrip(".")
                self.code.said.append(Said(match[1], words, self._place, bool(match[2])))

    def _text_of(self, node: ast.expr) -> str:
        """The text of an expression made of constants; empty where it is data."""
        if isinstance(node, ast.Constant):
            return str(node.value)
        if self.root != REPOSITORY:
            return ""
        scope = vars(sys.modules.get(self.module) or import_module(self.module))
        if {each.id for each in ast.walk(node) if isinstance(each, ast.Name)} - scope.keys():
            return ""
        found = eval(compile(ast.Expression(node), self.where, "eval"), dict(scope))
        return found if isinstance(found, str) else ""


def _is_id(value: object) -> bool:
    return isinstance(value, str) and ID.fullmatch(value) is not None


def _is_text(node: ast.stmt) -> TypeGuard[ast.Expr]:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )
