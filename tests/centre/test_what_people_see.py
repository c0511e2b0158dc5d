"""What agents see of colleagues and of customers who are not theirs, over every reading operation of the OpenAPI.

The table is docs/security.md, "What people may see". A new operation is looked at without being named here.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiohttp.test_utils import TestClient, TestServer

from callcenter import clock, facts
from callcenter.agents.model import Agent, Phone
from callcenter.calls.model import CallRecord, Direction, HungUpBy, Offer, OfferOutcome, Outcome
from callcenter.calls.ring import cadence_of
from callcenter.calls.rules import RingRules
from callcenter.calls.store import Change, save
from callcenter.centre.build import join
from callcenter.centre.parts import Centre
from callcenter.centre.site import application
from callcenter.facts import AgentNumber, Uniqueid, linkedid_of
from callcenter.settings import Settings, WebSettings
from callcenter.storage.database import Database
from callcenter.web.roles import Role
from tests.support.web_centre import PASSWORD, Client

CALL = "pbx1-1795448173.47"
NUMBER, WHOLE = "13812345678", "+8613812345678"
ADDRESS, NOTE, WECHAT, CALLER = "长沙市芙蓉区秘密路9号", "只有自己人知道", "wx-secret", "来电人甲"
PEOPLE = {"lilei": (Role.AGENT, "1001"), "hanmei": (Role.AGENT, "1002"), "boss": (Role.SUPERVISOR, None)}


@dataclass
class Seen:
    """A centre with one customer, a call, a case and a return call of theirs; 1002 took the call and hung up late."""

    centre: Centre
    clients: dict[str, Client]
    proofs: dict[str, dict[str, str]]
    customer: str = ""
    case: str = ""
    callback: str = ""

    async def ask(self, login: str, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        answer = await self.clients[login].request(
            method, f"/api/v1{path}", json=body, headers=self.proofs[login] if method != "GET" else {}
        )
        return answer.status, await answer.json() if answer.content_type.endswith("json") else await answer.text()

    async def texts(self, login: str) -> dict[str, str]:
        """What every reading operation answers to this person, by its path."""
        document = await (await self.clients[login].get("/openapi.json")).json()
        result = {}
        for path, operations in document["paths"].items():
            if "get" not in operations or path.endswith("/live"):
                continue
            answer = await self.clients[login].get(self._filled(path))
            is_text = "json" in answer.content_type or answer.content_type.startswith("text/")
            result[path] = await answer.text() if is_text else ""
        assert len(result) > 100
        return result

    def _filled(self, path: str) -> str:
        ids = {"calls": CALL, "customers": self.customer, "cases": self.case, "callbacks": self.callback}
        room = path.removeprefix("/api/v1/").partition("/")[0]
        return re.sub(r"{\w+[^{}]*}", ids.get(room, "1"), path, count=1).replace("{", "").replace("}", "")


def the_call() -> CallRecord:
    at = clock.now() - timedelta(hours=1)
    rang = Offer(
        Uniqueid("c.2"), "1002", "1002", "sales", at, at, at + timedelta(seconds=17), 4, True, OfferOutcome.ANSWERED
    )
    return CallRecord(
        "pbx1",
        linkedid_of(CALL),
        Direction.INBOUND,
        "orders",
        "sales",
        NUMBER,
        CALLER,
        "4008001234",
        at,
        queued_at=at,
        answered_at=rang.ended_at,
        ended_at=at + timedelta(seconds=60),
        outcome=Outcome.ANSWERED,
        agent="1002",
        hung_up_by=HungUpBy.AGENT,
        late=True,
        wait_seconds=17.0,
        talk_seconds=43.0,
        offers=(rang,),
    )


@pytest_asyncio.fixture
async def seen(sqlite_database: Database, tmp_path: Path) -> AsyncIterator[Seen]:
    settings = Settings(data_dir=tmp_path, web=WebSettings(customer_files_an_hour=20))
    centre = join(settings, sqlite_database, asyncio.Event())
    seen = Seen(centre, {}, {})
    async with AsyncExitStack() as stack:
        server = TestServer(application(centre))
        for login, (role, agent) in PEOPLE.items():
            if agent is not None:
                await centre.agents.add(Agent(AgentNumber(agent), login, phones=(Phone(agent),)), None)
            await centre.web_services.people.add(login, login, PASSWORD, frozenset({role}), agent)
        for login in PEOPLE:
            client: Client = await stack.enter_async_context(TestClient(server))
            answer = await client.post("/api/v1/session", json={"login": login, "password": PASSWORD})
            seen.clients[login], seen.proofs[login] = (
                client,
                {"X-CSRF-Token": (await answer.json())["csrf_token"]},
            )
        async with sqlite_database.write() as session:
            await save(
                session, [Change(None, the_call(), RingRules(3, cadence_of("cn")), "2026-11", "files", final=True)]
            )
        await centre.flags.recompute([the_call()])
        file = {
            "name": "王芳",
            "numbers": [NUMBER],
            "addresses": [ADDRESS],
            "notes": NOTE,
            "wechat": WECHAT,
        }
        status, customer = await seen.ask("boss", "POST", "/customers", file)
        assert status == 201, customer
        seen.customer = customer["id"]
        await seen.ask("boss", "POST", f"/customers/{seen.customer}/entries", {"text": NOTE})
        status, case = await seen.ask(
            "boss",
            "POST",
            "/cases",
            {"what_happened": "漏气", "phone": NUMBER, "customer": seen.customer, "call": CALL},
        )
        assert status == 201, case
        seen.case = case["number"]
        status, callback = await seen.ask("boss", "POST", "/callbacks", {"number": NUMBER, "reason": "请回电"})
        assert status < 300, callback
        seen.callback = callback["id"]
        yield seen


SECRETS = (NUMBER, ADDRESS, NOTE, WECHAT, CALLER, f"R5:{CALL}", f"R1:{CALL}", '"hung_up_by":"agent"', '"late":true')


def paths_with(texts: dict[str, str], secret: str) -> list[str]:
    return [path for path, text in texts.items() if secret in text.replace('": ', '":')]


async def test_an_agent_reads_nothing_of_customers_and_of_colleagues_conduct_that_is_not_theirs(seen: Seen) -> None:
    texts = await seen.texts("lilei")
    assert {secret: paths_with(texts, secret) for secret in SECRETS} == {secret: [] for secret in SECRETS}


async def test_leaders_read_all_of_it_so_that_the_test_above_can_fail(seen: Seen) -> None:
    texts = await seen.texts("boss")
    assert [secret for secret in SECRETS if not paths_with(texts, secret)] == []


async def test_R5_an_agent_reads_the_flags_and_the_rings_about_themself(seen: Seen) -> None:
    texts = await seen.texts("hanmei")
    assert paths_with(texts, f"R5:{CALL}")
    assert "/api/v1/offers" in paths_with(texts, '"late":true')
    assert paths_with(texts, NUMBER) == [], "the call is over, and nothing else makes the customer theirs"


@pytest.mark.parametrize(
    "path",
    [
        f"/calls?number={NUMBER}",
        "/calls?late=true",
        "/calls?late=true&agent=1002",
        "/offers?agent=1002",
        f"/customers?q={NUMBER}",
        "/customers?q=138",
        "/customers?q=１３８",
        "/customers?q=1 3 8 1",
        f"/customers?name={NUMBER}",
        f"/customers/lookup?number={NUMBER}",
        "/customers/lookup?number=13900000000",
        f"/cases?phone={NUMBER}",
        f"/callbacks?number={NUMBER}",
        f"/cases/offered?call={CALL}",
    ],
)
async def test_a_filter_that_would_reveal_masked_data_is_refused_and_never_silently_changed(
    seen: Seen, path: str
) -> None:
    status, answer = await seen.ask("lilei", "GET", path)
    assert (status, bool(answer["code"])) == (403, True)
    assert (await seen.ask("boss", "GET", path))[0] == 200


async def test_a_case_is_opened_only_from_a_call_that_one_was_on_or_was_offered(seen: Seen) -> None:
    body = {"what_happened": "漏气", "call": CALL}
    status, answer = await seen.ask("lilei", "POST", "/cases", body)
    assert (status, answer["code"]) == (403, "not_your_call")
    status, answer = await seen.ask("lilei", "POST", "/cases", {"what_happened": "x", "customer": seen.customer})
    assert (status, answer["code"]) == (403, "customer_not_yours")
    assert (await seen.ask("hanmei", "POST", "/cases", body))[0] == 201
    status, own = await seen.ask("lilei", "POST", "/cases", {"what_happened": "x"})
    assert status == 201
    status, answer = await seen.ask("lilei", "POST", f"/cases/{own['number']}/calls", {"call": CALL})
    assert (status, answer["code"]) == (403, "not_your_call")


async def test_W5_a_matter_makes_the_file_the_agents_and_each_reading_is_in_the_audit(seen: Seen) -> None:
    path = f"/customers/{seen.customer}"
    _, masked = await seen.ask("lilei", "GET", path)
    assert (masked["masked"], masked["numbers"], masked["name"]) == (True, ["+86138****5678"], "王芳")
    assert (await seen.ask("lilei", "PUT", path, {"name": "x"}))[1]["code"] == "customer_not_yours"
    before = await seen.centre.web_services.audit.page(10, action="customer.read")
    floor = seen.centre.live.floor
    at = clock.now()
    floor.apply(
        facts.ChannelOpened(
            at, linkedid_of("live"), Uniqueid("live"), "PJSIP/trunk-1", "cc-inbound", "4001", NUMBER, ""
        )
    )
    floor.apply(
        facts.PhoneCalled(at, linkedid_of("live"), Uniqueid("live"), Uniqueid("live.2"), "sales", "1001", "PJSIP/1001")
    )
    _, whole = await seen.ask("lilei", "GET", path)
    assert (whole["masked"], whole["numbers"], whole["addresses"]) == (False, [WHOLE], [ADDRESS])
    assert (await seen.ask("lilei", "GET", f"/customers/lookup?number={NUMBER}"))[1]["customer"]["numbers"] == [WHOLE]
    assert (await seen.ask("lilei", "GET", "/customers/lookup?number=13900000000"))[0] == 403
    assert (await seen.ask("hanmei", "GET", path))[1]["masked"] is True
    after = await seen.centre.web_services.audit.page(10, action="customer.read")
    assert [(row.actor, row.subject) for row in after[: len(after) - len(before)]] == [
        ("lilei", f"customer/{seen.customer}")
    ] * 2


async def test_W5_an_open_case_and_the_team_make_the_file_the_agents(seen: Seen) -> None:
    path = f"/customers/{seen.customer}"
    person = await seen.centre.web_services.people.by_login("hanmei")
    assert person is not None
    answer = await seen.clients["boss"].get(f"/api/v1/cases/{seen.case}/owner")
    given = await seen.clients["boss"].put(
        f"/api/v1/cases/{seen.case}/owner",
        json={"owner": person.person.id},
        headers={**seen.proofs["boss"], "If-Match": answer.headers["ETag"]},
    )
    assert given.status == 200, await given.text()
    assert (await seen.ask("hanmei", "GET", path))[1]["masked"] is False
    assert (await seen.ask("lilei", "GET", path))[1]["masked"] is True
    other = {"name": "李四", "numbers": ["13900000001"], "team": ["1001"]}
    _, customer = await seen.ask("boss", "POST", "/customers", other)
    assert (await seen.ask("lilei", "GET", f"/customers/{customer['id']}"))[1]["numbers"] == ["+8613900000001"]


async def test_an_agent_reads_so_many_whole_files_in_an_hour(seen: Seen) -> None:
    _, customer = await seen.ask(
        "boss", "POST", "/customers", {"name": "李四", "numbers": ["13900000001"], "team": ["1001"]}
    )
    statuses = [(await seen.ask("lilei", "GET", f"/customers/{customer['id']}"))[0] for _ in range(21)]
    assert statuses == [*[200] * 20, 429]
    assert (await seen.ask("boss", "GET", f"/customers/{customer['id']}"))[0] == 200


async def test_a_number_of_a_file_that_is_not_theirs_is_refused_without_naming_the_file(seen: Seen) -> None:
    status, refused = await seen.ask("lilei", "POST", "/customers", {"name": "x", "numbers": [NUMBER]})
    assert (status, refused["code"]) == (409, "number_taken")
    assert seen.customer not in str(refused)
    _, own = await seen.ask("boss", "POST", "/customers", {"name": "李四", "team": ["1001"]})
    page = await seen.clients["lilei"].get(f"/api/v1/customers/{own['id']}")
    change = await seen.clients["lilei"].put(
        f"/api/v1/customers/{own['id']}",
        json={"name": "李四", "team": ["1001"], "numbers": [NUMBER]},
        headers={**seen.proofs["lilei"], "If-Match": page.headers["ETag"]},
    )
    assert change.status == 409
    assert seen.customer not in await change.text()
    asked = await seen.centre.web_services.audit.page(10, action="customer.number_refused")
    assert [(row.actor, row.subject) for row in asked] == [("lilei", f"customer/{seen.customer}")] * 2
    _, named = await seen.ask("boss", "POST", "/customers", {"name": "x", "numbers": [NUMBER]})
    assert seen.customer in str(named), "a leader reads which file it is"


async def test_who_asks_for_many_numbers_gets_the_same_answer_for_known_and_unknown_ones(seen: Seen) -> None:
    answers = [await seen.ask("lilei", "POST", "/customers", {"name": "x", "numbers": [NUMBER]}) for _ in range(11)]
    assert [status for status, _ in answers] == [*[409] * 10, 429]
    for number in (NUMBER, "13900000077"):
        status, refused = await seen.ask("lilei", "POST", "/customers", {"name": "x", "numbers": [number]})
        assert (status, refused["code"]) == (429, "too_many_taken_numbers")
    status, _ = await seen.ask("hanmei", "POST", "/customers", {"name": "x", "numbers": ["13900000078"]})
    assert status == 201, "a colleague is not held up"


@pytest.mark.parametrize("secret", [ADDRESS, NOTE, WECHAT, "秘密路"])
async def test_a_search_does_not_find_a_masked_file_by_what_it_hides(seen: Seen, secret: str) -> None:
    """Also not by the length of a page or its cursor, next to files that they see."""
    for name in ("李四", "李五"):
        await seen.ask("boss", "POST", "/customers", {"name": name, "notes": secret, "team": ["1001"]})
    _, by_leader = await seen.ask("boss", "GET", f"/customers?q={secret}")
    assert seen.customer in [entry["id"] for entry in by_leader["items"]]
    _, first = await seen.ask("lilei", "GET", f"/customers?q={secret}&limit=1")
    _, second = await seen.ask("lilei", "GET", f"/customers?q={secret}&limit=1&cursor={first['next']}")
    assert [entry["name"] for page in (first, second) for entry in page["items"]] == ["李五", "李四"]
    assert second["next"] is None
    _, none = await seen.ask("hanmei", "GET", f"/customers?q={secret}")
    assert (none["items"], none["next"]) == ([], None)
    _, by_name = await seen.ask("hanmei", "GET", "/customers?q=王芳")
    assert [(entry["id"], entry["masked"]) for entry in by_name["items"]] == [(seen.customer, True)]
