"""Classifies database faults: unavailable, full or busy is transient. All others stay until someone acts."""

from __future__ import annotations

import errno
import socket
import sqlite3
import sys
from typing import Final

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, NotSupportedError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from callcenter.errors import CallCentreError, Conflict, Unavailable

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
PASSING_ERRNO: Final = frozenset(
    {
        errno.ENOSPC,
        errno.EDQUOT,
        errno.EIO,
        errno.EROFS,
        errno.EMFILE,
        errno.ENFILE,
        errno.ENETDOWN,
        errno.ENETUNREACH,
        errno.EHOSTDOWN,
        errno.EHOSTUNREACH,
    }
)
REFUSING_CLASSES: Final = ("28", "3D", "42501")
"""SQLSTATE: the account or its password, the database's name, its rights."""
REFUSING_SQLITE: Final = frozenset({sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_PERM})


class StorageUnavailable(Unavailable):
    """The database is unavailable, full or takes no writes now; the request may be repeated."""

    code = "storage_unavailable"


class DatabaseUnavailable(StorageUnavailable):
    """A command did not reach the database at all, or lost it on the way."""

    code = "database_unavailable"


class StorageRefused(Conflict):
    """The database refuses access: its account, name, rights or file are wrong until a person corrects them."""

    code = "storage_refused"


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
        case sqlite3.Error():
            return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF in PASSING_SQLITE
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
        return (
            error.errno in PASSING_ERRNO or isinstance(error, (ConnectionError, TimeoutError)) or _of_addresses(error)
        )
    return of_database(error)


def _of_addresses(error: OSError) -> bool:
    """Whether no address of a host answered. asyncio joins the errors of several addresses into one without a number.

    A name that cannot be resolved is often that of a container which does not run yet.
    """
    return isinstance(error, socket.gaierror) or (type(error) is OSError and error.errno is None)


def refusal_of(error: BaseException, *, connecting: bool = False) -> CallCentreError | None:
    """What a command reports instead of a traceback; None for a fault that is not the database's.

    `connecting`: nothing but the database was in use, so that a fault of the network is the database's. The facts hold
    the fault's kind only: the drivers' own texts name addresses and accounts.
    """
    cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    kind = type(cause.__cause__ or cause).__name__ if isinstance(error, DBAPIError) else type(error).__name__
    if of_database(error) or (connecting and isinstance(error, OSError)):
        return DatabaseUnavailable("the database does not answer or takes no writes", cause=kind)
    if _refuses(cause):
        return StorageRefused("the database refuses access", cause=kind)
    return None


def _refuses(cause: BaseException) -> bool:
    code = getattr(cause, "sqlite_errorcode", None)
    if isinstance(code, int):
        return code & 0xFF in REFUSING_SQLITE
    return str(getattr(cause, "sqlstate", None) or "").startswith(REFUSING_CLASSES)
