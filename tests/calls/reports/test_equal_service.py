"""Tests R11: answer time and outcome by group of callers against a slow plain recount, on both databases."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from statistics import NormalDist, mean, stdev

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.calls.model import CallRecord, Direction, Outcome
from callcenter.calls.reports.equal_service.http import EqualServiceGroup
from callcenter.calls.reports.equal_service.model import CallerGroup, Served, mean_wait
from callcenter.calls.reports.equal_service.queries import EqualService
from callcenter.calls.reports.queries import ReportFilter
from callcenter.customers.model import Customer
from callcenter.storage.database import Database
from tests.calls.reports.test_reports import DAYS, SINCE, calls, reports_of
from tests.support.rooms import CHIEF, Rooms

GROUPS = {
    "+8613974812001": CallerGroup.KNOWN,
    "+8613974812002": CallerGroup.UNKNOWN,
    "anonymous": CallerGroup.WITHHELD,
    "": CallerGroup.WITHHELD,
}


def recount(records: Sequence[CallRecord], group: CallerGroup) -> tuple[int, int, list[float]]:
    here = [
        record
        for record in records
        if record.direction is Direction.INBOUND
        and SINCE <= record.arrived_at < SINCE + DAYS
        and GROUPS[record.caller_number] is group
    ]
    answered = [record for record in here if record.outcome is Outcome.ANSWERED]
    return len(here), len(answered), [record.wait_seconds for record in answered if record.wait_seconds is not None]


async def test_R11_the_groups_of_callers_are_those_of_a_plain_recount(database: Database) -> None:
    rooms, draw = Rooms(database), random.Random(3)
    await rooms.customers.add(Customer("王芳", numbers=("13974812001",)), CHIEF)
    records = [replace(record, caller_number=draw.choice(list(GROUPS))) for record in calls(5, 120)]
    await reports_of(database, records)
    service = EqualService(database, "pbx1", rooms.customers)
    groups = await service.of(ReportFilter(SINCE, SINCE + DAYS))
    for group, served in groups.items():
        offered, answered, waits = recount(records, group)
        assert (served.offered, served.answered, served.waits) == (offered, answered, len(waits))
        assert served.wait_sum == pytest.approx(sum(waits))
        shape = EqualServiceGroup.of(group, served)
        assert shape.mean_wait_seconds == pytest.approx(mean(waits), abs=0.06)
    on_line = await service.of(ReportFilter(SINCE, SINCE + DAYS, "vip"))
    assert 0 < sum(served.offered for served in on_line.values()) < sum(served.offered for served in groups.values())


@pytest.mark.parametrize("page", [1, 2, 3, 1000])
async def test_R11_pages_and_days_add_up_to_the_same_groups(database: Database, page: int) -> None:
    """More numbers than a page holds, calls on each side of the bounds of a day, and a number on several days."""
    rooms, draw = Rooms(database), random.Random(11)
    await rooms.customers.add(Customer("王芳", numbers=("13974812001",)), CHIEF)
    numbers = [*GROUPS, "Anonymous", "+8613974812003", "13974812001", "0731 8888 1111", "+8613974812004"]
    records = [replace(record, caller_number=draw.choice(numbers)) for record in calls(9, 80)]
    for number, at in enumerate((SINCE, SINCE + DAYS / 3, SINCE + DAYS / 3 * 2, SINCE + DAYS)):
        records[number] = replace(records[number], arrived_at=at, direction=Direction.INBOUND)
    await reports_of(database, records)
    inside = [
        record
        for record in records
        if record.direction is Direction.INBOUND and record.outcome and SINCE <= record.arrived_at < SINCE + DAYS
    ]
    expected = Counter(
        "withheld"
        if record.caller_number.lower() in ("", "anonymous")
        else "known"
        if record.caller_number in ("+8613974812001", "13974812001")
        else "unknown"
        for record in inside
    )
    groups = await EqualService(database, "pbx1", rooms.customers, page).of(ReportFilter(SINCE, SINCE + DAYS))
    assert {group.value: served.offered for group, served in groups.items()} == expected
    waits = sum(r.wait_seconds or 0 for r in inside if r.outcome is Outcome.ANSWERED)
    assert sum(served.wait_sum for served in groups.values()) == pytest.approx(waits)


@given(st.lists(st.floats(0, 3600), min_size=2, max_size=50))
def test_R11_the_interval_of_a_mean_is_that_of_the_textbook(waits: list[float]) -> None:
    result = mean_wait(Served(len(waits), len(waits), len(waits), sum(waits), sum(wait * wait for wait in waits)))
    half = NormalDist().inv_cdf(0.975) * stdev(waits) / len(waits) ** 0.5
    assert result.mean == pytest.approx(mean(waits), abs=0.06)
    assert result.high == pytest.approx(mean(waits) + half, abs=0.1)
    assert result.low == pytest.approx(max(0.0, mean(waits) - half), abs=0.1)


def test_R11_what_cannot_be_averaged_is_unknown() -> None:
    assert mean_wait(Served()).mean is None
    assert mean_wait(Served(1, 1, 1, 8.0, 64.0)).low is None
    assert EqualServiceGroup.of(CallerGroup.KNOWN, Served()).answer_share is None
