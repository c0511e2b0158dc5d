"""Fills in the printed forms of the roster (D1, D4, H3)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from callcenter.agents.service import AgentService
from callcenter.catalogue import Language
from callcenter.errors import NotFound
from callcenter.paper.duty.model import FormField, FormTable, HandoverForm, LeaveForm, RosterSheet
from callcenter.paper.head import Head
from callcenter.paper.pages import instant
from callcenter.paper.service import FormService
from callcenter.paper.texts import texts_of
from callcenter.roster.handover.queries import sees_all
from callcenter.roster.handover.service import Handovers
from callcenter.roster.history import RequestHistory
from callcenter.roster.leave.service import Leaves
from callcenter.roster.patterns.service import Patterns
from callcenter.roster.plans.service import Plans
from callcenter.roster.plans.store import days_of
from callcenter.roster.plans.tables.model import grid_of, span_text
from callcenter.roster.plans.tables.service import PlanTables
from callcenter.roster.rows import HandoverItemRow, HandoverRow
from callcenter.web.roles import Person

MOST_DAYS = 16
"""Columns of days that fit on one table across the page."""


class RosterPapers:
    def __init__(
        self,
        forms: FormService,
        agents: AgentService,
        leaves: Leaves,
        history: RequestHistory,
        handovers: Handovers,
        plans: Plans,
        tables: PlanTables,
        patterns: Patterns,
        zone: ZoneInfo,
    ) -> None:
        self._forms = forms
        self._agents = agents
        self._leaves = leaves
        self._history = history
        self._handovers = handovers
        self._plans = plans
        self._tables = tables
        self._patterns = patterns
        self._zone = zone

    async def leave(self, id: str, language: Language, by: Person) -> LeaveForm:
        """The request for leave with its history; raises UnknownLeave."""
        row = await self._leaves.leave(id, by)
        steps = (await self._history.steps("leave", [id]))[id]
        t, head = texts_of(language), self._forms.head(f"QJ{row.asked_at:%Y%m%d}-{id[:6]}", language, by)
        decided = next((step.by_name for step in reversed(steps) if step.event in ("approve", "refuse")), "")
        return LeaveForm(
            head,
            (
                FormField(t["leave_agent"], await self._named(row.agent)),
                FormField(t["leave_kind"], t.get(f"leave_{row.kind}", row.kind)),
                FormField(t["leave_from"], instant(row.starts_at, head)),
                FormField(t["leave_until"], instant(row.ends_at, head)),
                FormField(t["leave_reason"], row.reason),
                FormField(t["leave_state"], t.get(f"leave_{row.state}", row.state)),
            ),
            (
                FormTable(
                    t["history"],
                    (t["history_at"], t["history_state"], t["history_by"], t["history_reason"]),
                    tuple(
                        (instant(step.at, head), t.get(f"leave_{step.state}", step.state), step.by_name, step.reason)
                        for step in steps
                    ),
                ),
            ),
            (FormField(t["leave_signature"]), FormField(t["approver_signature"], decided)),
        )

    async def handover(self, id: str, language: Language, by: Person) -> HandoverForm:
        """The log of a shift, open or signed; raises UnknownHandover."""
        row = await self._handovers.handover(id)
        facts, items = await self._handovers.facts(row, by), await self._handovers.items(row)
        t, head = texts_of(language), self._forms.head(f"JB{row.begun_at:%Y%m%d}-{id[:6]}", language, by)
        return HandoverForm(
            head,
            (
                FormField(t["handover_agent"], f"{row.agent} {row.agent_name}"),
                FormField(t["handover_lines"], "、".join(row.lines)),
                FormField(t["handover_begun"], instant(row.begun_at, head)),
                FormField(t["handover_ended"], instant(row.ended_at, head)),
                FormField(t["handover_relief"], await self._reliefs(row)),
                FormField(t["handover_below"], _below(row, t)),
                FormField(t["handover_remark"], row.remark if row.relief or sees_all(row.agent, by) else ""),
            ),
            (
                FormTable(
                    t["handover_facts"],
                    (t["handover_kind"], t["handover_ref"], t["handover_text"], t["handover_at"]),
                    tuple((fact.kind, fact.ref, fact.text, instant(fact.at, head)) for fact in facts),
                ),
                FormTable(
                    t["handover_items"],
                    (t["handover_kind"], t["handover_text"], t["history_by"], t["handover_closed"]),
                    tuple(
                        (t.get(f"topic_{item.kind}", item.kind), item.text, item.opened_by, _closed(item, head))
                        for item in items
                    ),
                ),
            ),
            (
                FormField(t["handover_outgoing_signature"], row.agent_name if row.offered_at else ""),
                FormField(t["handover_relief_signature"], _signatures(row, head)),
            ),
        )

    async def roster(self, id: str, language: Language, by: Person) -> RosterSheet:
        """A plan as a sheet for the wall; raises UnknownPlan."""
        row, entries = await self._plans.plan(id, by)
        days = days_of(row)
        names = await self._tables.names(entries)
        patterns = [span_text(pattern) for pattern in await self._patterns.all() if pattern.active]
        t, head = texts_of(language), self._forms.head(f"PB-{row.line}-{row.first_day:%Y%m%d}", language, by)
        grid = grid_of(entries, names, days, self._zone)
        published = f"{instant(row.published_at, head)} {row.published_by_name or ''}".strip()
        return RosterSheet(
            head,
            (
                FormField(t["roster_line"], row.line),
                FormField(t["roster_days"], f"{row.first_day} - {row.last_day}"),
                FormField(t["roster_published"], f"{published} ({row.number})" if row.number else ""),
                FormField(t["roster_handed"], row.handed_to),
                FormField(t["roster_patterns"], "  ".join(patterns)),
                *([FormField(t["roster_shortage"], row.despite_reason)] if row.despite_reason else []),
            ),
            tuple(_part(grid, [f"{day:%m-%d}" for day in days], at, t) for at in range(0, len(days), MOST_DAYS)),
            (FormField(t["roster_signature"], row.published_by_name or ""), FormField(t["roster_received"])),
        )

    async def _reliefs(self, row: HandoverRow) -> str:
        """Who took over, each with their lines."""
        if not row.signatures:
            return await self._named(row.relief) if row.relief else ""
        named = [(await self._named(signature["agent"]), signature["lines"]) for signature in row.signatures]
        return "; ".join(f"{name} ({'、'.join(lines)})" if lines else name for name, lines in named)

    async def _named(self, number: str) -> str:
        try:
            return f"{number} {(await self._agents.agent(number)).name}"
        except NotFound:
            return number


def _part(grid: list[list[str | float | None]], days: list[str], at: int, t: Mapping[str, str]) -> FormTable:
    """Some days of the grid, with the hours of the whole plan."""
    columns = (t["roster_agent"], *days[at : at + MOST_DAYS], t["roster_hours"])
    rows = tuple(
        (
            f"{line[0]} {line[1]}",
            *(str(cell) for cell in line[2 + at : 2 + min(at + MOST_DAYS, len(days))]),
            f"{line[-1]:g}",
        )
        for line in grid
    )
    return FormTable("", columns, rows)


def _below(row: HandoverRow, t: Mapping[str, str]) -> str:
    """Empty before the change of shift is over."""
    if row.changed_at is None:
        return ""
    whole = _seconds(row.below_seconds, t)
    lines = row.below_by_line or {}
    if len(lines) < 2:
        return whole
    return f"{whole} ({', '.join(f'{line} {_seconds(seconds, t)}' for line, seconds in sorted(lines.items()))})"


def _seconds(seconds: float | None, t: Mapping[str, str]) -> str:
    return t["handover_unknown"] if seconds is None else f"{seconds:.0f}"


def _signatures(row: HandoverRow, head: Head) -> str:
    """The name and the time of each relief's signature."""
    if not row.signatures:
        return (row.by_name or "") if row.relief else ""
    signed = [(signature["name"], datetime.fromisoformat(signature["at"])) for signature in row.signatures]
    return "; ".join(f"{name} {instant(at, head)}" for name, at in signed)


def _closed(item: HandoverItemRow, head: Head) -> str:
    if item.closed_at is None:
        return ""
    return f"{instant(item.closed_at, head)} {item.closed_by or ''} {item.closed_reason}".strip()
