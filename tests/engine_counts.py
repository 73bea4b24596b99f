"""A test that touches a database runs on both engines, and the run says whether it did.

`engine_kind` is parametrised here rather than by a fixture, so that `only_on` can narrow
it: `@pytest.mark.only_on("postgresql", reason="two server processes")`. The properties
set on each item travel inside its report, which is how a count survives xdist.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pytest

ENGINES = ("sqlcipher", "postgresql")


@dataclass(frozen=True, slots=True)
class Ran:
    """One test with a database: which engine, whether it ran, and if not, why."""

    test: str
    engine: str
    ran: bool
    reason: str


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "engine_kind" in metafunc.fixturenames:
        narrowed = _only_on(metafunc.definition)
        metafunc.parametrize("engine_kind", [narrowed[0]] if narrowed else ENGINES, indirect=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        callspec = getattr(item, "callspec", None)
        if callspec is None or "engine_kind" not in callspec.params:
            continue
        engine = callspec.params["engine_kind"]
        narrowed = _only_on(item)
        item.user_properties += [
            ("engine", engine),
            ("engine_test", without_engine(item.nodeid, engine)),
            ("engine_reason", narrowed[1] if narrowed else ""),
        ]


def _only_on(item: pytest.Item) -> tuple[str, str] | None:
    marker = item.get_closest_marker("only_on")
    if marker is None:
        return None
    reason = marker.kwargs.get("reason", "")
    if len(marker.args) != 1 or marker.args[0] not in ENGINES or not reason:
        raise pytest.UsageError(f"{item.nodeid}: only_on takes one of {ENGINES} and a reason=")
    return marker.args[0], reason


def without_engine(nodeid: str, engine: str) -> str:
    """The name two runs of one test share: the node id with its engine left out."""
    head, bracket, parameters = nodeid.partition("[")
    if not bracket:
        return head
    words = parameters.removesuffix("]").split("-")
    words.remove(engine)
    return f"{head}[{'-'.join(words)}]" if words else head


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = [
        report
        for group in terminalreporter.stats.values()
        for report in group
        if isinstance(report, pytest.TestReport) and not (report.passed and report.when != "call")
    ]
    terminalreporter.section("engines", sep="-")
    for line in summary(read_reports(reports)):
        terminalreporter.write_line(line)


def read_reports(reports: Iterable[pytest.TestReport]) -> list[Ran]:
    """One `Ran` for each report that names an engine."""
    found = []
    for report in reports:
        properties = dict(report.user_properties)
        if "engine" not in properties:
            continue
        skipped = report.skipped and not hasattr(report, "wasxfail")
        reason = str(properties["engine_reason"])
        if skipped and isinstance(report.longrepr, tuple):
            reason = report.longrepr[2]
        ran = report.when == "call" and not skipped
        test = str(properties["engine_test"])
        found.append(Ran(test, str(properties["engine"]), ran, reason))
    return found


def summary(found: Sequence[Ran]) -> list[str]:
    """The count on each engine; `equal`, or a line with its reason for each difference."""
    ran = {engine: {one.test for one in found if one.ran and one.engine == engine} for engine in ENGINES}
    counts = ", ".join(
        f"{'tests ' if engine == ENGINES[0] else ''}on {engine}: {len(ran[engine])}" for engine in ENGINES
    )
    missing = [
        (test, engine, other)
        for engine, other in (ENGINES, ENGINES[::-1])
        for test in sorted(ran[engine] - ran[other])
    ]
    if not missing:
        return [f"{counts}, equal"]
    lines = [f"{counts}, and here is each difference:"]
    for test, engine, other in missing:
        reasons = [one.reason for one in found if one.test == test and one.reason]
        reason = reasons[0] if reasons else f"not run on {other} this time"
        lines.append(f"  {test} only on {engine}: {reason}")
    return lines
