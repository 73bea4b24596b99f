"""Files of heads that somebody keeps: written one append at a time, read strictly."""

from __future__ import annotations

import pytest

from hat_clinic.ledger.checkpoint import Checkpoint, sign_checkpoint
from hat_clinic.ledger.kept_heads import is_cut, kept, open_heads, origin_of, split_notes
from hat_clinic.ledger.note import Vkey
from hat_clinic.vocabulary.errors import BadProof
from tests.store.log_of_site import key

LOG, OTHER = "hat.invalid/zh1", "hat.invalid/be1"
VKEY = Vkey.of(LOG, key("head").public_raw)


def head(size: int, origin: str = LOG, signer: str = "head") -> str:
    signing = key(signer)
    checkpoint = Checkpoint(origin, size, bytes([size]) * 32, 0)
    return sign_checkpoint(checkpoint, signing.sign, signing.public_raw)


def test_what_was_kept_is_read_back() -> None:
    notes = (head(1), head(5), head(9))
    data = "".join(map(kept, notes)).encode()
    assert split_notes(data) == notes
    assert not is_cut(data)


@pytest.mark.parametrize("end", ["", "\n", "\n\n\n"])
def test_the_end_of_the_file_does_not_matter(end: str) -> None:
    data = (head(1) + "\n" + head(2) + end).encode()
    assert split_notes(data) == (head(1), head(2))
    assert not is_cut(data)


@pytest.mark.parametrize("data", [b"", b"\n", b"\n\n\n"])
def test_an_empty_file_has_no_heads(data: bytes) -> None:
    assert split_notes(data) == ()
    assert not is_cut(data)


def test_a_head_that_a_crash_cut_is_left_aside_wherever_it_was_cut() -> None:
    whole, last = kept(head(1)).encode(), head(2).encode()
    for end in range(1, len(last) - 1):
        data = whole + last[:end]
        assert (split_notes(data), is_cut(data)) == ((head(1),), True), end


def test_a_head_typed_without_a_line_end_is_whole() -> None:
    data = (kept(head(1)) + head(2)[:-1]).encode()
    assert (split_notes(data), is_cut(data)) == ((head(1), head(2)), False)


def test_empty_lines_a_byte_order_mark_and_foreign_line_ends_lose_no_head() -> None:
    data = (kept(head(1)) + "\n\n" + kept(head(2)).replace("\n\n", "\n\n\n", 1)).encode()
    for each in (data, b"\xef\xbb\xbf" + data, data.replace(b"\n", b"\r\n"), b"\n\n" + data):
        assert (split_notes(each), is_cut(each)) == ((head(1), head(2)), False)


@pytest.mark.parametrize(
    "data",
    [
        kept(head(1)) + "kept by inspector\n\n" + kept(head(2)),
        kept(head(1)) + "kept by inspector\n" + kept(head(2)),
        "kept by inspector\n\n" + kept(head(2)),
        kept(head(1)) + head(2).partition("\n\n")[2] + "\n" + kept(head(3)),
        kept(head(1)) + head(2).partition("\n\n")[0] + "\n\n" + kept(head(3)),
        kept(head(1)).replace(LOG, f"{LOG} ", 1),
        kept(head(1)).replace("\n1\n", "\n01\n"),
        kept(head(1)).replace("\n1\n", "\n"),
    ],
    ids=["remark", "remark close by", "remark first", "no text", "no signature", "space", "size", "no size"],
)
def test_a_line_that_belongs_to_no_head_is_told_and_takes_none_with_it(data: str) -> None:
    with pytest.raises(BadProof, match="line"):
        split_notes(data.encode())


def test_a_remark_after_a_signature_is_never_lost_with_the_head_below_it() -> None:
    with pytest.raises(BadProof, match="line"):
        split_notes((head(1) + "seen in May\n" + kept(head(2))).encode())


def test_what_is_no_text_is_refused() -> None:
    with pytest.raises(BadProof):
        split_notes(b"\xff\xfe\n")


def test_each_head_of_this_log_counts_once_and_in_order() -> None:
    found = open_heads((head(9), head(1), head(9), head(3, OTHER)), LOG, VKEY)
    assert [each.size for each in found] == [1, 9]
    assert origin_of(head(3, OTHER)) == OTHER


def test_a_head_that_says_it_is_of_this_log_and_is_not_signed_by_it_is_refused() -> None:
    with pytest.raises(BadProof):
        open_heads((head(1), head(2, signer="stolen")), LOG, VKEY)


def test_a_head_with_the_log_misspelt_above_its_signature_is_not_another_logs() -> None:
    misspelt = head(2).replace(LOG, "hat.invalid/zhl", 1)
    with pytest.raises(BadProof, match="zhl"):
        open_heads((head(1), misspelt), LOG, VKEY)
