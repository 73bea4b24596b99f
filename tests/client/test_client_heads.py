"""The terminal's memory of the log: what it keeps, what it refuses, and that it never forgets."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from hat_clinic.client.heads import Heads
from hat_clinic.ledger.checkpoint import open_checkpoint
from hat_clinic.ledger.kept_heads import open_heads, split_notes
from hat_clinic.vocabulary.errors import BadProof, Rejected
from hat_clinic.wire.ledger import Consistency
from tests.client.log_in_memory import ORIGIN, MemoryLog, b64


def never_asked(old: int, new: int) -> Consistency:
    raise AssertionError("no proof is needed here")


@pytest.fixture
def log() -> MemoryLog:
    return MemoryLog().grown(3)


def notes(tmp_path: Path) -> bytes:
    return (tmp_path / "t1.notes").read_bytes()


def test_newer_heads_are_kept_one_after_the_other(tmp_path: Path, log: MemoryLog) -> None:
    heads = Heads(tmp_path, "t1", log.vkey)
    first = log.head()
    heads.keep(first, never_asked)
    second = log.grown(8).head()
    assert heads.keep(second, log.consistency).size == 8
    assert notes(tmp_path).decode() == f"{first}\n{second}\n"
    assert stat.S_IMODE((tmp_path / "t1.notes").stat().st_mode) == 0o600
    kept = open_heads(split_notes(notes(tmp_path)), ORIGIN, log.vkey)
    assert [each.size for each in kept] == [3, 8]


def test_the_same_head_again_is_not_kept_twice(tmp_path: Path, log: MemoryLog) -> None:
    heads = Heads(tmp_path, "t1", log.vkey)
    heads.keep(log.head(), never_asked)
    heads.keep(log.head(), never_asked)
    assert len(split_notes(notes(tmp_path))) == 1


def test_a_smaller_head_that_comes_late_must_begin_the_newest(tmp_path: Path, log: MemoryLog) -> None:
    heads = Heads(tmp_path, "t1", log.vkey)
    late = log.head()
    heads.keep(log.grown(6).head(), never_asked)
    heads.keep(late, log.consistency)
    heads.require_sound()
    assert heads.newest is not None and heads.newest.size == 6


def test_what_was_kept_is_known_after_a_restart(tmp_path: Path, log: MemoryLog) -> None:
    heads = Heads(tmp_path, "t1", log.vkey)
    heads.keep(log.head(), never_asked)
    heads.close()
    again = Heads(tmp_path, "t1", log.vkey)
    assert again.newest == open_checkpoint(log.head(), ORIGIN, log.vkey)


@pytest.mark.parametrize("cut", [1, 2, 20, 130])
def test_a_last_head_cut_short_by_a_crash_is_dropped(tmp_path: Path, log: MemoryLog, cut: int) -> None:
    heads = Heads(tmp_path, "t1", log.vkey)
    heads.keep(log.head(), never_asked)
    whole = notes(tmp_path)
    heads.keep(log.grown(4).head(), log.consistency)
    heads.close()
    path = tmp_path / "t1.notes"
    path.write_bytes(path.read_bytes()[:-cut])
    again = Heads(tmp_path, "t1", log.vkey)
    assert again.newest is not None and again.newest.size == 3
    assert notes(tmp_path) == whole


def test_refuses_a_rewritten_log_for_ever_and_keeps_the_evidence(tmp_path: Path, log: MemoryLog) -> None:
    heads = Heads(tmp_path, "t1", log.vkey)
    heads.keep(log.head(), never_asked)
    before = notes(tmp_path)
    rewritten = MemoryLog()
    rewritten.add(b"another past")
    other = rewritten.grown(5).head()
    with pytest.raises(BadProof, match="THE RECORD WAS CHANGED"):
        heads.keep(other, rewritten.consistency)
    assert notes(tmp_path) == before
    assert (tmp_path / "t1.contradictions").read_text() == f"{other}\n"
    with pytest.raises(BadProof, match="Nothing more is signed"):
        heads.require_sound()
    heads.close()
    with pytest.raises(BadProof, match="Nothing more is signed"):
        Heads(tmp_path, "t1", log.vkey).require_sound()


def test_refuses_another_log_of_the_same_size(tmp_path: Path, log: MemoryLog) -> None:
    heads = Heads(tmp_path, "t1", log.vkey)
    heads.keep(log.head(), never_asked)
    other = MemoryLog()
    other.add(b"another past")
    with pytest.raises(BadProof, match="two different logs of 3 entries"):
        heads.keep(other.grown(3).head(), never_asked)


def test_refuses_an_older_copy_that_was_restored(tmp_path: Path, log: MemoryLog) -> None:
    heads = Heads(tmp_path, "t1", log.vkey)
    older = log.head()
    heads.keep(log.grown(7).head(), never_asked)

    def too_short(old: int, new: int) -> Consistency:
        raise Rejected("the log has 3 entries", "to")

    with pytest.raises(BadProof, match="the log has 3 entries"):
        heads.keep(older, too_short)


def test_refuses_a_proof_between_other_sizes(tmp_path: Path, log: MemoryLog) -> None:
    heads = Heads(tmp_path, "t1", log.vkey)
    heads.keep(log.head(), never_asked)
    newer = log.grown(9).head()
    with pytest.raises(BadProof, match="between other sizes"):
        heads.keep(newer, lambda old, new: log.consistency(2, 9))


def test_refuses_a_proof_with_a_hash_changed(tmp_path: Path, log: MemoryLog) -> None:
    heads = Heads(tmp_path, "t1", log.vkey)
    heads.keep(log.head(), never_asked)
    newer = log.grown(9).head()

    def changed(old: int, new: int) -> Consistency:
        true = log.consistency(old, new)
        return true.model_copy(update={"hashes": [b64(bytes(32)), *true.hashes[1:]]})

    with pytest.raises(BadProof, match="THE RECORD WAS CHANGED"):
        heads.keep(newer, changed)


def test_a_head_of_another_key_is_refused_and_stops_nothing(tmp_path: Path, log: MemoryLog) -> None:
    heads = Heads(tmp_path, "t1", log.vkey)
    heads.keep(log.head(), never_asked)
    with pytest.raises(BadProof, match="not signed by any known key"):
        heads.keep(MemoryLog("stranger").grown(9).head(), log.consistency)
    heads.require_sound()


def test_refuses_a_file_with_a_head_of_another_key(tmp_path: Path, log: MemoryLog) -> None:
    path = tmp_path / "t1.notes"
    path.write_text(MemoryLog("stranger").grown(2).head() + "\n")
    path.chmod(0o600)
    with pytest.raises(BadProof, match="not signed by any known key"):
        Heads(tmp_path, "t1", log.vkey)


def test_refuses_a_file_whose_heads_do_not_grow(tmp_path: Path, log: MemoryLog) -> None:
    path = tmp_path / "t1.notes"
    path.write_text(f"{log.head()}\n{log.head()}\n")
    path.chmod(0o600)
    with pytest.raises(BadProof, match="do not grow"):
        Heads(tmp_path, "t1", log.vkey)


def test_refuses_a_file_that_others_may_open(tmp_path: Path, log: MemoryLog) -> None:
    path = tmp_path / "t1.notes"
    path.touch(mode=0o644)
    with pytest.raises(Rejected, match="others may open"):
        Heads(tmp_path, "t1", log.vkey)


def test_refuses_a_second_program_on_the_same_file(tmp_path: Path, log: MemoryLog) -> None:
    first = Heads(tmp_path, "t1", log.vkey)
    with pytest.raises(Rejected, match="another program"):
        Heads(tmp_path, "t1", log.vkey)
    first.close()


def test_refuses_a_link(tmp_path: Path, log: MemoryLog) -> None:
    (tmp_path / "elsewhere").touch(mode=0o600)
    (tmp_path / "t1.notes").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Rejected, match="through a link"):
        Heads(tmp_path, "t1", log.vkey)
