"""Tests R7: each call that a failure kept from being served, or cut off, leads to one apology."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import update

from callcenter.callbacks.model import State
from callcenter.callbacks.rows import ReturnCallRow
from callcenter.calls.model import Outcome
from tests.callbacks.centre import OTHER
from tests.callbacks.centre import TEN as NOW
from tests.callbacks.test_jobs import Ears, call, centre
from tests.support.rooms import BOSS

__all__ = ["centre"]


async def test_R7_every_caller_whom_a_failure_kept_out_gets_one_apology(centre: Ears) -> None:
    centre.calls.records += [
        call(Outcome.FAILED),
        call(Outcome.ABANDONED, seconds=2, id="2"),
        call(Outcome.UNKNOWN, OTHER, id="3"),
        call(Outcome.FAILED, "13974800003", id="4"),
        call(Outcome.ANSWERED, "13974800003", id="5"),
        call(Outcome.FAILED, "anonymous", id="6"),
    ]
    window = (NOW - timedelta(hours=1), NOW + timedelta(hours=1))
    planned = await centre.apologies.apologise(*window, "线路故障", BOSS, dry_run=True)
    assert (len(planned.calls), await centre.rows()) == (2, [])
    counts = await centre.apologies.apologise(*window, "线路故障", BOSS)
    again = await centre.apologies.apologise(*window, "线路故障", BOSS)
    assert (counts.made, again.made, len(await centre.rows())) == (2, 0, 2)


async def test_R7_a_call_that_two_failures_concern_gets_one_apology_also_after_that_was_made(centre: Ears) -> None:
    """A PBX and its trunk fail at the same time: two alarms, whose callers are looked for at different times."""
    centre.calls.records.append(call(Outcome.FAILED))
    first = await centre.apologies.apologise(NOW - timedelta(hours=1), NOW + timedelta(hours=1), "pbx: lost", BOSS)
    async with centre.rooms.database.write() as session:
        await session.execute(update(ReturnCallRow).values(state=State.DONE.value))
    second = await centre.apologies.apologise(NOW - timedelta(hours=2), NOW + timedelta(hours=1), "trunk: away", BOSS)
    assert (first.made, second.made, len(await centre.rows())) == (1, 0, 1)
    centre.calls.records.append(call(Outcome.FAILED, id="2"))
    third = await centre.apologies.apologise(NOW - timedelta(hours=1), NOW + timedelta(hours=1), "pbx: lost", BOSS)
    assert third.made == 1, "cut off again: another apology"
