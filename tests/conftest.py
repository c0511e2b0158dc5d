"""Fixtures shared by the tests of every room."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

import pytest
from aiohttp import web_app

from tests.support.databases import (
    database,
    database_url,
    empty_database_url,
    postgres_server,
    postgres_tables,
    sqlite_database,
    sqlite_tables,
)
from tests.support.profiles import use_cheap_hashes, use_profile

use_profile()
use_cheap_hashes()

__all__ = [
    "database",
    "database_url",
    "empty_database_url",
    "postgres_server",
    "postgres_tables",
    "sqlite_database",
    "sqlite_tables",
]


@pytest.fixture(scope="module", autouse=True)
def forgotten_applications() -> Iterator[None]:
    """aiohttp keeps the last 1,024 handlers with their applications: of each test a whole centre, 2 GB in all."""
    yield
    web_app._cached_build_middleware.cache_clear()


NOT_UNIT = frozenset({"pbx", "browser", "postgres", "slow", "lengthy", "asyncio"})
NEEDS_MORE = frozenset({"tmp_path", "tmp_path_factory", *__all__})
"""Fixtures of tests that write files or open a database."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that need PostgreSQL, and those of pure functions: `make unit` runs these alone."""
    for item in items:
        names = set(getattr(item, "fixturenames", ()))
        parameters = getattr(getattr(item, "callspec", None), "params", {})
        if "postgresql" in parameters.values() or {"postgres_server", "postgres_tables"} & names:
            item.add_marker(pytest.mark.postgres)
        # A coroutine waits for something: a database, a socket, a process.
        waits = inspect.iscoroutinefunction(getattr(item, "function", None))
        if not (waits or NEEDS_MORE & names or {mark.name for mark in item.iter_markers()} & NOT_UNIT):
            item.add_marker(pytest.mark.unit)
