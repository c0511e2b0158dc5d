"""Classifies database faults: unavailable, full or busy is transient. All others stay until someone acts."""

from __future__ import annotations

import errno
import sqlite3
import sys
from typing import Final

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, NotSupportedError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from callcenter.errors import Unavailable

OF_THE_STATEMENT: Final = (IntegrityError, DataError, ProgrammingError, NotSupportedError)
"""Faults of the data written, which the same statement meets again each time."""
PASSING_CLASSES: Final = ("08", "40", "53", "55", "57", "58")
"""SQLSTATE: connection, rollback, resources (a full disk), not in this state, operator (a restart), system."""
PASSING_SQLITE: Final = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PROTOCOL,
    }
)
"""Primary result codes of SQLite; its OperationalError is also raised for a missing table."""
PASSING_ERRNO: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS, errno.EMFILE, errno.ENFILE})


class StorageUnavailable(Unavailable):
    """The database is unavailable, full or takes no writes now; the request may be repeated."""

    code = "storage_unavailable"


def of_values(error: BaseException) -> bool:
    """Whether a value does not fit its column: SQLSTATE class 22, or refused by the driver before that."""
    match error:
        case OverflowError() | DataError():
            return True
        case DBAPIError():
            state = getattr(error.orig, "sqlstate", None)
            cause = error.orig.__cause__ if error.orig is not None else None
            return str(state or "").startswith("22") or isinstance(cause, ValueError)
        case _:
            return False


def of_database(error: BaseException) -> bool:
    """Whether the database itself failed in a transient way.

    SQLite's full disk (SQLITE_FULL), lock and failed read or write (SQLITE_IOERR) reach us as OperationalError,
    asyncpg's full disk as a plain DBAPIError; while it starts or stops, a connection fails with asyncpg's own errors.
    """
    match error:
        case DBAPIError():
            code = getattr(error.orig, "sqlite_errorcode", None)
            if isinstance(code, int):
                return code & 0xFF in PASSING_SQLITE
            state = getattr(error.orig, "sqlstate", None)
            if isinstance(state, str):
                return state.startswith(PASSING_CLASSES)
            return error.connection_invalidated or not (isinstance(error, OF_THE_STATEMENT) or of_values(error))
        case PoolTimeout():
            return True
        case _:
            return _of_asyncpg(error)


def _of_asyncpg(error: BaseException) -> bool:
    """Whether it is the driver's own transient error. A centre on SQLite never imports the driver, nor meets these."""
    if "asyncpg" not in sys.modules:
        return False
    from asyncpg.exceptions import InterfaceError, PostgresError

    if isinstance(error, PostgresError):
        return str(error.sqlstate or "").startswith(PASSING_CLASSES)
    return isinstance(error, InterfaceError)


def passes(error: BaseException) -> bool:
    """Whether the same work may succeed later without any change by a person: database, disk or network."""
    if isinstance(error, OSError):
        return error.errno in PASSING_ERRNO or isinstance(error, (ConnectionError, TimeoutError))
    return of_database(error)
