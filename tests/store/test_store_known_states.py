"""What a writer knows from its last transaction: used while the log is where it was, else read anew."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, event

from hat_clinic.store.record import Appended
from hat_clinic.store.schema import projection_page
from hat_clinic.store.transaction import Transaction
from hat_clinic.store.writer import Writer
from tests.store.log_of_site import LogOfSite


@pytest.fixture
def log(engine: Engine) -> LogOfSite:
    return LogOfSite(engine).open()


@pytest.fixture
def reads(engine: Engine) -> Iterator[list[str]]:
    """Every statement that read the table of pages."""
    found: list[str] = []

    def note(conn: object, cursor: object, statement: str, *rest: object) -> None:
        if statement.startswith("SELECT projection_page"):
            found.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield found
    event.remove(engine, "before_cursor_execute", note)


def says(log: LogOfSite, writer: Writer, text: str) -> None:
    """One entry, by which the page says `text`."""

    def apply(tx: Transaction, one: Appended) -> None:
        tx.save(projection_page, "page", {}, text)

    writer.submit(log.recording(apply=apply)).result()


def page(writer: Writer) -> str | None:
    return writer.submit(lambda tx: tx.load(projection_page, "page")).result()


def test_a_state_is_not_read_again_while_the_log_stands_still(log: LogOfSite, reads: list[str]) -> None:
    with log.writer() as writer:
        says(log, writer, "one")
        assert [page(writer), page(writer)] == ["one", "one"]
    assert reads == []


def test_what_another_writer_recorded_is_seen(log: LogOfSite, reads: list[str]) -> None:
    with log.writer() as one, log.writer() as other:
        says(log, one, "one")
        assert page(other) == "one"
        says(log, other, "two")
        assert page(one) == "two"
        says(log, one, "three")
        assert page(other) == "three"
    assert len(reads) == 3


def test_what_was_undone_is_forgotten(log: LogOfSite, reads: list[str]) -> None:
    def fails(tx: Transaction) -> None:
        tx.save(projection_page, "page", {}, "never")
        tx.flush()
        raise ValueError("changed my mind")

    with log.writer() as writer:
        says(log, writer, "one")
        with pytest.raises(ValueError, match="mind"):
            writer.submit(fails).result()
        assert page(writer) == "one"
    assert len(reads) == 1
