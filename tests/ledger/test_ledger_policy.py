"""Policy: what is kept outside the clinic is read exactly, and nothing is promised that is not checked."""

from __future__ import annotations

from hashlib import sha256

import pytest

from hat_clinic.ledger.canonical import b64
from hat_clinic.ledger.policy import MAX_POLICY_BYTES, Policy
from hat_clinic.vocabulary.errors import BadProof
from tests.ledger.ledger_hands import HEAD, ORIGIN, OTHER

LEAF0 = b'{"seq":0}'
POLICY = Policy.of(HEAD.vkey(), LEAF0)
LOG = f"log {HEAD.vkey().text}"
ANCHOR = f"# leaf0 sha256 {b64(sha256(LEAF0).digest())}"


def test_text_is_pinned() -> None:
    assert POLICY.text() == (
        f"# Trust anchor of {ORIGIN}.\n"
        "# Keep a copy where nobody who runs the clinic's computers can change it.\n"
        f"{ANCHOR}\n{LOG}\nquorum none\n"
    )


def test_round_trip() -> None:
    assert Policy.parse(POLICY.text().encode()) == POLICY
    assert POLICY.origin == ORIGIN


def test_reads_the_layout_of_other_programs() -> None:
    text = f"\n \t\n#comment Z\u00fcrich\n\t {LOG}\thttps://example.org/ \n # leaf1\nquorum\t none"
    assert Policy.parse(text.encode()) == Policy(HEAD.vkey(), None)
    assert Policy.parse(Policy(HEAD.vkey(), None).text().encode()).leaf0 is None


def test_bytes_that_are_not_utf_8_may_stand_in_a_comment() -> None:
    assert Policy.parse(b"# \xff\xfe\n" + f"{LOG}\nquorum none\n".encode()).head == HEAD.vkey()


def test_requires_the_leaf_it_names() -> None:
    POLICY.require_leaf0(LEAF0)
    with pytest.raises(BadProof, match="not the one this log began with"):
        POLICY.require_leaf0(LEAF0 + b" ")
    Policy(HEAD.vkey(), None).require_leaf0(b"any")


@pytest.mark.parametrize(
    "text",
    [
        "",
        f"{LOG}\n",
        "quorum none\n",
        f"{LOG}\nquorum none\nquorum none\n",
        f"{LOG}\n{LOG}\nquorum none\n",
        f"{LOG}\nlog {OTHER.vkey().text}\nquorum none\n",
        f"{LOG} https://a https://b\nquorum none\n",
        "log\nquorum none\n",
        f"log {HEAD.vkey().text[:-1]}\nquorum none\n",
        f"{LOG}\nquorum W1\n",
        f"{LOG}\nquorum none none\n",
        f"{LOG}\nwitness W1 {OTHER.vkey().text}\nquorum W1\n",
        f"{LOG}\nwitness W1 {OTHER.vkey().text}\nquorum none\n",
        f"{LOG}\ngroup G any W1\nquorum none\n",
        f"{LOG}\nleaf0 sha256 x\nquorum none\n",
        f"{ANCHOR}\n{ANCHOR}\n{LOG}\nquorum none\n",
        f"# leaf0 sha512 {b64(bytes(32))}\n{LOG}\nquorum none\n",
        f"# leaf0 sha256 {b64(bytes(31))}\n{LOG}\nquorum none\n",
        f"{ANCHOR} more\n{LOG}\nquorum none\n",
        f"# leaf0\n{LOG}\nquorum none\n",
        f"{LOG}\r\nquorum none\r\n",
        f"{LOG}\x00\nquorum none\n",
        f"{LOG}\nquorum\u00a0none\n",
        f"LOG {HEAD.vkey().text}\nquorum none\n",
        f"{LOG}\nquorum none\n" + "#" * MAX_POLICY_BYTES,
    ],
)
def test_refuses_policies_that_cannot_be_checked(text: str) -> None:
    with pytest.raises(BadProof):
        Policy.parse(text.encode())


def test_refuses_a_key_name_that_is_not_utf_8() -> None:
    with pytest.raises(BadProof):
        Policy.parse(LOG.encode().replace(b"hat", b"h\xfft") + b"\nquorum none\n")
