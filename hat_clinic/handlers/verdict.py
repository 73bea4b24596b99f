"""What `verify` answers: a code for programs, and plain words for people."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum

from hat_clinic.ledger.canonical import b64
from hat_clinic.vocabulary.one_line import one_line
from hat_clinic.vocabulary.strict_json import JsonValue


class Code(IntEnum):
    """The exit codes of `verify`. Where several would fit, the worst is said: 2, then 3, then 4."""

    HOLDS = 0
    TAMPERED = 2
    INCOMPLETE = 3
    POLICY_UNMET = 4


NO_HEAD = (
    "no head of this log was given: whoever has the clinic's keys could have rewritten all of it, and"
    " nobody could tell; give --heads that were kept outside the clinic"
)
NONE_OF_THIS_LOG = (
    "none of the heads given is of this log, so it is as if there were none: whoever has the clinic's"
    " keys could have rewritten all of it, and nobody could tell"
)
NO_ANCHOR = (
    "no trust anchor was given and none lies beside the record: nothing says that this is the log"
    " that was begun here; give --policy"
)

OTHER_ANCHOR = "the policy.txt beside the record is not the one that was given, which alone was believed"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found. `entry` is the first bad entry; `table` and `key` a row, if it is one.

    `covered` is the size of the largest head given that agrees: about the entries after it the
    clinic's own word stands alone.
    """

    code: Code
    origin: str
    words: tuple[str, ...]
    entry: int | None = None
    table: str | None = None
    key: str | None = None
    size: int = 0
    root: bytes = field(default=b"", repr=False)
    erased: int = 0
    withheld: int = 0
    heads: int = 0
    outside_heads: int = 0
    covered: int = 0
    demo: bool = False

    @property
    def headline(self) -> str:
        """The verdict in one line."""
        said = {
            Code.HOLDS: "HOLDS",
            Code.TAMPERED: "TAMPERED",
            Code.INCOMPLETE: "INCOMPLETE",
            Code.POLICY_UNMET: "POLICY UNMET",
        }[self.code]
        demo = "DEMO " if self.demo else ""
        if self.code is Code.HOLDS and self.covered < self.size:
            upto = f"up to entry {self.covered - 1} of {self.size - 1}"
            return f"{demo}{said} {upto}: {self.origin}, root {b64(self.root)}"
        if self.code is not Code.TAMPERED:
            return f"{demo}{said}: {self.size} entries of {self.origin}, root {b64(self.root)}"
        where = f"first bad entry {self.entry}" if self.entry is not None else "no entry made this"
        return f"{demo}{said}: {self.origin}, {where}"

    def text(self) -> str:
        """The headline, every reason, one a line, and the headline again. All of it prints.

        Why again: words come from what was read, and whatever they do, the verdict stands after them.
        """
        said = [self.headline, *(f"  {words}" for words in self.words)]
        return "\n".join(map(one_line, (*said, self.headline) if self.words else said))

    def json(self) -> dict[str, JsonValue]:
        """The verdict for programs; what does not apply is null."""
        return {
            "code": int(self.code),
            "verdict": self.code.name.lower(),
            "origin": self.origin,
            "demo": self.demo,
            "words": list(self.words),
            "first_bad_entry": self.entry,
            "table": self.table,
            "key": self.key,
            "size": self.size,
            "root": b64(self.root) if self.root else None,
            "erased": self.erased,
            "withheld": self.withheld,
            "heads": self.heads,
            "outside_heads": self.outside_heads,
            "covered": self.covered,
        }
