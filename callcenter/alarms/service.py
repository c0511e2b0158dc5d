"""Raises and ends alarms, notifies people, and stores the record (R7).

What is open is in memory: a failed database must neither hide an alarm nor delay its notification. Rows follow as soon
as the database takes them, and so do webhooks, which are jobs of the same transaction.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final
from uuid import uuid4

import structlog
from sqlalchemy import and_, or_, select
from sqlalchemy.exc import SQLAlchemyError
from typing_extensions import TypedDict

from callcenter.alarms.channels import Channel, NotNotified
from callcenter.alarms.errors import AlarmAcknowledged, UnknownAlarm
from callcenter.alarms.model import Alarm, AlarmKind, CallsNow, Key, Trouble, judge
from callcenter.alarms.rows import AlarmRow
from callcenter.clock import Clock
from callcenter.storage.database import Database
from callcenter.storage.jobs import Jobs
from callcenter.web.audit import Audit
from callcenter.web.ports import DeltaKind, Emit, Publish
from callcenter.web.roles import Person

ENDED: Final = "alarm_ended"
"""The job that follows each ended alarm: it looks up the affected callers."""
PAUSES: Final = (0.0, 1.0, 2.0, 5.0, 15.0, 60.0, 300.0)
"""The delay before each attempt to notify a receiver; the first three are within ten seconds."""
Place = tuple[datetime, str]


class FailureDelta(TypedDict):
    """A failure (R7); `calls` states whether calls in progress went on."""

    id: str
    kind: str
    subject: str
    cause: str
    calls: str
    since: str
    raised_at: str
    ended_at: str | None
    acknowledged_at: str | None
    acknowledged_by: str | None


FAILURE: Final = DeltaKind("failure", FailureDelta, "everyone; a phone's: that agent and leaders")
log = structlog.get_logger(__name__)


@dataclass
class Kept:
    """An alarm with the attempts to notify people; `saved` is False while the row is older than this."""

    alarm: Alarm
    notices: list[dict[str, Any]] = field(default_factory=list)
    stages: list[str] = field(default_factory=list)
    """The webhooks that are still to be queued: `raised`, `ended`."""
    saved: bool = False


class Alarms:
    def __init__(
        self,
        database: Database,
        clock: Clock,
        audit: Audit,
        jobs: Jobs,
        publish: Publish,
        emit: Emit,
        channels: Sequence[Channel],
    ) -> None:
        self._database = database
        self._clock = clock
        self._audit = audit
        self._jobs = jobs
        self._publish = publish
        self._emit = emit
        self._channels = channels
        self._kept: dict[str, Kept] = {}
        self._pending: Mapping[Key, datetime] = {}
        self._sending: set[asyncio.Task[None]] = set()

    @property
    def open(self) -> dict[Key, Alarm]:
        return {known.alarm.key: known.alarm for known in self._kept.values() if known.alarm.ended_at is None}

    async def load(self) -> None:
        """Continue the open alarms of the previous process; one of which no one was notified is sent now."""
        async with self._database.read() as session:
            rows = (await session.scalars(select(AlarmRow).where(AlarmRow.ended_at.is_(None)))).all()
        for row in rows:
            known = self._kept.setdefault(row.id, Kept(alarm_of(row), list(row.notices), saved=True))
            self._show(known.alarm)
            if not any(not notice["error"] for notice in known.notices):
                self._notify(known, "raised")

    async def look(self, troubles: Sequence[Trouble], aftermath: Callable[[Alarm], CallsNow]) -> None:
        """One check of the current failures. `aftermath` is what is known about the calls once it has ended."""
        judged = judge(self.open, self._pending, troubles, self._clock())
        self._pending = judged.pending
        for trouble, since in judged.raised:
            self.raise_alarm(trouble, since)
        for alarm in judged.ended:
            self._change(alarm.id, "ended", ended_at=self._clock(), calls=aftermath(alarm))
        await self.save()

    def raise_alarm(self, trouble: Trouble, since: datetime, ended_at: datetime | None = None) -> None:
        """Raise one; with `ended_at` it is over already, such as the service's own absence."""
        now = self._clock()
        alarm = Alarm(
            uuid4().hex, trouble.kind, trouble.subject[:80], trouble.cause[:60], trouble.calls, since, now, ended_at
        )
        self._kept[alarm.id] = Kept(alarm)
        self._change(alarm.id, "raised" if ended_at is None else "ended")

    def _change(self, id: str, stage: str, **values: Any) -> None:
        open_alarm = self._kept[id]
        open_alarm.alarm, open_alarm.saved = replace(open_alarm.alarm, **values), False
        open_alarm.stages.append(stage)
        alarm = open_alarm.alarm
        log.warning("alarm", stage=stage, kind=alarm.kind.value, subject=alarm.subject, cause=alarm.cause)
        self._show(alarm)
        self._notify(open_alarm, stage)

    def _show(self, alarm: Alarm) -> None:
        """A phone's alarm concerns its agent and the leaders; the others concern everyone's calls."""
        audience = frozenset({alarm.subject}) if alarm.kind is AlarmKind.PHONE else None
        self._publish(FAILURE, failure_delta(alarm), audience)

    def _notify(self, open_alarm: Kept, stage: str) -> None:
        for channel in self._channels:
            task = asyncio.create_task(self._send(open_alarm, channel, stage), name=f"alarm-{channel.name}")
            self._sending.add(task)
            task.add_done_callback(self._sending.discard)

    async def _send(self, open_alarm: Kept, channel: Channel, stage: str) -> None:
        alarm = open_alarm.alarm
        for pause in PAUSES:
            await asyncio.sleep(pause)
            error = ""
            try:
                await channel.send(alarm)
            except NotNotified as refusal:
                error = refusal.detail[:200]
                log.warning("alarm_not_sent", channel=channel.name, cause=error)
            except Exception as fault:
                # Whatever is wrong with a receiver, the attempt is on record and repeated.
                error = type(fault).__name__
                log.exception("alarm_not_sent", channel=channel.name, cause=error)
            notice = {"channel": channel.name, "receiver": channel.receiver, "stage": stage, "error": error}
            open_alarm.notices.append(notice | {"at": self._clock().isoformat()})
            open_alarm.saved = False
            if not error:
                return

    async def save(self) -> None:
        """Store what is not stored yet; if the database fails, the next pass tries again."""
        for unsaved in [unsaved for unsaved in self._kept.values() if not unsaved.saved]:
            stages, alarm, notices = list(unsaved.stages), unsaved.alarm, list(unsaved.notices)
            try:
                async with self._database.write() as session:
                    row = await session.get(AlarmRow, alarm.id) or AlarmRow(id=alarm.id)
                    _fill(row, alarm, notices)
                    session.add(row)
                    for stage in stages:
                        await self._emit(session, f"alarm.{stage}", failure_delta(alarm))
                    if "ended" in stages:
                        await self._jobs.put(session, ENDED, {"alarm": alarm.id}, once=f"{ENDED}:{alarm.id}")
            except (SQLAlchemyError, OSError) as error:
                log.warning("alarm_not_saved", cause=type(error).__name__)
                return
            unsaved.stages = unsaved.stages[len(stages) :]
            unsaved.saved = unsaved.alarm is alarm and len(unsaved.notices) == len(notices)
        over = [id for id, unsaved in self._kept.items() if unsaved.saved and unsaved.alarm.ended_at is not None]
        if not self._sending:
            for id in over:
                del self._kept[id]

    async def alarm(self, id: str) -> tuple[Alarm, list[dict[str, Any]]]:
        """One alarm and its notices. Raises UnknownAlarm."""
        async with self._database.read() as session:
            row = await session.get(AlarmRow, id)
        if row is None:
            raise UnknownAlarm("there is no such alarm")
        return alarm_of(row), list(row.notices)

    async def alarms(self, limit: int, after: Place | None = None, *, open_only: bool = False) -> list[Alarm]:
        """The newest first."""
        query = select(AlarmRow).order_by(AlarmRow.raised_at.desc(), AlarmRow.id.desc()).limit(limit)
        if open_only:
            query = query.where(or_(AlarmRow.ended_at.is_(None), AlarmRow.acknowledged_at.is_(None)))
        if after is not None:
            at, id = after
            query = query.where(or_(AlarmRow.raised_at < at, and_(AlarmRow.raised_at == at, AlarmRow.id < id)))
        async with self._database.read() as session:
            return [alarm_of(row) for row in await session.scalars(query)]

    async def acknowledge(self, id: str, note: str, by: Person) -> Alarm:
        """A person acknowledges it. Raises UnknownAlarm, AlarmAcknowledged."""
        async with self._database.write() as session:
            row = await session.get(AlarmRow, id, with_for_update=True)
            if row is None:
                raise UnknownAlarm("there is no such alarm")
            if row.acknowledged_at is not None:
                raise AlarmAcknowledged("someone has acknowledged it already", by=row.acknowledged_by)
            row.acknowledged_at, row.acknowledged_by, row.note = self._clock(), by.login, note
            await self._audit.append(session, by, "alarm.acknowledged", f"alarm/{id}")
            await self._emit(session, "alarm.acknowledged", failure_delta(alarm_of(row)))
            alarm = alarm_of(row)
        if (known := self._kept.get(id)) is not None:
            words = {name: getattr(alarm, name) for name in ("acknowledged_at", "acknowledged_by", "note")}
            known.alarm = replace(known.alarm, **words)
            alarm = known.alarm
        self._show(alarm)
        return alarm


def failure_delta(alarm: Alarm) -> FailureDelta:
    """As the feed and the webhooks carry it."""
    return {
        "id": alarm.id,
        "kind": alarm.kind.value,
        "subject": alarm.subject,
        "cause": alarm.cause,
        "calls": alarm.calls.value,
        "since": alarm.since.isoformat(),
        "raised_at": alarm.raised_at.isoformat(),
        "ended_at": None if alarm.ended_at is None else alarm.ended_at.isoformat(),
        "acknowledged_at": None if alarm.acknowledged_at is None else alarm.acknowledged_at.isoformat(),
        "acknowledged_by": alarm.acknowledged_by,
    }


def _fill(row: AlarmRow, alarm: Alarm, notices: list[dict[str, Any]]) -> None:
    row.kind, row.subject, row.cause, row.calls = alarm.kind.value, alarm.subject, alarm.cause, alarm.calls.value
    row.since, row.raised_at, row.ended_at, row.notices = alarm.since, alarm.raised_at, alarm.ended_at, notices
    row.note = row.note or alarm.note


def alarm_of(row: AlarmRow) -> Alarm:
    return Alarm(
        id=row.id,
        kind=AlarmKind(row.kind),
        subject=row.subject,
        cause=row.cause,
        calls=CallsNow(row.calls),
        since=row.since,
        raised_at=row.raised_at,
        ended_at=row.ended_at,
        acknowledged_at=row.acknowledged_at,
        acknowledged_by=row.acknowledged_by,
        note=row.note,
    )
