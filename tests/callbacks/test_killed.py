"""The service is killed before and after every transaction of a return call's life; another one takes over.

Whatever instant it is, the customer is dialled once at most for each time an agent dialled, the return call reaches its
end, and the case is notified once.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any, cast

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.callbacks.model import Result, Source, State
from callcenter.callbacks.results import AgentResult
from callcenter.calls.model import Outcome
from callcenter.errors import CallCentreError
from callcenter.storage.database import Database
from tests.callbacks.centre import DiallingCentre, candidate, request
from tests.callbacks.fake_pbx import Died
from tests.support.rooms import person

AGENT = person("1001")
MOST = 14


class Dying:
    """A database whose process dies around its n-th transaction that writes."""

    def __init__(self, database: Database, at: int, after: bool) -> None:
        self._database = database
        self._left = at
        self._after = after
        self.died = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._database, name)

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncSession]:
        self._left -= 1
        due = self._left == 0
        if due and not self._after:
            self.died = True
            raise Died
        async with self._database.write() as session:
            yield session
        if due:
            self.died = True
            raise Died


async def life(centre: DiallingCentre) -> None:
    """From the request to the customer's word, as people and the clock go on whenever the service lives."""
    requested = await centre.requests.make(
        request(matter="case:TS1", source=Source.CASE_VERIFIED, case="TS1"), once="job:1"
    )
    for _ in range(30):
        row = await centre.row(requested.item)
        match row.state:
            case State.DONE:
                return
            case State.CLAIMED if row.agent == "1001":
                await centre.dialling.dial(row.id, AGENT)
            case State.DIALLING | State.TALKING:
                await call_goes_on(centre, row.id)
            case _:
                await centre.service.claim(row.id, candidate("1001"), AGENT)


async def call_goes_on(centre: DiallingCentre, id: str) -> None:
    living = centre.pbx.living()
    if living and not living[0].customer_answered:
        living[0].agent_answered = living[0].customer_answered = True
        await centre.dialling.look()
    elif living:
        record = centre.pbx.end(living[0], Outcome.ANSWERED)
        await centre.dialling.ended([record])
    elif (await centre.row(id)).state == State.TALKING:
        await centre.service.result(id, AgentResult(Result.CONFIRMED, "good", 5), AGENT)
    else:
        centre.clock.move(minutes=2)
        await centre.dialling.look()


@pytest.mark.parametrize("after", [False, True], ids=["before_the_commit", "after_the_commit"])
@pytest.mark.parametrize("at", range(1, MOST))
async def test_killed_at_any_instant_it_dials_once_and_ends(sqlite_database: Database, at: int, after: bool) -> None:
    dying = Dying(sqlite_database, at, after)
    first = DiallingCentre(cast(Database, dying))
    with suppress(Died):
        await life(first)
    second = DiallingCentre(sqlite_database, clock=first.clock)
    second.pbx = first.pbx
    second.restart()
    with suppress(CallCentreError):
        await second.dialling.look()
    await life(second)
    (row,) = await second.rows()
    assert (row.state, row.result) == (State.DONE, "confirmed")
    assert len(second.pbx.dials) == 1
    assert len(await second.jobs_of("case_called_back")) == 1
    assert not second.pbx.living()


async def test_the_whole_life_has_fewer_transactions_than_are_killed_here(sqlite_database: Database) -> None:
    dying = Dying(sqlite_database, MOST, False)
    await life(DiallingCentre(cast(Database, dying)))
    assert not dying.died
