"""The files of a bundle are closed when it is, however much of them was read."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import pytest

from hat_clinic.handlers.bundle_files import ABOUT, ENTRIES, HEADS, open_bundle


def open_below(folder: Path) -> list[str]:
    """The files in this folder that this process has open."""
    found = []
    for number in os.listdir("/proc/self/fd"):
        try:
            found.append(os.readlink(f"/proc/self/fd/{number}"))
        except FileNotFoundError:
            continue  # the one by which the folder was read
    return [each for each in found if Path(each).is_relative_to(folder)]


@pytest.mark.parametrize("packed", [True, False], ids=["archive", "folder"])
def test_who_stops_in_the_middle_of_a_part_leaves_nothing_open(tmp_path: Path, packed: bool) -> None:
    parts = {ABOUT: b"{}\n", ENTRIES: b"one\ntwo\n", HEADS: b"three\nfour\n"}
    bundle = tmp_path / "bundle"
    if packed:
        with zipfile.ZipFile(bundle, "w") as archive:
            for name, data in parts.items():
                archive.writestr(name, data)
    else:
        bundle.mkdir()
        for name, data in parts.items():
            (bundle / name).write_bytes(data)
    with open_bundle(bundle) as files:
        begun = [files.lines(ENTRIES), files.lines(HEADS)]
        assert [next(each) for each in begun] == [b"one", b"three"]
        assert open_below(tmp_path)
    assert open_below(tmp_path) == []
    assert len(begun) == 2, "they are still here, and hold nothing"
