"""Tests edits of every room: none overwrites what its editor has not seen or empties what its body omits."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiohttp.test_utils import TestClient, TestServer
from hypothesis import given
from hypothesis import strategies as st

import ivr.flows
from callcenter import clock
from callcenter.agents.model import Agent
from callcenter.calls.model import CallRecord, Direction, Outcome
from callcenter.centre.build import join
from callcenter.centre.site import application
from callcenter.facts import AgentNumber, linkedid_of
from callcenter.settings import Settings
from callcenter.storage.database import Database
from callcenter.web.merging import merged
from callcenter.web.roles import Role
from tests.support.web_centre import PASSWORD, Client

_AT = datetime(2026, 11, 2, 2, 0, tzinfo=UTC)
CALL = CallRecord(
    "pbx1",
    linkedid_of("pbx1-1.1"),
    Direction.INBOUND,
    line="orders",
    queue="general",
    caller_number="13974812001",
    caller_name="",
    called_number="4001",
    arrived_at=_AT,
    answered_at=_AT,
    ended_at=_AT + timedelta(minutes=2),
    outcome=Outcome.ANSWERED,
    agent="1001",
)
SAMPLES = Path(ivr.flows.__file__).parent / "samples"
COMMANDS = {
    "/api/v1/agents/{number}/presence": "a command: where the agent is now",
    "/api/v1/agents/{number}/presence/after-call": "a command: what the agent does next",
    "/api/v1/directory/favourites/agent/{number}": "a mark, without a content",
    "/api/v1/directory/favourites/queue/{code}": "a mark, without a content",
    "/api/v1/people/{person_id}/oidc": "a command: the first sign-in is allowed, again when it is repeated",
    "/api/v1/people/{person_id}/password": "a secret, which nobody reads",
    "/api/v1/prompts/{language}/{name}/sound": "a sound; each upload is a version of its own",
    "/api/v1/lines/{code}/music": "a sound, sent whole",
    "/api/v1/session/password": "a secret, which nobody reads; the old one is asked for",
    "/api/v1/callbacks/{id}/script/{step}": "all answers of a step, by the agent of the return call; `rev` guards",
}
"""The PUT routes that edit no document, with the reason."""
ELSEWHERE = {
    "/api/v1/transcripts/{id}": "tests/recordings/transcripts/test_http.py",
    "/api/v1/scores/{id}": "tests/scorecards/test_scorecards.py",
    "/api/v1/calibrations/{id}/sheet": "tests/scorecards/test_calibrations.py",
    "/api/v1/drafts/{kind}/{key}": "tests/web/test_own_things.py",
}
"""Edits of things that need calls, recordings and grading, or that come into being by the edit itself."""


@dataclass
class Centre:
    client: Client
    csrf: str = ""
    ids: dict[str, str] = field(default_factory=dict)

    async def ask(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any, str]:
        given = {"X-CSRF-Token": self.csrf, **{name.replace("_", "-"): value for name, value in headers.items()}}
        async with self.client.request(method, f"/api/v1{path}", json=body, headers=given) as answer:
            text = await answer.text()
            return answer.status, json.loads(text) if text else None, answer.headers.get("ETag", "")

    async def send(self, path: str, body: Any, method: str = "POST") -> Any:
        status, answer, _ = await self.ask(method, path, body)
        assert status < 300, (path, answer)
        return answer


@pytest_asyncio.fixture
async def centre(sqlite_database: Database, tmp_path: Path) -> AsyncIterator[Centre]:
    joined = join(Settings(data_dir=tmp_path), sqlite_database, asyncio.Event())
    every = frozenset({Role.ADMINISTRATOR, Role.MANAGER, Role.AGENT})
    for number in ("1001", "1002"):
        await joined.agents.add(Agent(AgentNumber(number), "李雷", {"zh": 5}), None)
    await joined.calls.keep([CALL])
    account = await joined.web_services.people.add("boss", "王主任", PASSWORD, every, AgentNumber("1001"))
    async with TestClient(TestServer(application(joined))) as client:
        opened = Centre(client, ids={"boss": account.person.id})
        opened.csrf = (await opened.send("/session", {"login": "boss", "password": PASSWORD}))["csrf_token"]
        yield opened


@dataclass(frozen=True)
class Edit:
    """A thing that is there: its address, a body that changes it, a field that stays when left out, a patch."""

    address: str
    body: dict[str, Any]
    keeps: str = ""
    patch: dict[str, Any] = field(default_factory=dict)


async def _things(centre: Centre) -> dict[str, Edit]:
    """One thing of each kind, by the path of its PUT."""
    own_filter = {"list": "calls", "name": "晚接", "query": {"late": "true"}, "shared_with": ["agent"]}
    year = {"holidays": ["2031-01-01"], "working_days": ["2031-01-04"]}
    await centre.send("/holiday-years/2031", year, "PUT")
    report = await centre.send("/scheduled-reports", {"name": "日报", "every": "day", "to_folder": True})
    saved = await centre.send("/saved-filters", own_filter)
    now = clock.now()
    await centre.send("/queues", {"code": "general", "names": {"zh-CN": "综合"}})
    await centre.send(
        "/lines", {"code": "orders", "queue": "general", "names": {"zh-CN": "订购"}, "dids": ["4008001234"]}
    )
    needs = [{"weekday": 1, "start": "08:00", "end": "18:00", "agents": 2}]
    person = await centre.send(
        "/people",
        {"login": "lilei", "name": "李雷", "password": PASSWORD, "roles": ["agent", "manager"], "agent": "1002"},
    )
    customer = await centre.send("/customers", {"name": "王芳", "numbers": ["13800138000"], "notes": "要发票"})
    start, end = now + timedelta(days=1), now + timedelta(days=1, hours=8)
    shift = {"agent": "1001", "line": "orders", "starts_at": start.isoformat(), "ends_at": end.isoformat()}
    kept_shift = await centre.send("/shifts", shift)
    hook = await centre.send("/webhooks", {"url": "https://example.com/hook", "types": ["case.*"]})
    await centre.send("/boards/hall", {"name": "大厅", "lines": ["orders"]}, "PUT")
    department = {"code": "delivery", "name": "配送部", "manager": person["id"]}
    await centre.send("/departments/delivery", department, "PUT")
    await centre.send("/sample-plans/quality", {"title": "月度抽查", "per_agent": 9}, "PUT")
    await centre.send("/score-teams/a", {"name": "一班", "agents": ["1001"], "leaders": ["boss"]}, "PUT")
    facts = {"what_happened": "漏气", "product": "酱板鸭", "wanted": "退款", "severity": "normal"}
    case = (await centre.send("/cases", facts))["number"]
    await centre.send(f"/cases/{case}/statements/findings", {"text": "仓库温度过高"}, "PUT")
    first = await centre.send("/scripts/follow_up/1", None, "GET")
    script = await centre.send("/scripts", {"source": first["source"]})
    form = (await centre.send("/score-forms", None, "GET"))["items"][0]
    source = (await centre.send(f"/score-forms/{form['name']}/{form['number']}", None, "GET"))["source"]
    draft = await centre.send("/score-forms", {"source": source})
    flow_source = (SAMPLES / "hotline.toml").read_text("utf-8")
    flow = await centre.send("/flows", {"source": flow_source})
    early = {"name": "早班", "start": "08:00", "end": "17:00"}
    await centre.send("/roster/patterns/early", early, "PUT")
    week = {"line": "orders", "first_day": "2099-12-01", "last_day": "2099-12-07", "source": "empty", "note": "甲"}
    plan = (await centre.send("/roster/plans", week))["id"]
    times = {"starts_at": "2099-12-02T00:00:00Z", "ends_at": "2099-12-02T09:00:00Z"}
    entries = [{"agent": "1001", "day": "2099-12-02", "pattern": "early", "fixed": False, **times}]
    log = f"/work-logs/1001/{now.date().isoformat()}"
    account = {"name": "李雷", "roles": ["agent"], "agent": "1002", "active": True}
    sooner = (end - timedelta(hours=1)).isoformat()
    follow_up, score_form = f"/scripts/follow_up/{script['number']}", f"/score-forms/{draft['name']}/{draft['number']}"
    return {
        "/api/v1/agents/{number}": Edit("/agents/1001", {"name": "李磊"}, "skills", {"name": "李磊"}),
        "/api/v1/lines/{code}": Edit("/lines/orders", {"queue": "general", "priority": 3}, "dids", {"priority": 3}),
        "/api/v1/lines/{code}/needs": Edit("/lines/orders/needs", {"needs": needs}, "", {"needs": needs}),
        "/api/v1/roster/patterns/{code}": Edit("/roster/patterns/early", early | {"name": "早"}, "", {"name": "早"}),
        "/api/v1/roster/plans/{id}": Edit(f"/roster/plans/{plan}", {"entries": entries}, "note", {"note": "乙"}),
        "/api/v1/queues/{code}": Edit("/queues/general", {"ring_limit": 2}, "names", {"ring_limit": 2}),
        "/api/v1/people/{person_id}": Edit(f"/people/{person['id']}", account, "", {"roles": ["agent"]}),
        "/api/v1/sign-in-policy": Edit("/sign-in-policy", {"totp_roles": ["leader"]}, "", {"totp_roles": ["leader"]}),
        "/api/v1/webhooks/{id}": Edit(f"/webhooks/{hook['id']}", {"active": False}, "", {"active": False}),
        "/api/v1/customers/{id}": Edit(f"/customers/{customer['id']}", {"name": "王方"}, "notes", {"name": "王方"}),
        "/api/v1/shifts/{shift}": Edit(
            f"/shifts/{kept_shift['id']}", {**shift, "ends_at": sooner}, "", {"ends_at": sooner}
        ),
        "/api/v1/scripts/{name}/{number}": Edit(follow_up, {"source": first["source"] + "\n"}),
        "/api/v1/score-forms/{name}/{number}": Edit(score_form, {"source": source + "\n"}),
        "/api/v1/flows/{name}/{number}": Edit(
            f"/flows/{flow['name']}/{flow['number']}", {"source": flow_source + "\n"}
        ),
        "/api/v1/sample-plans/{code}": Edit("/sample-plans/quality", {"title": "抽查"}, "per_agent", {"title": "抽查"}),
        "/api/v1/score-teams/{code}": Edit(
            "/score-teams/a", {"name": "甲班", "agents": ["1001"]}, "leaders", {"name": "甲班"}
        ),
        "/api/v1/work-logs/{agent}/{day}": Edit(log, {"texts": {}, "shared": True}, "", {"shared": True}),
        "/api/v1/cases/{number}": Edit(
            f"/cases/{case}", {"what_happened": "漏气了"}, "product", {"what_happened": "漏气了"}
        ),
        "/api/v1/cases/{number}/statements/{name}": Edit(f"/cases/{case}/statements/findings", {"text": "运输问题"}),
        "/api/v1/cases/{number}/owner": Edit(
            f"/cases/{case}/owner", {"watchers": [person["id"]]}, "owner", {"watchers": [person["id"]]}
        ),
        "/api/v1/calls/{id}/record": Edit(
            f"/calls/{CALL.id}/record", {"progress": "已答复"}, "", {"progress": "已答复"}
        ),
        "/api/v1/call-reasons": Edit("/call-reasons", {"items": [{"code": "order", "names": {"zh-CN": "订购"}}]}),
        "/api/v1/phrases": Edit("/phrases", {"items": [{"key": "ok", "texts": {"zh-CN": "已答复。"}}]}),
        "/api/v1/boards/{code}": Edit("/boards/hall", {"name": "大堂"}, "lines", {"turn_seconds": 20}),
        "/api/v1/figure-thresholds": Edit("/figure-thresholds", {"items": [{"line": "orders", "level_warn": 0.8}]}),
        "/api/v1/saved-filters/{id}": Edit(
            f"/saved-filters/{saved['id']}",
            {"list": "calls", "name": "销售", "query": {"line": "sales"}},
            "shared_with",
            {"name": "接得晚"},
        ),
        "/api/v1/scheduled-reports/{id}": Edit(
            f"/scheduled-reports/{report['id']}", {"name": "日报二", "every": "day"}, "to_folder", {"name": "日报三"}
        ),
        "/api/v1/holiday-years/{year}": Edit(
            "/holiday-years/2031", {"holidays": ["2031-01-02"]}, "working_days", {"days_off": ["2031-01-03"]}
        ),
        "/api/v1/me/settings": Edit("/me/settings", {"theme": "dark"}, "", {"theme": "dark"}),
        "/api/v1/departments/{code}": Edit(
            "/departments/delivery", {"code": "delivery", "name": "配送中心"}, "manager", {"name": "配送中心"}
        ),
    }


async def test_every_edit_of_the_api_is_described_with_its_condition_and_is_tried(centre: Centre) -> None:
    document = await (await centre.client.get("/openapi.json")).json()
    puts = {path: operations["put"] for path, operations in document["paths"].items() if "put" in operations}
    tried = await _things(centre)
    assert set(puts) == {*tried, *COMMANDS, *ELSEWHERE}
    for path, operation in puts.items():
        asks = [entry for entry in operation["parameters"] if (entry["in"], entry["name"]) == ("header", "If-Match")]
        assert bool(asks) is (path not in COMMANDS), path
        assert ("428" in operation["responses"]) is (path not in COMMANDS), path
        beside = path in COMMANDS or path == "/api/v1/calibrations/{id}/sheet"
        assert ("patch" in document["paths"][path]) is not beside, path


async def test_no_edit_overwrites_what_its_editor_has_not_seen(centre: Centre) -> None:
    for edit in (await _things(centre)).values():
        _, before, tag = await centre.ask("GET", edit.address)
        status, problem, _ = await centre.ask("PUT", edit.address, edit.body)
        assert (status, problem["code"]) == (428, "if_match_required"), edit.address
        status, problem, _ = await centre.ask("PUT", edit.address, edit.body, If_Match='"0123456789abcdef01234567"')
        assert (status, problem["code"]) == (412, "changed_meanwhile"), edit.address
        status, problem, _ = await centre.ask("PUT", edit.address, edit.body, If_Match=tag, If_None_Match="*")
        assert (status, problem["code"]) == (412, "changed_meanwhile"), edit.address
        assert (await centre.ask("GET", edit.address))[1] == before, edit.address
        status, answer, _ = await centre.ask("PUT", edit.address, edit.body, If_Match=f"W/{tag}")
        assert status == 200, (edit.address, answer)
        status, problem, _ = await centre.ask("PUT", edit.address, edit.body, If_Match=tag)
        assert status == 412, edit.address


async def test_no_edit_empties_what_its_body_does_not_name(centre: Centre) -> None:
    for edit in (await _things(centre)).values():
        if not edit.keeps:
            continue
        _, before, tag = await centre.ask("GET", edit.address)
        assert before[edit.keeps], edit.address
        assert edit.keeps not in edit.body
        status, answer, _ = await centre.ask("PUT", edit.address, edit.body, If_Match=tag)
        assert status == 200, (edit.address, answer)
        _, after, _ = await centre.ask("GET", edit.address)
        assert after[edit.keeps] == before[edit.keeps], edit.address
        assert {name: after[name] for name in edit.body} == edit.body


async def test_a_patch_changes_what_it_names_and_nothing_else(centre: Centre) -> None:
    for edit in (await _things(centre)).values():
        if not edit.patch:
            continue
        _, before, tag = await centre.ask("GET", edit.address)
        status, problem, _ = await centre.ask("PATCH", edit.address, edit.patch, If_Match='"0123456789abcdef01234567"')
        assert (status, problem["code"]) == (412, "changed_meanwhile"), edit.address
        status, answer, _ = await centre.ask("PATCH", edit.address, edit.patch, If_Match=tag)
        assert status == 200, (edit.address, answer)
        _, after, _ = await centre.ask("GET", edit.address)
        changed = {name for name in after if after[name] != before.get(name)}
        # What follows from the edit itself: the next version, who wrote the log, why a webhook is off.
        allowed = {*edit.patch, "version", "disabled_because", "name"}
        assert changed <= allowed, (edit.address, changed)
        assert changed & set(edit.patch), edit.address


async def test_a_null_of_a_merge_patch_takes_a_value_away(centre: Centre) -> None:
    await _things(centre)
    case = (await centre.send("/cases", {"what_happened": "x", "product": "酱板鸭", "wanted": "退款"}))["number"]
    status, answer, _ = await centre.ask("PATCH", f"/cases/{case}", {"wanted": None})
    assert (status, answer["wanted"], answer["product"]) == (200, "", "酱板鸭")
    status, problem, _ = await centre.ask("PATCH", f"/cases/{case}", {"what_happened": None})
    assert (status, problem["code"]) == (422, "invalid")
    status, problem, _ = await centre.ask("PATCH", f"/cases/{case}", {"no_such_field": 1})
    assert status == 422
    status, answer, _ = await centre.ask("PATCH", "/queues/general", {"names": {"en": "General"}})
    assert answer["names"] == {"zh-CN": "综合", "en": "General"}
    status, answer, _ = await centre.ask("PATCH", "/queues/general", {"names": {"en": None}})
    assert answer["names"] == {"zh-CN": "综合"}


async def test_patches_of_different_fields_at_once_all_stay(centre: Centre) -> None:
    case = (await centre.send("/cases", {"what_happened": "x"}))["number"]
    fields = {"product": "酱板鸭", "wanted": "退款", "cause": "封口", "order_number": "A1"}
    answers = await asyncio.gather(
        *(centre.ask("PATCH", f"/cases/{case}", {name: value}) for name, value in fields.items())
    )
    assert [status for status, _, _ in answers] == [200] * 4
    _, after, _ = await centre.ask("GET", f"/cases/{case}")
    assert {name: after[name] for name in fields} == fields


@pytest.mark.parametrize(
    ("target", "patch", "result"),
    [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        (["a", "b"], ["c", "d"], ["c", "d"]),
        ({"a": "b"}, ["c"], ["c"]),
        ({"a": "foo"}, None, None),
        ({"a": "foo"}, "bar", "bar"),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_a_merge_patch_gives_the_results_of_the_standards_examples(
    target: object, patch: object, result: object
) -> None:
    # RFC 7396, appendix A.
    assert merged(target, patch) == result


_values = st.recursive(
    st.none() | st.integers() | st.text(max_size=3),
    lambda inside: st.dictionaries(st.sampled_from("abc"), inside, max_size=3) | st.lists(inside, max_size=2),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from("abcd"), _values), st.dictionaries(st.sampled_from("abcd"), _values))
def test_a_merge_patch_leaves_what_it_does_not_name(target: dict[str, object], patch: dict[str, object]) -> None:
    result = merged(target, patch)
    assert isinstance(result, dict)
    assert {name: result[name] for name in target.keys() - patch.keys()} == {
        name: target[name] for name in target.keys() - patch.keys()
    }
    assert all(name not in result for name, value in patch.items() if value is None)
    assert merged(result, patch) == result


async def test_a_logins_agent_number_is_an_agents(centre: Centre) -> None:
    body = {"login": "zhou", "name": "周敏", "password": PASSWORD, "roles": ["agent"], "agent": "9999"}
    status, problem, _ = await centre.ask("POST", "/people", body)
    assert (status, problem["code"]) == (404, "unknown_agent")
    person = await centre.send("/people", {**body, "agent": None})
    status, problem, _ = await centre.ask("PATCH", f"/people/{person['id']}", {"agent": "9999"})
    assert (status, problem["code"]) == (404, "unknown_agent")
    status, answer, _ = await centre.ask("PATCH", f"/people/{person['id']}", {"agent": "1002"})
    assert (status, answer["agent"]) == (200, "1002")


async def test_W5_the_team_of_a_customer_are_agents(centre: Centre) -> None:
    body = {"name": "大客户", "numbers": ["13800138000"], "team": ["1001", "9999"]}
    status, problem, _ = await centre.ask("POST", "/customers", body)
    assert (status, problem["code"]) == (404, "unknown_agent")
    customer = await centre.send("/customers", {**body, "team": ["1001"]})
    status, problem, _ = await centre.ask("PATCH", f"/customers/{customer['id']}", {"team": ["1001", "9999"]})
    assert (status, problem["code"]) == (404, "unknown_agent")
    status, answer, _ = await centre.ask("PATCH", f"/customers/{customer['id']}", {"team": ["1002"]})
    assert (status, answer["team"]) == (200, ["1002"])
