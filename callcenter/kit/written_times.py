"""Parses dates and times as people and spreadsheets write them in China. Pure.

Excel writes `2026/12/1 8:00` there, forms `2026年12月1日 上午8:00`, programs ISO 8601. The year comes first:
`1/12/2026` is not accepted, because its meaning differs between countries.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime, timedelta
from typing import Final

_DAY: Final = r"(?P<year>[0-9]{4})(?:[-/.]|年)(?P<month>[0-9]{1,2})(?:[-/.]|月)(?P<day>[0-9]{1,2})日?"
_HALF: Final = r"(?P<half>上午|下午|凌晨|中午|晚上|am|pm)"
_TIME: Final = r"(?P<hour>[0-9]{1,2})(?:[:时点](?P<minute>[0-9]{1,2})?分?)(?:[:]?(?P<second>[0-9]{1,2})(?:\.0+)?秒?)?"
_WRITTEN: Final = re.compile(rf"{_DAY}(?:[t\s]*(?:{_HALF}\s*)?{_TIME}(?:\s*(?P<after>am|pm))?)?")
_AFTERNOON: Final = frozenset({"下午", "晚上", "pm"})


def written_time(text: str) -> datetime | None:
    """The time that a text gives, naive where it names no zone; None if it is not a time.

    24:00 is the end of the day. A date alone is its beginning.
    """
    plain = unicodedata.normalize("NFKC", text).strip().lower()
    try:
        return datetime.fromisoformat(plain.upper().replace("/", "-"))
    except ValueError:
        match = _WRITTEN.fullmatch(plain)
    return _moment(match.groupdict()) if match else None


def _moment(parts: dict[str, str | None]) -> datetime | None:
    hour, half = int(parts["hour"] or 0), parts["half"] or parts["after"] or ""
    if (half in _AFTERNOON and 1 <= hour < 12) or (half == "中午" and 1 <= hour < 3):
        hour += 12
    elif half in ("am", "上午", "凌晨") and hour == 12:
        hour = 0
    minute, second = int(parts["minute"] or 0), int(parts["second"] or 0)
    ends = (hour, minute, second) == (24, 0, 0)
    year, month, day = (int(parts[part] or 0) for part in ("year", "month", "day"))
    try:
        at = datetime(year, month, day, 0 if ends else hour, minute, second)  # noqa: DTZ001 - the reader knows the zone
    except ValueError:
        return None
    return at + timedelta(days=ends)
