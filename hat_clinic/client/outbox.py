"""What this terminal has asked for and does not yet know the outcome of.

A request id and its body are on disk before they are sent. After a crash or a lost answer the
same request is sent again under the same id until its outcome is known, so that nothing is done
twice and nothing that was signed is forgotten. One line of canonical JSON for each step:

    {"asked": ...}     about to be sent      {"signed": ...}   the envelope, about to be sent
    {"settled": ...}   outcome known and proven
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from hat_clinic.client.own_files import GrowingFile
from hat_clinic.ledger.canonical import b64, decode, encode, unb64
from hat_clinic.vocabulary.errors import BadProof, Rejected
from hat_clinic.vocabulary.ids import is_uuid7
from hat_clinic.vocabulary.moments import moment_text, parse_moment
from hat_clinic.vocabulary.strict_json import JsonValue

MEANT_FOR = timedelta(seconds=120)
"""As long as a statement is good for its signature."""
ACCEPTED, REFUSED, NOT_DECIDED = "accepted", "refused", "not-decided"


@dataclass(frozen=True, slots=True)
class Waiting:
    """A request whose outcome is not known. `envelope` is there once its statement was signed.

    `by_hand` says whether the act is one that a person signs; `at` is when it was asked for, by this
    terminal's clock.
    """

    request: str
    person: str
    act: str
    body: dict[str, JsonValue]
    by_hand: bool
    statement: str | None = None
    envelope: bytes | None = None
    at: datetime | None = None

    @property
    def is_draft(self) -> bool:
        """Whether it only asked for a statement, which nobody has signed."""
        return self.by_hand and self.envelope is None

    def is_meant(self, now: datetime) -> bool:
        """Whether it may still be done as if it were asked for now.

        Why: an assessment that never arrived must not be recorded hours later, as one just made.
        """
        return self.at is not None and timedelta(0) <= now - self.at < MEANT_FOR


class Outbox:
    """The requests of one terminal, in a file of its own.

    Refuses: a file that holds anything but whole lines of this form; a last line that a crash
    cut short was never acted upon and is dropped.
    Raises: Rejected, naming the file and the line; OSError.
    """

    def __init__(self, path: Path) -> None:
        # Else one thread could empty the file between another's append and its own note of it.
        self._lock = threading.Lock()
        self._file = GrowingFile(path)
        try:
            self._waiting = self._read()
        except Rejected:
            self._file.close()
            raise

    def put(
        self,
        request: str,
        person: str,
        act: str,
        body: dict[str, JsonValue],
        by_hand: bool,
        at: datetime | None = None,
    ) -> Waiting:
        """The request is on disk and may be sent.

        Raises: Rejected, for a body that no request can have, or an id that was used before.
        """
        one = Waiting(request, person, act, body, by_hand, at=at)
        members: dict[str, JsonValue] = {
            "request": request,
            "person": person,
            "act": act,
            "body": body,
            "by_hand": by_hand,
        }
        if at is not None:
            members["at"] = moment_text(at)
        with self._lock:
            if request in self._waiting:
                raise Rejected("this request id is waiting already", "request")
            self._append({"asked": members})
            self._waiting[request] = one
        return one

    def signed(self, request: str, statement: str, envelope: bytes) -> Waiting:
        """The signed statement of this request is on disk and may be sent.

        Raises: Rejected, for a request that does not wait.
        """
        line: dict[str, JsonValue] = {"request": request, "statement": statement, "envelope": b64(envelope)}
        with self._lock:
            if request not in self._waiting:
                raise Rejected("this request is settled; ask for a new statement", "request")
            one = replace(self._waiting[request], statement=statement, envelope=envelope)
            self._append({"signed": line})
            self._waiting[request] = one
        return one

    def settle(self, request: str, outcome: str) -> None:
        """The outcome is known; nothing is sent again under this id. Twice is as good as once.

        Why the file starts anew when nothing waits: bodies hold patients' names, the ledger has
        all that counts, and what was shredded there must not live on here.
        """
        with self._lock:
            if request not in self._waiting:
                return
            self._append({"settled": {"request": request, "outcome": outcome}})
            del self._waiting[request]
            if not self._waiting:
                self._file.cut(0)

    def waiting(self, person: str | None = None) -> tuple[Waiting, ...]:
        """What waits, oldest first; of this person alone if one is named."""
        with self._lock:
            return tuple(each for each in self._waiting.values() if person in (None, each.person))

    def close(self) -> None:
        """The file is free for another program."""
        self._file.close()

    def _append(self, line: dict[str, JsonValue]) -> None:
        try:
            data = encode(line)
        except ValueError as error:
            raise Rejected(f"no request can hold this: {error}", "body") from None
        self._file.append(data + b"\n")

    def _read(self) -> dict[str, Waiting]:
        data = self._file.read()
        whole = data.rfind(b"\n") + 1
        if whole != len(data):
            self._file.cut(whole)
        found: dict[str, Waiting] = {}
        for number, line in enumerate(data[:whole].splitlines(), start=1):
            try:
                _apply(found, decode(line))
            except (BadProof, Rejected, KeyError) as error:
                where = f"{self._file.path}, line {number}"
                raise Rejected(f"the outbox cannot be read: {error}", where) from error
        return found


def _apply(found: dict[str, Waiting], line: JsonValue) -> None:
    match line:
        case {
            "asked": {
                "request": str(request),
                "person": str(person),
                "act": str(act),
                "body": dict(body),
                "by_hand": bool(by_hand),
                **more,
            }
        } if more.keys() <= {"at"} and is_uuid7(request) and request not in found:
            at = parse_moment(str(more["at"])) if more else None
            found[request] = Waiting(request, person, act, body, by_hand, at=at)
        case {"signed": {"request": str(request), "statement": str(statement), "envelope": envelope}}:
            found[request] = replace(found[request], statement=statement, envelope=unb64(envelope))
        case {"settled": {"request": str(request), "outcome": str()}}:
            del found[request]
        case _:
            raise BadProof("no line of an outbox")
