"""Holds the limits of the return calls, built once from the settings, and computes the times of a request. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from callcenter.callbacks.blending import Blending
from callcenter.callbacks.choosing import Choosing
from callcenter.callbacks.errors import PromiseInThePast, QuietPromise
from callcenter.callbacks.model import CallbackRequest, Event, Result, Source, State, event_of
from callcenter.callbacks.timing import Backoff, CallingHours, Hours, Place, allowed, next_allowed, place_of, window
from callcenter.calls.model import call_id
from callcenter.facts import CallId, linkedid_of
from callcenter.settings import CallbackSettings, Settings

PROMISE_GRACE: Final = timedelta(minutes=2)
"""A promise for now is not in the past: clocks differ, and filling in a form takes time."""


@dataclass(frozen=True, slots=True)
class Times:
    """When a return call is due and in which period of calling hours it may be called next."""

    due_at: datetime
    may_from: datetime
    may_until: datetime


@dataclass(frozen=True, slots=True)
class Rulebook:
    pbx: str
    region: str
    zone: str
    hours: CallingHours
    choosing: Choosing
    backoff: Backoff
    max_attempts: int
    lease: timedelta
    result_wait: timedelta
    lost_after: timedelta
    due: Mapping[Source, timedelta]
    usual_due: timedelta
    outcomes: frozenset[str]
    lines: Mapping[str, frozenset[str]] = field(default_factory=dict)
    short_abandon: timedelta = timedelta(seconds=5)
    ring_seconds: int = 45
    dial_as: str = "national"

    def call_of(self, intent: str) -> CallId:
        """The id of the call that a dial makes: the intent is its channel's Uniqueid."""
        return call_id(self.pbx, linkedid_of(intent))

    def place(self, number: str) -> Place:
        return place_of(number, self.region, self.zone)

    def wanted_outcomes(self, line: str | None) -> frozenset[str]:
        """Which outcomes of the line's calls create a return call."""
        return self.lines.get(line or "", self.outcomes)

    def times(self, request: CallbackRequest, now: datetime, place: Place) -> Times:
        """The times of a request. A promise is called at its time, everything else as soon as calling hours allow.

        Raises NeverCallable.
        """
        hours = self.hours.of(place.region)
        asked = request.due_at or max(now, request.arrived_at or now) + self.due.get(request.source, self.usual_due)
        return self.at(asked, now, place, hours, appointed=request.promised)

    def at(self, due: datetime, now: datetime, place: Place, hours: Hours, *, appointed: bool) -> Times:
        due = next_allowed(max(due, now), place.zones, hours)
        start = max(now, due - self.choosing.blending.urgent_before) if appointed else now
        return Times(due, *window(start, place.zones, hours))

    def check_time(self, at: datetime, now: datetime, place: Place) -> None:
        """Raises PromiseInThePast; QuietPromise, with the next allowed instant, outside calling hours."""
        if at < now - PROMISE_GRACE:
            raise PromiseInThePast("the time is in the past", at=at.isoformat())
        hours = self.hours.of(place.region)
        if not allowed(at, place.zones, hours):
            fitting = next_allowed(max(at, now), place.zones, hours)
            raise QuietPromise("no calls are made at that time of day", next=fitting.isoformat())

    def appointment(self, at: datetime, now: datetime, place: Place) -> Times:
        """The times of a call for which a time was named. Raises QuietPromise."""
        self.check_time(at, now, place)
        return self.at(at, now, place, self.hours.of(place.region), appointed=True)

    def again(self, result: Result, attempts: int, now: datetime, place: Place) -> Times:
        """The times of the next attempt after this result. Raises NeverCallable."""
        hours = self.hours.of(place.region)
        start, until = window(now + self.backoff.after(result, attempts), place.zones, hours)
        return Times(start, start, until)

    def event(self, result: Result, attempts: int) -> Event:
        return event_of(result, attempts, self.max_attempts)


def state_of(request: CallbackRequest) -> State:
    """A named time makes it scheduled; everything else waits in the queue."""
    return State.SCHEDULED if request.due_at is not None else State.QUEUED


def rulebook_of(settings: Settings) -> Rulebook:
    """Build the rulebook. Raises ValueError on hours that close before they open, BadHours on a bad calendar."""
    own = settings.callbacks
    calendar = settings.calendar
    regions = {region.upper(): Hours(*hours, calendar) for region, hours in own.regions.items()}
    return Rulebook(
        pbx=settings.pbx.name,
        region=settings.region,
        zone=settings.timezone,
        hours=CallingHours(Hours(own.opens, own.closes, calendar), regions),
        choosing=_choosing(own),
        backoff=Backoff({Result(word): _minutes(*some) for word, some in own.backoff_minutes.items()}),
        max_attempts=own.max_attempts,
        lease=timedelta(minutes=own.lease_minutes),
        result_wait=timedelta(minutes=own.result_minutes),
        lost_after=timedelta(seconds=own.lost_seconds),
        due={Source(word): timedelta(minutes=minutes) for word, minutes in own.due_minutes.items()},
        usual_due=timedelta(minutes=own.usual_due_minutes),
        outcomes=frozenset(own.outcomes),
        lines={line: frozenset(words) for line, words in own.lines.items()},
        short_abandon=timedelta(seconds=own.short_abandon_seconds),
        ring_seconds=own.ring_seconds,
        dial_as=own.dial_as,
    )


def _choosing(own: CallbackSettings) -> Choosing:
    blending = Blending(
        own.most_waiting,
        own.least_free,
        timedelta(minutes=own.urgent_before_minutes),
        timedelta(minutes=own.urgent_after_minutes),
        own.urgent_most_waiting,
        timedelta(minutes=own.aged_after_minutes),
        own.aged_share,
    )
    owner_first = timedelta(minutes=own.owner_first_minutes)
    return Choosing(blending, owner_first, frozenset(own.vip_team), own.least_dialect_level)


def _minutes(*some: int) -> tuple[timedelta, ...]:
    return tuple(timedelta(minutes=minutes) for minutes in some)
