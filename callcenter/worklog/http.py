"""Work logs over HTTP (W4): agents write their own and read shared ones; leaders read all."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from callcenter.web.masking import mask_number
from callcenter.web.roles import Person
from callcenter.web.routes import ANYONE, LEADERS, Ask, Page, PageQuery, Routes, decode_cursor, encode_cursor, page_of
from callcenter.worklog.model import TEXT_LIMIT, LogState
from callcenter.worklog.rows import MonthSummaryRow
from callcenter.worklog.service import Log, WorkLogs
from callcenter.worklog.summary.service import MonthSummaries

Text = Annotated[str, Field(max_length=TEXT_LIMIT)]


class CallNoteShape(BaseModel):
    """A call of the day; agents see numbers in part."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    at: datetime
    direction: str
    number: str
    outcome: str
    seconds: float | None


class WorkFiguresShape(BaseModel):
    """The day's figures from the records: current while the log is a draft, frozen when it is submitted."""

    model_config = ConfigDict(from_attributes=True)

    answered: int
    outbound: int
    missed: int
    late: int
    talk_seconds: float
    return_calls: int
    cases: list[str]
    calls: list[CallNoteShape]


class WorkLogShape(BaseModel):
    """`texts` by section: done, learned, difficulties, suggestions, left_over; `useful` counts colleagues' thanks."""

    BESIDE: ClassVar[frozenset[str]] = frozenset({"figures", "useful"})

    agent: str
    day: date
    name: str
    state: LogState
    texts: dict[str, str]
    shared: bool
    example_by: str | None
    useful: int
    submitted_at: datetime | None
    reopened: str
    figures: WorkFiguresShape

    @classmethod
    def of(cls, log: Log, person: Person) -> WorkLogShape:
        figures = WorkFiguresShape.model_validate(log.figures)
        if not person.may(LEADERS):
            calls = [call.model_copy(update={"number": mask_number(call.number)}) for call in figures.calls]
            figures = figures.model_copy(update={"calls": calls})
        row = log.row
        return cls(
            agent=log.agent,
            day=log.day,
            figures=figures,
            useful=log.useful,
            name=row.name if row else "",
            state=LogState(row.state) if row else LogState.DRAFT,
            texts=dict(row.texts) if row else {},
            shared=row.shared if row else False,
            example_by=row.example_by if row else None,
            submitted_at=row.submitted_at if row else None,
            reopened=row.reopened if row else "",
        )


class WorkLogBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    texts: dict[str, Text] = Field(max_length=10)
    shared: bool = False


class WorkLogReasonBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reason: str = Field(min_length=1, max_length=500)


class DayQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")

    day: date


class MissingWorkLogShape(BaseModel):
    agent: str


class SummaryBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    text: str = Field(min_length=1, max_length=20_000)


class WorkSummaryShape(BaseModel):
    """A submitted summary; `sha256` covers month, text and content."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    month: str
    text: str
    content: dict[str, Any]
    sha256: str
    at: datetime
    by_name: str

    @classmethod
    def of(cls, row: MonthSummaryRow) -> WorkSummaryShape:
        return cls.model_validate(row)


class MonthShape(BaseModel):
    """A month up to now, and its submitted summaries."""

    content: dict[str, Any]
    submitted: list[WorkSummaryShape]


def routes(logs: WorkLogs, summaries: MonthSummaries) -> Routes:
    routes = Routes("work-logs")
    _own(routes, logs)
    _shared(routes, logs)
    _leading(routes, logs, summaries)
    return routes


def _own(routes: Routes, logs: WorkLogs) -> None:
    @routes.get("/work-logs/{agent}/{day}", roles=ANYONE)
    async def read_work_log(ask: Ask, agent: str, day: date) -> WorkLogShape:
        """Read a day's log, prefilled from its calls and cases; your own, a shared one, or any for leaders."""
        person = ask.require()
        return WorkLogShape.of(await logs.log(agent, day, person), person)

    @routes.put("/work-logs/{agent}/{day}", roles=ANYONE)
    async def write_work_log(ask: Ask, agent: str, day: date, body: WorkLogBody) -> WorkLogShape:
        """Write your own log; with If-Match a concurrent edit is refused and nothing is overwritten."""
        person = ask.require()
        ask.must_match(WorkLogShape.of(await logs.log(agent, day, person), person))
        return WorkLogShape.of(await logs.write(agent, day, body.texts, person, shared=body.shared), person)

    @routes.post("/work-logs/{agent}/{day}/submit", roles=ANYONE)
    async def submit_work_log(ask: Ask, agent: str, day: date) -> WorkLogShape:
        """Submit your log: figures and texts are frozen."""
        person = ask.require()
        return WorkLogShape.of(await logs.submit(agent, day, person), person)


def _shared(routes: Routes, logs: WorkLogs) -> None:
    @routes.get("/shared-work-logs", roles=ANYONE)
    async def list_shared_work_logs(ask: Ask, query: PageQuery) -> Page[WorkLogShape]:
        """List colleagues' shared logs, newest days first."""
        person = ask.require()
        after = decode_cursor(query.cursor, tuple[date, str]) if query.cursor else None
        page = page_of(
            await logs.shared(query.limit + 1, after), query.limit, lambda log: encode_cursor(log.day, log.agent)
        )
        return Page(items=[WorkLogShape.of(log, person) for log in page.items], next=page.next)

    @routes.post("/work-logs/{agent}/{day}/useful", roles=ANYONE)
    async def thank_for_work_log(ask: Ask, agent: str, day: date) -> None:
        """Mark a colleague's shared log as useful."""
        await logs.useful(agent, day, ask.require())


def _leading(routes: Routes, logs: WorkLogs, summaries: MonthSummaries) -> None:
    @routes.get("/missing-work-logs", roles=LEADERS)
    async def list_missing_work_logs(ask: Ask, query: DayQuery) -> Page[MissingWorkLogShape]:
        """List agents who had a shift on a day and have not submitted a log; nothing follows automatically."""
        return Page(items=[MissingWorkLogShape(agent=agent) for agent in await logs.missing(query.day)])

    @routes.post("/work-logs/{agent}/{day}/reopen", roles=LEADERS)
    async def reopen_work_log(ask: Ask, agent: str, day: date, body: WorkLogReasonBody) -> WorkLogShape:
        """Return a submitted log to its author."""
        person = ask.require()
        return WorkLogShape.of(await logs.reopen(agent, day, body.reason, person), person)

    @routes.post("/work-logs/{agent}/{day}/example", roles=LEADERS)
    async def hold_up_work_log(ask: Ask, agent: str, day: date) -> None:
        """Mark a shared log as an example."""
        await logs.hold_up(agent, day, ask.require())

    @routes.get("/month-summaries/{month}", roles=LEADERS)
    async def read_month(ask: Ask, month: str) -> MonthShape:
        """Read a month such as 2026-11: totals, missing logs, suggestions (S4), unusual customers, summaries."""
        submitted = [WorkSummaryShape.of(row) for row in await summaries.submitted(month)]
        return MonthShape(content=await summaries.month(month), submitted=submitted)

    @routes.post("/month-summaries/{month}", roles=LEADERS, status=201)
    async def submit_month(ask: Ask, month: str, body: SummaryBody) -> WorkSummaryShape:
        """Submit the month's summary; it is stored unchanged with its checksum."""
        return WorkSummaryShape.of(await summaries.submit(month, body.text, ask.require()))
