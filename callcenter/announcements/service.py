"""Handles announcements: publish, replace, withdraw, read, and list who has not read them yet (H2)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import uuid4

from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from typing_extensions import TypedDict

from callcenter.announcements.model import (
    Announcement,
    AnnouncementOver,
    BadAnnouncement,
    UnknownAnnouncement,
    UnreadAnnouncements,
    check_announcement,
    is_for,
)
from callcenter.announcements.rows import AnnouncementReadRow, AnnouncementRow
from callcenter.clock import Clock
from callcenter.storage.database import Database, after_commit
from callcenter.storage.paging import Position, newest_first
from callcenter.storage.upsert import insert_ignore
from callcenter.web.audit import Audit
from callcenter.web.people import Account, PeopleService
from callcenter.web.ports import Audience, DeltaKind, Emit, Publish
from callcenter.web.roles import Person, Role

MOST_CURRENT = 500
PAGE = 200


class AnnouncementDelta(TypedDict):
    """An announcement on the live feed; `over` once it is withdrawn or replaced."""

    id: str
    title: str
    kind: str
    must_read: bool
    over: bool


ANNOUNCEMENT: Final = DeltaKind("announcement", AnnouncementDelta, "the agents it is for, and leaders")


@dataclass(frozen=True, slots=True)
class Receipt:
    """One of the recipients; `at` is None while they have not read it."""

    person: str
    name: str
    agent: str | None
    at: datetime | None


class AnnouncementService:
    def __init__(
        self, database: Database, clock: Clock, audit: Audit, people: PeopleService, publish: Publish, emit: Emit
    ) -> None:
        self._database = database
        self._clock = clock
        self._audit = audit
        self._people = people
        self._publish = publish
        self._emit = emit
        self.read_by: list[Callable[[Collection[str]], object]] = []
        """Called with the id of a person who has read one."""

    async def publish(self, given: Announcement, by: Person) -> AnnouncementRow:
        """Publish it. Raises BadAnnouncement; UnknownAnnouncement or AnnouncementOver for the one it replaces."""
        check_announcement(given)
        now = self._clock()
        row = AnnouncementRow(
            id=uuid4().hex,
            kind=given.kind.value,
            title=given.title.strip(),
            body=given.body,
            must_read=given.must_read,
            valid_from=given.valid_from or now,
            valid_until=given.valid_until,
            roles=list(given.roles),
            agents=list(given.agents),
            replaces=given.replaces,
            published_at=now,
            published_by=by.id,
            published_by_name=by.name,
            over_at=None,
            over_reason="",
        )
        if row.valid_until is not None and row.valid_until <= row.valid_from:
            raise BadAnnouncement("it ends after it begins", field="valid_until")
        async with self._database.write() as session:
            if given.replaces is not None:
                await self._end(session, given.replaces, "replaced")
            session.add(row)
            await session.flush()
            await self._audit.append(session, by, "announcement.published", f"announcement/{row.id}")
            payload = {"id": row.id, "title": row.title, "kind": row.kind, "must_read": row.must_read}
            await self._emit(session, "announcement.published", payload)
            self._show(session, row)
        return row

    async def withdraw(self, id: str, reason: str, by: Person) -> None:
        """Withdraw it. Raises BadAnnouncement without a reason, UnknownAnnouncement, AnnouncementOver."""
        if not reason.strip():
            raise BadAnnouncement("a reason is required", field="reason")
        async with self._database.write() as session:
            await self._end(session, id, reason.strip()[:500])
            await self._audit.append(session, by, "announcement.withdrawn", f"announcement/{id}")

    async def _end(self, session: AsyncSession, id: str, reason: str) -> None:
        ended = update(AnnouncementRow).where(AnnouncementRow.id == id, AnnouncementRow.over_at.is_(None))
        done = await session.scalar(
            ended.values(over_at=self._clock(), over_reason=reason).returning(AnnouncementRow.id)
        )
        if done is None:
            if await session.get(AnnouncementRow, id) is None:
                raise UnknownAnnouncement("there is no such announcement", announcement=id[:40])
            raise AnnouncementOver("it is over already", announcement=id)
        row = await session.get(AnnouncementRow, id, populate_existing=True)
        if row is not None:
            self._show(session, row)

    def _show(self, session: AsyncSession, row: AnnouncementRow) -> None:
        """Publish it to the live feed after the commit."""
        delta: AnnouncementDelta = {
            "id": row.id,
            "title": row.title,
            "kind": row.kind,
            "must_read": row.must_read,
            "over": row.over_at is not None,
        }
        audience = audience_of(row.roles, row.agents)
        after_commit(session, lambda: self._publish(ANNOUNCEMENT, delta, audience))

    async def announcement(self, id: str, person: Person, *, leads: bool) -> AnnouncementRow:
        """One announcement that is for this user; leaders see all. Raises UnknownAnnouncement."""
        async with self._database.read() as session:
            row = await session.get(AnnouncementRow, id)
        if row is None or not (leads or _for(row, person)):
            raise UnknownAnnouncement("there is no such announcement", announcement=id[:40])
        return row

    async def current(self, person: Person, *, unread: bool = False) -> list[tuple[AnnouncementRow, datetime | None]]:
        """The current announcements for this user, newest first, with when they read them."""
        query = (
            select(AnnouncementRow, AnnouncementReadRow.at)
            .outerjoin(
                AnnouncementReadRow,
                and_(AnnouncementReadRow.announcement == AnnouncementRow.id, AnnouncementReadRow.person == person.id),
            )
            .where(*self._valid())
            .order_by(AnnouncementRow.published_at.desc(), AnnouncementRow.id.desc())
            .limit(MOST_CURRENT)
        )
        if unread:
            query = query.where(AnnouncementReadRow.at.is_(None))
        async with self._database.read() as session:
            rows = (await session.execute(query)).all()
        return [(row, at) for row, at in rows if _for(row, person)]

    def _valid(self) -> Sequence[ColumnElement[bool]]:
        now = self._clock()
        return (
            AnnouncementRow.over_at.is_(None),
            AnnouncementRow.valid_from <= now,
            or_(AnnouncementRow.valid_until.is_(None), AnnouncementRow.valid_until > now),
        )

    async def everything(self, limit: int, after: Position | None = None) -> Sequence[AnnouncementRow]:
        """All announcements ever published, newest first, after the cursor (published_at, id)."""
        query = newest_first(select(AnnouncementRow), AnnouncementRow.published_at, AnnouncementRow.id, limit, after)
        async with self._database.read() as session:
            return (await session.scalars(query)).all()

    async def search(self, words: Sequence[str], person: Person, limit: int, *, leads: bool) -> list[AnnouncementRow]:
        """Those with all these words in title or body, newest first: of all for leaders, else of the current ones."""
        query = select(AnnouncementRow).order_by(AnnouncementRow.published_at.desc(), AnnouncementRow.id.desc())
        text = func.lower(AnnouncementRow.title + "\n" + AnnouncementRow.body)
        query = query.where(*(text.contains(word.lower(), autoescape=True) for word in words))
        if not leads:
            query = query.where(*self._valid())
        async with self._database.read() as session:
            rows = (await session.scalars(query.limit(limit if leads else MOST_CURRENT))).all()
        return [row for row in rows if leads or _for(row, person)][:limit]

    async def read(self, id: str, person: Person) -> None:
        """Record that the user has read it; idempotent. Raises UnknownAnnouncement."""
        await self.announcement(id, person, leads=False)
        async with self._database.write() as session:
            receipt = insert_ignore(session, AnnouncementReadRow)
            await session.execute(receipt.values(announcement=id, person=person.id, at=self._clock()))
            after_commit(session, lambda: [read(frozenset({person.id})) for read in self.read_by])

    async def receipts(self, id: str) -> list[Receipt]:
        """All active recipients, with when they read it. Raises UnknownAnnouncement."""
        async with self._database.read() as session:
            row = await session.get(AnnouncementRow, id)
            if row is None:
                raise UnknownAnnouncement("there is no such announcement", announcement=id[:40])
            query = select(AnnouncementReadRow).where(AnnouncementReadRow.announcement == id)
            read = {receipt.person: receipt.at for receipt in await session.scalars(query)}
        meant = [account for account in await self._accounts() if account.active and _for(row, account.person)]
        return [
            Receipt(receipt.person.id, receipt.person.name, receipt.person.agent, read.get(receipt.person.id))
            for receipt in meant
        ]

    async def _accounts(self) -> list[Account]:
        accounts: list[Account] = []
        after = None
        while page := await self._people.page(PAGE, after):
            accounts += page
            after = page[-1].person.login
        return accounts

    async def must_be_read(self, person: Person) -> None:
        """Raises UnreadAnnouncements while a mandatory announcement is unread."""
        missing = [row.title for row, _ in await self.current(person, unread=True) if row.must_read]
        if missing:
            raise UnreadAnnouncements("read the announcements first", titles="; ".join(missing)[:1000])


def audience_of(roles: Collection[str], agents: Collection[str]) -> Audience:
    """The agents who receive it on the live feed: everyone, or those it names; what is for leaders goes to them."""
    if (not roles and not agents) or Role.AGENT in roles:
        return None
    return frozenset(agents)


def _for(row: AnnouncementRow, person: Person) -> bool:
    roles = frozenset(role.value for role in person.roles)
    return is_for(roles, person.agent, frozenset(row.roles), frozenset(row.agents))
