"""R7: a failure raises an alarm that people receive, acknowledge and find on record, even while the database fails."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import Message
from email.policy import default
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestServer
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from pydantic import SecretStr
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from callcenter.alarms.channels import channels_of
from callcenter.alarms.errors import AlarmAcknowledged
from callcenter.alarms.http import routes
from callcenter.alarms.model import Alarm, AlarmKind, CallsNow, Trouble, judge
from callcenter.alarms.service import ENDED, Alarms
from callcenter.calls.model import CallRecord, Direction, Outcome
from callcenter.centre.trunk_watch import TrunkSeen, TrunkWatch
from callcenter.demo.ports import free_port
from callcenter.facts import Linkedid, Uniqueid
from callcenter.settings import AlarmSettings
from callcenter.settings.alarms import RobotSettings
from callcenter.storage.database import Database
from callcenter.storage.jobs import Jobs
from callcenter.storage.rows import JobRow
from callcenter.web.audit import Audit
from callcenter.web.ports import DeltaKind, Shape
from callcenter.web.roles import Role
from tests.support.rooms import CHIEF
from tests.support.waiting import until
from tests.support.web_centre import open_web_centre

AT = datetime(2026, 11, 27, 9, tzinfo=UTC)
ZONE = ZoneInfo("Asia/Shanghai")
LOST = Trouble(AlarmKind.PBX, "pbx1", "pbx_lost", CallsNow.UNKNOWN)
FULL = Trouble(AlarmKind.DISK, "database", "disk_almost_full", CallsNow.GOING_ON)


@dataclass
class Inbox:
    """A mail server and a chat robot on loopback; `refuses` is how many messages each refuses first."""

    port: int = 0
    url: str = ""
    refuses: int = 0
    mails: list[Message] = field(default_factory=list)
    chats: list[tuple[Mapping[str, str], Any]] = field(default_factory=list)
    refused: int = 0

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.refused < self.refuses:
            self.refused += 1
            return "451 try again later"
        assert isinstance(envelope.content, bytes)
        self.mails.append(message_from_bytes(envelope.content, policy=default))
        return "250 OK"

    async def chat(self, request: web.Request) -> web.Response:
        self.chats.append((dict(request.query), await request.json()))
        return web.json_response({"errcode": 0, "errmsg": "ok"})

    async def feishu(self, request: web.Request) -> web.Response:
        self.chats.append((dict(request.query), await request.json()))
        return web.json_response({"code": 0})


@pytest_asyncio.fixture
async def inbox() -> AsyncIterator[Inbox]:
    result = Inbox(port=free_port())
    controller = Controller(result, hostname="127.0.0.1", port=result.port)
    app = web.Application()
    app.router.add_post("/robot", result.chat)
    app.router.add_post("/feishu", result.feishu)
    controller.start()
    try:
        async with TestServer(app) as server:
            result.url = str(server.make_url("/robot"))
            yield result
    finally:
        controller.stop()


def settings_of(inbox: Inbox, *robots: RobotSettings) -> AlarmSettings:
    return AlarmSettings(
        mail_to=["boss@example.org"],
        mail_from="alarm@example.org",
        smtp_host="127.0.0.1",
        smtp_port=inbox.port,
        smtp_security="none",
        robots=list(robots) or [RobotSettings(kind="wecom", url=SecretStr(inbox.url))],
    )


@dataclass
class Room:
    """The alarms on a database, with what they publish and queue."""

    database: Database
    settings: AlarmSettings | None = None
    published: list[tuple[str, Mapping[str, Any], frozenset[str] | None]] = field(default_factory=list)
    emitted: list[str] = field(default_factory=list)
    now: datetime = AT

    def __post_init__(self) -> None:
        channels = [] if self.settings is None else channels_of(self.settings, ZONE, self.clock)
        audit, jobs = Audit(self.database, self.clock), Jobs(self.database, self.clock)
        self.alarms = Alarms(self.database, self.clock, audit, jobs, self._publish, self._emit, channels)

    def clock(self) -> datetime:
        return self.now

    def _publish(self, kind: DeltaKind[Shape], data: Shape, agents: frozenset[str] | None = None) -> None:
        self.published.append((str(kind), data, agents))

    async def _emit(self, session: AsyncSession, kind: str, data: Mapping[str, Any]) -> None:
        self.emitted.append(kind)

    async def look(self, *troubles: Trouble, after: CallsNow = CallsNow.GOING_ON) -> None:
        await self.alarms.look(troubles, lambda _: after)


def test_R7_a_trouble_is_an_alarm_after_its_grace_and_ends_when_it_is_gone() -> None:
    first = judge({}, {}, [LOST, FULL], AT)
    assert [trouble for trouble, _ in first.raised] == [FULL], "a disk has no grace"
    later = judge({}, first.pending, [LOST], AT + timedelta(seconds=2))
    assert later.raised == ((LOST, AT),)
    assert not later.pending
    assert judge({}, first.pending, [], AT + timedelta(seconds=1)).pending == {}, "a hiccup leaves nothing"
    alarm = Alarm("1", LOST.kind, LOST.subject, LOST.cause, LOST.calls, AT, AT)
    assert judge({alarm.key: alarm}, {}, [LOST], AT).ended == ()
    assert judge({alarm.key: alarm}, {}, [], AT).ended == (alarm,)


def test_R7_another_failure_of_the_same_trunk_is_another_alarm() -> None:
    silent = Trouble(AlarmKind.TRUNK, "sip.example", "trunk_unreachable", CallsNow.UNKNOWN)
    refused = replace(silent, cause="trunk_unregistered")
    alarm = Alarm("1", silent.kind, silent.subject, silent.cause, silent.calls, AT, AT)
    same = judge({alarm.key: alarm}, {}, [silent], AT)
    assert (same.raised, same.ended) == ((), ())
    other = judge({alarm.key: alarm}, {}, [refused], AT)
    assert (other.raised, other.ended) == (((refused, AT),), (alarm,))


async def test_R7_people_are_notified_by_feed_mail_and_robot_and_it_is_on_record(
    database: Database, inbox: Inbox
) -> None:
    room = Room(database, settings_of(inbox))
    await room.look(LOST)
    assert room.published == []
    room.now += timedelta(seconds=3)
    await room.look(LOST)
    await until(lambda: len(inbox.mails) == 1 and len(inbox.chats) == 1, 30)
    (kind, data, audience) = room.published[0]
    assert (kind, data["kind"], data["calls"], audience) == ("failure", "pbx", "unknown", None)
    assert "电话系统" in inbox.mails[0]["Subject"]
    assert inbox.mails[0]["To"] == "boss@example.org"
    content = inbox.chats[0][1]["text"]["content"]
    assert inbox.chats[0][1]["msgtype"] == "text"
    assert "the connection to the telephone system is lost" in content
    assert "It is not known whether calls in progress go on." in content
    assert "2026-11-27 17:00:00" in content, "the time of the centre's zone"
    room.now += timedelta(seconds=30)
    await room.look(after=CallsNow.CUT)
    await until(lambda: len(inbox.mails) == 2 and len(inbox.chats) == 2, 30)
    assert "Calls in progress were cut off." in inbox.chats[1][1]["text"]["content"]
    await until(lambda: not room.alarms._sending, 30)
    await room.alarms.save()
    (alarm,) = await room.alarms.alarms(10)
    assert (alarm.since, alarm.ended_at, alarm.calls) == (AT, AT + timedelta(seconds=33), CallsNow.CUT)
    _, notices = await room.alarms.alarm(alarm.id)
    assert sorted((notice["channel"], notice["stage"], notice["error"]) for notice in notices) == [
        ("mail", "ended", ""),
        ("mail", "raised", ""),
        ("wecom", "ended", ""),
        ("wecom", "raised", ""),
    ]
    assert room.emitted == ["alarm.raised", "alarm.ended"]
    async with database.read() as session:
        assert len((await session.scalars(select(JobRow).where(JobRow.kind == ENDED))).all()) == 1


async def test_R7_a_receiver_that_refuses_is_tried_again_and_each_attempt_is_on_record(
    sqlite_database: Database, inbox: Inbox
) -> None:
    inbox.refuses = 1
    room = Room(sqlite_database, settings_of(inbox))
    await room.look(FULL)
    await until(lambda: len(inbox.mails) == 1, 20)
    await until(lambda: not room.alarms._sending, 30)
    await room.alarms.save()
    (alarm,) = await room.alarms.alarms(10)
    _, notices = await room.alarms.alarm(alarm.id)
    assert [notice["error"] for notice in notices if notice["channel"] == "mail"] == ["SMTPDataError", ""]


async def test_R7_a_database_that_takes_no_write_neither_hides_nor_delays_an_alarm(
    sqlite_database: Database, inbox: Inbox
) -> None:
    room = Room(sqlite_database, settings_of(inbox))
    async with sqlite_database.write() as session:
        await session.execute(select(1))
        connection = await session.connection()
        await connection.exec_driver_sql("ALTER TABLE alarm RENAME TO alarm_away")
    refused = Trouble(AlarmKind.DATABASE, "", "database_refuses_writes", CallsNow.GOING_ON)
    await room.look(refused)
    await until(lambda: len(inbox.mails) == 1 and len(inbox.chats) == 1, 30)
    assert [data["kind"] for _, data, _ in room.published] == ["database"]
    async with sqlite_database.write() as session:
        connection = await session.connection()
        await connection.exec_driver_sql("ALTER TABLE alarm_away RENAME TO alarm")
    await room.look()
    (alarm,) = await room.alarms.alarms(10)
    assert alarm.ended_at is not None
    assert room.emitted == ["alarm.raised", "alarm.ended"]


async def test_R7_a_phones_alarm_concerns_its_agent_and_the_leaders(sqlite_database: Database) -> None:
    room = Room(sqlite_database)
    gone = Trouble(AlarmKind.PHONE, "1001", "phone_unreachable", CallsNow.UNKNOWN)
    await room.look(gone)
    room.now += timedelta(seconds=5)
    await room.look(gone)
    assert [audience for _, _, audience in room.published] == [frozenset({"1001"})]


async def test_R7_after_a_restart_open_alarms_continue_and_one_that_reached_no_one_is_sent(
    database: Database, inbox: Inbox
) -> None:
    before = Room(database)
    await before.look(FULL)
    after = Room(database, settings_of(inbox))
    await after.alarms.load()
    await until(lambda: len(inbox.mails) == 1, 30)
    await after.look(FULL)
    assert len(await after.alarms.alarms(10)) == 1, "it is the same failure"


async def test_R7_the_first_person_who_acknowledges_is_on_record(database: Database) -> None:
    room = Room(database)
    await room.look(FULL)
    (alarm,) = await room.alarms.alarms(10)
    async with open_web_centre(database, routes(room.alarms, lambda _: _none())) as centre:
        await centre.sign_in("lilei")
        assert (await centre.client.get("/api/v1/alarms")).status == 403
        token = await centre.token(Role.SUPERVISOR)
        path = f"/api/v1/alarms/{alarm.id}"
        listed = await (await centre.client.get("/api/v1/alarms?open=true", headers=token)).json()
        assert [entry["id"] for entry in listed["items"]] == [alarm.id]
        done = await centre.client.post(f"{path}/acknowledge", json={"note": "on my way"}, headers=token)
        assert done.status == 200, await done.text()
        again = await centre.client.post(f"{path}/acknowledge", json={}, headers=token)
        assert (again.status, (await again.json())["code"]) == (409, "alarm_acknowledged")
        whole = await (await centre.client.get(path, headers=token)).json()
        assert (whole["note"], whole["harmed_calls"]) == ("on my way", [])
        assert whole["acknowledged_at"] is not None
        missing = await centre.client.get("/api/v1/alarms/none", headers=token)
        assert (missing.status, (await missing.json())["code"]) == (404, "unknown_alarm")
    await room.look()
    (alarm,) = await room.alarms.alarms(10)
    assert alarm.ended_at is not None
    assert alarm.acknowledged_at is not None, "the end of a failure keeps who took it over"
    with pytest.raises(AlarmAcknowledged):
        await room.alarms.acknowledge(alarm.id, "", CHIEF)


async def test_R7_the_banner_shows_everyone_what_fails_now_also_while_the_database_does(database: Database) -> None:
    room = Room(database)
    silent = Trouble(AlarmKind.PHONE, "1001", "phone_unreachable", CallsNow.UNKNOWN)
    await room.look(silent, FULL)
    room.now += timedelta(seconds=5)
    await room.look(silent, FULL)
    async with open_web_centre(database, routes(room.alarms, lambda _: _none())) as centre:

        async def open_causes(**headers: str) -> set[str]:
            answer = await centre.client.get("/api/v1/alarms/now", headers=headers)
            assert answer.status == 200, await answer.text()
            return {entry["cause"] for entry in await answer.json()}

        assert await open_causes(**await centre.token(Role.WALLBOARD)) == {"disk_almost_full"}
        assert await open_causes(**await centre.token(Role.SUPERVISOR, name="s")) == {
            "disk_almost_full",
            "phone_unreachable",
        }
        await centre.sign_in("lilei")
        assert await open_causes() == {"disk_almost_full", "phone_unreachable"}, "the phone is lilei's"
        await centre.sign_in("hanmei")
        assert await open_causes() == {"disk_almost_full"}
        centre.client.session.cookie_jar.clear()
        assert (await centre.client.get("/api/v1/alarms/now")).status == 401
        await room.look(silent)
        assert await open_causes(**await centre.token(Role.WALLBOARD, name="w")) == set()


def looked(watch: TrunkWatch, *trunks: TrunkSeen) -> list[tuple[str, str]]:
    watch.look(trunks)
    return [(trouble.subject, trouble.cause) for trouble in watch.troubles()]


def test_R7_a_carrier_that_stops_answering_is_out_of_order_and_one_that_never_answered_is_not() -> None:
    watch = TrunkWatch()
    assert looked(watch, TrunkSeen("a", answers=False), TrunkSeen("b", answers=None)) == []
    assert looked(watch, TrunkSeen("a", answers=True), TrunkSeen("b", answers=None)) == []
    assert looked(watch, TrunkSeen("a", answers=False), TrunkSeen("b")) == [("a", "trunk_unreachable")]
    assert looked(watch, TrunkSeen("a", answers=True), TrunkSeen("b")) == []


def test_R7_a_carrier_that_was_out_of_order_at_a_restart_of_the_service_still_is() -> None:
    watch = TrunkWatch()
    alarm = Alarm("1", AlarmKind.TRUNK, "a", "trunk_unreachable", CallsNow.UNKNOWN, AT, AT)
    watch.known_from({alarm.key: alarm})
    assert looked(watch, TrunkSeen("a", answers=False)) == [("a", "trunk_unreachable")]


def test_R7_a_registration_that_is_refused_or_does_not_come_back_is_an_incoming_line_out_of_order() -> None:
    watch = TrunkWatch()
    assert looked(watch, TrunkSeen("a", registration="Registered")) == []
    assert looked(watch, TrunkSeen("a", registration="Rejected")) == [("a", "trunk_unregistered")]
    assert looked(watch, TrunkSeen("a", registration="Registered")) == []
    renewing = [looked(watch, TrunkSeen("a", registration="Unregistered")) for _ in range(5)]
    assert renewing[0] == []
    assert renewing[-1] == [("a", "trunk_unregistered")]
    assert looked(watch, TrunkSeen("a", answers=True, registration="Unregistered")) == [("a", "trunk_unregistered")]
    assert looked(watch, TrunkSeen("a", answers=False, registration="Unregistered")) == [("a", "trunk_unreachable")]


async def _none() -> list[str]:
    return []


async def test_robots_are_addressed_in_their_own_form_and_signed(sqlite_database: Database, inbox: Inbox) -> None:
    secret = "SEC123"
    robots = (
        RobotSettings(kind="dingtalk", url=SecretStr(inbox.url + "?access_token=1"), secret=SecretStr(secret)),
        RobotSettings(kind="feishu", url=SecretStr(inbox.url.replace("/robot", "/feishu")), secret=SecretStr(secret)),
    )
    room = Room(sqlite_database, settings_of(inbox, *robots))
    await room.look(FULL)
    await until(lambda: len(inbox.chats) == 2, 30)
    (query, ding), (_, feishu) = sorted(inbox.chats, key=lambda chat: "msg_type" in chat[1])
    stamp = str(int(AT.timestamp() * 1000))
    signed = hmac.new(secret.encode(), f"{stamp}\n{secret}".encode(), hashlib.sha256).digest()
    assert query == {"access_token": "1", "timestamp": stamp, "sign": base64.b64encode(signed).decode()}
    assert ding["msgtype"] == "text"
    stamp = str(int(AT.timestamp()))
    signed = hmac.new(f"{stamp}\n{secret}".encode(), b"", hashlib.sha256).digest()
    assert (feishu["timestamp"], feishu["sign"]) == (stamp, base64.b64encode(signed).decode())
    assert "磁盘空间" in feishu["content"]["text"]


def outbound(number: int, outcome: Outcome, reason: str | None = None) -> CallRecord:
    at = AT + timedelta(seconds=number)
    record = CallRecord(
        "pbx1", Linkedid(Uniqueid(f"c.{number}")), Direction.OUTBOUND, None, None, "1001", "", "13900000001", at
    )
    return replace(record, ended_at=at, outcome=outcome, reason=reason)


async def test_R7_calls_to_the_outside_that_fail_one_after_another_are_a_trunk_out_of_order() -> None:
    trunk = TrunkWatch()
    await trunk.calls_recorded([outbound(1, Outcome.FAILED, "congestion-34"), outbound(2, Outcome.FAILED, "unknown")])
    await trunk.calls_recorded([outbound(2, Outcome.FAILED, f"congestion-{cause}") for cause in (21, 1)])
    assert trunk.troubles() == [], "a number that is refused or does not exist is no failure of the trunk"
    await trunk.calls_recorded([outbound(3, Outcome.FAILED, "chanunavail-20")])
    await trunk.calls_recorded([outbound(4, Outcome.FAILED, "congestion-38")])
    assert [trouble.cause for trouble in trunk.troubles()] == ["calls_do_not_go_out"]
    await trunk.calls_recorded([outbound(5, Outcome.ANSWERED)])
    assert trunk.troubles() == []
