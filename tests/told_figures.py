"""What a test counted, said at the end of the run: how many rounds, how many alterations.

A test that promises a number asks for `tell`. Like the engine counts, the words travel inside
its report, which is how they survive xdist.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

TOLD = "told"


@pytest.fixture
def tell(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Says one line about this test at the end of the run."""

    def line(words: str) -> None:
        request.node.user_properties.append((TOLD, f"{request.node.name}: {words}"))

    return line


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    told = [
        words
        for group in terminalreporter.stats.values()
        for report in group
        if isinstance(report, pytest.TestReport) and report.when == "call"
        for name, words in report.user_properties
        if name == TOLD
    ]
    if told:
        terminalreporter.section("counted", sep="-")
        for words in sorted(map(str, told)):
            terminalreporter.write_line(words)
