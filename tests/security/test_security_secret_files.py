"""Secret files: the owner's alone, whole or absent, never written over."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from hat_clinic.security import secret_files
from hat_clinic.security.secret_files import read_secret, require_own, write_secret
from hat_clinic.vocabulary.errors import Rejected

DATA = bytes(range(32))


def test_what_was_written_is_read_and_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "root.secret"
    before = os.umask(0)
    try:
        write_secret(path, DATA)
    finally:
        os.umask(before)
    assert read_secret(path, length=32) == DATA
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [p.name for p in tmp_path.iterdir()] == ["root.secret"]


def test_refuses_to_write_over_anything(tmp_path: Path) -> None:
    path = tmp_path / "root.secret"
    write_secret(path, DATA)
    with pytest.raises(FileExistsError):
        write_secret(path, b"other")
    assert read_secret(path) == DATA
    dangling = tmp_path / "dangling"
    dangling.symlink_to(tmp_path / "nowhere")
    with pytest.raises(FileExistsError):
        write_secret(dangling, DATA)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["dangling", "root.secret"]


@pytest.mark.parametrize("mode", [0o640, 0o620, 0o610, 0o604, 0o602, 0o601, 0o644, 0o666])
def test_refuses_a_secret_that_others_may_open(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "root.secret"
    write_secret(path, DATA)
    path.chmod(mode)
    with pytest.raises(Rejected, match="chmod 600") as caught:
        read_secret(path)
    assert caught.value.field == str(path)


def test_allows_a_secret_its_owner_can_only_read(tmp_path: Path) -> None:
    path = tmp_path / "root.secret"
    write_secret(path, DATA)
    path.chmod(0o400)
    assert read_secret(path) == DATA


def test_refuses_a_link_and_what_is_no_file(tmp_path: Path) -> None:
    write_secret(tmp_path / "root.secret", DATA)
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "root.secret")
    with pytest.raises(Rejected, match="link"):
        read_secret(link)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe, 0o600)
    with pytest.raises(Rejected, match="ordinary file"):
        read_secret(pipe)
    with pytest.raises((Rejected, IsADirectoryError)):
        read_secret(tmp_path)


def test_refuses_a_secret_of_another_user(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give a file to another user")
    path = tmp_path / "root.secret"
    write_secret(path, DATA)
    os.chown(path, 12345, 12345)
    with pytest.raises(Rejected, match="another user"):
        read_secret(path)


@pytest.mark.parametrize("mode", [0o777, 0o770, 0o720, 0o702])
def test_refuses_a_folder_that_others_may_change(tmp_path: Path, mode: int) -> None:
    folder = tmp_path / "clinic"
    folder.mkdir()
    folder.chmod(mode)
    link = tmp_path / "link"
    link.symlink_to(folder)
    for path in (folder, link):
        with pytest.raises(Rejected, match="go-w") as caught:
            require_own(path)
        assert caught.value.field == str(path)
    folder.chmod(0o755)
    require_own(link)


def test_refuses_what_everybody_may_read_where_it_is_to_be_hidden(tmp_path: Path) -> None:
    path = tmp_path / "server.key"
    path.write_bytes(DATA)
    for mode, hidden in ((0o644, False), (0o640, True), (0o600, True)):
        path.chmod(mode)
        require_own(path, hidden=hidden)
    for mode in (0o644, 0o604, 0o601):
        path.chmod(mode)
        with pytest.raises(Rejected, match="o-rwx"):
            require_own(path, hidden=True)


def test_refuses_what_belongs_to_a_third_user(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give a file to another user")
    path = tmp_path / "config.toml"
    path.write_bytes(DATA)
    os.chown(path, 12345, 12345)
    with pytest.raises(Rejected, match="another user"):
        require_own(path)


@pytest.mark.parametrize("length", [31, 33])
def test_refuses_a_secret_of_another_length(tmp_path: Path, length: int) -> None:
    path = tmp_path / "root.secret"
    write_secret(path, DATA)
    with pytest.raises(Rejected, match="expected"):
        read_secret(path, length=length)


def test_refuses_a_secret_without_end(tmp_path: Path) -> None:
    path = tmp_path / "root.secret"
    write_secret(path, bytes(secret_files.LARGEST + 1))
    with pytest.raises(Rejected, match="at most"):
        read_secret(path)


def test_a_missing_file_or_folder_is_said_plainly(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_secret(tmp_path / "none")
    with pytest.raises(FileNotFoundError):
        write_secret(tmp_path / "none" / "root.secret", DATA)


@pytest.mark.parametrize("failing", ["fchmod", "fsync", "link"])
def test_a_failure_leaves_no_file_behind(
    tmp_path: Path, failing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(f"{failing} failed")

    monkeypatch.setattr(os, failing, fail)
    with pytest.raises(OSError, match=f"{failing} failed"):
        write_secret(tmp_path / "root.secret", DATA)
    assert list(tmp_path.iterdir()) == []
