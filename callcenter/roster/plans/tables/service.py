"""Writes a plan as a table and reads it back (D1)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from zoneinfo import ZoneInfo

from callcenter.agents.service import AgentService
from callcenter.catalogue import Language
from callcenter.kit.table_process import TableReader
from callcenter.kit.table_reader import Passed
from callcenter.kit.table_writer import write_csv, write_xlsx
from callcenter.roster.errors import BadPlan
from callcenter.roster.patterns.service import Patterns
from callcenter.roster.plans.model import Entry
from callcenter.roster.plans.rows import PlanRow
from callcenter.roster.plans.service import Plans
from callcenter.roster.plans.store import days_of
from callcenter.roster.plans.tables.model import entries_of, grid_of, head_of, layout_of
from callcenter.web.roles import Person


class PlanTables:
    def __init__(
        self, plans: Plans, patterns: Patterns, agents: AgentService, reader: TableReader, zone: ZoneInfo
    ) -> None:
        self._plans = plans
        self._patterns = patterns
        self._agents = agents
        self._reader = reader
        self._zone = zone

    async def names(self, entries: Sequence[Entry]) -> dict[str, str]:
        """The names of the agents who work now or have an entry, by number."""
        planned = {entry.agent for entry in entries}
        agents = await self._agents.agents()
        return {agent.number: agent.name for agent in agents if agent.active or agent.number in planned}

    async def table(self, id: str, by: Person, language: Language, *, xlsx: bool) -> tuple[PlanRow, bytes]:
        """A plan as a file; raises UnknownPlan."""
        row, entries = await self._plans.plan(id, by)
        days = days_of(row)
        grid = grid_of(entries, await self.names(entries), days, self._zone)
        write = write_xlsx if xlsx else write_csv
        return row, await asyncio.to_thread(write, head_of(days, language), grid)

    async def read(self, id: str, data: bytes, by: Person) -> tuple[PlanRow, list[Entry], Sequence[Passed]]:
        """Replace the entries of a draft by those of a file, all or none, with what was skipped.

        Raises UnknownPlan, BadTable, BadPlan and what replacing the entries raises.
        """
        row, before = await self._plans.plan(id, by)
        days = days_of(row)
        table = await self._reader.read(data, layout_of(days))
        patterns = {pattern.code: pattern for pattern in await self._patterns.all()}
        fixed = {(entry.agent, entry.starts_at, entry.ends_at) for entry in before if entry.fixed}
        entries = [
            replace(entry, fixed=(entry.agent, entry.starts_at, entry.ends_at) in fixed)
            for entry in entries_of(table.rows, days, patterns, row.line, self._zone.key, _fault)
        ]
        row, stored = await self._plans.replace(id, None, entries, by)
        return row, stored, table.passed


def _fault(line: int, day: str, text: str) -> BadPlan:
    return BadPlan("a cell is neither a shift pattern nor times", fault="cell", line=line, day=day, text=text[:40])
