"""Defines the snapshot that the reception looks up, one value sent by the service to the reception's process. Pure."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field
from datetime import time

from callcenter.customers.numbers import BadNumber, read_number
from callcenter.errors import Unavailable
from callcenter.kit.hours import OpeningHours, Window
from ivr.reception import Customer, Line, Standing


class DutyUnknown(Unavailable):
    """The service has just started; the dialplan then queries the queue itself, which knows."""

    code = "duty_unknown"


@dataclass(frozen=True)
class Books:
    """`duty` lists for each line the agents on duty and signed in, None while the roster has not been read yet.

    `standings` holds the numbers of key accounts and VIP members as stored in files: few, so all of them fit in memory
    (R11). `region` and `outside_prefix` are the centre's settings for parsing numbers.
    """

    lines: Mapping[str, Line] = field(default_factory=dict)
    duty_of: Mapping[str, Collection[str]] | None = None
    standings: Mapping[str, Standing] = field(default_factory=dict)
    region: str = "CN"
    outside_prefix: str = ""

    def line(self, code: str) -> Line | None:
        return self.lines.get(code)

    def duty(self, line: str) -> Collection[str]:
        """Raises DutyUnknown."""
        if self.duty_of is None:
            raise DutyUnknown("the roster has not been read yet")
        return self.duty_of.get(line, ())

    def customer(self, number: str) -> Customer | None:
        if not self.standings:
            return None
        try:
            standing = self.standings.get(read_number(number, self.region, self.outside_prefix).text)
        except BadNumber:
            return None
        return None if standing is None else Customer(standing)


def written(books: Books) -> bytes:
    """Serialise the snapshot as one line."""
    whole = {**asdict(books), "duty_of": _plain_duty(books.duty_of)}
    return json.dumps(whole, default=time.isoformat, separators=(",", ":")).encode() + b"\n"


def _plain_duty(duty: Mapping[str, Collection[str]] | None) -> dict[str, list[str]] | None:
    return None if duty is None else {line: list(agents) for line, agents in duty.items()}


def read(line: bytes) -> Books:
    """Parse the output of `written`."""
    said = json.loads(line)
    return Books(
        {code: Line(**{**entry, "hours": _hours(entry["hours"])}) for code, entry in said["lines"].items()},
        said["duty_of"],
        {number: Standing(standing) for number, standing in said["standings"].items()},
        said["region"],
        said["outside_prefix"],
    )


def _hours(said: Mapping[str, object]) -> OpeningHours:
    windows = said["windows"]
    assert isinstance(windows, list)
    return OpeningHours(
        tuple(Window(w["weekday"], time.fromisoformat(w["opens"]), time.fromisoformat(w["closes"])) for w in windows),
        str(said["timezone"]),
    )
