"""The running centre: all its parts, and what it does for as long as it runs."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Final

from callcenter import clock
from callcenter.agents.presence import PresenceService
from callcenter.agents.service import AgentService
from callcenter.asterisk.control import Control
from callcenter.asterisk.events import Events
from callcenter.asterisk.render.site import Site
from callcenter.calls.deltas import FLAG, flag_audience
from callcenter.calls.expected_wait.queries import ExpectedWaits
from callcenter.calls.ingest import Ingest
from callcenter.calls.live import LiveFloor
from callcenter.calls.rules import RingRules, RuleBook
from callcenter.calls.service import CallService
from callcenter.calls.service_level.queries import ServiceLevels
from callcenter.calls.surveys.queries import SurveyFigures
from callcenter.centre.caller_lookup import CallerFiles
from callcenter.centre.contributions import Contributions
from callcenter.centre.effect_store import EffectsCarrier
from callcenter.centre.housekeeping import Housekeeping
from callcenter.centre.pbx_config import Configuration, embedded_of, line_cadence
from callcenter.centre.pbx_files import PbxFiles
from callcenter.centre.reception import ReceptionSupervisor
from callcenter.centre.setup_import import Importing
from callcenter.centre.sip_bars import Bars
from callcenter.centre.tasks import Lasting
from callcenter.customers.service import CustomerService
from callcenter.flags.queries import FlagQueries
from callcenter.flags.service import FlagService
from callcenter.roster.service import RosterService
from callcenter.routing.ahead import Ahead
from callcenter.routing.service import LineService, QueueService
from callcenter.routing.signed_in import SignedIn
from callcenter.routing.sync import RoutingSync
from callcenter.settings import Settings
from callcenter.storage.database import Database
from callcenter.storage.health import WriteHealth
from callcenter.storage.intents import Intents
from callcenter.storage.metrics import StorageNumbers
from callcenter.web.live import Feed
from callcenter.web.picture import FLAGS_KEPT
from callcenter.web.site import WebServices

GATHER_SECONDS = 1.0
REFRESH_SECONDS = 15.0
LOOK_SECONDS: Final = 2.0
"""How often a change by another process, such as a command, is looked for."""
PLANNED: Final = (
    *("block.", "flow.", "agent.", "queue.", "line.", "shift.", "roster."),
    *("phone.new_secret", "person.add", "person.change"),
)
"""Beginnings of the actions after which routing and Asterisk's configuration are rebuilt.

Every page that starts its phone is shown a secret, on record as `phone.secret_shown`: that changes nothing.
"""


@dataclass(frozen=True)
class Centre:
    """All parts of a running centre; `run` keeps them running until it is cancelled."""

    settings: Settings
    database: Database
    changed: asyncio.Event
    feed: Feed
    web_services: WebServices
    live: LiveFloor
    events: Events
    control: Control
    sync: RoutingSync
    configuration: Configuration
    signed_in: SignedIn
    ahead: Ahead
    bars: Bars
    agents: AgentService
    presence: PresenceService
    lines: LineService
    queues: QueueService
    roster: RosterService
    customers: CustomerService
    calls: CallService
    flags: FlagService
    flag_queries: FlagQueries
    ingest: Ingest
    reception: ReceptionSupervisor
    caller_files: CallerFiles
    rules: RuleBook
    importing: Importing
    contributions: Contributions
    carrier: EffectsCarrier
    lasting: Lasting
    writes: WriteHealth
    intents: Intents
    numbers: StorageNumbers
    levels: ServiceLevels
    waits: ExpectedWaits
    surveys: SurveyFigures

    async def learn(self) -> None:
        """Load the current lines and queues into the floor and the reception."""
        lines, queues = await self.lines.lines(), await self.queues.queues()
        limits = {queue.code: queue.ring_limit for queue in queues if queue.ring_limit is not None}
        ring_rules = {
            line.code: RingRules(
                limit=limits.get(line.queue, self.settings.policy.ring_limit),
                cadence=line_cadence(line, self.settings),
                hears_ring=self.settings.pbx.hears(line.code) != "music",
            )
            for line in lines
        }
        self.rules.replace(ring_rules, limits)
        await self.reception.refresh()
        self.configuration.know(self.reception.callers())

    async def site(self) -> Site:
        """The PBX's configuration for a command, which has no running reception: with the callers on file."""
        await self.reception.refresh()
        self.configuration.know(self.reception.callers())
        return await self.configuration.site()

    async def follow_changes(
        self, changed: asyncio.Event, every: float = REFRESH_SECONDS, look: float = LOOK_SECONDS
    ) -> None:
        """After each change of an agent, a line, a queue or a shift: reload, render, plan.

        Changes that another process makes in the database (such as an import by the command) show in the audit, which
        is looked at every `look` seconds; what has no row there (time, callers' files) is read every `every` seconds.
        """
        audit, time = self.web_services.audit, asyncio.get_running_loop().time
        known: int | None = None
        due = time() + every
        while True:
            try:
                async with asyncio.timeout(look):
                    await changed.wait()
            except TimeoutError:
                if time() >= due:
                    due = time() + every
                    await self.reception.refresh()
                    self.configuration.know(self.reception.callers())
                if await audit.newest(*PLANNED, after=known or 0) == known:
                    continue
            changed.clear()
            known = await audit.newest(*PLANNED, after=known or 0)
            await self.learn()
            await self.agents.seal_secrets()
            await self.presence.announce()
            self.configuration.changed.set()
            self.sync.wake()

    async def keep(self) -> None:
        """Pass the floor's effects to the packages that store them."""
        while True:
            await self.carrier.carry(await self.live.backlog.take())
            # Effects that arrive in the meantime are written together: a transaction costs far more than a row.
            await self.live.backlog.gather(GATHER_SECONDS)

    async def show_flags(self) -> None:
        """Put the newest flags into the live snapshot: flags outlive calls and this process."""
        newest = await self.flag_queries.newest(FLAGS_KEPT)
        self.feed.begin_with(FLAG, [(flag, flag_audience(flag)) for flag in newest])

    async def tidy(self) -> None:
        """Apply retention daily, once the PBX's files have been read to the end."""
        await self.ingest.caught_up.wait()
        jobs, retention = self.contributions.core.jobs, self.settings.retention
        embedded = embedded_of(self.settings) if self.settings.pbx.embedded else None
        files = None if embedded is None else PbxFiles(embedded, self.ingest, retention)
        quality = self.contributions.quality
        audit = self.web_services.audit
        await Housekeeping(self.calls, jobs, self.intents, audit, retention, clock.now, files, quality).run()
