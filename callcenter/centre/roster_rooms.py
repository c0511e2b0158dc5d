"""Connects the roster's changes to lines, queues, routing and the live feed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import partial
from typing import Final
from zoneinfo import ZoneInfo

from callcenter.agents.presence import PresenceService
from callcenter.callbacks.queries import Reading
from callcenter.calls.agent_state import AgentState
from callcenter.calls.effects import AgentNow
from callcenter.centre.adapters import names_of_lines
from callcenter.centre.contributions import Contributions, Core
from callcenter.centre.handover_facts import HandoverFacts, owned_cases
from callcenter.complaints.queries import CaseQueries
from callcenter.facts import AgentNumber
from callcenter.paper.room import FormsRoom
from callcenter.roster.attendance.model import AttendanceRules
from callcenter.roster.breaks.turn import BreakRules
from callcenter.roster.deadlines.model import DeadlineRules
from callcenter.roster.departures.service import Departures
from callcenter.roster.effects import Limits
from callcenter.roster.handover.posts import Posts
from callcenter.roster.needs.service import NeedService
from callcenter.roster.overtime.exports import overtime_list
from callcenter.roster.papers.http import routes as paper_routes
from callcenter.roster.papers.service import RosterPapers
from callcenter.roster.room import open_roster
from callcenter.roster.service import RosterService
from callcenter.routing.service import LineService
from callcenter.settings import Settings
from callcenter.storage.database import Database
from callcenter.web.site import WebServices

AT_WORK: Final = frozenset({AgentState.RINGING, AgentState.ON_CALL, AgentState.WRAP_UP})


def posts_of(
    settings: Settings,
    database: Database,
    web_services: WebServices,
    presence: PresenceService,
    lines: LineService,
    roster: RosterService,
) -> RosterService | Posts:
    """The duty as the routing reads it: without the rule of the handover, the roster alone."""
    if not settings.roster.handover_first:
        return roster
    needs = NeedService(database, web_services.audit, lines)
    return Posts(database, presence, roster, needs, ZoneInfo(settings.timezone), settings.roster.least_agents)


def agents_at_work(agents: Iterable[AgentNow]) -> frozenset[AgentNumber]:
    """Who is rung, on a call or in the wrap-up: their turn for a break waits."""
    return frozenset(AgentNumber(agent.number) for agent in agents if agent.state in AT_WORK)


def idle_since(agents: Iterable[AgentNow]) -> dict[AgentNumber, datetime]:
    """Since when each agent who is paused is off the phone: their break begins then."""
    return {AgentNumber(agent.number): agent.since for agent in agents if agent.state is AgentState.PAUSED}


async def skill_of(core: Core, line: str) -> tuple[str, int] | None:
    """The skill that the queue of a line requires, and its least level."""
    queue = await core.queues.queue((await core.lines.line(line)).queue)
    return (queue.skill.lower(), queue.min_level) if queue.skill else None


def join_roster(contributions: Contributions) -> None:
    core = contributions.core
    settings = core.settings.roster

    async def needed_skill(line: str) -> tuple[str, int] | None:
        return await skill_of(core, line)

    room = open_roster(
        database=core.database,
        clock=core.clock,
        audit=core.web_services.audit,
        agents=core.agents,
        lines=core.lines,
        presence=core.presence,
        roster=core.roster,
        skill_of=needed_skill,
        zone=ZoneInfo(core.settings.timezone),
        limits=Limits(settings.least_agents, settings.rest_hours, settings.week_hours, settings.run_days),
        break_rules=BreakRules(
            {reason: timedelta(minutes=minutes) for reason, minutes in settings.break_minutes.items()},
            settings.least_agents,
            timedelta(minutes=settings.break_grant_minutes),
            timedelta(minutes=settings.break_notice_minutes),
        ),
        attendance_rules=AttendanceRules(
            timedelta(minutes=settings.late_minutes), timedelta(minutes=settings.absent_minutes)
        ),
        policy_version=core.settings.policy.version,
        answer_within_seconds=core.settings.policy.answer_within_seconds,
        publish=core.feed.publish,
        changed=core.roster.wake,
        reader=contributions.tables,
        deadline_rules=DeadlineRules(
            settings.week_deadline, settings.month_deadline, settings.deadline_time, settings.reminder_hours
        ),
        line_names=partial(names_of_lines, core.lines),
        country=core.settings.worktime.holidays,
        handover_first=settings.handover_first,
    )
    contributions.roster = room
    contributions.routes += room.routes
    contributions.exports.append(overtime_list(room.overtime_reading, core.settings.timezone))
    contributions.tasks |= {
        "breaks": room.breaks.run,
        "attendance": room.attendance.run,
        "handovers": room.measures.run,
        "adherence": room.adherence_now.run,
        "planner": room.planner.run,
        "deadlines": room.deadlines.run,
        "absences": room.absences.run,
    }
    room.absences.changed.append(contributions.todo_changed)
    room.breaks.busy = lambda: agents_at_work(core.live.agents_now().values())
    room.breaks.idle = lambda: idle_since(core.live.agents_now().values())

    def off_the_phone(agent: AgentNow) -> None:
        if agent.state is AgentState.PAUSED:
            room.breaks.wake()

    core.live.on_agent.append(off_the_phone)
    core.live.on_duty_changed += [room.breaks.wake, room.adherence_now.wake]
    facts = HandoverFacts(
        CaseQueries(core.database),
        Reading(core.database, core.clock),
        core.flag_queries,
        contributions.announcements,
        core.web_services.people,
        core.roster,
        lambda: contributions.alarms,
        core.clock,
    )
    room.handovers.prefill.append(facts.of)
    room.leaves.owned_cases = partial(owned_cases, CaseQueries(core.database), core.web_services.people)
    room.breaks.duty = posts_of(
        core.settings, core.database, core.web_services, core.presence, core.lines, core.roster
    ).duty
    departures = Departures(room.breaks, pauses=settings.breaks_in_turn, sign_outs=settings.handover_first)
    core.presence.departing.append(departures.check)
    if settings.handover_first:
        core.presence.leaving.append(room.handovers.may_leave)
    if settings.breaks_in_turn:
        core.presence.pausing.append(room.breaks.may_pause)


def join_roster_papers(contributions: Contributions, forms: FormsRoom) -> None:
    """Adds the printed forms of the roster."""
    core, room = contributions.core, contributions.roster
    zone = ZoneInfo(core.settings.timezone)
    papers = RosterPapers(
        forms.service,
        core.agents,
        room.leaves,
        room.history,
        room.handovers,
        room.plans,
        room.tables,
        room.patterns,
        zone,
    )
    contributions.routes.append(paper_routes(papers, forms.service))
