"""Acts that wait together, and what is left of them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, event

from hat_clinic.ledger.audit import audit, audit_all
from hat_clinic.store import ledger_rows
from hat_clinic.store.engine import reading
from hat_clinic.store.stored_ledger import StoredLedger, require_no_strays
from hat_clinic.store.transaction import Transaction
from hat_clinic.store.writer import Writer
from tests.store.log_of_site import LogOfSite, OneKeyring


class Broke(Exception):
    """What the test does."""


Work = Callable[[Transaction], Any]


def together(
    writer: Writer, works: Sequence[Work], before: Callable[[], object] = lambda: None
) -> list[Future[Any]]:
    """The works, handed in while the writer is busy, so that they wait together; all are settled."""
    begun, go_on = threading.Event(), threading.Event()

    def busy(tx: Transaction) -> None:
        begun.set()
        go_on.wait(10)

    writer.submit(busy)
    assert begun.wait(10)
    futures = [writer.submit(work) for work in works]
    before()
    go_on.set()
    for future in futures:
        future.exception(30)
    return futures


@contextmanager
def commits(engine: Engine) -> Iterator[list[str]]:
    """How often the database was told to commit."""
    found: list[str] = []

    def commit(connection: object) -> None:
        found.append("commit")

    event.listen(engine, "commit", commit)
    yield found
    event.remove(engine, "commit", commit)


def heads(log: LogOfSite) -> list[int]:
    with reading(log.engine) as connection:
        return [size for size, _ in ledger_rows.heads(connection, "zh1")]


def audited(log: LogOfSite) -> int:
    with reading(log.engine) as connection:
        source = StoredLedger(connection, "zh1", log.keys)
        size = audit_all(audit(source, OneKeyring(log), log.keys.head_vkey, [])).size
        require_no_strays(connection, "zh1", size)
        return size


def breaking(number: int, sent: list[str]) -> Callable[..., None]:
    """A listener to statements at which the `number`th fails before it reaches the database."""

    def before(_conn: object, _cursor: object, statement: str, *_: object) -> None:
        sent.append(statement)
        if len(sent) == number:
            raise Broke(statement)

    return before
