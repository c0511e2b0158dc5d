"""Tests the published days of a year: entered by administrators, used at once, and unknown until then."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.kit.pay_days import PayDay, PublishedDays, pay_days_of, published
from callcenter.roster.errors import BadHolidayYear
from callcenter.roster.holidays.model import HolidayYear, check_year
from callcenter.roster.holidays.service import HolidayYears
from callcenter.storage.database import Database
from callcenter.web.roles import Role
from tests.roster.test_changes_http import Floor, floor
from tests.support.rooms import BOSS, Rooms
from tests.support.web_centre import PASSWORD

__all__ = ["floor"]
CHINA = pay_days_of("CN")
NEW_YEAR = date(2031, 1, 1)
OFF = (date(2031, 1, 2), date(2031, 1, 3))
MADE_UP = (date(2031, 1, 4),)
"""A Saturday."""
YEAR_2031 = HolidayYear(2031, (NEW_YEAR,), OFF, MADE_UP)


async def test_a_year_is_unknown_until_it_is_entered_and_again_when_it_is_removed(database: Database) -> None:
    rooms = Rooms(database)
    years = HolidayYears(database, rooms.audit, "CN")
    assert (await years.pay_days())(NEW_YEAR) is None
    await years.put(YEAR_2031, BOSS)
    kind = await years.pay_days()
    days = (NEW_YEAR, *OFF, *MADE_UP, date(2031, 1, 5), date(2031, 1, 6))
    assert [kind(day) for day in days] == [
        PayDay.HOLIDAY,
        PayDay.REST_DAY,
        PayDay.REST_DAY,
        PayDay.WORKDAY,
        PayDay.REST_DAY,
        PayDay.WORKDAY,
    ]
    # Years of this version's own calendar stay as they are.
    assert kind(date(2026, 10, 1)) is PayDay.HOLIDAY
    await years.remove(2031, BOSS)
    assert (await years.pay_days())(NEW_YEAR) is None


async def test_without_a_country_only_an_entered_year_is_known(sqlite_database: Database) -> None:
    years = HolidayYears(sqlite_database, Rooms(sqlite_database).audit)
    assert (await years.pay_days())(date(2026, 10, 1)) is None
    await years.put(YEAR_2031, BOSS)
    assert (await years.pay_days())(NEW_YEAR) is PayDay.HOLIDAY


@given(st.dates(date(2026, 1, 1), date(2026, 12, 31)))
def test_the_calendar_of_this_version_entered_by_hand_gives_the_same_kinds(day: date) -> None:
    days = [date(2026, 1, 1) + timedelta(days=number) for number in range(365)]
    entered = PublishedDays(
        frozenset(each for each in days if CHINA(each) is PayDay.HOLIDAY),
        frozenset(each for each in days if CHINA(each) is PayDay.REST_DAY and each.weekday() < 5),
        frozenset(each for each in days if CHINA(each) is PayDay.WORKDAY and each.weekday() >= 5),
    )
    assert published(lambda _: None, {2026: entered})(day) is CHINA(day)


@pytest.mark.parametrize(
    ("year", "fault"),
    [
        (HolidayYear(1999, (date(1999, 1, 1),)), "year"),
        (HolidayYear(2031, ()), "days"),
        (HolidayYear(2031, (date(2030, 12, 31),)), "other_year"),
        (HolidayYear(2031, (NEW_YEAR,), (NEW_YEAR,)), "twice"),
        (HolidayYear(2031, (NEW_YEAR,), (), (date(2031, 1, 6),)), "weekday"),
    ],
)
def test_days_that_cannot_be_are_refused(year: HolidayYear, fault: str) -> None:
    with pytest.raises(BadHolidayYear) as refused:
        check_year(year)
    assert refused.value.facts["fault"] == fault


async def test_administrators_enter_a_year_over_http_and_leaders_read_it(floor: Floor) -> None:
    people = floor.centre.web_services.people
    await people.add("root", "root", PASSWORD, frozenset({Role.ADMINISTRATOR}), None)
    client, _ = floor.clients["boss"]
    body = {"holidays": ["2031-01-01"], "days_off": ["2031-01-02", "2031-01-03"], "working_days": ["2031-01-04"]}
    status, _ = await floor.ask("boss", "PUT", "/holiday-years/2031", body)
    assert status == 403
    answer = await client.post("/api/v1/session", json={"login": "root", "password": PASSWORD})
    floor.clients["root"] = (client, (await answer.json())["csrf_token"])
    entered = await floor.done("root", "PUT", "/holiday-years/2031", body)
    assert entered == {**body, "year": 2031}
    status, problem = await floor.ask("root", "PUT", "/holiday-years/2031", body | {"working_days": ["2031-01-06"]})
    assert (status, problem["code"]) == (422, "bad_holiday_year")
    assert (await floor.done("root", "GET", "/holiday-years"))["items"] == [entered]
    assert (await floor.ask("lilei", "GET", "/holiday-years"))[0] == 403
    await floor.done("root", "DELETE", "/holiday-years/2031")
    assert (await floor.ask("root", "GET", "/holiday-years/2031"))[0] == 404
