"""Signed notes: other people's notes open, and each kind of malformed note is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hat_clinic.ledger.canonical import b64, unb64
from hat_clinic.ledger.note import MAX_NOTE_BYTES, MAX_SIGNATURES, Vkey, open_note, sign_note
from hat_clinic.vocabulary.errors import BadProof
from tests.ledger.ledger_hands import HEAD, OTHER, Hand

# The published example of Go's golang.org/x/mod/sumdb/note.
GO_VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_TEXT = (
    "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
)
GO_NOTE = (
    GO_TEXT + "\n— PeterNeumann "
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
NAME = "hat.example.org/zh1"
VKEY = HEAD.vkey(NAME)
TEXT = "first\n\nsecond \N{GREEK SMALL LETTER MU}g\n"
NOTE = sign_note(TEXT, NAME, HEAD.sign, HEAD.raw)
LINE = NOTE.removeprefix(TEXT + "\n")


def other_line(name: str, key_id4: bytes = b"\x01\x02\x03\x04", signature: bytes = b"x" * 64) -> str:
    return f"— {name} {b64(key_id4 + signature)}\n"


def vkey_text(key_id4: str, typed_key: bytes) -> str:
    return f"{NAME}+{key_id4}+{b64(typed_key)}"


def refuse(note: bytes | str, words: str | None = None) -> None:
    with pytest.raises(BadProof, match=words):
        open_note(note, [VKEY])


def test_opens_the_note_of_another_program() -> None:
    vkey = Vkey.parse(GO_VKEY)
    assert vkey.text == GO_VKEY
    opened = open_note(GO_NOTE.encode(), [vkey])
    assert opened.text == GO_TEXT
    assert opened.signed_by == (vkey,)


def test_reads_the_key_of_a_public_log() -> None:
    text = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"
    assert Vkey.parse(text).text == text


def test_opens_what_it_signed_as_bytes_and_as_text() -> None:
    for note in (NOTE, NOTE.encode()):
        assert open_note(note, [VKEY]).text == TEXT


def test_text_may_hold_empty_lines() -> None:
    for text in ("\n", "a\n\n\nb\n", "\n\n"):
        assert open_note(sign_note(text, NAME, HEAD.sign, HEAD.raw), [VKEY]).text == text


def test_ignores_unknown_keys_before_and_after() -> None:
    note = (
        TEXT
        + "\n"
        + other_line("someone.example")
        + LINE
        + other_line("witness.example", signature=b"y" * 72)
    )
    assert open_note(note, [VKEY]).signed_by == (VKEY,)


def test_ignores_an_unknown_key_with_the_name_of_a_known_one() -> None:
    note = TEXT + "\n" + other_line(NAME) + LINE
    assert open_note(note, [VKEY]).signed_by == (VKEY,)


def test_ignores_an_unknown_key_with_the_id_of_a_known_one() -> None:
    note = TEXT + "\n" + other_line("someone.example", VKEY.key_id4) + LINE
    assert open_note(note, [VKEY]).signed_by == (VKEY,)


def test_names_every_known_key_that_signed_once() -> None:
    second = OTHER.vkey("witness.example")
    extra = sign_note(TEXT, "witness.example", OTHER.sign, OTHER.raw).removeprefix(TEXT + "\n")
    assert open_note(NOTE + extra + LINE, [VKEY, second]).signed_by == (VKEY, second)


def test_refuses_the_whole_note_if_one_known_key_does_not_fit() -> None:
    second = OTHER.vkey("witness.example")
    bad = other_line("witness.example", second.key_id4)
    with pytest.raises(BadProof, match="does not fit"):
        open_note(NOTE + bad, [VKEY, second])
    assert open_note(NOTE + bad, [VKEY]).text == TEXT


def test_refuses_a_second_false_signature_of_the_same_key() -> None:
    refuse(NOTE + other_line(NAME, VKEY.key_id4), "does not fit")


def test_refuses_a_note_that_only_unknown_keys_signed() -> None:
    refuse(TEXT + "\n" + other_line("someone.example"), "not signed by any known key")
    with pytest.raises(BadProof, match="not signed by any known key"):
        open_note(NOTE, [])


def test_refuses_another_text() -> None:
    refuse(NOTE.replace("first", "First"), "does not fit")


def test_refuses_the_signature_of_another_hand_under_this_name() -> None:
    forged = other_line(NAME, VKEY.key_id4, OTHER.sign(TEXT.encode()))
    refuse(TEXT + "\n" + forged, "does not fit")


def test_boundary_of_the_number_of_signatures() -> None:
    many = "".join(other_line(f"w{number}.example") for number in range(MAX_SIGNATURES - 1))
    assert MAX_SIGNATURES >= 16
    assert open_note(NOTE + many, [VKEY]).text == TEXT
    refuse(NOTE + many + other_line("last.example"), "more than")


@pytest.mark.parametrize(
    "note, words",
    [
        ("", "an empty line"),
        ("text\n", "an empty line"),
        (TEXT, "em dash"),
        (LINE, "an empty line"),
        (TEXT + LINE, "em dash"),
        (TEXT + "\n", "without signatures|em dash"),
        ("text\n\n", "without signatures"),
        (NOTE[:-1], "an empty line"),
        (NOTE + "\n", "without signatures"),
        (NOTE + "trailing", "an empty line"),
        (NOTE + "trailing\n", "em dash"),
        (NOTE.replace("— ", "- "), "em dash"),
        (NOTE.replace("— ", "—"), "em dash"),
        (NOTE.replace("— ", "—  "), "cannot name a key"),
        (f"{TEXT}\n— {NAME}\n", "without a signature"),
        (f"{TEXT}\n— {NAME} \n", "empty signature"),
        (f"{TEXT}\n— {NAME} {b64(VKEY.key_id4)}\n", "empty signature"),
        (f"{TEXT}\n—  {b64(b'x' * 68)}\n", "cannot name a key"),
        (NOTE + other_line("with+plus"), "cannot name a key"),
        (NOTE + other_line("with\u00a0space"), "cannot name a key"),
        (NOTE + other_line("with\u2028line"), "cannot name a key"),
        (NOTE[:-1] + " \n", "base64"),
        (NOTE[:-2] + "\n", "base64"),
        (NOTE[:-1] + "=\n", "base64"),
        (NOTE[:-1] + " AAAA\n", "base64"),
        (NOTE.replace("first", "fir\tst"), "control character"),
        (NOTE.replace("first", "fir\x00st"), "control character"),
        (NOTE.replace("\n", "\r\n"), "control character"),
        (NOTE.replace("first", "\ud800"), "not UTF-8"),
    ],
)
def test_refuses_malformed_notes(note: str, words: str) -> None:
    refuse(note, words)


def test_refuses_bytes_that_are_not_utf_8() -> None:
    refuse(NOTE.encode().replace(b"first", b"fir\xffst"), "not UTF-8")


def test_refuses_a_signature_with_a_second_spelling() -> None:
    blob = LINE.split(" ")[2].rstrip("\n")
    assert blob.endswith("=")
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    at = len(blob.rstrip("=")) - 1
    twin = blob[:at] + letters[letters.index(blob[at]) + 1] + blob[at + 1 :]
    refuse(NOTE.replace(blob, twin), "second spelling")


def test_refuses_an_oversized_note() -> None:
    refuse("a" * MAX_NOTE_BYTES + NOTE, "more than")


def test_line_separators_of_other_alphabets_do_not_split_lines() -> None:
    text = "one\u2028line\u0085still\n"
    assert open_note(sign_note(text, NAME, HEAD.sign, HEAD.raw), [VKEY]).text == text


@pytest.mark.parametrize("text", ["no newline", "tab\t\n", "cr\r\n", ""])
def test_refuses_to_sign_text_that_no_note_can_hold(text: str) -> None:
    with pytest.raises(ValueError):
        sign_note(text, NAME, HEAD.sign, HEAD.raw)


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\nb", "a\u3000b", "a\ud800"])
def test_refuses_to_sign_under_a_name_that_is_none(name: str) -> None:
    with pytest.raises(BadProof):
        sign_note(TEXT, name, HEAD.sign, HEAD.raw)


def test_refuses_to_let_a_false_signature_out() -> None:
    with pytest.raises(BadProof):
        sign_note(TEXT, NAME, OTHER.sign, HEAD.raw)


@pytest.mark.parametrize(
    "text",
    [
        "",
        NAME,
        VKEY.text.replace("+", " "),
        VKEY.text.upper(),
        VKEY.text + "\n",
        VKEY.text[:-1],
        "with space" + VKEY.text.removeprefix(NAME),
        "other.example" + VKEY.text.removeprefix(NAME),
        vkey_text("00000000", b"\x01" + HEAD.raw),
        vkey_text(VKEY.key_id4.hex(), b"\x04" + HEAD.raw),
        vkey_text(VKEY.key_id4.hex(), b"\x01" + HEAD.raw + b"x"),
        f"{NAME}+{VKEY.key_id4.hex()}+",
    ],
)
def test_refuses_malformed_keys(text: str) -> None:
    with pytest.raises(BadProof):
        Vkey.parse(text)


def test_the_same_key_known_twice_is_our_own_mistake() -> None:
    with pytest.raises(ValueError, match="twice"):
        open_note(NOTE, [VKEY, VKEY])


def test_flipping_any_bit_of_the_signature_line_opens_nothing() -> None:
    data = NOTE.encode()
    for place in range(len(data) - len(LINE.encode()), len(data)):
        for bit in range(8):
            bent = bytearray(data)
            bent[place] ^= 1 << bit
            refuse(bytes(bent))


@given(st.binary(max_size=80))
def test_any_bytes_are_refused(data: bytes) -> None:
    refuse(data)


@given(st.text(st.characters(exclude_categories=["Cs"], min_codepoint=32), max_size=30), st.integers(0, 9))
def test_round_trip(text: str, hand: int) -> None:
    signer = Hand(f"hand {hand}")
    note = sign_note(text + "\n", NAME, signer.sign, signer.raw)
    assert open_note(note, [signer.vkey(NAME)]).text == text + "\n"
    assert unb64(note.rsplit(" ", 1)[1][:-1])[:4] == signer.vkey(NAME).key_id4
