"""What a terminal was given when it was enrolled: its secret, its server, and the log's key.

    terminal.json   id, secret, site, server; owner-only      policy.txt   trust anchor of the log

The policy is pinned here once, from the clinic's own copy, and never asked from the server.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from hat_clinic.client.own_files import read_own, write_once
from hat_clinic.ledger.canonical import decode_object, encode
from hat_clinic.ledger.policy import Policy
from hat_clinic.vocabulary.errors import BadProof, Rejected

ENROLMENT, POLICY = "terminal.json", "policy.txt"
_MEMBERS = frozenset({"terminal", "secret", "site", "url"})
_NONE: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Enrolment:
    """One terminal of one site. `secret` shows in no text of this object."""

    terminal: str
    secret: str = field(repr=False)
    site: str
    url: str
    policy: Policy

    def write(self, folder: Path) -> None:
        """Both files are in `folder`, for its owner alone.

        Raises: FileExistsError, if a terminal is enrolled there already.
        """
        members = {"terminal": self.terminal, "secret": self.secret, "site": self.site, "url": self.url}
        write_once(folder / ENROLMENT, encode(members) + b"\n")
        write_once(folder / POLICY, self.policy.text().encode())

    @staticmethod
    def read(folder: Path) -> Enrolment:
        """The enrolment that `write` left in `folder`.

        Raises: Rejected, for files that others may open or that hold something else; OSError.
        """
        try:
            members = decode_object(read_own(folder / ENROLMENT).removesuffix(b"\n"), _MEMBERS, _NONE)
            policy = Policy.parse(read_own(folder / POLICY))
        except BadProof as error:
            raise Rejected(f"this is no enrolment of a terminal: {error}", str(folder)) from error
        texts = {name: value for name, value in members.items() if isinstance(value, str)}
        if texts.keys() != _MEMBERS:
            raise Rejected("an enrolment holds texts only", str(folder / ENROLMENT))
        return Enrolment(texts["terminal"], texts["secret"], texts["site"], texts["url"], policy)
