"""Tests the rooms' routes as a client sees them: shapes, roles, ETags, secrets."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from callcenter.agents import http as agents_http
from callcenter.customers import http as customers_http
from callcenter.customers.model import Customer
from callcenter.customers.sight import CustomerSight
from callcenter.roster import http as roster_http
from callcenter.routing import http as routing_http
from callcenter.storage.database import Database
from callcenter.web.mounting import mount
from callcenter.web.routes import Person
from callcenter.web.serving import AUTHENTICATE
from tests.support.rooms import BOSS, CHIEF, Rooms, person

Client = TestClient[web.Request, web.Application]
PEOPLE = {"boss": BOSS, "chief": CHIEF, "1001": person("1001"), "1002": person("1002")}


async def by_header(request: web.Request) -> Person | None:
    return PEOPLE.get(request.headers.get("X-Test-Person", ""))


async def all_theirs(_: Person, customers: Sequence[Customer]) -> frozenset[str]:
    """As if every customer were on the agent's phone now."""
    return frozenset(customer.id for customer in customers)


@pytest.fixture
async def client(sqlite_database: Database) -> AsyncIterator[Client]:
    rooms = Rooms(sqlite_database)
    await rooms.furnish("1001", "1002")
    app = web.Application()
    app[AUTHENTICATE] = by_header
    mount(
        app,
        "/api/v1",
        agents_http.routes(rooms.agents, rooms.presence),
        routing_http.routes(rooms.lines, rooms.queues),
        roster_http.routes(rooms.roster, rooms.clock),
        customers_http.routes(rooms.customers, CustomerSight(rooms.audit, rooms.clock, all_theirs)),
    )
    async with TestClient(TestServer(app)) as client:
        yield client


async def ask(
    client: Client, login: str, method: str, path: str, body: object = None, **headers: str
) -> tuple[int, Any, str]:
    sent = {"X-Test-Person": login, **{name.replace("_", "-"): value for name, value in headers.items()}}
    async with client.request(method, f"/api/v1{path}", json=body, headers=sent) as answer:
        data = await answer.json(content_type=None) if answer.status != 204 else None
        return answer.status, data, answer.headers.get("ETag", "")


async def test_a_new_agent_gets_a_phone_whose_secret_is_shown_once(client: Client) -> None:
    body = {"number": "1003", "name": "陈", "skills": {"xiang-changsha": 5}}
    status, added, _ = await ask(client, "chief", "POST", "/agents", body)
    assert (status, added["phones"]) == (201, [{"name": "1003", "kind": "desk"}])
    secret = added["secrets"][0]["secret"]
    for login in ("1001", "boss", "chief"):
        assert secret not in str(await ask(client, login, "GET", "/agents/1003"))
        assert secret not in str(await ask(client, login, "GET", "/agents"))
    assert (await ask(client, "boss", "GET", "/agents/1003/phones/1003/secret"))[0] == 403
    assert (await ask(client, "chief", "GET", "/agents/1003/phones/1003/secret"))[1]["secret"] == secret


async def test_a_conflicting_edit_is_refused(client: Client) -> None:
    _, agent, tag = await ask(client, "chief", "GET", "/agents/1001")
    body = {"name": "刘", "phones": agent["phones"]}
    status, _, newer = await ask(client, "chief", "PUT", "/agents/1001", body, If_Match=tag)
    assert status == 200
    status, problem, _ = await ask(client, "chief", "PUT", "/agents/1001", {**body, "name": "王"}, If_Match=tag)
    assert (status, problem["code"]) == (412, "changed_meanwhile")
    assert (await ask(client, "chief", "PUT", "/agents/1001", {**body, "name": "王"}, If_Match=newer))[0] == 200


async def test_agents_are_listed_in_pages(client: Client) -> None:
    _, first, _ = await ask(client, "1001", "GET", "/agents?limit=1")
    _, second, _ = await ask(client, "1001", "GET", f"/agents?limit=1&cursor={first['next']}")
    assert [page["items"][0]["number"] for page in (first, second)] == ["1001", "1002"]
    assert second["next"] is None


async def test_an_agent_signs_in_pauses_and_signs_out_and_no_colleague_can_do_it_for_them(client: Client) -> None:
    assert (await ask(client, "1001", "POST", "/agents/1001/presence/sign-in", {}))[1]["state"] == "available"
    status, paused, _ = await ask(client, "1001", "POST", "/agents/1001/presence/pause", {"reason": "meal"})
    assert (status, paused["state"], paused["reason"]) == (200, "paused", "meal")
    status, problem, _ = await ask(client, "1002", "POST", "/agents/1001/presence/resume", {})
    assert (status, problem["code"]) == (403, "not_your_presence")
    assert (await ask(client, "boss", "POST", "/agents/1001/presence/resume", {}))[1]["state"] == "available"
    put = await ask(client, "1001", "PUT", "/agents/1001/presence", {"state": "signed_out"})
    assert (put[0], put[1]["state"]) == (200, "signed_out")
    status, problem, _ = await ask(client, "1001", "POST", "/agents/1001/presence/pause", {"reason": "meal"})
    assert (status, problem["code"]) == (409, "illegal_transition")
    assert "meal" in (await ask(client, "1001", "GET", "/pause-reasons"))[1]["items"]


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("/lines", {"code": "Bad Code", "queue": "general"}, 422, "bad_code"),
        ("/lines", {"code": "new", "queue": "nowhere"}, 404, "unknown_queue"),
        ("/lines", {"code": "orders", "queue": "general"}, 409, "line_exists"),
        ("/lines", {"code": "new", "queue": "general", "dids": ["4008001234"]}, 409, "did_taken"),
        ("/lines", {"code": "new", "queue": "general", "dids": ["x"]}, 422, "bad_line"),
        ("/lines", {"code": "new", "queue": "general", "hours": ["always"]}, 422, "bad_opening_hours"),
        ("/lines", {"code": "new", "queue": "general", "greeting": "../etc"}, 422, "bad_line"),
        ("/lines", {"code": "new", "queue": "general", "timezone": "Mars"}, 422, "bad_line"),
        ("/queues", {"code": "new", "strategy": "loudest"}, 422, "bad_queue"),
        ("/queues", {"code": "new", "names": {"zh-CN": "a\nb"}}, 422, "bad_queue"),
        ("/queues", {"code": "new", "ring_limit": 0}, 422, "invalid"),
        ("/queues", {"code": "general"}, 409, "queue_exists"),
    ],
)
async def test_lines_and_queues_that_break_a_rule_are_refused(
    client: Client, path: str, body: object, status: int, code: str
) -> None:
    answer = await ask(client, "chief", "POST", path, body)
    assert (answer[0], answer[1]["code"]) == (status, code)


async def test_a_line_is_added_changed_and_removed(client: Client) -> None:
    line = {"code": "vip", "queue": "general", "names": {"zh-CN": "大客户专线"}, "hours": ["mon-fri 09:00-18:00"]}
    status, added, tag = await ask(client, "chief", "POST", "/lines", line)
    assert (status, added["timezone"], added["hours"]) == (201, "Asia/Shanghai", ["mon-fri 09:00-18:00"])
    assert (await ask(client, "chief", "GET", "/lines/vip"))[2] == tag
    status, changed, _ = await ask(
        client, "chief", "PUT", "/lines/vip", {"queue": "general", "priority": 5}, If_Match=tag
    )
    assert (status, changed["priority"]) == (200, 5)
    assert (await ask(client, "chief", "DELETE", "/queues/general"))[1]["code"] == "in_use"
    assert (await ask(client, "chief", "DELETE", "/lines/vip", If_Match=tag))[0] == 412
    assert (await ask(client, "chief", "DELETE", "/lines/vip"))[0] == 204
    assert (await ask(client, "1001", "POST", "/lines", line))[0] == 403


async def test_a_shift_is_given_in_local_time_and_shows_in_duty_and_gaps(client: Client) -> None:
    body = {
        "agent": "1001",
        "line": "orders",
        "starts_at": "2026-11-24T09:00:00",
        "ends_at": "2026-11-24T18:00:00",
        "timezone": "Asia/Shanghai",
    }
    status, shift_row, _ = await ask(client, "boss", "POST", "/shifts", body)
    assert (status, shift_row["starts_at"]) == (201, "2026-11-24T01:00:00Z")
    duty = (await ask(client, "1001", "GET", "/duty"))[1]
    assert (duty["duty"], duty["next_change"]) == ({"orders": ["1001"]}, "2026-11-24T10:00:00Z")
    day = "from=2026-11-24T01:00:00Z&to=2026-11-24T12:00:00Z"
    missing = (await ask(client, "1001", "GET", f"/shifts/gaps?line=orders&{day}"))[1]["items"]
    assert missing == [
        {"starts_at": "2026-11-24T10:00:00Z", "ends_at": "2026-11-24T12:00:00Z", "on_duty": 0, "short": 1}
    ]
    assert len((await ask(client, "1001", "GET", f"/shifts?{day}"))[1]["items"]) == 1
    assert (await ask(client, "boss", "POST", "/shifts", body))[1]["code"] == "shift_overlaps"
    wrong = {**body, "ends_at": "2026-11-24T08:00:00"}
    assert (await ask(client, "boss", "POST", "/shifts", wrong))[1]["code"] == "shift_ends_before_start"
    assert (await ask(client, "1001", "POST", "/shifts", body))[0] == 403
    assert (await ask(client, "boss", "DELETE", f"/shifts/{shift_row['id']}"))[0] == 204


async def test_a_customer_is_found_by_the_number_that_calls(client: Client) -> None:
    body = {"name": "王女士", "numbers": ["138 0731 0000"], "standing": "key_account"}
    _, customer, tag = await ask(client, "1001", "POST", "/customers", body)
    assert customer["key_account"] is True
    result = (await ask(client, "1001", "GET", "/customers/lookup?number=013807310000"))[1]
    assert (result["number"], result["masked"], result["customer"]["id"]) == (
        "+8613807310000",
        "138****0000",
        customer["id"],
    )
    assert (await ask(client, "boss", "GET", "/customers/lookup?number=95588"))[1]["customer"] is None
    assert (await ask(client, "1001", "GET", "/customers/lookup?number=95588"))[1]["code"] == "customer_not_yours"
    status, problem, _ = await ask(client, "1001", "GET", "/customers/lookup?number=%0d%0ax")
    assert (status, problem["code"]) == (422, "bad_number")
    assert (await ask(client, "1001", "PUT", f"/customers/{customer['id']}", body, If_Match=tag))[0] == 200
    assert (await ask(client, "1001", "GET", "/customers/nobody"))[1]["code"] == "unknown_customer"


async def test_D1_a_shift_that_is_over_is_refused(client: Client) -> None:
    over = {"agent": "1001", "line": "orders", "timezone": "Asia/Shanghai"}
    over |= {"starts_at": "2026-11-23T09:00:00", "ends_at": "2026-11-23T18:00:00"}
    assert (await ask(client, "boss", "POST", "/shifts", over))[1]["code"] == "shift_in_the_past"
