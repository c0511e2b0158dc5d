"""Use cases of published years: list, put, remove; and the kinds of days with them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import date

from sqlalchemy import select

from callcenter.kit.pay_days import PayDays, PublishedDays, pay_days_of, published
from callcenter.roster.errors import UnknownHolidayYear
from callcenter.roster.holidays.model import HolidayYear, check_year
from callcenter.roster.holidays.rows import HolidayYearRow
from callcenter.storage.database import Database
from callcenter.web.audit import Audit
from callcenter.web.roles import Person

Check = Callable[[HolidayYear], None]


class HolidayYears:
    """`country` is the one whose calendar the centre follows; without it only entered years are known."""

    def __init__(self, database: Database, audit: Audit, country: str = "") -> None:
        self._database = database
        self._audit = audit
        self._country = country
        self._of_country: PayDays | None = None

    async def all(self) -> Sequence[HolidayYear]:
        async with self._database.read() as session:
            rows = await session.scalars(select(HolidayYearRow).order_by(HolidayYearRow.year))
            return [_year(row) for row in rows]

    async def year(self, year: int) -> HolidayYear:
        """Raises UnknownHolidayYear."""
        async with self._database.read() as session:
            row = await session.get(HolidayYearRow, year)
        if row is None:
            raise UnknownHolidayYear("this year is not entered", year=year)
        return _year(row)

    async def put(self, year: HolidayYear, by: Person | None, check: Check | None = None) -> HolidayYear:
        """Enter or replace a year; what is read from now on is computed with it. Raises BadHolidayYear."""
        year = check_year(year)
        async with self._database.write() as session:
            row = await session.get(HolidayYearRow, year.year, with_for_update=True)
            if row is None:
                row = HolidayYearRow(year=year.year)
                session.add(row)
            elif check is not None:
                check(_year(row))
            row.holidays = [day.isoformat() for day in year.holidays]
            row.days_off = [day.isoformat() for day in year.days_off]
            row.working_days = [day.isoformat() for day in year.working_days]
            await session.flush()
            facts = {
                "holidays": len(row.holidays),
                "days_off": len(row.days_off),
                "working_days": len(row.working_days),
            }
            await self._audit.append(session, by, "holiday_year.entered", f"holiday-year/{year.year}", facts=facts)
        return year

    async def remove(self, year: int, by: Person | None) -> None:
        """Forget an entered year: the calendar of this version holds again. Raises UnknownHolidayYear."""
        async with self._database.write() as session:
            row = await session.get(HolidayYearRow, year, with_for_update=True)
            if row is None:
                raise UnknownHolidayYear("this year is not entered", year=year)
            await session.delete(row)
            await self._audit.append(session, by, "holiday_year.removed", f"holiday-year/{year}")

    async def pay_days(self) -> PayDays:
        """The kinds of days: of entered years, else of the country's calendar, else unknown."""
        if self._of_country is None:
            self._of_country = await asyncio.to_thread(pay_days_of, self._country)
        years = {
            year.year: PublishedDays(frozenset(year.holidays), frozenset(year.days_off), frozenset(year.working_days))
            for year in await self.all()
        }
        return published(self._of_country, years)


def _year(row: HolidayYearRow) -> HolidayYear:
    holidays, days_off, working_days = (
        tuple(date.fromisoformat(day) for day in days) for days in (row.holidays, row.days_off, row.working_days)
    )
    return HolidayYear(row.year, holidays, days_off, working_days)
