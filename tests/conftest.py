"""Fixtures shared by the tests of every room."""

from __future__ import annotations

import pytest

from tests.support.databases import (
    database,
    database_url,
    empty_database_url,
    postgres_server,
    postgres_tables,
    sqlite_database,
    sqlite_tables,
)
from tests.support.profiles import use_profile

use_profile()

__all__ = [
    "database",
    "database_url",
    "empty_database_url",
    "postgres_server",
    "postgres_tables",
    "sqlite_database",
    "sqlite_tables",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that need PostgreSQL, so that `make unit` can leave them out."""
    for item in items:
        names = getattr(item, "fixturenames", ())
        parameters = getattr(getattr(item, "callspec", None), "params", {})
        if "postgresql" in parameters.values() or "postgres_server" in names or "postgres_tables" in names:
            item.add_marker(pytest.mark.postgres)
