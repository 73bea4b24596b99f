"""The count of tests on each engine: right under xdist, and silent about no difference."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.engine_counts import Ran, summary, without_engine

REPOSITORY = Path(__file__).parents[2]
PLUGIN = """
import pytest
pytest_plugins = ["tests.engine_counts"]

@pytest.fixture
def engine_kind(request):
    return request.param
"""
BOTH = "def test_both(engine_kind): assert engine_kind in ('sqlcipher', 'postgresql')\n"


@pytest.fixture(autouse=True)
def no_plugins_but_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")


def run(pytester: pytest.Pytester, source: str, *options: str) -> pytest.RunResult:
    pytester.makeini(f"[pytest]\npythonpath = {REPOSITORY}\nmarkers = only_on: x\naddopts = --strict-markers")
    pytester.makeconftest(PLUGIN)
    pytester.makepyfile("import pytest\n" + source)
    return pytester.runpytest_subprocess("-p", "xdist", *options)


@pytest.mark.parametrize("options", [(), ("-n", "2"), ("-q",)])
def test_equal_counts_say_so(pytester: pytest.Pytester, options: tuple[str, ...]) -> None:
    done = run(pytester, BOTH + "def test_none(): pass\n", *options)
    done.stdout.fnmatch_lines(["tests on sqlcipher: 1, on postgresql: 1, equal", "*3 passed*"])


@pytest.mark.parametrize("options", [(), ("-n", "2")])
def test_a_test_of_one_engine_is_listed_with_its_reason(
    pytester: pytest.Pytester, options: tuple[str, ...]
) -> None:
    alone = "@pytest.mark.only_on('postgresql', reason='two server processes')\n"
    done = run(pytester, BOTH + alone + "def test_alone(engine_kind): pass\n", *options)
    done.stdout.fnmatch_lines([
        "tests on sqlcipher: 1, on postgresql: 2, and here is each difference:",
        "*::test_alone only on postgresql: two server processes",
    ])  # fmt: skip


def test_a_test_skipped_on_one_engine_is_listed_with_what_it_said(pytester: pytest.Pytester) -> None:
    source = "def test_x(engine_kind):\n    if engine_kind == 'sqlcipher': pytest.skip('no roles here')\n"
    done = run(pytester, source)
    done.stdout.fnmatch_lines(
        ["*sqlcipher: 0, on postgresql: 1,*", "*::test_x only on postgresql: *no roles here"]
    )


def test_a_failing_test_still_ran(pytester: pytest.Pytester) -> None:
    done = run(pytester, "def test_x(engine_kind): assert engine_kind == 'sqlcipher'\n")
    done.stdout.fnmatch_lines(["tests on sqlcipher: 1, on postgresql: 1, equal"])
    assert done.ret == pytest.ExitCode.TESTS_FAILED


def test_a_selection_of_one_engine_does_not_pass_for_both(pytester: pytest.Pytester) -> None:
    done = run(pytester, BOTH, "-k", "sqlcipher")
    done.stdout.fnmatch_lines(["*only on sqlcipher: not run on postgresql this time"])


@pytest.mark.parametrize(
    "marker", ["only_on('sqlcipher')", "only_on('oracle', reason='x')", "only_on(reason='x')"]
)
def test_a_narrowed_test_needs_an_engine_we_have_and_a_reason(pytester: pytest.Pytester, marker: str) -> None:
    done = run(pytester, f"@pytest.mark.{marker}\ndef test_x(engine_kind): pass\n")
    assert done.ret != pytest.ExitCode.OK
    assert "only_on takes one of" in done.stdout.str() + done.stderr.str()


@pytest.mark.parametrize(
    "nodeid, shared",
    [
        ("t.py::test_x[sqlcipher]", "t.py::test_x"),
        ("test_sqlcipher.py::test_x[one-sqlcipher-two]", "test_sqlcipher.py::test_x[one-two]"),
        ("t.py::test_x", "t.py::test_x"),
    ],
)
def test_the_two_runs_of_a_test_share_a_name(nodeid: str, shared: str) -> None:
    assert without_engine(nodeid, "sqlcipher") == shared


def test_cases_are_counted_one_by_one() -> None:
    found = [Ran(f"t[{case}]", engine, True, "") for case in "abc" for engine in ("sqlcipher", "postgresql")]
    assert summary(found[:-1]) == [
        "tests on sqlcipher: 3, on postgresql: 2, and here is each difference:",
        "  t[c] only on sqlcipher: not run on postgresql this time",
    ]
