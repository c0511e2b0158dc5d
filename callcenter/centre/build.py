"""Builds and wires all parts of the centre. Contains no rules."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import partial
from zoneinfo import ZoneInfo

from phonenumbers import country_code_for_region

from callcenter import clock
from callcenter.agents.presence import PresenceService
from callcenter.agents.service import AgentService
from callcenter.asterisk.control import Control
from callcenter.asterisk.embedded import Embedded
from callcenter.asterisk.events import Events
from callcenter.callbacks.queries import Reading
from callcenter.calls.floor import Floor
from callcenter.calls.ingest import Ingest
from callcenter.calls.live import LiveFloor
from callcenter.calls.recorded import RecordedCalls
from callcenter.calls.rules import RuleBook
from callcenter.calls.service import CallService
from callcenter.calls.service_level.queries import ServiceLevels
from callcenter.calls.surveys.queries import SurveyFigures
from callcenter.centre.alarms import join_alarms
from callcenter.centre.blocks import join_blocks
from callcenter.centre.caller_lookup import CallerFiles
from callcenter.centre.contributions import Contributions, Core
from callcenter.centre.customer_ties import CustomerTies
from callcenter.centre.effect_store import EffectsCarrier
from callcenter.centre.floor_waits import join_waits
from callcenter.centre.own_agents import OwnAgents
from callcenter.centre.parts import Centre
from callcenter.centre.pbx_config import Configuration, embedded_of, login_of, secrets_of
from callcenter.centre.reception import ReceptionSupervisor
from callcenter.centre.reception_answers import ReceptionAnswers
from callcenter.centre.reception_flows import asking_lines, join_flows, show_path, texts_of
from callcenter.centre.rooms import join_rooms
from callcenter.centre.roster_rooms import posts_of
from callcenter.centre.setup_import import Importing
from callcenter.centre.sip_bars import Bars
from callcenter.centre.tasks import Lasting
from callcenter.complaints.queries import CaseQueries
from callcenter.customers.service import CustomerService
from callcenter.customers.sight import CustomerSight
from callcenter.facts import AgentNumber, PresenceChanged
from callcenter.flags.queries import FlagQueries
from callcenter.flags.service import FlagService
from callcenter.roster.service import RosterService
from callcenter.routing.ahead import Ahead
from callcenter.routing.blocks.service import BlockService
from callcenter.routing.loans.http import routes as loan_routes
from callcenter.routing.loans.service import Loans
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
from callcenter.web.site import WebServices, open_web_services
from dashboards.console import build_id
from ivr.ahead import ahead
from ivr.flows.service import FlowService


def join(settings: Settings, database: Database, changed: asyncio.Event) -> Centre:
    """Build and wire all parts; nothing is started yet."""
    pbx = embedded_of(settings)
    feed = Feed(
        clock.now,
        queue=settings.web.feed_queue,
        history=settings.web.feed_history,
        each=settings.web.live_sockets,
        build=build_id(),
    )
    web_services = open_web_services(database, clock.now, settings.web, keys=settings.key_folder)
    rules = RuleBook.of(settings.policy)
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
    telephony = _telephony(
        settings,
        pbx,
        database=database,
        web_services=web_services,
        feed=feed,
        rules=rules,
        agents=agents,
        queues=queues,
        lines=lines,
        roster=roster,
    )
    live, events, control = telephony.live, telephony.events, telephony.control
    loans = Loans(database, clock.now, web_services.audit, agents, lines, queues, feed.publish, telephony.sync.wake)
    telephony.sync.loans = loans
    configuration = Configuration(settings, pbx, agents, lines, queues, web_services.people.roles_of_agents)
    bars = Bars(settings, configuration, clock.now)
    events.refused.append(bars.take)
    jobs = Jobs(database, clock.now)
    recorded = RecordedCalls(jobs)
    announce = recorded.announce
    calls = CallService(database, settings.pbx.name, rules, announce)
    flags = FlagService(database, rules, clock.now, feed.publish, recorded.announce_again)
    flag_queries = FlagQueries(database)
    ties = CustomerTies(customers, CaseQueries(database), Reading(database, clock.now), live.numbers_of)
    sight = CustomerSight(web_services.audit, clock.now, ties.of, settings.web.customer_files_an_hour)
    contributions = join_rooms(
        Core(
            settings=settings,
            database=database,
            clock=clock.now,
            web_services=web_services,
            feed=feed,
            agents=agents,
            presence=telephony.presence,
            lines=lines,
            queues=queues,
            roster=roster,
            customers=customers,
            calls=calls,
            flags=flags,
            flag_queries=flag_queries,
            live=live,
            control=control,
            jobs=jobs,
            sight=sight,
        )
    )

    contributions.routes.append(loan_routes(loans))
    contributions.tasks["loans"] = loans.run

    def flows_changed() -> None:
        changed.set()
        contributions.flows_changed.set()

    flows = join_flows(contributions, flows_changed)
    configuration.asking = partial(asking_lines, flows, lines)
    blocks = join_blocks(contributions, changed.set)
    reception, pushing = _reception(contributions, telephony, blocks, flows)
    configuration.on_reload.append(pushing.again)
    ingest = Ingest(database, settings.pbx.name, settings.pbx_log_dir, rules, clock.now, announce)
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
        sync=telephony.sync,
        configuration=configuration,
        bars=bars,
        signed_in=telephony.signed_in,
        ahead=pushing,
        agents=agents,
        presence=telephony.presence,
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
        carrier=EffectsCarrier(calls, flags, telephony.presence, ingest),
        lasting=lasting,
        writes=writes,
        intents=intents,
        numbers=StorageNumbers(jobs, intents, writes, lasting.restarts),
        levels=ServiceLevels(
            database, settings.pbx.name, settings.policy.answer_within_seconds, ZoneInfo(settings.timezone)
        ),
        waits=join_waits(contributions, events, reception),
        surveys=SurveyFigures(database, settings.pbx.name, ZoneInfo(settings.timezone)),
    )


@dataclass(frozen=True)
class _Telephony:
    """What follows the PBX, and what commands it."""

    control: Control
    live: LiveFloor
    presence: PresenceService
    signed_in: SignedIn
    sync: RoutingSync
    events: Events


def _telephony(
    settings: Settings,
    pbx: Embedded,
    *,
    database: Database,
    web_services: WebServices,
    feed: Feed,
    rules: RuleBook,
    agents: AgentService,
    queues: QueueService,
    lines: LineService,
    roster: RosterService,
) -> _Telephony:
    events_secret, control_secret = secrets_of(settings, pbx)
    control = Control(login_of(settings, settings.pbx.control_user, control_secret, events=False), clock.now)
    # The floor and the routing depend on each other: the floor wakes the routing, the routing publishes duty to it.
    live = LiveFloor(Floor(settings.pbx.name, rules), feed, clock.now, lambda: sync.wake(), lambda: events.prove())
    presence = PresenceService(
        database, clock.now, web_services.audit, agents, lambda change: _presence_changed(live, sync, signed_in, change)
    )
    signed_in = SignedIn(control, agents, presence)
    sync = RoutingSync(
        control=control,
        agents=agents,
        presence=presence,
        lines=lines,
        queues=queues,
        roster=posts_of(settings, database, web_services, presence, lines, roster),
        clock=clock.now,
        post=live.submit_soon,
        wrapping_up=live.wrapping_up,
        team=tuple(map(AgentNumber, settings.callbacks.vip_team)),
        missed=live.just_missed,
    )
    events_login = login_of(settings, settings.pbx.events_user, events_secret, events=True)
    events = Events(events_login, clock.now, settings.pbx.snapshot_seconds)
    return _Telephony(control, live, presence, signed_in, sync, events)


def _reception(
    contributions: Contributions, telephony: _Telephony, blocks: BlockService, flows: FlowService
) -> tuple[ReceptionSupervisor, Ahead]:
    """The reception's supervisor, and the decisions that are pushed ahead to the dialplan."""
    core = contributions.core
    settings, live = core.settings, telephony.live
    own = OwnAgents(
        core.customers,
        CaseQueries(core.database),
        core.calls,
        core.web_services.people,
        live.on_duty,
        clock.now,
        days=settings.policy.own_agent_days,
        country_code=str(country_code_for_region(settings.region)),
        outside_prefix=settings.outside_prefix,
    )
    answers = ReceptionAnswers(
        core.customers, CaseQueries(core.database), core.web_services.audit, clock.now, blocks.blocks_caller, own
    )
    reception = ReceptionSupervisor(
        settings,
        core.lines,
        core.queues,
        core.customers,
        live,
        flows=partial(texts_of, flows),
        answers=answers.answer,
        blocks=blocks.holding,
        shifts=core.roster.present,
    )
    reception.on_path.append(partial(show_path, live))
    pushing = Ahead(telephony.control, lambda: ahead(reception.snapshot(), clock.now()), clock.now)
    reception.on_change.append(pushing.wake)
    live.on_duty_changed.append(pushing.wake)
    telephony.events.reloaded.append(pushing.again)
    return reception, pushing


def _presence_changed(live: LiveFloor, sync: RoutingSync, signed_in: SignedIn, change: PresenceChanged) -> None:
    live.submit_soon(change)
    sync.wake()
    signed_in.wake()
