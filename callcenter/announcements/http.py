"""Announcements over HTTP: everyone reads those for them, leaders publish and see who has read."""

from __future__ import annotations

from datetime import datetime

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from callcenter.announcements.model import BODY_LENGTH, TITLE_LENGTH, Announcement, News
from callcenter.announcements.rows import AnnouncementRow
from callcenter.announcements.service import AnnouncementService
from callcenter.web.roles import Role
from callcenter.web.routes import ANYONE, LEADERS, Ask, Page, PageQuery, Routes, decode_cursor, encode_cursor, page_of


class AnnouncementBody(BaseModel):
    """`roles` and `agents` name its readers, everyone when both are empty; `replaces` makes it a new version."""

    model_config = ConfigDict(extra="forbid")

    title: str = Field(min_length=1, max_length=TITLE_LENGTH)
    body: str = Field(min_length=1, max_length=BODY_LENGTH)
    kind: News = News.NEWS
    must_read: bool = False
    valid_from: AwareDatetime | None = None
    valid_until: AwareDatetime | None = None
    roles: list[Role] = Field(default=[], max_length=10)
    agents: list[str] = Field(default=[], max_length=500)
    replaces: str | None = Field(None, max_length=32)

    def announcement(self) -> Announcement:
        return Announcement(
            **{**self.model_dump(), "roles": tuple(role.value for role in self.roles), "agents": tuple(self.agents)}
        )


class AnnouncementShape(BaseModel):
    """`read_at` is when you read it; `over_at` when it was withdrawn or replaced."""

    id: str
    kind: News
    title: str
    body: str
    must_read: bool
    valid_from: datetime
    valid_until: datetime | None
    roles: list[str]
    agents: list[str]
    replaces: str | None
    published_at: datetime
    published_by_name: str
    over_at: datetime | None
    over_reason: str
    read_at: datetime | None = None

    @classmethod
    def of(cls, row: AnnouncementRow, read_at: datetime | None = None) -> AnnouncementShape:
        own = {name: getattr(row, name) for name in cls.model_fields if name != "read_at"}
        return cls(**own, read_at=read_at)


class AnnouncementQuery(PageQuery):
    """`everything` is for leaders: also announcements that are expired, not valid yet, or for others."""

    unread: bool = False
    everything: bool = False


class ReceiptShape(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    person: str
    name: str
    agent: str | None
    at: datetime | None


class AnnouncementReasonBody(BaseModel):
    reason: str = Field(min_length=1, max_length=500)


def routes(service: AnnouncementService) -> Routes:
    routes = Routes("announcements")

    @routes.post("/announcements", roles=LEADERS, status=201)
    async def publish_announcement(ask: Ask, body: AnnouncementBody) -> AnnouncementShape:
        """Publish an announcement; it never changes. A new version replaces it and must be read again."""
        return AnnouncementShape.of(await service.publish(body.announcement(), ask.require()))

    @routes.get("/announcements", roles=ANYONE)
    async def list_announcements(ask: Ask, query: AnnouncementQuery) -> Page[AnnouncementShape]:
        """List the announcements that are valid for you now, newest first."""
        person = ask.require()
        if query.everything and person.may(LEADERS):
            after = decode_cursor(query.cursor, tuple[datetime, str]) if query.cursor else None
            everything = await service.everything(query.limit + 1, after)
            page = page_of(list(everything), query.limit, lambda row: encode_cursor(row.published_at, row.id))
            return Page(items=[AnnouncementShape.of(row) for row in page.items], next=page.next)
        current = await service.current(person, unread=query.unread)
        return Page(items=[AnnouncementShape.of(row, at) for row, at in current])

    @routes.get("/announcements/{id}", roles=ANYONE)
    async def read_announcement(ask: Ask, id: str) -> AnnouncementShape:
        """Read an announcement for you; leaders may read all."""
        person = ask.require()
        return AnnouncementShape.of(await service.announcement(id, person, leads=person.may(LEADERS)))

    @routes.post("/announcements/{id}/read", roles=ANYONE)
    async def announcement_read(ask: Ask, id: str) -> None:
        """Confirm that you have read an announcement (H2)."""
        await service.read(id, ask.require())

    @routes.post("/announcements/{id}/withdraw", roles=LEADERS)
    async def withdraw_announcement(ask: Ask, id: str, body: AnnouncementReasonBody) -> None:
        """Withdraw an announcement; it stays on record with the reason."""
        await service.withdraw(id, body.reason, ask.require())

    @routes.get("/announcements/{id}/receipts", roles=LEADERS)
    async def announcement_receipts(ask: Ask, id: str) -> Page[ReceiptShape]:
        """List all readers with the time at which they read it; null while they have not."""
        return Page(items=[ReceiptShape.model_validate(receipt) for receipt in await service.receipts(id)])

    return routes
