"""Provides the complaints room on both databases."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from callcenter.storage.database import Database
from tests.complaints.room import Room, open_room


@pytest_asyncio.fixture
async def room(database: Database, tmp_path: Path) -> AsyncIterator[Room]:
    async with open_room(database, tmp_path) as opened:
        yield opened
