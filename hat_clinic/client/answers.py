"""What comes back from an act, and what it means when nothing does."""

from __future__ import annotations

from dataclasses import dataclass

from hat_clinic.vocabulary.errors import Finding, HatError, NotPermitted, Refused
from hat_clinic.wire.answers import Receipt


class NoAnswer(HatError):
    """Nothing came back that says what became of it. It may have been done: ask again."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A decided request. `forbidden` tells a refusal to one who may never from one by the rules.

    `replayed` says that it was decided before and this is the same decision.
    """

    receipt: Receipt
    findings: tuple[Finding, ...] = ()
    forbidden: bool = False
    replayed: bool = False

    @property
    def accepted(self) -> bool:
        """Whether it was done."""
        return self.receipt.outcome == "accepted"

    def refusal(self) -> Refused | NotPermitted:
        """The refusal as an exception, with every finding."""
        if self.forbidden:
            return NotPermitted("; ".join(each.words for each in self.findings), self.findings)
        return Refused(self.findings)
