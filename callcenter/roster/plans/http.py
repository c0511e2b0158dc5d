"""Plans of the roster over HTTP (D1, D2): planners draft, leaders publish."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from callcenter.facts import AgentNumber, LineCode
from callcenter.roster.errors import BadPlan
from callcenter.roster.patterns.model import shift_on
from callcenter.roster.patterns.service import Patterns
from callcenter.roster.plans.model import Days, Entry, PlanState
from callcenter.roster.plans.queries import Reviews
from callcenter.roster.plans.service import Plans
from callcenter.roster.plans.shapes import (
    RosterAdjustedShape,
    RosterDraftBody,
    RosterDraftShape,
    RosterEntryBody,
    RosterHandBody,
    RosterPlanBody,
    RosterPlanShape,
    RosterPlanSummary,
    RosterPublishBody,
    RosterReviewShape,
)
from callcenter.web.roles import PLANNERS
from callcenter.web.routes import ANYONE, LEADERS, Ask, Page, PageQuery, Routes, decode_cursor, encode_cursor, page_of

BODY = 4 * 1024 * 1024


class PlanQuery(PageQuery):
    line: str | None = None
    state: PlanState | None = None
    day: date | None = None


def routes(plans: Plans, reviews: Reviews, patterns: Patterns, zone: str) -> Routes:
    routes = Routes("roster")

    async def entries_of(bodies: Sequence[RosterEntryBody]) -> list[Entry]:
        known = {pattern.code: pattern for pattern in await patterns.all()}
        result = []
        for body in bodies:
            agent = AgentNumber(body.agent)
            if body.starts_at is not None and body.ends_at is not None:
                day = body.day or body.starts_at.date()
                result.append(Entry(agent, day, body.starts_at, body.ends_at, body.pattern, body.fixed))
                continue
            pattern = known.get(body.pattern)
            if pattern is None or body.day is None:
                raise BadPlan("there is no such shift pattern", fault="pattern", pattern=body.pattern)
            shift = shift_on(body.day, pattern.start, pattern.end, agent, LineCode(""), zone)
            result.append(Entry(agent, body.day, shift.starts_at, shift.ends_at, pattern.code, body.fixed))
        return result

    @routes.get("/roster/plans", roles=ANYONE)
    async def list_roster_plans(ask: Ask, query: PlanQuery) -> Page[RosterPlanSummary]:
        """List plans, newest first; agents see what is published."""
        after = decode_cursor(query.cursor, tuple[datetime, str]) if query.cursor else None
        by, most = ask.require(), query.limit + 1
        rows = await plans.plans(by, most, after, line=query.line, state=query.state, day=query.day)
        page = page_of(list(rows), query.limit, lambda row: encode_cursor(row.created_at, row.id))
        return Page(items=[RosterPlanSummary.model_validate(row) for row in page.items], next=page.next)

    @routes.post("/roster/plans", roles=PLANNERS, status=201)
    async def draft_roster_plan(ask: Ask, body: RosterDraftBody) -> RosterDraftShape:
        """Begin a draft of a line's roster for some days; nothing changes until it is published.

        `adjusted` lists the copied shifts that the draft does not have as they were.
        """
        days, by = Days(body.first_day, body.last_day), ask.require()
        drafted = await plans.draft(body.line, days, body.source, body.note, by)
        shape = RosterPlanShape.of(*await plans.plan(drafted.row.id, by))
        adjusted = [RosterAdjustedShape.of(each) for each in drafted.adjusted]
        return RosterDraftShape(**shape.model_dump(), adjusted=adjusted)

    @routes.get("/roster/plans/{id}", roles=ANYONE)
    async def read_roster_plan(ask: Ask, id: str) -> RosterPlanShape:
        """Read a plan with its entries."""
        return RosterPlanShape.of(*await plans.plan(id, ask.require()))

    @routes.put("/roster/plans/{id}", roles=PLANNERS, max_body=BODY)
    async def change_roster_plan(ask: Ask, id: str, body: RosterPlanBody) -> RosterPlanShape:
        """Replace the entries of a draft."""
        entries = await entries_of(body.entries)
        row, stored = await plans.replace(
            id, body.note, entries, ask.require(), lambda row, current: ask.must_match(RosterPlanShape.of(row, current))
        )
        return RosterPlanShape.of(row, stored)

    @routes.get("/roster/plans/{id}/review", roles=PLANNERS)
    async def review_roster_plan(ask: Ask, id: str) -> RosterReviewShape:
        """Read what publishing would change for whom, and which rules the plan breaks (D2)."""
        return RosterReviewShape.of(await reviews.of(id))

    @routes.post("/roster/plans/{id}/publish", roles=LEADERS)
    async def publish_roster_plan(ask: Ask, id: str, body: RosterPublishBody) -> RosterPlanSummary:
        """Publish it: routing follows, and each agent concerned gets a notice. What has begun stays as it is."""
        row = await plans.publish(
            id,
            body.fingerprint,
            ask.require(),
            body.reason,
            despite_shortage=body.despite_shortage,
            to=body.handed_to,
        )
        return RosterPlanSummary.model_validate(row)

    @routes.post("/roster/plans/{id}/hand-over", roles=PLANNERS)
    async def hand_over_roster_plan(ask: Ask, id: str, body: RosterHandBody) -> RosterPlanSummary:
        """Record to whom a published roster was handed (D1)."""
        return RosterPlanSummary.model_validate(await plans.hand_over(id, body.handed_to, ask.require()))

    @routes.post("/roster/plans/{id}/discard", roles=PLANNERS)
    async def discard_roster_plan(ask: Ask, id: str) -> RosterPlanSummary:
        """Discard a draft."""
        return RosterPlanSummary.model_validate(await plans.discard(id, ask.require()))

    return routes
