"""A plan as one table, in and out: a row for each agent, a column for each day (D1). Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Final
from zoneinfo import ZoneInfo

from callcenter.catalogue import Language
from callcenter.facts import AgentNumber, LineCode
from callcenter.kit.table_reader import Layout, Row, plain_title, titles
from callcenter.roster.errors import BadPlan
from callcenter.roster.needs.model import DAY
from callcenter.roster.patterns.model import Pattern, clock_of, minutes_of, shift_on
from callcenter.roster.plans.model import Days, Entry

HEADS: Final[Mapping[Language, tuple[str, str, str]]] = {
    "zh-CN": ("工号", "姓名", "工时"),
    "en": ("agent", "name", "hours"),
}
WEEKDAYS: Final[Mapping[Language, Sequence[str]]] = {
    "zh-CN": ("周一", "周二", "周三", "周四", "周五", "周六", "周日"),
    "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
}
FREE: Final = frozenset({"", "-", "休", "off", "/", "—"})
"""What a cell without a shift may hold."""
_PARTS: Final = re.compile(r"[,，;；、+\s]+")
_TIMES: Final = re.compile(r"(\d{1,2}:\d{2})\s*[-–—−~〜至到]\s*(\d{1,2}:\d{2})")


def head_of(days: Days, language: Language) -> list[str]:
    """The titles of the columns."""
    agent, name, hours = HEADS[language]
    return [agent, name, *(f"{day.isoformat()} {WEEKDAYS[language][day.weekday()]}" for day in days), hours]


def grid_of(
    entries: Sequence[Entry], names: Mapping[str, str], days: Days, zone: ZoneInfo
) -> list[list[str | float | None]]:
    """A row for each agent, by number: patterns by their code, other shifts by their times."""
    cells: dict[tuple[str, date], list[str]] = {}
    hours: dict[str, float] = dict.fromkeys(names, 0.0)
    for entry in sorted(entries, key=lambda entry: entry.starts_at):
        cells.setdefault((entry.agent, entry.day), []).append(entry.pattern or times_of(entry, zone))
        hours[entry.agent] = hours.get(entry.agent, 0.0) + (entry.ends_at - entry.starts_at).total_seconds() / 3600
    return [
        [agent, names.get(agent, ""), *(" ".join(cells.get((agent, day), [])) for day in days), round(hours[agent], 2)]
        for agent in sorted(hours)
    ]


def times_of(entry: Entry, zone: ZoneInfo) -> str:
    """The local times of a shift, such as 08:00-17:00."""
    return f"{entry.starts_at.astimezone(zone):%H:%M}-{entry.ends_at.astimezone(zone):%H:%M}"


def layout_of(days: Days) -> Layout:
    """The columns that a table of these days may have, in either language, with or without weekdays."""
    names = {"工号": "agent", "agent": "agent", "客服": "agent", "姓名": "name", "name": "name"}
    names |= {"工时": "hours", "hours": "hours"}
    for day in days:
        plain = day.isoformat()
        shorts = (plain, f"{day.month}/{day.day}", f"{day:%m-%d}", f"{day.month}月{day.day}日")
        for short in (*shorts, f"{day.year}/{day.month}/{day.day}", f"{plain} 00:00:00"):
            names[short] = plain
            names |= {f"{short} {WEEKDAYS[language][day.weekday()]}": plain for language in WEEKDAYS}
    known = titles(names)
    # Digits at the end of a title are part of a day here, not a counter.
    assert known[plain_title(days.first.isoformat())] == days.first.isoformat()
    return Layout(known, "agent")


def entries_of(
    rows: Sequence[Row],
    days: Days,
    patterns: Mapping[str, Pattern],
    line: LineCode,
    zone: str,
    fault: Callable[[int, str, str], BadPlan],
) -> list[Entry]:
    """The entries of a table; a cell holds codes of patterns or times such as 08:00-17:00. Raises BadPlan."""
    known = {_plain(code): pattern for code, pattern in patterns.items()}
    result = []
    for row in rows:
        agent = AgentNumber(_plain(row.cells.get("agent", "")))
        for day in days:
            cell = _plain(row.cells.get(day.isoformat(), ""))
            text = _TIMES.sub(lambda times: f"{times[1]}-{times[2]}", cell)
            for part in _PARTS.split(text):
                if part.lower() in FREE:
                    continue
                minutes, code = _minutes(part, known)
                if minutes is None:
                    raise fault(row.line, day.isoformat(), part)
                shift = shift_on(day, *minutes, agent, line, zone)
                result.append(Entry(agent, day, shift.starts_at, shift.ends_at, code))
    return result


def _plain(text: str) -> str:
    """The text in half width: a Chinese keyboard types ０８：００ as readily as 08:00."""
    return unicodedata.normalize("NFKC", text).strip()


def _minutes(part: str, patterns: Mapping[str, Pattern]) -> tuple[tuple[int, int] | None, str]:
    pattern = patterns.get(part)
    if pattern is not None:
        return (pattern.start, pattern.end), pattern.code
    times = _TIMES.fullmatch(part)
    if times is None:
        return None, ""
    start, end = (text.rjust(5, "0") for text in times.groups())
    if any(int(text[:2]) * 60 + int(text[3:]) > DAY or int(text[3:]) > 59 for text in (start, end)):
        return None, ""
    minutes = minutes_of(start, end)
    return minutes, next((known.code for known in patterns.values() if (known.start, known.end) == minutes), "")


def span_text(pattern: Pattern) -> str:
    """The times of a pattern for a legend, such as 早 08:00-17:00."""
    return f"{pattern.code} {clock_of(pattern.start)}-{clock_of(pattern.end)}"
