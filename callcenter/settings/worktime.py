"""The centre's working calendar."""

from __future__ import annotations

from datetime import date

from pydantic import model_validator
from pydantic_core import PydanticCustomError

from callcenter.errors import CallCentreError
from callcenter.kit.work_calendar import worktime_of
from callcenter.settings.paper import FormSettings as FormSettings
from callcenter.settings.section import RetentionSettings as RetentionSettings
from callcenter.settings.section import Section


class WorkTimeSettings(Section):
    """The centre's working calendar: when return calls are made, in the centre's time zone (`timezone`)."""

    week: tuple[str, ...] = ()
    """Such as "mon-sun 08:00-21:00"; when empty, the centre never closes."""
    holidays: str = ""
    """A country such as CN whose public holidays and make-up working days the centre follows; empty: none."""
    days: dict[date, tuple[str, ...]] = {}
    """Exceptions for single days, such as 2027-02-06 = ["09:00-12:00"]; an empty list is a closed day."""

    @model_validator(mode="after")
    def _readable(self) -> WorkTimeSettings:
        try:
            worktime_of(self.week, self.holidays, self.days, "UTC")
        except CallCentreError as error:
            raise PydanticCustomError("bad_work_time", "{text}", {"text": error.detail}) from None
        return self
