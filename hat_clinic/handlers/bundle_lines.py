"""The lines of a bundle: canonical JSON objects with exactly their members."""

from __future__ import annotations

import json
from collections.abc import Iterator

from hat_clinic.handlers.bundle_files import PROJECTIONS, BundleFiles
from hat_clinic.ledger.canonical import decode_object, unb64
from hat_clinic.vocabulary.errors import BadProof, LedgerBroken
from hat_clinic.vocabulary.strict_json import JsonValue, nests_deeper

Object = dict[str, JsonValue]
_NONE: frozenset[str] = frozenset()


def objects(
    files: BundleFiles, name: str, required: frozenset[str], optional: frozenset[str] = _NONE
) -> Iterator[Object]:
    """The lines of a part, each with these members.

    Raises: LedgerBroken, for a line that has others or is not canonical.
    """
    for number, line in enumerate(files.lines(name), 1):
        try:
            yield decode_object(line, required, optional)
        except BadProof as error:
            raise LedgerBroken(f"{name}, line {number}: {error}") from error


def row_text(row: Object) -> str:
    """A row of a projection, as text that any row has, also one that was never ours."""
    return json.dumps(row, sort_keys=True, separators=(",", ":"))


def row_of(said: str) -> Object:
    """The row of a projection that `row_text` wrote.

    Refuses: every other spelling of it, which another reader could read as another row.
    Raises: LedgerBroken.
    """
    if nests_deeper(said, 1):
        raise LedgerBroken(f"{PROJECTIONS} has a row that is more than one object")
    try:
        row = json.loads(said)
    except ValueError as error:
        raise LedgerBroken(f"{PROJECTIONS} has a row that cannot be read: {error}") from error
    if not isinstance(row, dict) or not all(type(value) in (str, int) for value in row.values()):
        raise LedgerBroken(f"{PROJECTIONS} has a row of something else than text and numbers")
    if row_text(row) != said:
        raise LedgerBroken(f"{PROJECTIONS} has a row in another spelling than its own")
    return row


def text(value: Object, name: str) -> str:
    """A member that is text.

    Raises: LedgerBroken.
    """
    found = value[name]
    if not isinstance(found, str):
        raise LedgerBroken(f"{name} is not text")
    return found


def number(value: Object, name: str) -> int:
    """A member that is a number.

    Raises: LedgerBroken.
    """
    found = value[name]
    if isinstance(found, bool) or not isinstance(found, int):
        raise LedgerBroken(f"{name} is not a number")
    return found


def binary(value: Object, name: str, seq: int | None = None) -> bytes:
    """A member that is base64; `seq` is the entry to name if it is not.

    Raises: LedgerBroken.
    """
    try:
        return unb64(value[name])
    except BadProof as error:
        raise LedgerBroken(f"{name}: {error}", seq=seq) from error
