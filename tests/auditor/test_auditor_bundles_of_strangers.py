"""A bundle somebody hands over is read as a stranger's: refused, or told what is wrong with it."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from hat_clinic.handlers.bundle_files import (
    ABOUT,
    ENTRIES,
    MAX_LINE_BYTES,
    MAX_SMALL_BYTES,
    PROJECTIONS,
    REQUESTS,
)
from hat_clinic.handlers.verdict import OTHER_ANCHOR, Code
from hat_clinic.ledger.canonical import decode_object, encode
from hat_clinic.vocabulary.errors import Rejected
from tests.auditor.verified_clinic import Inspector, exported, open_clinic, verdict
from tests.clinic import Clinic

ROW, NONE = frozenset({"table", "row"}), frozenset[str]()


@pytest.fixture
def clinic(engine: Engine) -> Iterator[Clinic]:
    one = open_clinic(engine)
    yield one
    one.close()


@pytest.fixture
def inspector(clinic: Clinic) -> Inspector:
    return Inspector(clinic)


@pytest.fixture
def archive(inspector: Inspector, tmp_path: Path) -> Path:
    target = tmp_path / "bundle.zip"
    exported(inspector, target)
    return target


def parts(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as found:
        return {name: found.read(name) for name in found.namelist()}


def pack(path: Path, members: list[tuple[str, bytes]]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in members:
            made.writestr(name, data)
    return path


@pytest.mark.parametrize(
    "name", ["../policy.txt", "/policy.txt", "parts/policy.txt", "policy.txt/", "C:policy.txt", "extra", " "]
)
def test_a_part_no_bundle_has_is_refused(
    inspector: Inspector, archive: Path, tmp_path: Path, name: str
) -> None:
    strange = pack(tmp_path / "strange.zip", [*parts(archive).items(), (name, b"x")])
    with pytest.raises(Rejected, match="no bundle has"):
        verdict(inspector, strange)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_part_that_is_there_twice_is_refused(inspector: Inspector, archive: Path, tmp_path: Path) -> None:
    strange = pack(tmp_path / "strange.zip", [*parts(archive).items(), ("checkpoint", b"x")])
    with pytest.raises(Rejected, match="twice"):
        verdict(inspector, strange)


def test_a_part_that_would_grow_beyond_measure_is_refused(
    inspector: Inspector, archive: Path, tmp_path: Path
) -> None:
    bomb = {**parts(archive), "heads.jsonl": bytes(64 << 20)}
    with pytest.raises(Rejected, match="beyond all measure"):
        verdict(inspector, pack(tmp_path / "bomb.zip", list(bomb.items())))


def test_what_is_no_archive_is_refused(inspector: Inspector, tmp_path: Path) -> None:
    (tmp_path / "text").write_text("hello")
    with pytest.raises(Rejected, match="no bundle"):
        verdict(inspector, tmp_path / "text")
    with pytest.raises(Rejected, match="without bundle"):
        verdict(inspector, pack(tmp_path / "empty.zip", []))
    (tmp_path / "folder").mkdir()
    with pytest.raises(Rejected, match="without bundle"):
        verdict(inspector, tmp_path / "folder")


def test_links_and_folders_in_a_folder_are_refused(inspector: Inspector, tmp_path: Path) -> None:
    folder = tmp_path / "bundle"
    exported(inspector, folder, as_folder=True)
    (folder / "policy.txt").rename(tmp_path / "elsewhere")
    (folder / "policy.txt").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Rejected, match="ordinary file"):
        verdict(inspector, folder)
    (folder / "policy.txt").unlink()
    (folder / "policy.txt").mkdir()
    with pytest.raises(Rejected, match="ordinary file"):
        verdict(inspector, folder)


@pytest.mark.parametrize(
    "line",
    [b"", b"{}", b"[]", b'{"seq": 1}', b"null", b"\xff", b"x" * (MAX_LINE_BYTES + 1), b'{"leaf":1,"seq":0}'],
    ids=["empty", "nothing", "list", "spaces", "null", "no text", "long", "wrong type"],
)
def test_a_line_that_is_not_ours_is_tampering(inspector: Inspector, tmp_path: Path, line: bytes) -> None:
    for name in (ENTRIES, "heads.jsonl", "nodes.jsonl", REQUESTS, PROJECTIONS):
        folder = tmp_path / name
        exported(inspector, folder, as_folder=True)
        with (folder / name).open("ab") as file:
            file.write(line + b"\n")
        found = verdict(inspector, folder)
        assert found.code is Code.TAMPERED, f"{name}: {found.text()}"


@pytest.mark.parametrize(
    "respell",
    [
        lambda row: '{"key":"another","site_id":"zh1",' + row[1:],
        lambda row: " " + row,
        lambda row: "[" * 100_000 + "]" * 100_000,
        lambda row: row.replace('"key":"', '"key":"\\ud800'),
        lambda row: row.replace('"site_id":"zh1"', '"site_id":9223372036854775808'),
    ],
    ids=["members twice", "spaces", "deep", "half a surrogate pair", "too large for a table"],
)
def test_a_row_of_a_projection_has_one_spelling_and_a_place(
    inspector: Inspector, tmp_path: Path, respell: Callable[[str], str]
) -> None:
    """Two programs that read one row differently could be shown two records."""
    exported(inspector, tmp_path / "b", as_folder=True)
    file = tmp_path / "b" / PROJECTIONS
    lines = [decode_object(line, ROW, NONE) for line in file.read_bytes().splitlines()]
    changed = [line | {"row": respell(str(line["row"]))} for line in lines]
    assert changed != lines
    file.write_bytes(b"".join(encode(line) + b"\n" for line in changed))
    found = verdict(inspector, tmp_path / "b")
    assert found.code is Code.TAMPERED and PROJECTIONS in found.words[0], found.text()


def test_a_trust_anchor_in_the_bundle_that_cannot_be_read_stops_nothing(
    inspector: Inspector, tmp_path: Path
) -> None:
    """Who has an own copy needs none; and whoever spoilt this one must not escape the verdict."""
    exported(inspector, tmp_path / "b", as_folder=True)
    (tmp_path / "b" / "policy.txt").write_bytes(b"x" * (MAX_SMALL_BYTES + 1))
    found = verdict(inspector, tmp_path / "b")
    assert found.code is Code.HOLDS and OTHER_ANCHOR in found.words, found.text()


def test_a_version_is_a_number(inspector: Inspector, tmp_path: Path) -> None:
    exported(inspector, tmp_path / "b", as_folder=True)
    about = tmp_path / "b" / ABOUT
    about.write_bytes(about.read_bytes().replace(b'"v":1', b'"v":true'))
    assert verdict(inspector, tmp_path / "b").code is Code.TAMPERED


def test_a_damaged_archive_is_tampering_not_a_crash(
    inspector: Inspector, archive: Path, tmp_path: Path
) -> None:
    data = bytearray(archive.read_bytes())
    data[200] ^= 0xFF  # inside the compressed entries
    (tmp_path / "damaged.zip").write_bytes(bytes(data))
    found = verdict(inspector, tmp_path / "damaged.zip")
    assert found.code is Code.TAMPERED
    assert "damaged" in found.words[0]


def test_nothing_is_written_over(inspector: Inspector, archive: Path) -> None:
    before = archive.read_bytes()
    with pytest.raises(FileExistsError):
        exported(inspector, archive)
    assert archive.read_bytes() == before


def test_a_bundle_is_for_its_owner_only(inspector: Inspector, archive: Path, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    exported(inspector, folder, as_folder=True)
    assert {path.stat().st_mode & 0o077 for path in (archive, folder, *folder.iterdir())} == {0}


def patched(archive: Path, offset: int, value: int, target: Path) -> Path:
    """The archive with one number changed in the last entry of its central directory."""
    data = bytearray(archive.read_bytes())
    data[data.rindex(b"PK\x01\x02") + offset] = value
    target.write_bytes(bytes(data))
    return target


@pytest.mark.parametrize(
    ("offset", "value"), [(6, 106), (8, 0x40), (8, 0x20)], ids=["version", "strong encryption", "patch"]
)
def test_numbers_that_no_zip_of_ours_has_are_told_not_a_crash(
    inspector: Inspector, archive: Path, tmp_path: Path, offset: int, value: int
) -> None:
    try:
        found = verdict(inspector, patched(archive, offset, value, tmp_path / "strange.zip"))
    except Rejected:
        return
    assert found.code is Code.TAMPERED and "damaged" in found.words[0], found.text()
