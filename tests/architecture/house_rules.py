"""The house rules that a program can check; each answers with the breaches it found.

Every rule takes the folder to look into, so that a test can plant a breach elsewhere
and see the rule fire. A breach is one line a person can act on: where, and what.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

LONGEST_FILE = 300
LONGEST_FUNCTION = 70
PYTHON_FOLDERS = ("hat_clinic", "tui", "tests", "migrations", "benchmarks")
CORE = ("hat_clinic/vocabulary", "hat_clinic/domain", "hat_clinic/ledger")
NAMES_THAT_SAY_NOTHING = {"utils", "util", "helpers", "helper", "common", "manager", "service", "misc"}
TOP_LEVEL = {
    ".ci", ".gitignore", "ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "Makefile",
    "README.md", "SECURITY.md", "benchmarks", "docs", "hat_clinic", "migrations", "pyproject.toml",
    "requirements", "tests", "tui",
}  # fmt: skip
# In the core these are arguments: a clock and a source of ids are handed in from outside.
SOURCES_OF_SURPRISE = {"random", "secrets", "time", "uuid"}
MOMENTS_OUT_OF_NOWHERE = {"now", "utcnow", "today", "fromtimestamp", "utcfromtimestamp"}
FROM_OUTSIDE = {
    "hat_clinic/vocabulary": set[str](),
    "hat_clinic/domain": set[str](),
    "hat_clinic/ledger": {"nacl"},
}
SOMEBODYS_MACHINE = re.compile(r"(?<![\w.~-])/(?:home|root|work|opt|Users|mnt)/[\w.]")


def python_files(root: Path, folders: Iterable[str] = PYTHON_FOLDERS) -> Iterator[Path]:
    for folder in folders:
        yield from sorted(one for one in (root / folder).rglob("*.py") if "__pycache__" not in one.parts)


def files_too_long(root: Path) -> list[str]:
    """No Python file is longer than can be read in one sitting."""
    found = []
    for path in python_files(root):
        lines = len(path.read_text(encoding="utf-8").splitlines())
        if lines > LONGEST_FILE:
            found.append(f"{path.relative_to(root)}: {lines} lines, at most {LONGEST_FILE}")
    return found


def functions_too_long(root: Path) -> list[str]:
    """No function is longer than a screen."""
    found = []
    for path, node in _nodes(root, PYTHON_FOLDERS):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > LONGEST_FUNCTION:
                found.append(f"{_where(root, path, node)}: {node.name} has {lines} lines")
    return found


def impure_core(root: Path) -> list[str]:
    """No clock, no chance and no float in vocabulary, domain and ledger."""
    return [
        f"{_where(root, path, node)}: {words}"
        for path, node in _nodes(root, CORE)
        for words in _impurities(node)
    ]


def _impurities(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Constant(value=float() | complex()):
            yield "a float literal"
        case ast.Call(func=ast.Name(id="float")):
            yield "a call of float"
        case ast.BinOp(op=ast.Div()) | ast.AugAssign(op=ast.Div()):
            yield "true division makes a float; use // or divmod and say what becomes of the rest"
        case ast.arg(annotation=wanted) | ast.AnnAssign(annotation=wanted) if _says_float(wanted):
            yield "something declared a float"
        case ast.FunctionDef(returns=wanted) if _says_float(wanted):
            yield "a function declared to return a float"
        case ast.Attribute(attr=attr, value=ast.Name(id="datetime" | "date") | ast.Attribute()) if (
            attr in MOMENTS_OUT_OF_NOWHERE
        ):
            yield f"datetime.{attr}: the moment is an argument"
        case ast.Attribute(attr="urandom"):
            yield "os.urandom: random bytes are an argument"
        case ast.Import(names=names):
            for name in names:
                if name.name.partition(".")[0] in SOURCES_OF_SURPRISE:
                    yield f"imports {name.name}"
        case ast.ImportFrom(module=str() as module) if module.partition(".")[0] in SOURCES_OF_SURPRISE:
            yield f"imports {module}"


def _says_float(annotation: ast.AST | None) -> bool:
    names = ast.walk(annotation) if annotation is not None else ()
    return any(isinstance(one, ast.Name) and one.id == "float" for one in names)


def foreign_imports_in_core(root: Path) -> list[str]:
    """The core stands on the standard library; the ledger on `nacl` too, and on nothing else."""
    found = []
    for folder, allowed in FROM_OUTSIDE.items():
        for path, node in _nodes(root, (folder,)):
            for module in _imported(node):
                top = module.partition(".")[0]
                if top != "hat_clinic" and top not in sys.stdlib_module_names and top not in allowed:
                    found.append(f"{_where(root, path, node)}: imports {module}")
    return found


def _imported(node: ast.AST) -> list[str]:
    match node:
        case ast.Import(names=names):
            return [name.name for name in names]
        case ast.ImportFrom(module=str() as module, level=0):
            return [module]
    return []


def names_that_say_nothing(paths: Iterable[str]) -> list[str]:
    """No file or folder is named after nothing in particular."""
    return [
        path
        for path in paths
        if NAMES_THAT_SAY_NOTHING & {Path(part).stem.lower() for part in Path(path).parts}
    ]


def strangers_at_the_top(paths: Iterable[str]) -> list[str]:
    """The top level holds what ARCHITECTURE.md shows, and no more."""
    return sorted({Path(path).parts[0] for path in paths} - TOP_LEVEL)


def misnamed_tests(paths: Iterable[str]) -> list[str]:
    """A test file carries its folder's name, so that no two share one and a failure says where it is."""
    found = []
    for path in map(Path, paths):
        if path.parts[0] == "tests" and path.name.startswith("test_"):
            folder = path.parts[1] if len(path.parts) > 2 else ""
            if not folder or not path.name.startswith(f"test_{folder}"):
                found.append(str(path))
    return found


def paths_of_somebodys_machine(root: Path, paths: Iterable[str]) -> list[str]:
    """No tracked file names a folder that exists on one machine only."""
    found = []
    for path in paths:
        try:
            text = (root / path).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        for number, line in enumerate(text.splitlines(), 1):
            if SOMEBODYS_MACHINE.search(line):
                found.append(f"{path}:{number}: {line.strip()}")
    return found


def _nodes(root: Path, folders: Iterable[str]) -> Iterator[tuple[Path, ast.AST]]:
    for path in python_files(root, folders):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"), str(path))):
            yield path, node


def _where(root: Path, path: Path, node: ast.AST) -> str:
    return f"{path.relative_to(root)}:{getattr(node, 'lineno', 1)}"
