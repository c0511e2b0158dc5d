"""Simulates agents working off a queue for days: nothing duplicated or lost, promises kept, no calls at night."""

from __future__ import annotations

import pytest

from benchmarks.callbacks import simulate
from callcenter.storage.database import Database
from tests.callbacks.centre import DiallingCentre

pytestmark = pytest.mark.slow


@pytest.mark.timeout(60)
async def test_forty_return_calls_and_six_agents(sqlite_database: Database) -> None:
    centre = DiallingCentre(sqlite_database)
    result = await simulate(centre, 40, 6)
    assert (result.items, result.duplicates, result.at_night, result.left_open) == (40, 0, 0, 0)
    assert result.kept == result.promises > 0
    assert {row.result for row in await centre.rows()} <= {"confirmed", "answered", "problem", "unreachable_signed"}
