"""Use cases of faults in pages: people's pages report them, administrators read them with their counts (R7)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from sqlalchemy import delete, func, select

from callcenter.clock import Clock
from callcenter.storage.database import Database
from callcenter.storage.paging import Position, newest_first
from callcenter.storage.upsert import upsert
from callcenter.web.client_faults.errors import TooManyClientFaults
from callcenter.web.client_faults.model import DAYS, MOST, MOST_KINDS, WINDOW, FaultKind, detail_of, page_of
from callcenter.web.client_faults.rows import ClientFaultRow
from callcenter.web.roles import Person
from callcenter.web.throttle import Tries


@dataclass(frozen=True, slots=True)
class BuildFaults:
    """How often each kind of fault was reported of one build of the pages."""

    build: str
    count: int
    kinds: dict[str, int]
    last_at: datetime


class ClientFaults:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._reports = Tries(WINDOW, most=MOST + 1)

    def check(self, by: Person) -> None:
        """Raises TooManyClientFaults; called before the body is read."""
        now = self._clock()
        if self._reports.count(by.id, now) >= MOST:
            raise TooManyClientFaults("this page reports too many faults", retry_after=int(WINDOW.total_seconds()))

    async def report(self, kind: FaultKind, detail: str, page: str, build: str, by: Person) -> None:
        """Count one fault; who reported it is not kept. Raises TooManyClientFaults."""
        self.check(by)
        now = self._clock()
        self._reports.add(by.id, now)
        detail, page = detail_of(detail)[:500], page_of(page)[:200]
        async with self._database.write() as session:
            same = (ClientFaultRow.build == build, ClientFaultRow.kind == kind.value)
            known = select(ClientFaultRow.id).where(*same, ClientFaultRow.page == page, ClientFaultRow.detail == detail)
            if await session.scalar(known) is None:
                await session.execute(delete(ClientFaultRow).where(ClientFaultRow.last_at < now - timedelta(days=DAYS)))
                if (await session.scalar(select(func.count()).select_from(ClientFaultRow)) or 0) >= MOST_KINDS:
                    build, page, detail = "", "", ""
            added = upsert(session, ClientFaultRow).values(
                id=uuid4().hex,
                build=build,
                kind=kind.value,
                page=page,
                detail=detail,
                count=1,
                first_at=now,
                last_at=now,
            )
            await session.execute(
                added.on_conflict_do_update(
                    index_elements=["build", "kind", "page", "detail"],
                    set_={"count": ClientFaultRow.count + 1, "last_at": now},
                )
            )

    async def page(
        self,
        limit: int,
        after: Position | None = None,
        build: str | None = None,
        kind: FaultKind | None = None,
        since: datetime | None = None,
    ) -> Sequence[ClientFaultRow]:
        """The faults, the last reported first."""
        query = select(ClientFaultRow)
        if build is not None:
            query = query.where(ClientFaultRow.build == build)
        if kind is not None:
            query = query.where(ClientFaultRow.kind == kind.value)
        if since is not None:
            query = query.where(ClientFaultRow.last_at >= since)
        query = newest_first(query, ClientFaultRow.last_at, ClientFaultRow.id, limit, after)
        async with self._database.read() as session:
            return (await session.scalars(query)).all()

    async def builds(self) -> list[BuildFaults]:
        """The counts by build, the last reported first; there are hundreds of builds at most."""
        row = ClientFaultRow
        query = select(row.build, row.kind, func.sum(row.count), func.max(row.last_at)).group_by(row.build, row.kind)
        builds: dict[str, BuildFaults] = {}
        async with self._database.read() as session:
            for build, kind, count, last_at in await session.execute(query):
                seen = builds.get(build) or BuildFaults(build, 0, {}, last_at)
                kinds = {**seen.kinds, kind: int(count)}
                builds[build] = BuildFaults(build, sum(kinds.values()), kinds, max(seen.last_at, last_at))
        return sorted(builds.values(), key=lambda build: (build.last_at, build.build), reverse=True)
