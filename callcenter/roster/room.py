"""Builds the roster's changes: needs, leave, swaps, substitutes, breaks."""

from __future__ import annotations

from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from callcenter.agents.presence import PresenceService
from callcenter.agents.service import AgentService
from callcenter.clock import Clock
from callcenter.kit.table_process import TableReader
from callcenter.roster.absences.service import Absences
from callcenter.roster.adherence.http import routes as adherence_routes
from callcenter.roster.adherence.present.http import routes as present_routes
from callcenter.roster.adherence.present.service import AdherenceNow
from callcenter.roster.adherence.service import AdherenceReports
from callcenter.roster.attendance.http import routes as attendance_routes
from callcenter.roster.attendance.model import AttendanceRules
from callcenter.roster.attendance.service import Attendance
from callcenter.roster.breaks.decisions.http import routes as break_decision_routes
from callcenter.roster.breaks.decisions.service import BreakDecisions
from callcenter.roster.breaks.http import routes as break_routes
from callcenter.roster.breaks.service import Breaks
from callcenter.roster.breaks.turn import BreakRules
from callcenter.roster.calendars.http import routes as calendar_routes
from callcenter.roster.calendars.service import Calendars, LineNames, codes_alone
from callcenter.roster.deadlines.http import routes as deadline_routes
from callcenter.roster.deadlines.model import DeadlineRules
from callcenter.roster.deadlines.service import Deadlines
from callcenter.roster.effects import Effects, Limits
from callcenter.roster.handover.http import routes as handover_routes
from callcenter.roster.handover.measures.http import routes as measure_routes
from callcenter.roster.handover.measures.service import Measures
from callcenter.roster.handover.service import Handovers
from callcenter.roster.history import RequestHistory
from callcenter.roster.holidays.http import routes as holiday_routes
from callcenter.roster.holidays.service import HolidayYears
from callcenter.roster.leave.http import routes as leave_routes
from callcenter.roster.leave.service import Leaves
from callcenter.roster.needs.http import routes as need_routes
from callcenter.roster.needs.service import NeedService
from callcenter.roster.overtime.http import routes as overtime_routes
from callcenter.roster.overtime.queries import OvertimeReading
from callcenter.roster.overtime.report_http import routes as overtime_report_routes
from callcenter.roster.overtime.service import Overtimes
from callcenter.roster.patterns.http import routes as pattern_routes
from callcenter.roster.patterns.service import Patterns
from callcenter.roster.planner.fairness.http import routes as fairness_routes
from callcenter.roster.planner.fairness.service import Fairness
from callcenter.roster.planner.http import routes as planner_routes
from callcenter.roster.planner.service import Planner, PlannerPorts
from callcenter.roster.planner.wishes.http import routes as wish_routes
from callcenter.roster.planner.wishes.service import Wishes
from callcenter.roster.plans.http import routes as plan_routes
from callcenter.roster.plans.notices.http import routes as notice_routes
from callcenter.roster.plans.notices.service import Notices
from callcenter.roster.plans.queries import Reviews
from callcenter.roster.plans.service import Plans
from callcenter.roster.plans.tables.http import routes as table_routes
from callcenter.roster.plans.tables.service import PlanTables
from callcenter.roster.service import Lines, RosterService
from callcenter.roster.staffing.http import routes as staffing_routes
from callcenter.roster.substitutes.service import SkillOf, Substitutes
from callcenter.roster.swaps.http import routes as swap_routes
from callcenter.roster.swaps.service import Swaps
from callcenter.roster.timeline.http import routes as timeline_routes
from callcenter.roster.timeline.service import Timelines
from callcenter.storage.database import Database
from callcenter.web.audit import Audit
from callcenter.web.ports import Notify, Publish, notify_nobody, publish_to_nobody
from callcenter.web.routes import Routes


@dataclass(frozen=True)
class RosterRoom:
    needs: NeedService
    effects: Effects
    leaves: Leaves
    swaps: Swaps
    overtimes: Overtimes
    overtime_reading: OvertimeReading
    holiday_years: HolidayYears
    substitutes: Substitutes
    history: RequestHistory
    breaks: Breaks
    attendance: Attendance
    handovers: Handovers
    measures: Measures
    patterns: Patterns
    plans: Plans
    reviews: Reviews
    notices: Notices
    tables: PlanTables
    planner: Planner
    wishes: Wishes
    fairness: Fairness
    calendars: Calendars
    deadlines: Deadlines
    absences: Absences
    adherence: AdherenceReports
    adherence_now: AdherenceNow
    routes: list[Routes] = field(default_factory=list)


def open_roster(
    *,
    database: Database,
    clock: Clock,
    audit: Audit,
    agents: AgentService,
    presence: PresenceService,
    lines: Lines,
    roster: RosterService,
    skill_of: SkillOf,
    zone: ZoneInfo,
    limits: Limits,
    break_rules: BreakRules,
    attendance_rules: AttendanceRules,
    policy_version: str,
    answer_within_seconds: float,
    publish: Publish = publish_to_nobody,
    changed: Notify = notify_nobody,
    reader: TableReader | None = None,
    deadline_rules: DeadlineRules | None = None,
    line_names: LineNames = codes_alone,
    country: str = "",
    handover_first: bool = True,
) -> RosterRoom:
    """`changed` wakes the routing; it must not block. `country`: whose public holidays overtime is paid by.

    `handover_first`: whether an agent is rung until the relief is there.
    """
    needs = NeedService(database, audit, lines)
    effects = Effects(roster, needs, roster.skills, clock, zone, limits)
    history = RequestHistory(database, clock, audit, publish)
    leaves = Leaves(database, clock, agents, effects, history, changed, publish)
    overtimes = Overtimes(database, clock, agents, lines, roster, effects, history)
    holiday_years = HolidayYears(database, audit, country)
    overtime_reading = OvertimeReading(overtimes, roster, presence, clock, zone, holiday_years.pay_days)
    swaps = Swaps(database, clock, agents, roster, effects, history)
    substitutes = Substitutes(agents, roster, needs, skill_of, limits, zone)
    breaks = Breaks(database, clock, presence, roster, needs, zone, break_rules, publish)
    attendance = Attendance(database, clock, presence, roster, attendance_rules, policy_version, publish)
    handovers = Handovers(database, clock, audit, agents, presence, roster, needs, zone, limits.least, publish)
    measures = Measures(database, clock, presence, roster, needs, zone, limits.least, handover_first=handover_first)
    patterns = Patterns(database, audit)
    reviews = Reviews(database, clock, roster, needs, effects, zone.key)
    notices = Notices(database, clock, publish)
    plans = Plans(database, clock, audit, agents, lines, roster, patterns, reviews, notices, zone.key)
    tables = PlanTables(plans, patterns, agents, reader or TableReader(), zone)
    wishes = Wishes(database, clock, agents, zone)
    ports = PlannerPorts(agents, roster, needs, patterns, plans, wishes, skill_of)
    planner = Planner(ports, clock, zone, effects.limits)
    fairness = Fairness(agents, roster, zone)
    absences = Absences(database, clock, roster, lambda agent: leaves.owned_cases(agent), publish)
    adherence = AdherenceReports(clock, presence, roster)
    adherence_now = AdherenceNow(clock, presence, roster, publish)
    calendars = Calendars(database, clock, audit, agents, roster, line_names)
    deadlines = Deadlines(database, clock, needs, zone, deadline_rules or DeadlineRules(), publish)
    routes = [
        calendar_routes(calendars),
        deadline_routes(deadlines),
        adherence_routes(adherence),
        present_routes(adherence_now),
        timeline_routes(Timelines(clock, presence, roster, needs, roster.skills, zone)),
        pattern_routes(patterns),
        plan_routes(plans, reviews, patterns, zone.key),
        notice_routes(notices),
        table_routes(tables),
        planner_routes(planner),
        wish_routes(wishes),
        fairness_routes(fairness),
        need_routes(needs, effects, substitutes),
        leave_routes(leaves, history),
        swap_routes(swaps, history),
        overtime_routes(overtimes, history),
        overtime_report_routes(overtime_reading),
        holiday_routes(holiday_years),
        break_routes(breaks),
        break_decision_routes(BreakDecisions(database, clock, audit, breaks)),
        attendance_routes(attendance),
        handover_routes(handovers),
        measure_routes(measures),
        staffing_routes(answer_within_seconds),
    ]
    return RosterRoom(
        needs=needs,
        effects=effects,
        leaves=leaves,
        swaps=swaps,
        overtimes=overtimes,
        overtime_reading=overtime_reading,
        holiday_years=holiday_years,
        substitutes=substitutes,
        history=history,
        breaks=breaks,
        attendance=attendance,
        handovers=handovers,
        measures=measures,
        patterns=patterns,
        plans=plans,
        reviews=reviews,
        notices=notices,
        tables=tables,
        planner=planner,
        wishes=wishes,
        fairness=fairness,
        calendars=calendars,
        deadlines=deadlines,
        absences=absences,
        adherence=adherence,
        adherence_now=adherence_now,
        routes=routes,
    )
