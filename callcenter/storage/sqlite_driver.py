"""Adapts aiosqlite to SQLAlchemy with one trip to the connection's thread for each statement.

SQLAlchemy's own adapter makes four (cursor, execute, fetch, close) and one more for each of them when a transaction
begins. Each trip is two switches between threads and a wake-up of the event loop, which costs the service more
processor time than the statement itself. BEGIN goes with the first statement of a transaction, in the same trip, and
nothing waits for the end of a transaction that only read.
"""

from __future__ import annotations

import sqlite3
from collections import deque
from collections.abc import Sequence
from typing import Any

import aiosqlite
from sqlalchemy.dialects.sqlite.aiosqlite import (
    AsyncAdapt_aiosqlite_connection,
    AsyncAdapt_aiosqlite_cursor,
    AsyncAdapt_aiosqlite_dbapi,
)
from sqlalchemy.util.concurrency import await_


class OneTripCursor(AsyncAdapt_aiosqlite_cursor):
    """Its rows are complete after `execute`; the driver's cursor lives only in the thread."""

    __slots__ = ("_description", "_lastrowid", "_rowcount", "arraysize")

    _adapt_connection: OneTripConnection

    def __init__(self, adapt_connection: OneTripConnection) -> None:
        self._adapt_connection = adapt_connection
        self._rows = deque()
        self._description: Any = None
        self._rowcount = -1
        self._lastrowid: int | None = None
        self.arraysize = 1

    @property
    def description(self) -> Any:
        return self._description

    @property
    def rowcount(self) -> int:
        return self._rowcount

    @property
    def lastrowid(self) -> Any:
        return self._lastrowid

    def execute(self, operation: Any, parameters: Any = None) -> Any:
        self._do(operation, () if parameters is None else parameters, many=False)

    def executemany(self, operation: Any, seq_of_parameters: Any) -> Any:
        self._do(operation, seq_of_parameters, many=True)

    def _do(self, operation: str, parameters: Any, *, many: bool) -> None:
        rows, self._description, self._rowcount, self._lastrowid = self._adapt_connection.do(
            operation, parameters, many=many
        )
        self._rows = deque(rows)

    async def _async_soft_close(self) -> None:
        """Nothing is open."""

    def close(self) -> None:
        self._rows.clear()


class OneTripConnection(AsyncAdapt_aiosqlite_connection):
    __slots__ = ("_begin", "_reads", "_used")

    _cursor_cls = OneTripCursor  # type: ignore[assignment]

    def __init__(self, dbapi: Any, connection: Any) -> None:
        super().__init__(dbapi, connection)
        self._begin: str | None = None
        self._reads = False
        """Whether the transaction can only read, so that its end has nothing to report."""
        self._used = False
        """Whether a statement was sent since the last transaction ended."""

    def begin(self, statement: str, *, reads: bool) -> None:
        """Begin a transaction with this statement, together with the first statement in it."""
        self._begin, self._reads = statement, reads

    def cursor(self, server_side: bool = False) -> Any:
        if server_side and self._begin is not None:
            self.do("SELECT 1", (), many=False)
        return super().cursor(server_side)

    def do(self, operation: str, parameters: Any, *, many: bool) -> tuple[Sequence[Any], Any, int, int | None]:
        """Return the rows, the description, the row count and the last row's id."""
        self._used = True
        try:
            raw = self._connection._conn
            return await_(self._connection._execute(self._work, raw, operation, parameters, many))  # type: ignore[no-any-return]
        except Exception as error:
            self._handle_exception(error)

    def rows(self, operation: str, parameters: Any) -> Sequence[Any]:
        """Return the rows of a read by itself, which SQLite runs in a transaction of its own."""
        raw = self._connection._conn
        rows: Sequence[Any] = await_(self._connection._execute(_rows, raw, operation, parameters))
        return rows

    def _work(
        self, raw: sqlite3.Connection, operation: str, parameters: Any, many: bool
    ) -> tuple[Sequence[Any], Any, int, int | None]:
        """In the connection's thread."""
        if self._begin is not None:
            raw.execute(self._begin)
            self._begin = None
        cursor = raw.cursor()
        try:
            (cursor.executemany if many else cursor.execute)(operation, parameters)
            rows = cursor.fetchall() if cursor.description else ()
            return rows, cursor.description, cursor.rowcount, cursor.lastrowid
        finally:
            cursor.close()

    def commit(self) -> None:
        if self._is_open():
            super().commit()

    def rollback(self) -> None:
        if not self._is_open():
            return
        if self._reads:
            # The thread ends it before the next statement of this connection. Its tasks without a future report to
            # nobody, and there is nothing to report of a transaction that has changed nothing.
            self._connection._tx.put_nowait((None, self._connection._conn.rollback))
        else:
            super().rollback()

    def _is_open(self) -> bool:
        """Whether there is a transaction to end: none without a statement, and none when the pool takes it back.

        A statement whose task was cancelled may still wait for the thread, so the connection itself is not asked.
        """
        used, self._begin, self._used = self._used, None, False
        return used and self._connection._connection is not None


def _rows(raw: sqlite3.Connection, operation: str, parameters: Any) -> Sequence[Any]:
    """In the connection's thread."""
    return raw.execute(operation, parameters).fetchall()


class OneTripModule(AsyncAdapt_aiosqlite_dbapi):
    """For `create_async_engine(..., module=OneTripModule())`."""

    def __init__(self) -> None:
        super().__init__(aiosqlite, sqlite3)

    def connect(self, *arg: Any, **kw: Any) -> OneTripConnection:
        return OneTripConnection(self, super().connect(*arg, **kw)._connection)
