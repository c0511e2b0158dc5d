"""Fixtures of the web room's tests."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from callcenter.storage.database import Database
from tests.support.web_centre import WebCentre, open_web_centre


@pytest_asyncio.fixture
async def centre(database: Database) -> AsyncIterator[WebCentre]:
    """The web room on SQLite and on PostgreSQL."""
    async with open_web_centre(database) as opened:
        yield opened


@pytest_asyncio.fixture
async def sqlite_centre(sqlite_database: Database) -> AsyncIterator[WebCentre]:
    """The web room on SQLite, for what does not depend on the database."""
    async with open_web_centre(sqlite_database) as opened:
        yield opened
