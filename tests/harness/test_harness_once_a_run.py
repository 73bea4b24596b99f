"""What is made once a run is made once, whichever worker asks first, and a failed making keeps nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.once_a_run import once_a_run

REPOSITORY = Path(__file__).parents[2]
MAKING = """
import os, pytest, time
from tests.once_a_run import once_a_run

def make(folder):
    time.sleep(0.5)  # the others ask meanwhile
    (folder / "made").write_text("whole")
    return os.environ["PYTEST_XDIST_WORKER"]

@pytest.mark.parametrize("number", range(4))
def test_it(number, tmp_path_factory):
    folder, said = once_a_run(tmp_path_factory, "a thing", make)
    assert (folder / "made").read_text() == "whole"
    print("made by", said, "asked by", os.environ["PYTEST_XDIST_WORKER"])
"""


def test_workers_that_ask_at_once_are_given_one_and_the_same(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.makeini(f"[pytest]\npythonpath = {REPOSITORY}")
    pytester.makepyfile(MAKING)
    done = pytester.runpytest_subprocess("-p", "xdist", "-n", "2", "--dist", "load", "-rP")
    done.assert_outcomes(passed=4)
    told = [line.split() for line in done.outlines if line.startswith("made by")]
    assert len({each[2] for each in told}) == 1 and {each[5] for each in told} == {"gw0", "gw1"}


def test_what_failed_is_tried_again(tmp_path_factory: pytest.TempPathFactory) -> None:
    tried: list[Path] = []

    def fails_at_first(folder: Path) -> str:
        tried.append(folder)
        assert len(tried) > 1, "not yet"
        return "done"

    with pytest.raises(AssertionError, match="not yet"):
        once_a_run(tmp_path_factory, "what failed", fails_at_first)
    for _ in range(2):
        assert once_a_run(tmp_path_factory, "what failed", fails_at_first)[1] == "done"
    assert len(tried) == 2
