"""Builds and wires all parts of the centre. Contains no rules."""

from __future__ import annotations

import asyncio
from functools import partial
from zoneinfo import ZoneInfo

from phonenumbers import country_code_for_region

from callcenter import clock
from callcenter.agents.presence import PresenceService
from callcenter.agents.service import AgentService
from callcenter.asterisk.control import Control
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
from callcenter.centre.contributions import Core
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
from callcenter.web.site import open_web_services
from dashboards.console import build_id
from ivr.ahead import ahead


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
        build=build_id(),
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
        control=control,
        agents=agents,
        presence=presence,
        lines=lines,
        queues=queues,
        roster=roster,
        clock=clock.now,
        post=live.submit_soon,
        wrapping_up=live.wrapping_up,
        team=tuple(map(AgentNumber, team)),
        missed=live.just_missed,
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
            presence=presence,
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

    def flows_changed() -> None:
        changed.set()
        contributions.flows_changed.set()

    flows = join_flows(contributions, flows_changed)
    configuration.asking = partial(asking_lines, flows, lines)
    blocks = join_blocks(contributions, changed.set)
    own = OwnAgents(
        customers,
        CaseQueries(database),
        calls,
        web_services.people,
        live.on_duty,
        clock.now,
        days=policy.own_agent_days,
        country_code=str(country_code_for_region(settings.region)),
        outside_prefix=settings.outside_prefix,
    )
    answers = ReceptionAnswers(
        customers, CaseQueries(database), web_services.audit, clock.now, blocks.blocks_caller, own
    )
    ingest = Ingest(database, settings.pbx.name, settings.pbx_log_dir, rules, clock.now, announce)
    reception = ReceptionSupervisor(
        settings,
        lines,
        queues,
        customers,
        live,
        partial(texts_of, flows),
        answers.answer,
        blocks.holding,
        roster.present,
    )
    reception.on_path.append(partial(show_path, live))
    pushing = Ahead(control, lambda: ahead(reception.snapshot(), clock.now()), clock.now)
    reception.on_change.append(pushing.wake)
    live.on_duty_changed.append(pushing.wake)
    configuration.on_reload.append(pushing.again)
    events.reloaded.append(pushing.again)
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
        waits=join_waits(contributions, events, reception),
        surveys=SurveyFigures(database, settings.pbx.name, ZoneInfo(settings.timezone)),
    )


def _presence_changed(live: LiveFloor, sync: RoutingSync, signed_in: SignedIn, change: PresenceChanged) -> None:
    live.submit_soon(change)
    sync.wake()
    signed_in.wake()
