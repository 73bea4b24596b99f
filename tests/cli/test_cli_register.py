"""`hat-clinic register` on a shell: how wide a page is, and what is wrong usage."""

from __future__ import annotations

import os
import pty
import subprocess
import sys

import pytest

from hat_clinic.cli import main

ROOM = "import hat_clinic.cli.register as one; print(one.room())"


@pytest.mark.parametrize("asked", [["--width", "79"], ["--width", "121"], ["--csv", "--json"], []])
def test_wrong_usage_prints_nothing(asked: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main.run(["register", "--data", "no-clinic-here", *asked])
    assert ended.value.code == main.WRONG_USAGE
    assert capsys.readouterr().out == ""


def test_a_page_is_as_wide_as_the_terminal_and_in_a_file_as_usual() -> None:
    environment = os.environ | {"COLUMNS": "88"}
    piped = subprocess.run([sys.executable, "-c", ROOM], env=environment, capture_output=True, check=True)
    assert piped.stdout.split() == [b"100"]
    ours, theirs = pty.openpty()
    try:
        subprocess.run([sys.executable, "-c", ROOM], env=environment, stdout=theirs, check=True)
        assert os.read(ours, 100).split() == [b"88"]
    finally:
        os.close(ours)
        os.close(theirs)
