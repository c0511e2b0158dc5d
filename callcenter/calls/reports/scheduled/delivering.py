"""Fills the file of a due report and hands it over to one target, once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from callcenter.calls.reports.model import ReportBy
from callcenter.calls.reports.scheduled.access import check_reader
from callcenter.calls.reports.scheduled.contents import csv_of, form_of, workbook_of
from callcenter.calls.reports.scheduled.errors import DeliveryFault, ReportNotAllowed, ReportNotSent
from callcenter.calls.reports.scheduled.kinds import ReportKind
from callcenter.calls.reports.scheduled.model import (
    FOLDER,
    ReportEvery,
    ReportFormat,
    Schedule,
    days_of,
    file_name,
    message_id,
)
from callcenter.calls.reports.scheduled.rows import ReportDeliveryRow, ScheduledReportRow
from callcenter.calls.reports.scheduled.sources import Period, Source
from callcenter.clock import Clock
from callcenter.paper.service import FormService
from callcenter.storage.database import Database
from callcenter.web.roles import Person

SendMail = Callable[[str, str, str, str, bytes], Awaitable[None]]
"""Address, subject, Message-ID, file name and file; raises ReportNotSent."""
Owners = Callable[[ScheduledReportRow], Awaitable[Person | None]]
"""The owner of a report with the roles of now; None for who no longer signs in."""
SETTLED: Final = frozenset({"sent", "refused"})
"""Deliveries that are not repeated."""


class Delivering:
    def __init__(
        self,
        database: Database,
        clock: Clock,
        sources: Mapping[ReportKind, Source],
        forms: FormService,
        zone: ZoneInfo,
        folder: Path,
        mail: SendMail | None,
        owner: Owners,
    ) -> None:
        self._database = database
        self._clock = clock
        self._sources = sources
        self._forms = forms
        self._zone = zone
        self._folder = folder
        self._mail = mail
        self._owner = owner

    @property
    def mail_possible(self) -> bool:
        return self._mail is not None

    async def deliver(self, payload: Mapping[str, Any]) -> None:
        """The job of one delivery; its failure is noted, and the job is repeated. Raises ReportNotSent.

        Whose owner may no longer read the report gets nothing, and the delivery says so.
        """
        key = (payload["report"], datetime.fromisoformat(payload["due_at"]), payload["target"])
        async with self._database.write() as session:
            delivery = await session.get(ReportDeliveryRow, key, with_for_update=True)
            row = await session.get(ScheduledReportRow, key[0])
            if delivery is None or row is None or delivery.state in SETTLED:
                return
            delivery.state, delivery.tries, delivery.at = "sending", delivery.tries + 1, self._clock()
        try:
            check_reader(ReportKind(row.kind), await self._owner(row))
            name, data = await self._file(row, key[1])
            await self._hand_over(row, key[1], key[2], name, data)
        except ReportNotAllowed as error:
            await self._note(key, "refused", f"{error.code}: {error}", DeliveryFault.NOT_ALLOWED)
            return
        except ReportNotSent as error:
            await self._note(key, "failed", f"{error.code}: {error}", error.fault)
            raise
        except Exception as error:
            await self._note(key, "failed", f"{type(error).__name__}: {error}", DeliveryFault.CONTENTS)
            raise
        await self._note(key, "sent", "", None, name)

    async def _note(
        self, key: tuple[str, datetime, str], state: str, error: str, fault: DeliveryFault | None, file: str = ""
    ) -> None:
        async with self._database.write() as session:
            delivery = await session.get(ReportDeliveryRow, key, with_for_update=True)
            if delivery is not None:
                delivery.state, delivery.error, delivery.at = state, error[:200], self._clock()
                delivery.fault, delivery.file = fault or "", file or delivery.file

    async def _hand_over(self, row: ScheduledReportRow, due: datetime, target: str, name: str, data: bytes) -> None:
        if target == FOLDER:
            try:
                await asyncio.to_thread(_write, self._folder, name, data)
            except OSError as error:
                cause = type(error).__name__
                raise ReportNotSent(f"the folder did not take it: {cause}", DeliveryFault.FOLDER) from error
        elif self._mail is None:
            raise ReportNotSent("no mail server is set: alarms.smtp_host", DeliveryFault.NO_MAIL)
        else:
            await self._mail(target, f"{row.name} {name}", message_id(row.id, due), name, data)

    async def _file(self, row: ScheduledReportRow, due: datetime) -> tuple[str, bytes]:
        """The file of a due report, counted from the records of its period."""
        schedule = schedule_of(row)
        first, last = days_of(schedule.every, due, self._zone)
        contents = await self._sources[schedule.kind](schedule, Period(first, last, self._zone))
        name = file_name(schedule, row.id, first, last)
        if schedule.format is not ReportFormat.PDF:
            write = workbook_of if schedule.format is ReportFormat.XLSX else csv_of
            return name, await asyncio.to_thread(write, contents)
        head = self._forms.head(f"BB{last:%Y%m%d}-{row.id[:6]}", schedule.language, None)
        form = await asyncio.to_thread(form_of, contents, head)
        return name, (await self._forms.pdf(form)).data


def schedule_of(row: ScheduledReportRow) -> Schedule:
    return Schedule(
        name=row.name,
        every=ReportEvery(row.every),
        minute=row.minute,
        by=ReportBy(row.by) if row.by else None,
        format=ReportFormat(row.format),
        language=row.language,
        line=row.line,
        mail_to=tuple(row.mail_to),
        to_folder=row.to_folder,
        kind=ReportKind(row.kind),
    )


def _write(folder: Path, name: str, data: bytes) -> None:
    """A reader of the folder never sees half a file."""
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / f".{name}.part"
    part.write_bytes(data)
    part.replace(folder / name)
