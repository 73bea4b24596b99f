"""Every exception this project raises on purpose, on one page, with its HTTP status.

Two families that must not be mixed: `BadProof` says that something *sent to us*
does not verify (the sender is told, nothing stops); `LedgerBroken` says that what
*we stored* disagrees with itself (writing stops and nobody below the API catches it).

    HatError
    ├── Refused            the rules say no; carries every finding          409
    ├── NotPermitted       this actor may not do this at all                403
    ├── NotFound           it is not here, or you may not know that it is   404
    ├── Clash              this request id already means something else     409
    ├── Rejected           malformed input, with the field                  422
    ├── Unauthenticated    no live sign-in, or an unknown terminal          401
    │   └── UnknownTerminal   of the two, the terminal            handlers/identity.py
    ├── Throttled          too many failures; says how long to wait         429
    ├── BadProof           a signature, proof or note sent to us is false   422
    ├── LedgerBroken       our own record contradicts itself                500, stop
    │   └── RowBroken      so does a row of a table people read   handlers/replaying.py
    ├── WriterStopped      no more work is taken                  store/writer.py     503
    ├── OutcomeUnknown     COMMIT may have happened; process ends store/committer.py  503
    ├── StoreUnusable      the database cannot be opened          store/unusable.py
    │   └── Busy, WrongKey, UnsafeVersion, WrongRole, SchemaBehind
    └── NoAnswer           nothing came back that says what became of it   client/answers.py

Those with a file beside them stand there, because nobody else can raise them. Outside the tree on
purpose is `MixedExpressions` (`quantities.py`): a mistake in the program, never an answer to a person.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NoReturn


@dataclass(frozen=True, slots=True)
class Finding:
    """One reason, named by its rule id, in words a nurse can use.

    A finding cannot be used as a boolean: `if assess_x(...)` must look at the tuple.
    """

    rule: str
    words: str
    source: str = ""

    def __bool__(self) -> NoReturn:
        raise TypeError("a Finding is not a truth value; look at the tuple of findings")


class HatError(Exception):
    """Base of every error raised on purpose. Pickled, it stays what it is, whatever it was made from."""

    def __reduce__(self) -> tuple[Any, ...]:
        return _as_it_was, (type(self), self.args, dict(self.__dict__))


def _as_it_was(kind: type[HatError], args: tuple[Any, ...], members: dict[str, Any]) -> HatError:
    error = kind.__new__(kind, *args)
    error.__dict__.update(members)
    return error


class Refused(HatError):
    """The rules refuse; all findings at once."""

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        if not findings:
            raise ValueError("a refusal names at least one finding")
        super().__init__("; ".join(f"{f.rule} {f.words}" for f in findings))
        self.findings = findings


class NotPermitted(HatError):
    """This actor may not do this here, whatever the state."""

    def __init__(self, words: str, findings: tuple[Finding, ...] = ()) -> None:
        super().__init__(words)
        self.findings = findings


class NotFound(HatError):
    """It does not exist, or the actor may not know that it does."""


class Clash(HatError):
    """The request id was spent on another body, or a fact changed underneath."""


class Rejected(HatError):
    """Malformed input; `field` names where, as a JSON pointer or a plain name."""

    def __init__(self, words: str, field: str = "") -> None:
        super().__init__(words)
        self.field = field


class Unauthenticated(HatError):
    """No live sign-in or clock-in, or an unknown terminal."""


class Throttled(HatError):
    """Too many failures here; `wait` says how long nobody needs to try again."""

    def __init__(self, words: str, wait: timedelta) -> None:
        super().__init__(words)
        self.wait = wait


class BadProof(HatError):
    """Something sent to us does not verify. Nothing stops."""


class LedgerBroken(HatError):
    """What we stored contradicts itself. Writing stops; never caught below the API."""

    def __init__(self, words: str, seq: int | None = None) -> None:
        super().__init__(words if seq is None else f"entry {seq}: {words}")
        self.seq = seq
