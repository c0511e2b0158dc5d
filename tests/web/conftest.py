"""Fixtures of the web room's tests."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from callcenter.storage.database import Database
from tests.support.oidc_room import Sign, sign_in_room
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


@pytest_asyncio.fixture
async def sign(database: Database, tmp_path: Path) -> AsyncIterator[Sign]:
    """On SQLite and on PostgreSQL."""
    async with sign_in_room(database, tmp_path / "keys") as opened:
        yield opened


@pytest_asyncio.fixture
async def allowed(sqlite_database: Database, tmp_path: Path) -> AsyncIterator[Sign]:
    """On SQLite, with lilei allowed, for what does not depend on the database."""
    async with sign_in_room(sqlite_database, tmp_path / "keys") as opened:
        await opened.allow()
        yield opened
