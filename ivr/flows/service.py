"""Use-cases of flows: load, publish, roll back, compare; a bad file never replaces a good one."""

from __future__ import annotations

import difflib
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Final

from sqlalchemy import func, select

from callcenter.clock import Clock
from callcenter.documents.model import Format, Problem
from callcenter.documents.service import Kind, VersionedDocuments
from callcenter.storage.database import Database
from callcenter.web.audit import Audit
from callcenter.web.roles import Person
from ivr.flows.check import Known, look_through
from ivr.flows.errors import FlowChangedMeanwhile, FlowDamaged, FlowPublished, LineWithoutFlow, UnknownFlow
from ivr.flows.faults import Fault, refusal
from ivr.flows.model import Flow
from ivr.flows.parser import read_flow
from ivr.flows.rows import FlowVersionRow

SAMPLES: Final = ("hotline", "two_languages", "after_hours")
STANDARD: Final = "hotline"
Codes = Callable[[], Awaitable[Collection[str]]]


def sample(name: str) -> str:
    """The source of a flow that comes with the software; it names no line."""
    return (files("ivr.flows") / "samples" / f"{name}.toml").read_text(encoding="utf-8")


@dataclass(frozen=True, slots=True)
class FlowFormat(Format[Flow]):
    """How flows are written. What exists in the centre is checked by `FlowService`, which knows it."""

    def check(self, source: str) -> tuple[Flow | None, list[Problem]]:
        flow, faults = read_flow(source)
        return flow, [fault.problem() for fault in faults]


def _nothing(_: Flow) -> tuple[Problem, ...]:
    return ()


FLOWS: Final[Kind[FlowVersionRow, Flow]] = Kind(
    format=FlowFormat("flow", Flow, "flow_name", _nothing, refusal),
    rows=FlowVersionRow,
    subject="flow",
    standard=STANDARD,
    standard_source=lambda: sample(STANDARD),
    unknown=UnknownFlow,
    published=FlowPublished,
    changed=FlowChangedMeanwhile,
    damaged=FlowDamaged,
)


class FlowService:
    """`prompts` are the recorded prompts and the values that each needs; `lines` and `queues` list the codes."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        audit: Audit,
        prompts: Callable[[], Mapping[str, Collection[str]]],
        lines: Codes,
        queues: Codes,
        changed: Callable[[], object] = lambda: None,
    ) -> None:
        self._database = database
        self._prompts = prompts
        self._lines = lines
        self._queues = queues
        self._changed = changed
        self.versions: VersionedDocuments[FlowVersionRow, Flow] = VersionedDocuments(FLOWS, database, clock, audit)

    async def in_use(self) -> Sequence[FlowVersionRow]:
        """The newest published version of each flow."""
        await self.versions.settle()
        rows = FlowVersionRow
        newest = (
            select(rows.name, func.max(rows.number).label("number"))
            .where(rows.state == "published")
            .group_by(rows.name)
            .subquery()
        )
        query = select(rows).join(newest, (rows.name == newest.c.name) & (rows.number == newest.c.number))
        async with self._database.read() as session:
            return (await session.scalars(query.order_by(rows.name))).all()

    async def for_line(self, line: str) -> tuple[FlowVersionRow, Flow]:
        """The version that serves a line now. Raises LineWithoutFlow."""
        for row in await self.in_use():
            flow, _ = read_flow(row.source)
            if flow is not None and line in flow.lines:
                return row, flow
        raise LineWithoutFlow("no flow is published for this line", line=line[:40])

    async def faults(self, source: str) -> tuple[Flow | None, list[Fault]]:
        """The flow, and everything that keeps it from being used in this centre."""
        flow, faults = look_through(source, await self._known(source))
        return flow, faults

    async def load(self, source: str, by: Person) -> FlowVersionRow:
        """Check a source, keep it as a new version and use it from now on.

        Raises BadFlow with the line of the first fault; the version in use then stays in use.
        """
        await self._must_be_good(source)
        row = await self.versions.draft(source, by)
        return await self._publish(row.name, row.number, by, row.rev)

    async def publish(self, name: str, number: int, by: Person, rev: int | None = None) -> FlowVersionRow:
        """Use a draft from now on. Raises UnknownFlow, FlowPublished, FlowChangedMeanwhile, BadFlow."""
        row = await self.versions.version(name, number)
        await self._must_be_good(row.source)
        return await self._publish(name, number, by, row.rev if rev is None else rev)

    async def roll_back(self, name: str, number: int, by: Person) -> FlowVersionRow:
        """Use an earlier version again: its source becomes a new version, so that the history stays whole.

        Raises UnknownFlow, and BadFlow where lines, queues or prompts that it names no longer exist.
        """
        return await self.load((await self.versions.version(name, number)).source, by)

    async def differences(self, name: str, older: int, newer: int) -> str:
        """The differences of two versions as a unified diff; empty when there are none. Raises UnknownFlow."""
        first, second = await self.versions.version(name, older), await self.versions.version(name, newer)
        return "".join(
            difflib.unified_diff(
                first.source.splitlines(keepends=True),
                second.source.splitlines(keepends=True),
                f"{name}/{older}",
                f"{name}/{newer}",
            )
        )

    async def _publish(self, name: str, number: int, by: Person, rev: int) -> FlowVersionRow:
        row = await self.versions.publish(name, number, by, rev)
        self._changed()
        return row

    async def _must_be_good(self, source: str) -> None:
        _, faults = await self.faults(source)
        if faults:
            raise refusal(faults[0].problem(), len(faults))

    async def _known(self, source: str) -> Known:
        own, _ = read_flow(source)
        taken: dict[str, str] = {}
        for row in await self.in_use():
            flow, _ = read_flow(row.source)
            if flow is not None and (own is None or flow.name != own.name):
                taken |= dict.fromkeys(flow.lines, flow.name)
        return Known(self._prompts(), await self._lines(), await self._queues(), taken)
