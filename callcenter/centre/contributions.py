"""Defines what every package may use of the core, and what packages contribute to the centre. Wires nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from prometheus_client.registry import Collector

from callcenter.agents.presence import PresenceService
from callcenter.agents.service import AgentService
from callcenter.alarms.service import Alarms
from callcenter.announcements.service import AnnouncementService
from callcenter.asterisk.control import Control
from callcenter.callbacks.dashboard.service import Departments, no_departments
from callcenter.callbacks.room import Room as CallbackRoom
from callcenter.calls.http import Links
from callcenter.calls.live import LiveFloor
from callcenter.calls.model import CallRecord
from callcenter.calls.papers.http import Matters
from callcenter.calls.quality.service import CallQuality
from callcenter.calls.reports.queries import CallReports
from callcenter.calls.reports.rollups.service import Rollups
from callcenter.calls.reports.scheduled.service import ScheduledReports
from callcenter.calls.reports.work.service import WorkTimes
from callcenter.calls.service import CallService
from callcenter.clock import Clock
from callcenter.complaints.attachments import Evidence
from callcenter.complaints.room import Complaints
from callcenter.customers.duplicates import CustomerDuplicates
from callcenter.customers.erasure import CustomerErasure
from callcenter.customers.importing.service import CustomerImport
from callcenter.customers.journal.service import CustomerJournal
from callcenter.customers.merging import CustomerMerging
from callcenter.customers.service import CustomerService
from callcenter.customers.sight import CustomerSight
from callcenter.exports.model import ExportList, Names
from callcenter.flags.ledger.queries import LedgerReading
from callcenter.flags.ledger.service import Ledger
from callcenter.flags.queries import FlagQueries
from callcenter.flags.service import FlagService
from callcenter.kit.table_process import TableReader
from callcenter.paper.room import FormsRoom
from callcenter.roster.room import RosterRoom
from callcenter.roster.service import RosterService
from callcenter.routing.blocks.service import BlockService
from callcenter.routing.service import LineService, QueueService
from callcenter.scorecards.room import ScoreRoom
from callcenter.settings import Settings
from callcenter.storage.database import Database
from callcenter.storage.jobs import Jobs, Work
from callcenter.web.boards.service import Boards
from callcenter.web.live import Feed
from callcenter.web.routes import Routes
from callcenter.web.site import WebServices
from callcenter.worklog.service import WorkLogs
from callcenter.worklog.summary.service import MonthSummaries
from ivr.flows.service import FlowService
from ivr.prompts.service import PromptService
from recordings.room import Room as RecordingRoom
from recordings.transcripts.service import TranscriptService

Listener = Callable[[Sequence[CallRecord]], Awaitable[None]]
"""Notified of final call records, at least once each: it must be idempotent."""


@dataclass(frozen=True)
class Core:
    """The services that every package of the back office may use."""

    settings: Settings
    database: Database
    clock: Clock
    web_services: WebServices
    feed: Feed
    agents: AgentService
    presence: PresenceService
    lines: LineService
    queues: QueueService
    roster: RosterService
    customers: CustomerService
    calls: CallService
    flags: FlagService
    flag_queries: FlagQueries
    live: LiveFloor
    control: Control
    jobs: Jobs
    sight: CustomerSight


@dataclass
class Contributions:
    """What packages contribute: routes, job handlers, long-running tasks, listeners for ended calls."""

    core: Core
    routes: list[Routes] = field(default_factory=list)
    tables: TableReader = field(default_factory=TableReader)
    works: dict[str, Work] = field(default_factory=dict)
    tasks: dict[str, Callable[[], Awaitable[None]]] = field(default_factory=dict)
    listeners: list[Listener] = field(default_factory=list)
    evidence: list[Evidence] = field(default_factory=list)
    """What stores material of calls that a case may attach."""
    collectors: list[Collector] = field(default_factory=list)
    """The Prometheus collectors of the packages."""
    links: dict[str, Links] = field(default_factory=dict)
    """What the packages link to calls, by the field of the call's shape."""
    call_matters: list[Matters] = field(default_factory=list)
    """The subjects of calls, as the packages know them (W1)."""
    forms: FormsRoom = field(init=False)
    callbacks: CallbackRoom = field(init=False)
    complaints: Complaints = field(init=False)
    recordings: RecordingRoom = field(init=False)
    transcripts: TranscriptService = field(init=False)
    journal: CustomerJournal = field(init=False)
    duplicates: CustomerDuplicates = field(init=False)
    merging: CustomerMerging = field(init=False)
    erasure: CustomerErasure = field(init=False)
    customer_import: CustomerImport = field(init=False)
    announcements: AnnouncementService = field(init=False)
    alarms: Alarms = field(init=False)
    boards: Boards = field(init=False)
    quality: CallQuality = field(init=False)
    phone_ended: Callable[[str], object] = field(init=False)
    """Called when the socket of a phone in a page has ended."""
    blocks: BlockService = field(init=False)
    last_sign: Callable[[], Awaitable[None]] = field(init=False)
    """Reads the last heartbeat of the previous process at a start."""
    flows: FlowService = field(init=False)
    flows_changed: asyncio.Event = field(default_factory=asyncio.Event)
    """Set after a publication: a flow may have texts of its own to record."""
    prompts: PromptService = field(init=False)
    work_logs: WorkLogs = field(init=False)
    month_summaries: MonthSummaries = field(init=False)
    """The services that commands use."""
    departments: Departments = no_departments
    """What other packages' figures need from cases."""
    scorecards: ScoreRoom = field(init=False)
    roster: RosterRoom = field(init=False)
    ledger: Ledger = field(init=False)
    ledger_reading: LedgerReading = field(init=False)
    reports: CallReports = field(init=False)
    rollups: Rollups = field(init=False)
    work: WorkTimes = field(init=False)
    scheduled_reports: ScheduledReports = field(init=False)
    todo_listeners: list[Callable[[Collection[str]], object]] = field(default_factory=list)
    """Called with ids of people and numbers of agents whose own lists changed without a delta."""
    names: dict[str, Names] = field(default_factory=dict)
    """Display names of numbers and codes, for exported lists."""
    exports: list[ExportList] = field(default_factory=list)
    """Lists that can be exported as CSV or XLSX."""

    def also(self, works: Mapping[str, Work]) -> None:
        """Add a package's job handlers; for a kind that another package handles too, both run, one after the other."""
        for kind, work in works.items():
            earlier = self.works.get(kind)
            self.works[kind] = work if earlier is None else partial(_both, earlier, work)

    def todo_changed(self, concerned: Collection[str]) -> None:
        """Report that the own lists (`/me/todo`) of these people changed."""
        for listener in self.todo_listeners:
            listener(concerned)

    async def calls_recorded(self, payload: Mapping[str, Any]) -> None:
        """Notify every listener of those of these calls that are final."""
        records = await self.core.calls.final_among(payload["calls"])
        for listener in self.listeners:
            await listener(records)


async def _both(first: Work, second: Work, payload: Mapping[str, Any]) -> None:
    await first(payload)
    await second(payload)
