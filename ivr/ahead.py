"""Computes the decisions about the next days' callers, which the service pushes ahead into Asterisk. Pure.

What `ivr.reception.decide` answers for an ordinary caller is the same for all of them until the line opens or closes or
its duty changes, so it is known before they call. The dialplan applies it (callcenter/asterisk/render/ahead.py), also
while the service is down.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Final
from zoneinfo import ZoneInfo

from callcenter.asterisk.render.ahead import CLOSED, LATEST, NO_AGENT, QUEUE
from callcenter.errors import Unavailable
from callcenter.kit.hours import OpeningHours
from ivr.reception import Action, Line, decide
from ivr.snapshot import Snapshot

DAYS: Final = 14
"""How far ahead the hours are pushed; after that a service that is still down leaves the line open."""
MOST: Final = 80
"""Entries of one line: an AMI header line has at most 1,023 bytes."""
LETTERS: Final[Mapping[Action, str]] = MappingProxyType(
    {Action.QUEUE: QUEUE, Action.CLOSED: CLOSED, Action.NO_AGENT: NO_AGENT}
)


def ahead(snapshot: Snapshot, at: datetime, days: int = DAYS) -> dict[str, str]:
    """Return each line's decisions from `at` on, in the form that the dialplan reads."""
    return {code: _line(snapshot, line, at, days) for code, line in snapshot.lines.items()}


def _line(snapshot: Snapshot, line: Line, at: datetime, days: int) -> str:
    end = at + timedelta(days=days)
    known = {instant for period in snapshot.open_times.get(line.code, ()) for instant in (period.start, period.end)}
    starts = [at, *sorted({*boundaries(line.hours, at, end), *(entry for entry in known if at < entry < end)})]
    entries: list[tuple[str, int]] = []
    for start, change in zip(starts, [*starts[1:], None], strict=True):
        letter = LETTERS[_action(snapshot, line, start, now=start == at)]
        until = LATEST if change is None else int(change.timestamp())
        if entries and entries[-1][0] == letter:
            entries[-1] = (letter, until)
        else:
            entries.append((letter, until))
    if len(entries) > MOST:
        entries = [*entries[:MOST], (QUEUE, LATEST)]
    return "".join(f"{letter}{until:010d}" for letter, until in entries)


def _action(snapshot: Snapshot, line: Line, at: datetime, *, now: bool) -> Action:
    """The decision about an ordinary caller. Who will be on duty later is not known; then the queue decides."""
    duty: tuple[str, ...] = ("",)
    if now:
        try:
            duty = tuple(snapshot.duty(line.code))
        except Unavailable:
            # The service has just started and has not read the roster.
            pass
    return decide(None, line, at, snapshot.open_at(line, at), duty, None).action


def boundaries(hours: OpeningHours, start: datetime, end: datetime) -> list[datetime]:
    """The instants after `start` at which a line may open or close, in order, before `end`."""
    return sorted({at for at in _instants(hours, start, end) if start < at < end})


def _instants(hours: OpeningHours, start: datetime, end: datetime) -> Iterator[datetime]:
    zone = ZoneInfo(hours.timezone)
    day = start.astimezone(zone).date() - timedelta(days=1)
    while day <= end.astimezone(zone).date() + timedelta(days=1):
        for window in hours.windows:
            if window.weekday == day.weekday():
                last = day + timedelta(days=window.closes <= window.opens)
                yield datetime.combine(day, window.opens, zone).astimezone(UTC)
                yield datetime.combine(last, window.closes, zone).astimezone(UTC)
        day += timedelta(days=1)
