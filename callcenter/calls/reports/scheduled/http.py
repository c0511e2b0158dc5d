"""Scheduled reports over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from callcenter.calls.reports.model import ReportBy
from callcenter.calls.reports.scheduled.access import may_read
from callcenter.calls.reports.scheduled.errors import DeliveryFault
from callcenter.calls.reports.scheduled.kinds import KINDS, ReportKind
from callcenter.calls.reports.scheduled.model import (
    ADDRESS,
    MOST_TARGETS,
    TIME,
    ReportEvery,
    ReportFormat,
    Schedule,
    minute_of,
)
from callcenter.calls.reports.scheduled.rows import ReportDeliveryRow, ScheduledReportRow
from callcenter.calls.reports.scheduled.service import ScheduledReports
from callcenter.web.routes import LEADERS, Ask, Page, Routes, etag_of

Address = Annotated[str, Field(max_length=254, pattern=ADDRESS)]


class ScheduledReportBody(BaseModel):
    """Sent at `time` of the centre's clock: each day, on Mondays or on the first, for the period that is over.

    `by` are the groups of the kinds `calls` (by default `day`) and `work` (`agent`); other kinds have none, and it is
    null. `line` is of `calls`, `adherence` and `equal_service`. The ledger of a month has the entries of that month of
    the payroll, that of a day or week the violations of these days.
    """

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=80)
    every: ReportEvery = Field(strict=False)
    time: str = Field("07:00", pattern=TIME)
    kind: ReportKind = Field(ReportKind.CALLS, strict=False)
    by: ReportBy | None = Field(None, strict=False)
    format: ReportFormat = Field(ReportFormat.XLSX, strict=False)
    language: Literal["zh-CN", "en"] = "zh-CN"
    line: str | None = Field(None, max_length=31)
    mail_to: list[Address] = Field([], max_length=MOST_TARGETS)
    to_folder: bool = False

    def schedule(self) -> Schedule:
        return Schedule(
            name=self.name,
            every=self.every,
            minute=minute_of(self.time),
            by=KINDS[self.kind].default if self.by is None else self.by,
            format=self.format,
            language=self.language,
            line=self.line,
            mail_to=tuple(self.mail_to),
            to_folder=self.to_folder,
            kind=self.kind,
        )


class ReportDeliveryShape(BaseModel):
    """`state` is `waiting`, `sending`, `sent`, `failed` or `refused`; `error` says why, for the operator.

    A failed one is repeated. A refused one is not: its owner may no longer read the report (`report_not_allowed`).
    `fault` is the kind of error; null without one, and for failures from before it was kept.
    """

    model_config = ConfigDict(from_attributes=True)

    due_at: datetime
    target: str
    state: Literal["waiting", "sending", "sent", "failed", "refused"]
    tries: int
    error: str
    fault: Annotated[DeliveryFault | None, BeforeValidator(lambda fault: fault or None)] = Field(None, strict=False)
    at: datetime
    file: str


class ScheduledReportShape(ScheduledReportBody):
    """`owner` is the login of who defined it last; `last` are the deliveries of the newest due time.

    `next_due` is null while the report is paused.
    """

    BESIDE: ClassVar[tuple[str, ...]] = ("last", "next_due", "paused")

    id: str
    owner: str
    created_at: datetime
    paused: bool
    next_due: datetime | None
    last: list[ReportDeliveryShape]

    @classmethod
    def of(cls, row: ScheduledReportRow, deliveries: list[ReportDeliveryRow]) -> ScheduledReportShape:
        newest = max((each.due_at for each in deliveries), default=None)
        return cls(
            id=row.id,
            owner=row.owner,
            name=row.name,
            every=ReportEvery(row.every),
            time=f"{row.minute // 60:02}:{row.minute % 60:02}",
            kind=ReportKind(row.kind),
            by=ReportBy(row.by) if row.by else None,
            format=ReportFormat(row.format),
            language="en" if row.language == "en" else "zh-CN",
            line=row.line,
            mail_to=row.mail_to,
            to_folder=row.to_folder,
            created_at=row.created_at,
            paused=row.paused_at is not None,
            next_due=row.next_due if row.paused_at is None else None,
            last=[ReportDeliveryShape.model_validate(each) for each in deliveries if each.due_at == newest],
        )


class ReportKindShape(BaseModel):
    """`by` are the groups that a report of this kind can have, its default first."""

    kind: ReportKind
    by: list[ReportBy]
    of_line: bool


class ReportKinds(BaseModel):
    """The kinds of reports that the person may schedule; `mail`: whether a mail server is set."""

    items: list[ReportKindShape]
    mail: bool


def routes(reports: ScheduledReports) -> Routes:
    routes = Routes("reports")

    async def shape(row: ScheduledReportRow) -> ScheduledReportShape:
        return ScheduledReportShape.of(row, list(await reports.deliveries(row.id)))

    @routes.get("/scheduled-reports", roles=LEADERS)
    async def list_scheduled_reports(ask: Ask) -> Page[ScheduledReportShape]:
        """List the saved reports with their owners, schedules and last results."""
        return Page(items=[await shape(row) for row in await reports.all()])

    @routes.get("/scheduled-report-kinds", roles=LEADERS)
    async def list_scheduled_report_kinds(ask: Ask) -> ReportKinds:
        """List the kinds of reports that this person may schedule, and what each can be grouped by."""
        person = ask.require()
        kinds = [
            ReportKindShape(kind=kind, by=list(rules.by), of_line=rules.of_line)
            for kind, rules in KINDS.items()
            if may_read(kind, person)
        ]
        return ReportKinds(items=kinds, mail=reports.mail_possible)

    @routes.post("/scheduled-reports", roles=LEADERS, status=201)
    async def add_scheduled_report(ask: Ask, body: ScheduledReportBody) -> ScheduledReportShape:
        """Save a report that is sent by e-mail or written into the folder `reports` whenever it is due.

        Its owner may read the same report, now and whenever it is sent.
        """
        return await shape(await reports.add(body.schedule(), ask.require()))

    @routes.get("/scheduled-reports/{id}", roles=LEADERS)
    async def read_scheduled_report(ask: Ask, id: str) -> ScheduledReportShape:
        """Read a saved report."""
        report = await shape(await reports.report(id))
        ask.headers["ETag"] = etag_of(report)
        return report

    @routes.put("/scheduled-reports/{id}", roles=LEADERS)
    async def change_scheduled_report(ask: Ask, id: str, body: ScheduledReportBody) -> ScheduledReportShape:
        """Replace the definition of a saved report and become its owner; a new schedule holds from now on."""
        deliveries = list(await reports.deliveries(id))

        def check(current: ScheduledReportRow) -> None:
            ask.must_match(ScheduledReportShape.of(current, deliveries))

        row = await reports.change(id, body.schedule(), ask.require(), check)
        report = ScheduledReportShape.of(row, deliveries)
        ask.headers["ETag"] = etag_of(report)
        return report

    @routes.delete("/scheduled-reports/{id}", roles=LEADERS)
    async def remove_scheduled_report(ask: Ask, id: str) -> None:
        """Remove a saved report and the list of its deliveries; files that were written stay."""
        await reports.remove(id, ask.require())

    @routes.post("/scheduled-reports/{id}/pause", roles=LEADERS)
    async def pause_scheduled_report(ask: Ask, id: str) -> ScheduledReportShape:
        """Send nothing by its schedule until it is resumed; its owner stays, and it can still be sent now."""
        await reports.pause(id, ask.require())
        return await shape(await reports.report(id))

    @routes.post("/scheduled-reports/{id}/resume", roles=LEADERS)
    async def resume_scheduled_report(ask: Ask, id: str) -> ScheduledReportShape:
        """Follow its schedule again from now on; what was due meanwhile is not sent."""
        await reports.resume(id, ask.require())
        return await shape(await reports.report(id))

    @routes.post("/scheduled-reports/{id}/send", roles=LEADERS, status=202)
    async def send_scheduled_report(ask: Ask, id: str) -> ScheduledReportShape:
        """Send the report of the last period that is over now, beside its schedule."""
        await reports.send_now(id, ask.require())
        return await shape(await reports.report(id))

    @routes.get("/scheduled-reports/{id}/deliveries", roles=LEADERS)
    async def list_report_deliveries(ask: Ask, id: str) -> Page[ReportDeliveryShape]:
        """List the newest deliveries of a saved report."""
        return Page(items=[ReportDeliveryShape.model_validate(each) for each in await reports.deliveries(id)])

    return routes
