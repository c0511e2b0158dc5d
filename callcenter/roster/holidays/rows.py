"""Table of the years whose holidays are entered."""

from __future__ import annotations

from sqlalchemy import JSON
from sqlalchemy.orm import Mapped, mapped_column

from callcenter.storage.base import Base, Versioned


class HolidayYearRow(Versioned, Base):
    """Days as ISO dates, in order."""

    __tablename__ = "holiday_year"

    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    holidays: Mapped[list[str]] = mapped_column(JSON)
    days_off: Mapped[list[str]] = mapped_column(JSON)
    working_days: Mapped[list[str]] = mapped_column(JSON)
