"""What was asked for survives: crashes, lost answers, full disks."""

from __future__ import annotations

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hat_clinic.client.outbox import ACCEPTED, Outbox
from hat_clinic.vocabulary.errors import Rejected
from hat_clinic.vocabulary.strict_json import JsonValue
from tests.client.log_in_memory import request_id

ADA, BO = "ada", "bo"
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
BODY: dict[str, JsonValue] = {"dose": "d1", "mass": {"of": "base", "ug": 1000}}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "outbox" / "t1.jsonl"


def test_a_request_waits_until_its_outcome_is_known(path: Path) -> None:
    box = Outbox(path)
    one = box.put(request_id(1), ADA, "permit-dose", BODY, by_hand=False)
    two = box.put(request_id(2), BO, "give-dose", BODY, by_hand=True)
    assert box.waiting() == (one, two)
    assert box.waiting(BO) == (two,)
    box.settle(request_id(1), ACCEPTED)
    assert box.waiting() == (two,)


def test_what_waits_is_known_after_a_crash(path: Path) -> None:
    box = Outbox(path)
    box.put(request_id(1), ADA, "permit-dose", BODY, by_hand=False)
    box.put(request_id(2), ADA, "give-dose", BODY, by_hand=True)
    box.signed(request_id(2), "statement", b"envelope")
    before = box.waiting()
    box.close()
    assert Outbox(path).waiting() == before
    assert before[1].envelope == b"envelope" and before[1].statement == "statement"


def test_the_request_is_on_disk_before_put_returns(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    box, synced = Outbox(path), []
    real = os.fsync

    def fsync(handle: int) -> None:
        synced.append(path.read_bytes())
        real(handle)

    monkeypatch.setattr(os, "fsync", fsync)
    box.put(request_id(1), ADA, "permit-dose", BODY, by_hand=False)
    assert len(synced) == 1 and request_id(1).encode() in synced[0]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_file_only_grows_while_something_waits_and_is_empty_when_nothing_does(path: Path) -> None:
    box = Outbox(path)
    box.put(request_id(1), ADA, "permit-dose", BODY, by_hand=False)
    first = path.read_bytes()
    box.put(request_id(2), ADA, "permit-dose", BODY, by_hand=False)
    box.settle(request_id(1), ACCEPTED)
    assert path.read_bytes().startswith(first)
    box.settle(request_id(2), ACCEPTED)
    assert path.read_bytes() == b""


@pytest.mark.parametrize("cut", [1, 5, 60])
def test_a_last_line_cut_short_was_never_sent(path: Path, cut: int) -> None:
    box = Outbox(path)
    box.put(request_id(1), ADA, "permit-dose", BODY, by_hand=False)
    box.put(request_id(2), ADA, "permit-dose", BODY, by_hand=False)
    box.close()
    path.write_bytes(path.read_bytes()[:-cut])
    again = Outbox(path)
    assert [each.request for each in again.waiting()] == [request_id(1)]
    again.put(request_id(3), ADA, "permit-dose", BODY, by_hand=False)
    again.close()
    assert len(Outbox(path).waiting()) == 2


def test_a_line_that_could_not_be_written_leaves_nothing_behind(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    box = Outbox(path)
    box.put(request_id(1), ADA, "permit-dose", BODY, by_hand=False)
    before = path.read_bytes()

    def disk_full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", disk_full)
        with pytest.raises(OSError, match="No space"):
            box.put(request_id(2), ADA, "permit-dose", BODY, by_hand=False)
    assert path.read_bytes() == before
    assert len(box.waiting()) == 1


@pytest.mark.parametrize(
    "line",
    [
        b"{}",
        b"not json",
        b'{"settled":{"outcome":"accepted","request":"unknown"}}',
        b'{"asked":{"act":"a","body":{},"by_hand":true,"person":"p","request":"no uuid"}}',
        b'{"asked":{"act":"a","body":{},"by_hand":1,"person":"p","request":"x"}}',
    ],
)
def test_refuses_a_line_of_another_form_naming_it(path: Path, line: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(line + b"\n")
    path.chmod(0o600)
    with pytest.raises(Rejected, match="cannot be read") as caught:
        Outbox(path)
    assert caught.value.field.endswith("line 1")


def test_a_request_is_meant_for_two_minutes_and_an_undated_one_no_more(path: Path) -> None:
    box = Outbox(path)
    box.put(request_id(1), ADA, "permit-dose", BODY, by_hand=False, at=NOON)
    box.put(request_id(2), ADA, "permit-dose", BODY, by_hand=False)
    box.close()
    dated, undated = Outbox(path).waiting()
    assert dated.at == NOON and undated.at is None
    assert dated.is_meant(NOON) and dated.is_meant(NOON + timedelta(seconds=119))
    assert not dated.is_meant(NOON + timedelta(seconds=120))
    assert not dated.is_meant(NOON - timedelta(seconds=1)) and not undated.is_meant(NOON)


@pytest.mark.parametrize("more, before", [(b'"at":"noon",', b'"body"'), (b'"more":"x",', b'"person"')])
def test_refuses_a_request_with_members_that_none_has(path: Path, more: bytes, before: bytes) -> None:
    box = Outbox(path)
    box.put(request_id(1), ADA, "permit-dose", BODY, by_hand=False)
    box.close()
    path.write_bytes(path.read_bytes().replace(before, more + before, 1))
    with pytest.raises(Rejected, match="cannot be read"):
        Outbox(path)


def test_refuses_the_same_id_twice(path: Path) -> None:
    box = Outbox(path)
    box.put(request_id(1), ADA, "permit-dose", BODY, by_hand=False)
    with pytest.raises(Rejected, match="waiting already"):
        box.put(request_id(1), ADA, "permit-dose", BODY, by_hand=False)


def test_refuses_a_body_no_request_can_have(path: Path) -> None:
    box = Outbox(path)
    with pytest.raises(Rejected, match="no request can hold this"):
        box.put(request_id(1), ADA, "permit-dose", {"mass": None}, by_hand=False)
    assert box.waiting() == () and path.read_bytes() == b""


def test_several_threads_lose_nothing_of_each_others(path: Path) -> None:
    box, stays = Outbox(path), [request_id(1000 + number) for number in range(8)]

    def work(place: int) -> None:
        for number in range(25):
            passing = request_id(place * 25 + number + 1)
            box.put(passing, ADA, "permit-dose", BODY, by_hand=False)
            box.settle(passing, ACCEPTED)
            box.settle(passing, ACCEPTED)
        box.put(stays[place], ADA, "permit-dose", BODY, by_hand=False)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    box.close()
    assert sorted(each.request for each in Outbox(path).waiting()) == sorted(stays)
