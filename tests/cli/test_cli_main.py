"""The command's promises to a shell: its version, and exit codes that cannot be misread."""

from __future__ import annotations

import pytest
import typer

import hat_clinic
from hat_clinic.cli import main


def exit_code(*arguments: str) -> int | str | None:
    with pytest.raises(SystemExit) as ended:
        main.run(list(arguments))
    return ended.value.code


def test_the_version_is_the_package_s(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code("--version") == 0
    assert capsys.readouterr().out == f"hat-clinic {hat_clinic.__version__}\n"


@pytest.mark.parametrize("arguments", [["--no-such-option"], ["no-such-command"], []])
def test_wrong_usage_is_never_the_code_of_tampering(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert exit_code(*arguments) == main.WRONG_USAGE
    assert "hat-clinic" in capsys.readouterr().err


@pytest.mark.parametrize("code", [0, 2, 3, 4])
def test_a_command_s_own_code_comes_through(code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    own = typer.Typer()

    @own.command()
    def verdict() -> None:
        raise typer.Exit(code)

    monkeypatch.setattr(main, "app", own)
    assert exit_code() == code


def test_giving_up_at_a_question_is_an_interruption(monkeypatch: pytest.MonkeyPatch) -> None:
    own = typer.Typer()

    @own.command()
    def question() -> None:
        raise typer.Abort

    monkeypatch.setattr(main, "app", own)
    assert exit_code() == main.INTERRUPTED
