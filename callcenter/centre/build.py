"""Builds and wires all parts of the centre. Contains no rules."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import partial
from zoneinfo import ZoneInfo

import structlog
from aiohttp import web
from prometheus_client import CollectorRegistry

from callcenter import clock
from callcenter.agents.http import routes as agent_routes
from callcenter.agents.presence import PresenceService
from callcenter.agents.service import AgentService
from callcenter.asterisk.control import Control
from callcenter.asterisk.events import Events, LinkState
from callcenter.callbacks.queries import Reading
from callcenter.calls.deltas import FLAG, flag_audience
from callcenter.calls.expected_wait.http import routes as wait_routes
from callcenter.calls.expected_wait.queries import ExpectedWaits
from callcenter.calls.floor import Floor
from callcenter.calls.http import routes as call_routes
from callcenter.calls.ingest import Ingest
from callcenter.calls.live import LiveFloor
from callcenter.calls.recorded import RecordedCalls
from callcenter.calls.rules import RingRules, RuleBook
from callcenter.calls.service import CallService
from callcenter.calls.service_level.http import routes as service_level_routes
from callcenter.calls.service_level.queries import ServiceLevels
from callcenter.calls.surveys.http import routes as survey_routes
from callcenter.calls.surveys.queries import SurveyFigures
from callcenter.calls.toll.http import toll_routes
from callcenter.centre.alarms import join_alarms
from callcenter.centre.caller_lookup import CallerFiles
from callcenter.centre.contributions import Contributions, Core
from callcenter.centre.customer_ties import CustomerTies
from callcenter.centre.effect_store import EffectsCarrier
from callcenter.centre.floor_waits import floor_of
from callcenter.centre.housekeeping import Housekeeping
from callcenter.centre.jobs_http import routes as job_routes
from callcenter.centre.live_kinds import LIVE_KINDS
from callcenter.centre.metrics import FloorNumbers
from callcenter.centre.pbx_config import Configuration, embedded_of, line_cadence, login_of, secrets_of
from callcenter.centre.pbx_files import PbxFiles
from callcenter.centre.reception import ReceptionSupervisor
from callcenter.centre.reception_answers import ReceptionAnswers
from callcenter.centre.reception_flows import asking_lines, join_flows, show_path, texts_of
from callcenter.centre.rooms import join_rooms
from callcenter.centre.setup_import import Importing
from callcenter.centre.setup_import_http import routes as import_routes
from callcenter.centre.sip_bars import Bars
from callcenter.centre.tasks import Lasting
from callcenter.complaints.queries import CaseQueries
from callcenter.customers.http import routes as customer_routes
from callcenter.customers.service import CustomerService
from callcenter.customers.sight import CustomerSight
from callcenter.errors import Forbidden
from callcenter.facts import PresenceChanged
from callcenter.flags.http import routes as flag_routes
from callcenter.flags.queries import FlagQueries
from callcenter.flags.service import FlagService
from callcenter.roster.http import routes as shift_routes
from callcenter.roster.service import RosterService
from callcenter.routing.ahead import Ahead
from callcenter.routing.http import routes as routing_routes
from callcenter.routing.plan import names_of
from callcenter.routing.service import LineService, QueueService
from callcenter.routing.signed_in import SignedIn
from callcenter.routing.sync import RoutingSync
from callcenter.settings import Settings
from callcenter.storage.database import Database
from callcenter.storage.health import WriteHealth
from callcenter.storage.intents import Intents
from callcenter.storage.jobs import Jobs
from callcenter.storage.metrics import StorageNumbers
from callcenter.web.live import Feed
from callcenter.web.metrics import SignInAlarms
from callcenter.web.picture import FLAGS_KEPT
from callcenter.web.routes import Routes
from callcenter.web.site import WebServices, open_web_services, web_app
from dashboards.pages import pages
from ivr.ahead import ahead

log = structlog.get_logger(__name__)

GATHER_SECONDS = 0.1
REFRESH_SECONDS = 15.0
LINK_WORDS: Mapping[LinkState, str | None] = {
    LinkState.LIVE: None,
    LinkState.STALE: "stale: Asterisk's AMI says nothing; the live picture is old and ring flags are not watched",
    LinkState.LOST: "no connection to Asterisk's AMI",
}
"""What the readiness check reports about the events connection."""
PLANNED = ("flow.", "agent.", "phone.", "queue.", "line.", "shift.", "person.")
"""The actions after which routing and Asterisk's configuration are rebuilt."""


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
        limits = {
            name: queue.ring_limit
            for queue in queues
            if queue.ring_limit is not None
            for name in names_of(queue, self.settings.callbacks.vip_team)
        }
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

    async def follow_changes(self, changed: asyncio.Event, every: float = REFRESH_SECONDS) -> None:
        """After each change of an agent, a line, a queue or a shift: reload, render, plan.

        Changes that another process makes in the database (such as an import by the command) show in the audit.
        """
        known = -1
        while True:
            try:
                async with asyncio.timeout(every):
                    await changed.wait()
            except TimeoutError:
                await self.reception.refresh()
                self.configuration.know(self.reception.callers())
                if await self.web_services.audit.newest(*PLANNED) == known:
                    continue
            changed.clear()
            known = await self.web_services.audit.newest(*PLANNED)
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
            await asyncio.sleep(GATHER_SECONDS)

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
        await Housekeeping(self.calls, jobs, self.intents, self.web_services.audit, retention, clock.now, files).run()

    def routes(self) -> list[Routes]:
        """The routes of every package; `web_app` adds those of the web package itself."""
        return [
            agent_routes(self.agents, self.presence),
            routing_routes(self.lines, self.queues),
            shift_routes(self.roster, clock.now),
            customer_routes(
                self.customers,
                self.contributions.core.sight,
                self.live.numbers_of,
                self.settings.region,
                self.settings.outside_prefix,
            ),
            call_routes(self.calls, self.contributions.links, self.live.numbers_of),
            service_level_routes(self.levels, clock.now, self.flag_queries.late_calls),
            wait_routes(self.waits),
            survey_routes(self.surveys, clock.now),
            flag_routes(self.flags, self.flag_queries),
            toll_routes(self.database),
            import_routes(self.importing, self.changed.set),
            *self.contributions.routes,
            job_routes(self.contributions.core.jobs, self.intents, self.web_services.audit),
        ]

    def web(self) -> web.Application:
        """The HTTP side: all routes, and the pages beside the API."""
        registry = CollectorRegistry()
        for collector in self.contributions.collectors:
            registry.register(collector)
        registry.register(FloorNumbers(self.live, self.events, self.sync, self.ingest, self.bars.tally, clock.now))
        registry.register(self.numbers)
        registry.register(SignInAlarms(self.web_services.sessions.alarms))

        async def pbx_answers() -> str | None:
            return LINK_WORDS[self.events.state]

        async def reception_answers() -> str | None:
            return (
                None if self.reception.ready.is_set() else "the reception does not run: callers wait without priority"
            )

        app = web_app(
            self.database,
            clock.now,
            self.settings.web,
            self.web_services,
            self.feed,
            *self.routes(),
            checks={"pbx": pbx_answers, "reception": reception_answers, "writes": self.writes.trouble},
            registry=registry,
            kinds=LIVE_KINDS,
        )

        async def roles_of(request: web.Request) -> Collection[str] | None:
            try:
                person = await self.web_services.sessions.authenticate(request)
            except Forbidden:
                # For example, a password that must be changed first: that happens at sign-in.
                return None
            return None if person is None else person.roles

        app.router.add_routes(pages(roles_of))
        return app


def join(settings: Settings, database: Database, changed: asyncio.Event) -> Centre:
    """Build and wire all parts; nothing is started yet."""
    pbx = embedded_of(settings)
    events_secret, control_secret = secrets_of(settings, pbx)
    policy = settings.policy
    feed = Feed(
        clock.now,
        queue=settings.web.feed_queue,
        history=settings.web.feed_history,
        each=settings.web.live_sockets,
    )
    web_services = open_web_services(database, clock.now, settings.web, keys=settings.key_folder)
    rules = RuleBook.of(policy)
    agents = AgentService(database, clock.now, web_services.audit, changed.set, settings.data_dir.resolve() / "keys")
    web_services.people.agent_exists = agents.agent
    web_services.sessions.publish = feed.publish
    queues = QueueService(database, web_services.audit, changed.set)
    lines = LineService(database, web_services.audit, changed.set, settings.region)
    roster = RosterService(
        database, web_services.audit, agents, lines, changed.set, several_lines=settings.roster.several_lines
    )
    customers = CustomerService(database, clock.now, web_services.audit, settings.region, settings.outside_prefix)
    customers.agent_exists = agents.agent
    control = Control(login_of(settings, settings.pbx.control_user, control_secret, events=False), clock.now)
    # The floor and the routing depend on each other: the floor wakes the routing, the routing publishes duty to it.
    live = LiveFloor(Floor(settings.pbx.name, rules), feed, clock.now, lambda: sync.wake(), lambda: events.prove())
    presence = PresenceService(
        database, clock.now, web_services.audit, agents, lambda change: _presence_changed(live, sync, signed_in, change)
    )
    signed_in = SignedIn(control, agents, presence)
    team = settings.callbacks.vip_team
    sync = RoutingSync(
        control, agents, presence, lines, queues, roster, clock.now, live.submit_soon, live.wrapping_up, team
    )
    events = Events(
        login_of(settings, settings.pbx.events_user, events_secret, events=True),
        clock.now,
        settings.pbx.snapshot_seconds,
    )
    configuration = Configuration(settings, pbx, agents, lines, queues, web_services.people.roles_of_agents)
    bars = Bars(settings, configuration, clock.now)
    events.refused.append(bars.take)
    jobs = Jobs(database, clock.now)
    announce = RecordedCalls(jobs).announce
    calls = CallService(database, settings.pbx.name, rules, announce)
    flags = FlagService(database, rules, clock.now, feed.publish, announce)
    flag_queries = FlagQueries(database)
    ties = CustomerTies(customers, CaseQueries(database), Reading(database, clock.now), live.numbers_of)
    sight = CustomerSight(web_services.audit, clock.now, ties.of, settings.web.customer_files_an_hour)
    contributions = join_rooms(
        Core(
            settings,
            database,
            clock.now,
            web_services,
            feed,
            agents,
            presence,
            lines,
            queues,
            roster,
            customers,
            calls,
            flags,
            flag_queries,
            live,
            control,
            jobs,
            sight,
        )
    )

    def flows_changed() -> None:
        changed.set()
        contributions.flows_changed.set()

    flows = join_flows(contributions, flows_changed)
    configuration.asking = partial(asking_lines, flows)
    answers = ReceptionAnswers(customers, CaseQueries(database), clock.now)
    ingest = Ingest(database, settings.pbx.name, settings.pbx_log_dir, rules, clock.now, announce)
    reception = ReceptionSupervisor(settings, lines, queues, customers, live, partial(texts_of, flows), answers.answer)
    reception.on_path.append(partial(show_path, live))
    pushing = Ahead(control, lambda: ahead(reception.snapshot(), clock.now()), clock.now)
    reception.on_change.append(pushing.wake)
    live.on_duty_changed.append(pushing.wake)
    configuration.on_reload.append(pushing.again)
    intents, writes, lasting = Intents(database, clock.now), WriteHealth(database, clock.now), Lasting()
    join_alarms(contributions, events, writes, pbx.pid)
    return Centre(
        settings=settings,
        database=database,
        feed=feed,
        web_services=web_services,
        live=live,
        events=events,
        control=control,
        sync=sync,
        configuration=configuration,
        bars=bars,
        signed_in=signed_in,
        ahead=pushing,
        agents=agents,
        presence=presence,
        lines=lines,
        queues=queues,
        roster=roster,
        customers=customers,
        calls=calls,
        flags=flags,
        flag_queries=flag_queries,
        ingest=ingest,
        caller_files=CallerFiles(customers, live, clock.now),
        reception=reception,
        rules=rules,
        importing=Importing(database, agents, lines, queues, roster, settings.timezone),
        changed=changed,
        contributions=contributions,
        carrier=EffectsCarrier(calls, flags, presence, ingest),
        lasting=lasting,
        writes=writes,
        intents=intents,
        numbers=StorageNumbers(jobs, intents, writes, lasting.restarts),
        levels=ServiceLevels(database, settings.pbx.name, policy.answer_within_seconds, ZoneInfo(settings.timezone)),
        waits=ExpectedWaits(
            database,
            settings.pbx.name,
            floor_of(live, events, reception.queue_of),
            clock.now,
            ZoneInfo(settings.timezone),
            policy.wrap_up_seconds,
        ),
        surveys=SurveyFigures(database, settings.pbx.name, ZoneInfo(settings.timezone)),
    )


def _presence_changed(live: LiveFloor, sync: RoutingSync, signed_in: SignedIn, change: PresenceChanged) -> None:
    live.submit_soon(change)
    sync.wake()
    signed_in.wake()
