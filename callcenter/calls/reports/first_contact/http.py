"""First-contact resolution over HTTP."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from callcenter.calls.reports.first_contact.queries import Contacts, ContactsBy, FirstContacts
from callcenter.kit.proportions import share
from callcenter.web.routes import LEADERS, Ask, Routes

LONGEST = timedelta(days=366)


class FirstContactQuery(BaseModel):
    """At most 366 days; who calls again within `window_hours` was not helped at first."""

    model_config = ConfigDict(extra="forbid")

    since: AwareDatetime
    until: AwareDatetime
    window_hours: float = Field(168, ge=1, le=2160)
    by: ContactsBy = Field(ContactsBy.TOTAL, strict=False)

    @model_validator(mode="after")
    def _a_period(self) -> Self:
        if not timedelta() < self.until - self.since <= LONGEST:
            raise ValueError(f"the period ends after its start and has {LONGEST.days} days at most")
        return self


class FirstContactGroup(BaseModel):
    """`resolution` is resolved / contacts with its 95 % interval; null without contacts. `pending`: not over yet."""

    key: str | None
    contacts: int
    resolved: int
    pending: int
    resolution: float | None
    low: float | None
    high: float | None

    @classmethod
    def of(cls, group: Contacts) -> FirstContactGroup:
        result = share(group.resolved, group.contacts)
        return cls(
            key=group.key,
            contacts=group.contacts,
            resolved=group.resolved,
            pending=group.pending,
            resolution=result.share,
            low=result.low,
            high=result.high,
        )


class FirstContactReport(BaseModel):
    """First contacts: answered calls of numbers that did not call in the window before."""

    since: datetime
    until: datetime
    window_hours: float
    groups: list[FirstContactGroup]


def routes(contacts: FirstContacts) -> Routes:
    routes = Routes("reports")

    @routes.get("/reports/first-contact", roles=LEADERS)
    async def read_first_contact_report(ask: Ask, query: FirstContactQuery) -> FirstContactReport:
        """Read how many callers needed no second call, by line or by the agent who answered first."""
        window = timedelta(hours=query.window_hours)
        groups = await contacts.of(query.since, query.until, window, query.by)
        return FirstContactReport(
            since=query.since,
            until=query.until,
            window_hours=query.window_hours,
            groups=[FirstContactGroup.of(group) for group in groups],
        )

    return routes
