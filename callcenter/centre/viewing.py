"""Joins viewing to the packages whose things are viewed: each decides who may see it."""

from __future__ import annotations

from datetime import date

from callcenter.calls.access import must_be_theirs
from callcenter.centre.contributions import Contributions
from callcenter.facts import CallId, CaseNumber
from callcenter.web.roles import Person
from callcenter.web.viewing.errors import BadViewing
from callcenter.web.viewing.http import routes
from callcenter.web.viewing.model import ViewKind
from callcenter.web.viewing.service import Viewing


def join_viewing(contributions: Contributions) -> None:
    core = contributions.core

    async def case(key: str, by: Person) -> None:
        await contributions.complaints.cases.case(CaseNumber(key))

    async def customer(key: str, by: Person) -> None:
        if not key.isalnum():
            raise BadViewing("a customer is named by its id", field="key")
        await core.sight.must_be_theirs(by, await core.customers.customer(key))

    async def call(key: str, by: Person) -> None:
        record = core.live.record_by_id(key) or await core.calls.get(CallId(key))
        must_be_theirs(by, record.concerned, record.id)

    async def log(key: str, by: Person) -> None:
        agent, _, day = key.partition(":")
        try:
            read = date.fromisoformat(day)
        except ValueError:
            raise BadViewing("a work log is named AGENT:DAY", field="key") from None
        await contributions.work_logs.log(agent, read, by)

    may = {ViewKind.CASE: case, ViewKind.CUSTOMER: customer, ViewKind.CALL: call, ViewKind.LOG: log}
    viewing = Viewing(core.clock, core.feed.publish, may)
    contributions.routes.append(routes(viewing))
    contributions.tasks["viewing"] = viewing.run
