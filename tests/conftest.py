"""Fixtures that tests of every room share."""

from tests.databases import (
    database,
    database_url,
    empty_database_url,
    postgres_server,
    postgres_tables,
    sqlite_database,
    sqlite_tables,
)

__all__ = [
    "database",
    "database_url",
    "empty_database_url",
    "postgres_server",
    "postgres_tables",
    "sqlite_database",
    "sqlite_tables",
]
