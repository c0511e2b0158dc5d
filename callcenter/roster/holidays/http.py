"""Published years over HTTP."""

from __future__ import annotations

from datetime import date
from typing import Self

from pydantic import BaseModel, ConfigDict, Field

from callcenter.roster.holidays.model import MOST_DAYS, HolidayYear
from callcenter.roster.holidays.service import HolidayYears
from callcenter.web.roles import ADMINISTRATORS, LEADERS
from callcenter.web.routes import Ask, Page, Routes


class HolidayYearBody(BaseModel):
    """`holidays` are the statutory ones themselves, `days_off` those in lieu, `working_days` make-up weekend days."""

    model_config = ConfigDict(extra="forbid")

    holidays: list[date] = Field(min_length=1, max_length=MOST_DAYS)
    days_off: list[date] = Field([], max_length=MOST_DAYS)
    working_days: list[date] = Field([], max_length=MOST_DAYS)

    def of_year(self, year: int) -> HolidayYear:
        return HolidayYear(year, tuple(self.holidays), tuple(self.days_off), tuple(self.working_days))


class HolidayYearShape(HolidayYearBody):
    year: int

    @classmethod
    def of(cls, year: HolidayYear) -> Self:
        return cls(
            year=year.year,
            holidays=list(year.holidays),
            days_off=list(year.days_off),
            working_days=list(year.working_days),
        )


def routes(years: HolidayYears) -> Routes:
    routes = Routes("roster")

    @routes.get("/holiday-years", roles=LEADERS)
    async def list_holiday_years(ask: Ask) -> Page[HolidayYearShape]:
        """List the years whose published holidays and make-up days are entered."""
        return Page(items=[HolidayYearShape.of(year) for year in await years.all()])

    @routes.get("/holiday-years/{year}", roles=LEADERS)
    async def read_holiday_year(ask: Ask, year: int) -> HolidayYearShape:
        """Read an entered year."""
        return HolidayYearShape.of(await years.year(year))

    @routes.put("/holiday-years/{year}", roles=ADMINISTRATORS)
    async def put_holiday_year(ask: Ask, year: int, body: HolidayYearBody) -> HolidayYearShape:
        """Enter or replace the days that the state has published; overtime is paid by them from now on."""
        stored = await years.put(
            body.of_year(year), ask.require(), lambda current: ask.must_match(HolidayYearShape.of(current))
        )
        return HolidayYearShape.of(stored)

    @routes.delete("/holiday-years/{year}", roles=ADMINISTRATORS)
    async def remove_holiday_year(ask: Ask, year: int) -> None:
        """Remove an entered year; the calendar of this version holds for it again."""
        await years.remove(year, ask.require())

    return routes
