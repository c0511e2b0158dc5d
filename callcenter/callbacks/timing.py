"""When a customer may be called, and when again. Pure: zones and instants in, instants out.

Hours of calling are wall-clock windows at the customer's place, as far as the house itself works then. A number that
may be in several zones is called only when it is a fitting hour in all of them. All arithmetic is on instants, so a
night in which the clocks change is neither skipped nor counted twice.
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
    """From `opens` until just before `closes`, on the same day; 00:00 as the close is the end of the day.

    00:00 to 00:00 is the whole day, which a centre has to ask for; no other hours have midnight inside.
    `house` is the working calendar of those who call; a house that never closes by default.
    """

    opens: time
    closes: time
    house: WorkTime = NEVER_CLOSED

    def __post_init__(self) -> None:
        if self.closes != time.min and not self.opens < self.closes:
            raise ValueError("hours of calling open before they close, on the same day")

    def open_at(self, local: datetime) -> bool:
        return self.opens <= local.time() and (self.closes == time.min or local.time() < self.closes)


@dataclass(frozen=True, slots=True)
class CallingHours:
    """The house's hours, and other ones by ISO region of the number (CN, HK ...) where a region has its own."""

    usual: Hours
    regions: Mapping[str, Hours] = field(default_factory=dict)

    def of(self, region: str) -> Hours:
        return self.regions.get(region, self.usual)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a number may be: its region and every zone that it may be in, at least one."""

    region: str
    zones: tuple[str, ...]


def place_of(number: str, home_region: str, home_zone: str) -> Place:
    """Where an E.164 number is at home; a number without a country is at home here."""
    if not number.startswith("+"):
        return Place(home_region, (home_zone,))
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return Place(home_region, (home_zone,))
    region = phonenumbers.region_code_for_number(parsed) or home_region
    # Late: a table of zones that only numbers outside the centre's country need.
    from phonenumbers import timezone as number_zones

    zones = tuple(zone for zone in number_zones.time_zones_for_number(parsed) if _known(zone))
    # The house's own country is taken to keep the house's time: China's western numbers live by Beijing's clock.
    return Place(region, (home_zone,) if region == home_region else zones or (home_zone,))


def _known(zone: str) -> bool:
    try:
        return zone != _UNKNOWN and ZoneInfo(zone) is not None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False


def allowed(at: datetime, zones: Sequence[str], hours: Hours) -> bool:
    """Whether the house works and it is a fitting hour at every place that the customer may be at."""
    return hours.house.is_open(at) and all(hours.open_at(at.astimezone(ZoneInfo(zone))) for zone in zones)


def next_allowed(at: datetime, zones: Sequence[str], hours: Hours) -> datetime:
    """The first fitting instant from `at` on.

    Raises NeverCallable when the zones have no hour in common with each other and with the house.
    """
    result = at
    for _ in range(MOST_STEPS):
        later = max(hours.house.next_open(result), *(_opening(result, ZoneInfo(zone), hours) for zone in zones))
        if later == result:
            return result.astimezone(UTC)
        result = later
    raise NeverCallable("this number's time zones have no hour of calling in common", zones=len(zones))


def allowed_until(at: datetime, zones: Sequence[str], hours: Hours) -> datetime:
    """The end of the fitting hours that `at` lies in."""
    return min(hours.house.stretch(at)[1], *(_closing(at, ZoneInfo(zone), hours) for zone in zones))


def window(at: datetime, zones: Sequence[str], hours: Hours) -> tuple[datetime, datetime]:
    """The first stretch of fitting hours from `at` on. Raises NeverCallable."""
    start = next_allowed(at, zones, hours)
    return start, allowed_until(start, zones, hours)


def _opening(at: datetime, zone: ZoneInfo, hours: Hours) -> datetime:
    local = at.astimezone(zone)
    if hours.open_at(local):
        return at
    day = local.date() if local.time() < hours.opens else local.date() + timedelta(days=1)
    opening = _instant(datetime.combine(day, hours.opens), zone)
    # A wall time that comes twice may lie, in its first coming, before `at`; then the second one is meant.
    return opening if opening > at else _instant(datetime.combine(day, hours.opens), zone, fold=1)


def _closing(at: datetime, zone: ZoneInfo, hours: Hours) -> datetime:
    day = at.astimezone(zone).date() + timedelta(days=hours.closes == time.min)
    return _instant(datetime.combine(day, hours.closes), zone)


def _instant(wall: datetime, zone: ZoneInfo, fold: int = 0) -> datetime:
    """The instant of a wall time; one that the clocks skip is taken as much later as they jump."""
    return wall.replace(tzinfo=zone, fold=fold).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Backoff:
    """How long to wait after the n-th result of a kind; the last wait holds for all further ones."""

    waits: Mapping[Result, tuple[timedelta, ...]]
    usual: timedelta = timedelta(hours=1)

    def after(self, result: Result, attempts: int) -> timedelta:
        waits = self.waits.get(result, ())
        return waits[min(max(attempts, 1), len(waits)) - 1] if waits else self.usual
