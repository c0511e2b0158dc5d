"""Computes when a customer may be called, and when again. Pure: zones and instants in, instants out.

Calling hours are wall-clock windows at the customer's place, limited to the centre's own working hours. A number that
may be in several zones is called only when the hour is allowed in all of them. All arithmetic is on instants, so a
night with a clock change is neither skipped nor counted twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import phonenumbers

from callcenter.callbacks.errors import NeverCallable
from callcenter.callbacks.model import Result
from callcenter.kit.work_calendar import WorkTime

MOST_STEPS: Final = 60
_UNKNOWN: Final = "Etc/Unknown"
NEVER_CLOSED: Final = WorkTime("UTC")


@dataclass(frozen=True, slots=True)
class Hours:
    """From `opens` until just before `closes`, on the same day; a close of 00:00 is the end of the day.

    00:00 to 00:00 is the whole day, which a centre has to set explicitly; no other hours may span midnight. `calendar`
    is the working calendar of the centre; by default it never closes.
    """

    opens: time
    closes: time
    calendar: WorkTime = NEVER_CLOSED

    def __post_init__(self) -> None:
        if self.closes != time.min and not self.opens < self.closes:
            raise ValueError("hours of calling open before they close, on the same day")

    def open_at(self, local: datetime) -> bool:
        return self.opens <= local.time() and (self.closes == time.min or local.time() < self.closes)


@dataclass(frozen=True, slots=True)
class CallingHours:
    """The centre's hours, and other ones by ISO region of the number (CN, HK ...) where a region has its own."""

    usual: Hours
    regions: Mapping[str, Hours] = field(default_factory=dict)

    def of(self, region: str) -> Hours:
        return self.regions.get(region, self.usual)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a number may be: its region and every possible zone, at least one."""

    region: str
    zones: tuple[str, ...]


def place_of(number: str, home_region: str, home_zone: str) -> Place:
    """The place of an E.164 number; a number without a country belongs to the home region."""
    if not number.startswith("+"):
        return Place(home_region, (home_zone,))
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return Place(home_region, (home_zone,))
    region = phonenumbers.region_code_for_number(parsed) or home_region
    # Imported late: only numbers outside the centre's country need the table of zones.
    from phonenumbers import timezone as number_zones

    zones = tuple(zone for zone in number_zones.time_zones_for_number(parsed) if _known(zone))
    # The centre's own country keeps the centre's time: western Chinese numbers follow Beijing time.
    return Place(region, (home_zone,) if region == home_region else zones or (home_zone,))


def _known(zone: str) -> bool:
    try:
        return zone != _UNKNOWN and ZoneInfo(zone) is not None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False


def allowed(at: datetime, zones: Sequence[str], hours: Hours) -> bool:
    """Whether the centre works and calling is allowed at every place where the customer may be."""
    return hours.calendar.is_open(at) and all(hours.open_at(at.astimezone(ZoneInfo(zone))) for zone in zones)


def next_allowed(at: datetime, zones: Sequence[str], hours: Hours) -> datetime:
    """The first allowed instant from `at` on.

    Raises NeverCallable when the zones and the centre have no hour in common.
    """
    instant = at
    for _ in range(MOST_STEPS):
        later = max(hours.calendar.next_open(instant), *(_opening(instant, ZoneInfo(zone), hours) for zone in zones))
        if later == instant:
            return instant.astimezone(UTC)
        instant = later
    raise NeverCallable("this number's time zones have no hour of calling in common", zones=len(zones))


def allowed_until(at: datetime, zones: Sequence[str], hours: Hours) -> datetime:
    """The end of the calling hours that contain `at`."""
    return min(hours.calendar.stretch(at)[1], *(_closing(at, ZoneInfo(zone), hours) for zone in zones))


def window(at: datetime, zones: Sequence[str], hours: Hours) -> tuple[datetime, datetime]:
    """The first period of calling hours from `at` on. Raises NeverCallable."""
    start = next_allowed(at, zones, hours)
    return start, allowed_until(start, zones, hours)


def _opening(at: datetime, zone: ZoneInfo, hours: Hours) -> datetime:
    local = at.astimezone(zone)
    if hours.open_at(local):
        return at
    day = local.date() if local.time() < hours.opens else local.date() + timedelta(days=1)
    opening = _instant(datetime.combine(day, hours.opens), zone)
    # A wall time that occurs twice may occur first before `at`; then the second occurrence is used.
    return opening if opening > at else _instant(datetime.combine(day, hours.opens), zone, fold=1)


def _closing(at: datetime, zone: ZoneInfo, hours: Hours) -> datetime:
    day = at.astimezone(zone).date() + timedelta(days=hours.closes == time.min)
    return _instant(datetime.combine(day, hours.closes), zone)


def _instant(wall: datetime, zone: ZoneInfo, fold: int = 0) -> datetime:
    """The instant of a wall time; one that the clock change skips is moved later by the size of the jump."""
    return wall.replace(tzinfo=zone, fold=fold).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Backoff:
    """How long to wait after the n-th result of a kind; the last wait applies to all further ones."""

    waits: Mapping[Result, tuple[timedelta, ...]]
    usual: timedelta = timedelta(hours=1)

    def after(self, result: Result, attempts: int) -> timedelta:
        waits = self.waits.get(result, ())
        return waits[min(max(attempts, 1), len(waits)) - 1] if waits else self.usual
