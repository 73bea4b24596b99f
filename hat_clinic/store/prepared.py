"""Statements that never change, compiled once an engine and sent as text from then on.

Why: looking a statement up in SQLAlchemy's cache and binding its values by their types costs
more than SQLite needs for a row by its key. Only for columns that both drivers take and give
as they are: text, whole numbers and bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, CursorResult, Executable
from sqlalchemy.exc import DBAPIError

Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Text:
    """What is sent. `order` names the values by place, or is None where the driver takes names."""

    sql: str
    order: tuple[str, ...] | None
    constant: Values

    def bound(self, values: Values) -> Any:
        if self.order is None:
            return {**self.constant, **values}
        if self.constant:
            values = {**self.constant, **values}
        return tuple([values[name] for name in self.order])


class Prepared:
    """One statement; every value it takes is given by name."""

    __slots__ = ("_statement", "_texts")

    def __init__(self, statement: Executable) -> None:
        self._statement = statement
        self._texts: dict[str, _Text] = {}

    def run(self, connection: Connection, values: Values) -> CursorResult[Any]:
        """The statement has been sent with these values."""
        text = self._text(connection)
        return connection.exec_driver_sql(text.sql, text.bound(values))

    def first(self, connection: Connection, values: Values) -> tuple[Any, ...] | None:
        """The first row found, as the driver gives it; for what is read at every request.

        Why past SQLAlchemy: wrapping one row by its key costs several times what finding it does.
        Raises: what `run` raises.
        """
        text = self._text(connection)
        driver: Any = connection.connection.dbapi_connection
        bound = text.bound(values)
        try:
            cursor = driver.cursor()
            try:
                for hear in connection.dispatch.before_cursor_execute:
                    hear(connection, cursor, text.sql, bound, None, False)
                cursor.execute(text.sql, bound)
                found: tuple[Any, ...] | None = cursor.fetchone()
                return found
            finally:
                cursor.close()
        except connection.dialect.loaded_dbapi.Error as error:
            raise _as_told_by_sqlalchemy(connection, text.sql, error) from error

    def run_each(self, connection: Connection, rows: Iterable[Values]) -> None:
        """The statement has been sent once for each of these; there is at least one.

        Why past SQLAlchemy, but for its listeners: every transaction sends a dozen of these.
        Raises: what `run` raises.
        """
        text = self._text(connection)
        bound = [text.bound(each) for each in rows]
        driver: Any = connection.connection.dbapi_connection
        try:
            with closing(driver.cursor()) as cursor:
                for hear in connection.dispatch.before_cursor_execute:
                    hear(connection, cursor, text.sql, bound, None, True)
                cursor.executemany(text.sql, bound)
        except connection.dialect.loaded_dbapi.Error as error:
            raise _as_told_by_sqlalchemy(connection, text.sql, error) from error

    def _text(self, connection: Connection) -> _Text:
        text = self._texts.get(connection.dialect.name)
        if text is None:
            text = self._texts[connection.dialect.name] = self._compile(connection)
        return text

    def _compile(self, connection: Connection) -> _Text:
        statement: Any = self._statement
        compiled = statement.compile(dialect=connection.dialect)
        constant = {name: value for name, value in compiled.params.items() if value is not None}
        order = compiled.positiontup if compiled.positional else None
        return _Text(compiled.string, None if order is None else tuple(order), constant)


def _as_told_by_sqlalchemy(connection: Connection, sql: str, error: Any) -> BaseException:
    """The driver's error as whoever catches it expects it; a connection that is gone is given up."""
    dialect: Any = connection.dialect
    gone: bool = dialect.is_disconnect(error, connection.connection.dbapi_connection, None)
    if gone:
        connection.invalidate(error)
    told: BaseException = DBAPIError.instance(
        sql, None, error, dialect.loaded_dbapi.Error, True, connection_invalidated=gone, dialect=dialect
    )
    return told
