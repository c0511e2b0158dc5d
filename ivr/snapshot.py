"""Defines the snapshot that the reception looks up, one value sent by the service to the reception's process. Pure."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, time
from typing import Final

from callcenter.customers.numbers import BadNumber, read_number
from callcenter.errors import Unavailable
from callcenter.kit.hours import OpeningHours, Window
from ivr.reception import Customer, Line, Standing

PING: Final = b'{"ping":1}\n'
"""A line that the reception's process echoes: one that is stopped or stuck does not."""


@dataclass(frozen=True, slots=True)
class FlowText:
    """A published version of a flow: its source, which the reception's process reads itself."""

    name: str
    number: int
    source: str


@dataclass(frozen=True, slots=True)
class Period:
    """A time in which a line is open, `end` exclusive."""

    start: datetime
    end: datetime


class DutyUnknown(Unavailable):
    """The service has just started; the dialplan then queries the queue itself, which knows."""

    code = "duty_unknown"


@dataclass(frozen=True)
class Snapshot:
    """`duty` lists for each line the agents on duty and signed in, None while the roster has not been read yet.

    `standings` holds the numbers of key accounts and VIP members as stored in files: few, so all of them fit in memory
    (R11). `dialects` holds those of customers whose dialect some queue has speakers for, `blocks` the lines that do
    not take a number, each until an epoch second. `region` and `outside_prefix` are the centre's settings for
    parsing numbers. `flows` are the published flows, `open_times` the next open periods of each line by the
    centre's calendar.
    """

    lines: Mapping[str, Line] = field(default_factory=dict)
    duty_of: Mapping[str, Collection[str]] | None = None
    standings: Mapping[str, Standing] = field(default_factory=dict)
    dialects: Mapping[str, str] = field(default_factory=dict)
    blocks: Mapping[str, tuple[tuple[str, int], ...]] = field(default_factory=dict)
    region: str = "CN"
    outside_prefix: str = ""
    flows: tuple[FlowText, ...] = ()
    open_times: Mapping[str, tuple[Period, ...]] = field(default_factory=dict)
    shifts: Mapping[str, tuple[Period, ...]] = field(default_factory=dict)
    """The present and next shifts of each line by the roster, in order."""

    def open_at(self, line: Line, at: datetime) -> bool:
        """Whether the line is open: by the centre's calendar where it was sent, else by the line's weekly hours."""
        periods = self.open_times.get(line.code)
        if periods is None or not periods or at >= periods[-1].end:
            return line.hours.open_at(at)
        return any(period.start <= at < period.end for period in periods)

    def opens_at(self, line: str, at: datetime) -> datetime | None:
        """When the line opens next; None when that is not known."""
        return next((period.start for period in self.open_times.get(line, ()) if period.start > at), None)

    def staffed_at(self, line: str, at: datetime) -> datetime | None:
        """When the next shift begins; None when that is not known, and while a shift lasts whose agents are away."""
        shifts = self.shifts.get(line, ())
        if any(shift.start <= at < shift.end for shift in shifts):
            return None
        return next((shift.start for shift in shifts if shift.start > at), None)

    def line(self, code: str) -> Line | None:
        return self.lines.get(code)

    def duty(self, line: str) -> Collection[str]:
        """Raises DutyUnknown."""
        if self.duty_of is None:
            raise DutyUnknown("the roster has not been read yet")
        return self.duty_of.get(line, ())

    def customer(self, number: str) -> Customer | None:
        if not (self.standings or self.dialects or self.blocks):
            return None
        try:
            key = read_number(number, self.region, self.outside_prefix).text
        except BadNumber:
            return None
        standing, dialect, blocks = self.standings.get(key), self.dialects.get(key, ""), self.blocks.get(key, ())
        if standing is None and not dialect and not blocks:
            return None
        return Customer(standing or Standing.ORDINARY, dialect, blocks)


def written(snapshot: Snapshot) -> bytes:
    """Serialise the snapshot as one line."""
    whole = {**asdict(snapshot), "duty_of": _plain_duty(snapshot.duty_of)}
    return json.dumps(whole, default=_iso, separators=(",", ":")).encode() + b"\n"


def _iso(value: time | datetime) -> str:
    return value.isoformat()


def _plain_duty(duty: Mapping[str, Collection[str]] | None) -> dict[str, list[str]] | None:
    return None if duty is None else {line: list(agents) for line, agents in duty.items()}


def read(line: bytes) -> Snapshot:
    """Parse the output of `written`."""
    data = json.loads(line)
    return Snapshot(
        lines={code: Line(**{**entry, "hours": _hours(entry["hours"])}) for code, entry in data["lines"].items()},
        duty_of=data["duty_of"],
        standings={number: Standing(standing) for number, standing in data["standings"].items()},
        dialects=data["dialects"],
        blocks={number: tuple((line, until) for line, until in blocks) for number, blocks in data["blocks"].items()},
        region=data["region"],
        outside_prefix=data["outside_prefix"],
        flows=tuple(FlowText(**flow) for flow in data["flows"]),
        open_times=_periods(data["open_times"]),
        shifts=_periods(data["shifts"]),
    )


def _periods(data: Mapping[str, list[dict[str, str]]]) -> dict[str, tuple[Period, ...]]:
    return {line: tuple(_period(period) for period in periods) for line, periods in data.items()}


def _period(data: Mapping[str, str]) -> Period:
    return Period(datetime.fromisoformat(data["start"]), datetime.fromisoformat(data["end"]))


def _hours(data: Mapping[str, object]) -> OpeningHours:
    windows = data["windows"]
    assert isinstance(windows, list)
    return OpeningHours(
        tuple(Window(w["weekday"], time.fromisoformat(w["opens"]), time.fromisoformat(w["closes"])) for w in windows),
        str(data["timezone"]),
    )
