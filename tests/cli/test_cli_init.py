"""`hat-clinic init` and what `demo` prints: nobody types a passphrase, or a command, for nothing."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from hat_clinic.cli import main
from hat_clinic.cli.demo import to_try

GOOD = {"--site": "zh1", "--origin": "hat.clinic.example/zh1", "--name": "North", "--zone": "Europe/Zurich"}


@pytest.mark.parametrize(
    "option, wrong",
    [
        ("--zone", "Europe/Zurick"),
        ("--origin", "hat clinic/zh1"),
        ("--origin", "demo.invalid/zh1"),
        ("--day-starts", "24:00"),
    ],
)
def test_what_cannot_be_made_is_said_before_anybody_is_asked(
    tmp_path: Path, option: str, wrong: str, capsys: pytest.CaptureFixture[str]
) -> None:
    options = [each for pair in (GOOD | {option: wrong}).items() for each in pair]
    with pytest.raises(SystemExit) as ended:
        main.run(["init", str(tmp_path / "clinic"), *options])
    assert ended.value.code == main.WRONG_USAGE
    assert capsys.readouterr().out == ""
    assert not (tmp_path / "clinic").exists()


def test_a_folder_that_holds_something_is_refused_before_anybody_is_asked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "something").touch()
    with pytest.raises(SystemExit) as ended:
        main.run(["init", str(tmp_path), *[each for pair in GOOD.items() for each in pair]])
    assert ended.value.code == main.WRONG_USAGE
    said = capsys.readouterr()
    assert (said.out, "not empty" in said.err) == ("", True)


def test_commands_of_the_demo_can_be_copied_whatever_its_folder_is_called() -> None:
    folder = Path("a folder; of $mine's")
    serve, register, verify = (shlex.split(each) for each in to_try(folder))
    assert serve == ["hat-clinic", "serve", "--data", str(folder)]
    assert register[3] == verify[3] == str(folder)
    assert verify[5] == str(folder / "terminals" / "bedside" / "heads")
