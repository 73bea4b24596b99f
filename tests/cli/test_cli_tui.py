"""`hat-clinic tui`: whose terminal it is, and that it starts nowhere but in front of people."""

from __future__ import annotations

import json
import os
import pty
import sys
from pathlib import Path

import pytest

from hat_clinic.cli import main
from hat_clinic.cli.tui import AGAIN, needs_utf8, read_enrolment
from hat_clinic.client.enrolment import Enrolment
from hat_clinic.ledger.note import Vkey
from hat_clinic.ledger.policy import Policy
from hat_clinic.vocabulary.errors import Rejected

ORIGIN = "hat.invalid/zh1"
POLICY = Policy.of(Vkey.of(ORIGIN, bytes(range(32))), b"leaf 0")


def given(folder: Path, origin: str = ORIGIN) -> Path:
    """The file that `init` leaves for a terminal."""
    (folder / "policy.txt").write_text(POLICY.text())
    file = folder / "terminal-t1.json"
    file.touch(mode=0o600)
    file.write_text(json.dumps({"site": "zh1", "origin": origin, "terminal": "t1", "secret": "s"}))
    return file


def test_refuses_to_start_where_nobody_looks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main.run(["tui", "--terminal", str(given(tmp_path))])
    assert ended.value.code == main.WRONG_USAGE
    assert "there is none here" in capsys.readouterr().err


def test_reads_what_init_left_and_what_an_enrolment_left(tmp_path: Path) -> None:
    first = read_enrolment(given(tmp_path), None)
    assert (first.terminal, first.secret, first.url) == ("t1", "s", "http://127.0.0.1:8443")
    assert first.policy == POLICY
    own = tmp_path / "own"
    Enrolment("t2", "s2", "zh1", "https://clinic.invalid", POLICY).write(own)
    second = read_enrolment(own / "terminal.json", None)
    assert (second.terminal, second.url) == ("t2", "https://clinic.invalid")
    assert read_enrolment(own / "terminal.json", "https://other.invalid").url == "https://other.invalid"


def test_refuses_a_file_of_another_log_or_that_others_can_read(tmp_path: Path) -> None:
    with pytest.raises(Rejected, match="another log"):
        read_enrolment(given(tmp_path, "hat.invalid/zh2"), None)
    file = given(tmp_path)
    file.chmod(0o644)
    with pytest.raises(Rejected):
        read_enrolment(file, None)
    file.chmod(0o600)
    file.write_text("{}")
    with pytest.raises(Rejected, match="no file of a terminal"):
        read_enrolment(file, None)


@pytest.mark.parametrize(
    "encodings, again",
    [(("utf-8", "UTF8"), False), (("ANSI_X3.4-1968", "utf-8"), True), (("utf-8", None), True)],
)
def test_an_encoding_that_cannot_hold_every_name_is_not_drawn_with(
    encodings: tuple[str | None, ...], again: bool
) -> None:
    assert needs_utf8(*encodings) is again


def test_draws_whole_marks_and_names_where_the_locale_knows_only_ascii(tmp_path: Path) -> None:
    file = given(tmp_path)
    command = [sys.executable, "-c", AGAIN, "tui", "--terminal", str(file)]
    plain = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "TERM": "xterm", "COLUMNS": "80", "LINES": "24"}
    child, screen = pty.fork()
    if child == 0:
        os.chdir(Path(__file__).parents[2])
        os.execve(sys.executable, command, plain | {"PYTHONUTF8": "0", "PATH": os.environ["PATH"]})
    shown = b""
    while "▏".encode() not in shown and b"Traceback" not in shown:
        shown += os.read(screen, 65536)
    os.write(screen, b"\x11")  # ctrl+q
    try:
        while os.read(screen, 65536):
            pass
    except OSError:
        pass  # the other side is closed
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert b"\\u" not in shown and b"STAFF CODE" in shown
