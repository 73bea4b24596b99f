"""verify, export and rebuild as an operator types them: codes, words, JSON."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from hat_clinic.cli import main
from hat_clinic.handlers.bundle_files import MAX_SMALL_BYTES
from hat_clinic.ledger.canonical import encode
from hat_clinic.ledger.checkpoint import Checkpoint, sign_checkpoint
from hat_clinic.ledger.kept_heads import kept
from hat_clinic.store.engine import reading, writing
from hat_clinic.store.ledger_rows import heads
from hat_clinic.store.schema import projection_person
from hat_clinic.wiring.folder import ClinicFolder
from tests.cli.founded import CLINIC


def run(*arguments: Any) -> int | str | None:
    with pytest.raises(SystemExit) as ended:
        main.run([str(each) for each in arguments])
    return ended.value.code


def change_a_person(data: Path) -> None:
    engine = ClinicFolder.open(data).engine()
    with writing(engine) as connection:
        connection.execute(projection_person.update().values(state="{}"))
    engine.dispose()


def test_with_a_head_kept_outside_it_holds(data: Path, kept_heads: Path, capsys: Any) -> None:
    assert run("verify", "--data", data, "--heads", kept_heads) == 0
    assert capsys.readouterr().out.startswith("HOLDS: 4 entries of hat.clinic.example/zh1")


def test_without_one_it_says_why_it_cannot_say_more(data: Path, capsys: Any) -> None:
    assert run("verify", "--data", data) == 4
    assert "no head of this log was given" in capsys.readouterr().out


def test_without_a_trust_anchor_it_cannot_hold(data: Path, kept_heads: Path, capsys: Any) -> None:
    policy = data / "policy.txt"
    mine = policy.rename(data.parent / "mine.txt")
    assert run("verify", "--data", data, "--heads", kept_heads) == 4
    assert "no trust anchor" in capsys.readouterr().out
    assert run("verify", "--data", data, "--heads", kept_heads, "--policy", mine) == 0


def test_tampering_names_the_entry(data: Path, kept_heads: Path, capsys: Any) -> None:
    change_a_person(data)
    assert run("verify", "--data", data, "--heads", kept_heads, "--json") == 2
    found = json.loads(capsys.readouterr().out)
    assert (found["verdict"], found["first_bad_entry"]) == ("tampered", 1)
    assert found["table"] == "projection_person"


def test_the_bundle_is_told_the_same_with_the_database_gone(
    data: Path, kept_heads: Path, tmp_path: Path, capsys: Any
) -> None:
    honest, bent = tmp_path / "honest.zip", tmp_path / "bent"
    assert run("export", "--data", data, honest) == 0
    change_a_person(data)
    assert run("export", "--data", data, bent, "--folder", "--json") == 0
    shutil.rmtree(data)
    assert run("verify", honest, "--heads", kept_heads) == 0
    assert run("verify", honest) == 4
    capsys.readouterr()
    assert run("verify", bent, "--heads", kept_heads, "--json") == 2
    assert json.loads(capsys.readouterr().out)["first_bad_entry"] == 1


def test_a_part_withheld_or_gone_is_incomplete(data: Path, kept_heads: Path, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    assert run("export", "--data", data, folder, "--folder", "--withhold", "patient") == 0
    assert run("verify", folder, "--heads", kept_heads) == 0  # nothing of that class was there
    (folder / "requests.jsonl").unlink()
    assert run("verify", folder, "--heads", kept_heads) == 3


@pytest.mark.parametrize(
    "arguments",
    [
        ["verify"],
        ["verify", "here", "--data", "there"],
        ["verify", "--data", "nowhere"],
        ["verify", "nowhere"],
        ["export", "file"],
        ["rebuild"],
        ["rebuild", "--data", "nowhere"],
    ],
    ids=" ".join,
)
def test_wrong_usage_is_64(arguments: list[str], capsys: Any) -> None:
    assert run(*arguments) == main.WRONG_USAGE
    assert capsys.readouterr().err


@pytest.mark.parametrize("command", ["serve", "verify", "rebuild"])
def test_a_secret_that_others_may_open_is_named(data: Path, command: str, capsys: Any) -> None:
    secret = data / "head.key"
    secret.chmod(0o644)
    more = ("--check",) if command == "rebuild" else ()
    assert run(command, "--data", data, *more) == main.WRONG_USAGE
    said = capsys.readouterr().err
    assert "chmod 600" in said and str(secret) in said


def test_heads_that_are_none_are_wrong_usage(data: Path, tmp_path: Path, capsys: Any) -> None:
    (tmp_path / "x.notes").write_bytes(b"these are no heads \xff\n")
    assert run("verify", "--data", data, "--heads", tmp_path) == main.WRONG_USAGE
    assert run("verify", "--data", data, "--heads", tmp_path / "x.notes") == main.WRONG_USAGE
    assert "Nothing was verified" in capsys.readouterr().err


def test_a_head_that_a_crash_cut_is_left_aside(data: Path, kept_heads: Path, capsys: Any) -> None:
    with (kept_heads / "terminal.notes").open("a", encoding="utf-8") as file:
        file.write("hat.clinic.example/zh1\n5\nAAAA")
    assert run("verify", "--data", data, "--heads", kept_heads) == 0
    assert "ends inside a head" in capsys.readouterr().err


def signed(data: Path, size: int) -> str:
    head = ClinicFolder.open(data).head
    root = bytes([size]) * 32
    return sign_checkpoint(Checkpoint(CLINIC.origin, size, root, 0), head.sign, head.public_raw)


def test_a_contradiction_that_a_terminal_kept_is_an_alarm(data: Path, kept_heads: Path, capsys: Any) -> None:
    (kept_heads / "terminal.contradictions").write_text(kept(signed(data, 3)), encoding="utf-8")
    assert run("verify", "--data", data, "--heads", kept_heads) == 2
    assert "head somebody kept" in capsys.readouterr().out
    (kept_heads / "terminal.notes").unlink()
    assert run("verify", "--data", data, "--heads", kept_heads) == 2


def test_a_remark_among_the_heads_hides_no_alarm(data: Path, kept_heads: Path, capsys: Any) -> None:
    notes = kept_heads / "terminal.notes"
    honest, bad = notes.read_text(encoding="utf-8"), kept(signed(data, 3))
    notes.write_text(honest + bad, encoding="utf-8")
    assert run("verify", "--data", data, "--heads", kept_heads) == 2
    notes.write_text(f"{honest}kept by inspector\n\n{bad}", encoding="utf-8")
    capsys.readouterr()
    assert run("verify", "--data", data, "--heads", kept_heads) == main.WRONG_USAGE
    assert "kept by inspector" in capsys.readouterr().err


def test_a_head_that_was_typed_wrong_is_no_alarm(data: Path, kept_heads: Path, capsys: Any) -> None:
    notes = kept_heads / "terminal.notes"
    text = notes.read_text(encoding="utf-8")
    notes.write_text(text.replace(f"{CLINIC.origin}\n4\n", f"{CLINIC.origin}\n5\n"), encoding="utf-8")
    assert run("verify", "--data", data, "--heads", kept_heads) == main.WRONG_USAGE
    said = capsys.readouterr()
    assert "could not be read as a head of this log. Typed wrong?" in said.err and "TAMPERED" not in said.out


def test_heads_saved_by_another_editor_are_read(data: Path, kept_heads: Path) -> None:
    notes = kept_heads / "terminal.notes"
    notes.write_bytes(b"\xef\xbb\xbf" + notes.read_bytes().replace(b"\n", b"\r\n"))
    assert run("verify", "--data", data, "--heads", kept_heads) == 0


def test_a_folder_without_heads_is_wrong_usage(data: Path, kept_heads: Path, capsys: Any) -> None:
    (kept_heads / "terminal.notes").write_text("")
    assert run("verify", "--data", data, "--heads", kept_heads) == main.WRONG_USAGE
    (kept_heads / "terminal.notes").rename(kept_heads / "terminal.txt")
    assert run("verify", "--data", data, "--heads", kept_heads) == main.WRONG_USAGE
    assert "hold no head" in capsys.readouterr().err


def test_heads_that_lie_with_the_record_are_told(data: Path, kept_heads: Path, capsys: Any) -> None:
    assert run("verify", "--data", data, "--heads", kept_heads) == 0
    assert not capsys.readouterr().err
    inside = kept_heads.rename(data / "heads")
    assert run("verify", "--data", data, "--heads", inside) == 0
    assert "may have changed these heads too" in capsys.readouterr().err


def test_the_headline_says_how_far_the_heads_reach(data: Path, kept_heads: Path, capsys: Any) -> None:
    engine = ClinicFolder.open(data).engine()
    with reading(engine) as connection:
        first = next(iter(heads(connection, "zh1")))[1]
    engine.dispose()
    size = int(first.split("\n")[1])
    (kept_heads / "terminal.notes").write_text(kept(first), encoding="utf-8")
    code = run("verify", "--data", data, "--heads", kept_heads)
    said = capsys.readouterr().out.splitlines()[0]
    expected = f"HOLDS up to entry {size - 1} of 3:" if size < 4 else "HOLDS: 4 entries"
    assert code == 0 and said.startswith(expected)


def test_export_writes_over_nothing_and_withholds_nothing_kept_in_clear(data: Path, tmp_path: Path) -> None:
    target = tmp_path / "bundle.zip"
    assert run("export", "--data", data, target, "--withhold", "register") == main.WRONG_USAGE
    assert run("export", "--data", data, target, "--withhold", "nonsense") == main.WRONG_USAGE
    assert not target.exists()
    target.write_text("mine")
    assert run("export", "--data", data, target) == main.WRONG_USAGE
    assert target.read_text() == "mine"


def test_rebuild_checks_and_then_makes_it_right(data: Path, kept_heads: Path, capsys: Any) -> None:
    assert run("rebuild", "--data", data, "--check") == 0
    change_a_person(data)
    capsys.readouterr()
    assert run("rebuild", "--data", data, "--check", "--json") == 2
    assert json.loads(capsys.readouterr().out)["first_bad_entry"] == 1
    assert run("rebuild", "--data", data) == 0
    assert run("rebuild", "--data", data, "--check") == 0
    assert run("verify", "--data", data, "--heads", kept_heads) == 0


def test_a_database_that_was_damaged_is_tampered_with_not_a_crash(
    data: Path, kept_heads: Path, capsys: Any
) -> None:
    database, codes = data / "hat.db", set()
    whole = database.read_bytes()
    for place in range(4096, len(whole), len(whole) // 24):
        bent = bytearray(whole)
        bent[place : place + 16] = bytes(16)
        database.write_bytes(bytes(bent))
        codes.add(run("verify", "--data", data, "--heads", kept_heads))
    # Where the damage hits a page that nothing reads, it holds; what it never is, is a traceback.
    assert codes <= {0, 2} and 2 in codes
    assert "the database cannot be read" in capsys.readouterr().out


def test_what_a_bundle_says_cannot_draw_over_the_verdict(
    data: Path, kept_heads: Path, tmp_path: Path, capsys: Any
) -> None:
    bundle = tmp_path / "bundle"
    assert run("export", bundle, "--data", data, "--folder") == 0
    words = "\x1b[2J\x1b[HHOLDS: 4 entries\r\u202e"
    about = json.loads((bundle / "bundle.json").read_text())
    about["parts"] = sorted({*about["parts"], "found.jsonl"})
    (bundle / "bundle.json").write_bytes(encode(about))
    (bundle / "found.jsonl").write_bytes(encode({"words": words}) + b"\n")
    capsys.readouterr()
    assert run("verify", bundle, "--heads", kept_heads) == 2
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == lines[-1] and lines[0].startswith("TAMPERED"), lines
    assert all(line.isprintable() for line in lines), lines
    assert "\\x1b[2J" in "".join(lines)


@pytest.mark.parametrize(
    "spoilt, named", [("policy.txt", "projection_person"), ("bundle.json", "bundle.json")]
)
def test_a_part_that_cannot_be_read_hides_no_alarm(
    data: Path, kept_heads: Path, tmp_path: Path, capsys: Any, spoilt: str, named: str
) -> None:
    """Whoever forged a bundle must not make the alarm a typing mistake by spoiling another part of it."""
    bundle, own = tmp_path / "bundle", data / "policy.txt"
    change_a_person(data)
    assert run("export", bundle, "--data", data, "--folder") == 0
    (bundle / spoilt).write_bytes(b"x" * (MAX_SMALL_BYTES + 1))
    capsys.readouterr()
    assert run("verify", bundle, "--policy", own, "--heads", kept_heads, "--json") == 2
    assert named in json.loads(capsys.readouterr().out)["words"][0]


def test_an_error_is_one_line_that_prints(tmp_path: Path, capsys: Any) -> None:
    assert run("verify", tmp_path / "no\x1b[2J\nHOLDS: 4 entries") == 64
    (line,) = capsys.readouterr().err.splitlines()
    assert line.isprintable() and "\\x1b[2J" in line
