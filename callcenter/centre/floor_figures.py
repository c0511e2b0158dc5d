"""Joins the figures of the floor to the lines, the live picture and their thresholds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

from callcenter.calls.figures.http import routes as figure_routes
from callcenter.calls.figures.queries import DayFigures
from callcenter.calls.figures.service import FiguresNow
from callcenter.calls.reports.model import Within
from callcenter.calls.reports.queries import CallReports
from callcenter.calls.reports.rollups.model import Calendar
from callcenter.calls.reports.rollups.service import Rollups
from callcenter.calls.reports.work.http import routes as work_routes
from callcenter.calls.reports.work.service import WorkTimes
from callcenter.calls.thresholds.http import routes as threshold_routes
from callcenter.calls.thresholds.service import FigureThresholds
from callcenter.calls.timeline.service import Timelines
from callcenter.centre.boards import join_boards
from callcenter.centre.contributions import Contributions


def join_figures(contributions: Contributions) -> None:
    """The figures of the floor, and the boards that show them."""
    core = contributions.core
    settings = core.settings
    thresholds = FigureThresholds(core.database, core.web_services.audit, core.lines.line)
    zone = ZoneInfo(settings.timezone)

    async def queue_of(line: str) -> str:
        return (await core.lines.line(line)).queue

    async def codes() -> Sequence[str]:
        return [line.code for line in await core.lines.lines()]

    figures = FiguresNow(
        DayFigures(core.database, settings.pbx.name, settings.policy.answer_within_seconds, zone),
        core.clock,
        core.live.floor.now,
        queue_of,
        thresholds.answer_within,
        codes,
        core.feed.publish,
    )

    async def thresholds_now() -> Within:
        own = {each.line: each.answer_within_seconds for each in await thresholds.all() if each.answer_within_seconds}
        centre = float(own.pop("", settings.policy.answer_within_seconds))
        return Within(centre, {line: float(seconds) for line, seconds in own.items()})

    async def teams() -> Mapping[str, str]:
        return {agent: team.code for team in await contributions.scorecards.teams.teams() for agent in team.agents}

    contributions.reports = CallReports(
        core.database,
        settings.pbx.name,
        settings.policy.answer_within_seconds,
        settings.callbacks.short_abandon_seconds,
        zone,
        thresholds_now,
        teams,
    )
    contributions.rollups = Rollups(core.database, core.clock, settings.pbx.name, contributions.reports, Calendar(zone))
    timelines = Timelines(core.database, core.clock, zone, core.agents, core.presence, core.calls, core.live)
    work = WorkTimes(core.database, core.clock, zone, core.agents, core.presence, timelines, teams)
    contributions.work = work
    contributions.routes.append(work_routes(work))
    contributions.tasks["working-time"] = work.run
    contributions.tasks["rollups"] = contributions.rollups.run
    core.live.on_change.append(figures.changed)
    contributions.tasks["figures"] = figures.run
    contributions.routes += [figure_routes(figures), threshold_routes(thresholds)]
    join_boards(contributions, figures, thresholds)
