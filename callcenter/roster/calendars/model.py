"""Writes shifts as an iCalendar object (RFC 5545). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Final

from callcenter.roster.model import Shift

LINE_OCTETS: Final = 75
"""RFC 5545, 3.1: longer lines are folded."""


def calendar_of(shifts: Iterable[Shift], title: str, names: Mapping[str, str], stamp: datetime) -> bytes:
    """The feed of an agent's shifts; `names` are those of the lines."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//callcenter//roster//EN",
        "METHOD:PUBLISH",
        f"X-WR-CALNAME:{escaped(title)}",
        "REFRESH-INTERVAL;VALUE=DURATION:PT1H",
    ]
    for shift in shifts:
        lines += [
            "BEGIN:VEVENT",
            # A leave in the middle leaves two parts of one shift, so the id alone is not unique.
            f"UID:shift-{shift.id}-{_time(shift.starts_at)}@callcenter",
            f"DTSTAMP:{_time(stamp)}",
            f"DTSTART:{_time(shift.starts_at)}",
            f"DTEND:{_time(shift.ends_at)}",
            f"SUMMARY:{escaped(names.get(shift.line) or shift.line)}",
            "END:VEVENT",
        ]
    lines.append("END:VCALENDAR")
    return "".join(f"{part}\r\n" for line in lines for part in folded(line)).encode()


def escaped(text: str) -> str:
    """RFC 5545, 3.3.11: backslash, semicolon, comma and line ends."""
    for plain, written in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\r\n", "\\n"), ("\n", "\\n"), ("\r", "\\n")):
        text = text.replace(plain, written)
    return "".join(char for char in text if char >= " " or char == "\t")


def folded(line: str) -> Iterator[str]:
    """The line in parts of at most 75 octets, never within a character; further parts begin with a blank."""
    part, size = "", 0
    for char in line:
        octets = len(char.encode())
        if size + octets > LINE_OCTETS:
            yield part
            part, size = " ", 1
        part, size = part + char, size + octets
    yield part


def _time(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"
