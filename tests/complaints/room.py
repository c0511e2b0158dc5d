"""Builds the complaints room for tests: a centre, people of every rank, a call, a settable clock."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aiohttp.test_utils import TestClient, TestServer

from callcenter.agents.model import Agent
from callcenter.agents.service import AgentService
from callcenter.calls.model import CallRecord, Direction, HungUpBy, Outcome
from callcenter.calls.ring import cadence_of
from callcenter.calls.rules import RingRules, RuleBook
from callcenter.calls.service import CallService
from callcenter.complaints.attachments import EvidenceItem
from callcenter.complaints.departments.service import Department
from callcenter.complaints.history.chain import Broken
from callcenter.complaints.history.verify import verify_all
from callcenter.complaints.model import Facts, Kind, Severity
from callcenter.complaints.notifier import CaseNotifier
from callcenter.complaints.opening import CaseOpening
from callcenter.complaints.queries import CaseQueries
from callcenter.complaints.room import Complaints, Neighbours, open_complaints, parts_of
from callcenter.complaints.service import CaseService
from callcenter.customers.service import CustomerService
from callcenter.customers.sight import CustomerSight
from callcenter.facts import AgentNumber, CallId, CaseNumber, LineCode, QueueCode, linkedid_of
from callcenter.roster.duty_managers.http import routes as duty_manager_routes
from callcenter.roster.duty_managers.service import DutyManagers
from callcenter.routing.model import Line, Queue
from callcenter.routing.service import LineService, QueueService
from callcenter.settings import ComplaintSettings, Settings, WebSettings
from callcenter.storage.database import Database
from callcenter.storage.jobs import Jobs
from callcenter.web.roles import Person, Role
from callcenter.web.site import web_app
from callcenter.web.webhooks.service import Webhooks
from tests.support.web_centre import PASSWORD, WebCentre, open_web_centre, seen

CALLER = "13800138000"
SETTINGS = ComplaintSettings(largest_file=100_000)
ANGRY = Facts(
    what_happened="酱板鸭漏气，退货被拒",
    wanted="退款并道歉",
    customer_name="王芳",
    phone=CALLER,
    sex="女",
    product="酱板鸭",
    order_number="A1001",
    department="delivery",
    severity=Severity.NORMAL,
)


@dataclass
class KeptEvidence:
    """Evidence as recordings would provide it."""

    items: dict[str, list[EvidenceItem]] = field(default_factory=dict)

    async def of_call(self, call: str) -> list[EvidenceItem]:
        return self.items.get(call, [])


@dataclass
class Room:
    web: WebCentre
    complaints: Complaints
    calls: CallService
    jobs: Jobs
    webhooks: Webhooks
    evidence: KeptEvidence
    folder: Path
    duties: DutyManagers
    on_duty: set[str] = field(default_factory=set)
    live: dict[CallId, CallRecord] = field(default_factory=dict)
    """The calls in progress."""

    @property
    def cases(self) -> CaseService:
        return self.complaints.cases

    @property
    def opening(self) -> CaseOpening:
        return self.complaints.opening

    @property
    def queries(self) -> CaseQueries:
        return self.complaints.queries

    async def verify(self, number: CaseNumber | None = None) -> tuple[int, Broken | None]:
        """How many histories were verified, and the first that does not match the tables."""
        return await verify_all(self.web.database, number)

    async def person(self, login: str) -> Person:
        account = await self.web.web_services.people.by_login(login)
        assert account is not None
        return account.person

    async def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """Send a request as the person signed in; status, JSON and headers. An edit sends the ETag read before."""
        given = {**self.web.proof, **headers}
        if method == "PUT" and "If-Match" not in headers:
            given |= await seen(self.web.client, f"/api/v1{path}")
        answer = await self.web.client.request(method, f"/api/v1{path}", json=body, headers=given)
        text = await answer.text()
        return answer.status, (await answer.json() if text else None), answer.headers

    async def payloads(self, kind: str) -> list[Mapping[str, Any]]:
        """The notifications to other rooms."""
        result = []
        while (job := await self.jobs.claim("test", frozenset({kind}))) is not None:
            result.append(job.payload)
            await self.jobs.finish(job)
        return result


@asynccontextmanager
async def open_room(database: Database, folder: Path, settings: ComplaintSettings | None = None) -> AsyncIterator[Room]:
    calls = CallService(database, "pbx1", RuleBook(RingRules(3, cadence_of("cn")), "2026-11"))
    evidence, on_duty = KeptEvidence(), {"1001", "1002"}
    live: dict[CallId, CallRecord] = {}
    async with open_web_centre(database) as early:
        web_services, clock = early.web_services, early.time
        jobs = Jobs(database, clock)
        webhooks = Webhooks(database, clock, web_services.audit, jobs, folder / "keys", inside_too=True)
        notifier = CaseNotifier(web_services.audit, webhooks.emit, early.feed.publish)
        rules = settings or SETTINGS
        parts = parts_of(Settings(complaints=rules), database, clock, web_services.audit, jobs, notifier)
        customers = CustomerService(database, clock, web_services.audit)
        duties = DutyManagers(database, clock, web_services.audit, web_services.people)
        agents, lines = AgentService(database, clock, web_services.audit), LineService(database, web_services.audit)
        for number in ("1001", "1002"):
            await agents.add(Agent(AgentNumber(number), f"客服{number}"), None)
        await QueueService(database, web_services.audit).add(Queue(QueueCode("after_sales")), None)
        await lines.add(Line(LineCode("after_sales"), QueueCode("after_sales"), dids=("073188880001",)), None)
        near = Neighbours(
            web_services,
            agents,
            lines,
            calls,
            live.get,
            customers,
            evidence,
            lambda: dict.fromkeys(on_duty),
            duties,
            folder,
            CustomerSight(web_services.audit, early.time),
            rules,
            Settings(complaints=rules).calendar,
        )
        complaints = open_complaints(parts, near)
        for code, name in (("delivery", "配送部"), ("kitchen", "厨房")):
            await complaints.departments.put(Department(code, name), None)
        await web_services.people.add("leader", "部门领导", PASSWORD, frozenset({Role.LEADER}))
    # The same people and centre, now with the room's routes.
    complaints.routes.append(duty_manager_routes(duties, clock))
    async with reopened(database, early, complaints) as centre:
        yield Room(centre, complaints, calls, jobs, webhooks, evidence, folder, duties, on_duty, live)


@asynccontextmanager
async def reopened(database: Database, early: WebCentre, complaints: Complaints) -> AsyncIterator[WebCentre]:
    app = web_app(database, early.time, WebSettings(), early.web_services, early.feed, *complaints.routes)
    async with TestClient(TestServer(app)) as client:
        yield WebCentre(database, early.time, early.web_services, early.feed, client, ids=early.ids)


def a_call(linkedid: str = "pbx1-1795448173.47", *, ended: bool = True) -> CallRecord:
    at = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
    return CallRecord(
        pbx="pbx1",
        linkedid=linkedid_of(linkedid),
        direction=Direction.INBOUND,
        line="after_sales",
        queue="after_sales",
        caller_number=CALLER,
        caller_name="<b>王芳</b>",
        called_number="073188880001",
        arrived_at=at,
        queued_at=at,
        answered_at=at,
        ended_at=at.replace(minute=5) if ended else None,
        outcome=Outcome.ANSWERED if ended else None,
        reason=None,
        agent="1001",
        hung_up_by=HungUpBy.CALLER if ended else None,
        late=False,
        wait_seconds=0.0,
        talk_seconds=300.0 if ended else None,
        offers=(),
        transfers=(),
        holds=(),
        legs=(),
    )


def enquiry(**more: Any) -> Facts:
    return Facts(kind=Kind.ENQUIRY, what_happened="春节期间送货吗？", phone=CALLER, **more)
