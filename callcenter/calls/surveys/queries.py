"""Counts the marks of the surveys after calls by line, agent or day."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, tzinfo
from typing import Final, Literal

from sqlalchemy import func, select

from callcenter.calls.rows import CallRow
from callcenter.calls.surveys.model import MARKS, Marks
from callcenter.storage.database import Database
from callcenter.storage.hints import mostly

Group = Literal["line", "agent", "day"]
_KEYS: Final = {"line": CallRow.line, "agent": CallRow.agent, "day": CallRow.survey_asked_at}


class SurveyFigures:
    def __init__(self, database: Database, pbx: str, zone: tzinfo = UTC) -> None:
        """`zone` is the centre's own; a day begins at its midnight."""
        self._database = database
        self._pbx = pbx
        self._zone = zone

    async def between(
        self, since: datetime, until: datetime, by: Group, *, line: str | None = None, agent: str | None = None
    ) -> dict[str, Marks]:
        """The marks of the calls that arrived in a period, by group in order; an unknown line or agent is ""."""
        key = _KEYS[by]
        query = select(key, CallRow.survey_mark, func.count()).where(
            mostly(CallRow.pbx == self._pbx),
            CallRow.survey_asked_at.is_not(None),
            CallRow.arrived_at >= since,
            CallRow.arrived_at < until,
        )
        if line is not None:
            query = query.where(CallRow.line == line)
        if agent is not None:
            query = query.where(CallRow.agent == agent)
        counted: dict[str, list[int]] = defaultdict(lambda: [0] * (len(MARKS) + 1))
        async with self._database.read() as session:
            for value, mark, count in await session.execute(query.group_by(key, CallRow.survey_mark)):
                counted[self._group(value)][mark or 0] += count
        return {group: _marks(counts) for group, counts in sorted(counted.items())}

    def _group(self, value: str | datetime | None) -> str:
        return value.astimezone(self._zone).date().isoformat() if isinstance(value, datetime) else value or ""


def _marks(counts: list[int]) -> Marks:
    _, *given = counts
    return Marks(sum(counts), (given[0], given[1], given[2], given[3], given[4]))
