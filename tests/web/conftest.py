"""Fixtures of the web room's tests."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from callcenter.storage.database import Database
from tests.support.web_centre import Desk, open_desk


@pytest_asyncio.fixture
async def desk(database: Database) -> AsyncIterator[Desk]:
    """The web room on SQLite and on PostgreSQL."""
    async with open_desk(database) as opened:
        yield opened


@pytest_asyncio.fixture
async def sqlite_desk(sqlite_database: Database) -> AsyncIterator[Desk]:
    """The web room on SQLite, for what does not depend on the database."""
    async with open_desk(sqlite_database) as opened:
        yield opened
