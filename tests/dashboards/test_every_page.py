"""Every page of the router, by role: it opens or leads home, and axe finds nothing in two languages and two themes."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Final

import pytest
import pytest_asyncio
from playwright.async_api import expect

from callcenter.clock import now
from callcenter.web.roles import Role
from deploy.web import WEB
from tests.dashboards.console import accessible
from tests.dashboards.fact_room import HOMES, LINE, PEOPLE, FactRoom, fact_room
from tests.support.past_calls import past_call, save

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(240),
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.usefixtures("built"),
]


@dataclass(frozen=True)
class PageRoute:
    path: str
    roles: frozenset[str] | None = field(default=None)
    """None: for everyone."""
    agents: bool = False

    def opens_for(self, login: str) -> bool:
        role, agent = PEOPLE[login]
        return self.roles is None or role.value in self.roles or (self.agents and agent is not None)


def routes() -> list[PageRoute]:
    """The routes of the console, read from its router."""
    text = (WEB / "src" / "router.ts").read_text("utf-8")
    groups: dict[str, list[str]] = {}

    def roles_in(listed: str) -> list[str]:
        names = re.findall(r'"(\w+)"|(?:\.\.\.)?([A-Z]{2,})', listed)
        return [role for name, group in names for role in ([name] if name else groups[group])]

    for group, listed in re.findall(r"const ([A-Z]+): readonly Role\[\] = (\[[^\]]*\]);", text):
        groups[group] = roles_in(listed)
    pages: list[PageRoute] = []
    for path, meta in re.findall(
        r'path: "(/[^"]*)",\s+component: [^\n]+\n(?:\s+props: true,\n)?\s+meta: {([^}]*)}', text
    ):
        listed = re.search(r"roles: (\[[^\]]*\]|[A-Z]+)", meta)
        roles = None if listed is None else frozenset(roles_in(listed[1]))
        pages.append(PageRoute(path, roles, "agents: true" in meta))
    assert len(pages) == text.split("export const ROUTES")[1].split("];")[0].count("path: ")
    return pages


@dataclass
class Room(FactRoom):
    call: str = ""
    callback: str = ""
    plan: str = ""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def room(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Room]:
    async with fact_room(tmp_path_factory.mktemp("pages")) as bare:
        at = now() - timedelta(hours=1)
        record = replace(past_call(LINE, at, at + timedelta(seconds=20), at + timedelta(seconds=200)), agent="1001")
        await save(bare.centre.database, [record])
        room = Room(bare.centre, bare.browser, bare.origin, call=record.id)
        due = {"number": "13974800011", "reason": "答复赔偿方案", "promised": True, "line": LINE}
        async with room.page("boss") as page:
            answer = await page.request.get(f"{room.origin}/api/v1/session")
            proof = {"X-CSRF-Token": (await answer.json())["csrf_token"]}
            created = await page.request.post(f"{room.origin}/api/v1/callbacks", data=due, headers=proof)
            assert created.ok, await created.text()
            room.callback = (await created.json())["id"]
            draft = {"line": LINE, "first_day": "2030-01-07", "last_day": "2030-01-13", "source": "empty"}
            created = await page.request.post(f"{room.origin}/api/v1/roster/plans", data=draft, headers=proof)
            assert created.ok, await created.text()
            room.plan = (await created.json())["id"]
        yield room


@dataclass(frozen=True)
class Example:
    """How a page is opened in this room, and what shows that it is there."""

    address: Callable[[Room], str]
    there: str


def at(path: str, there: str) -> Example:
    return Example(lambda _: path, there)


EXAMPLES: Final = {
    "/login": at("/login", "#login"),
    "/desk": at("/desk", "#state .pill"),
    "/desk/record/:call": Example(lambda room: f"/desk/record/{room.call}", ".record"),
    "/desk/callback/:id": Example(lambda room: f"/desk/callback/{room.callback}", "#callback-number"),
    "/start": at("/start", "#check"),
    "/floor": at("/floor", "#agents-on li"),
    "/floor/attendance": at("/floor/attendance", "#breaks-title"),
    "/floor/boards": at("/floor/boards", "#new-board"),
    "/floor/agent/:number": at("/floor/agent/1001", "#line-title"),
    "/day": at("/day", "#submit-log"),
    "/roster": at("/roster", "#week-title"),
    "/roster/plan/:id": Example(lambda room: f"/roster/plan/{room.plan}", "#plan-grid"),
    "/handover": at("/handover", "#logs-title"),
    "/ledger": at("/ledger", "#ledger-title"),
    "/reports": at("/reports", "#new-report"),
    "/me": at("/me", "#keys tr"),
    "/wall/:board?": at("/wall", "#level .number"),
}
"""A route that is new in the router needs an example here: without one its cases below fail."""
EVERY: Final = [(route, login) for route in routes() for login in PEOPLE]


@pytest.mark.parametrize(("route", "login"), EVERY, ids=[f"{route.path}-{login}" for route, login in EVERY])
async def test_a_page_opens_for_its_roles_and_is_accessible_and_leads_all_others_home(
    room: Room, route: PageRoute, login: str
) -> None:
    example = EXAMPLES[route.path]
    async with room.page(login) as page:
        await page.goto(room.origin + example.address(room))
        if not route.opens_for(login):
            await page.wait_for_url(f"{room.origin}{HOMES[login]}")
            return
        await page.locator(example.there).first.wait_for()
        await page.wait_for_load_state("networkidle")
        assert await accessible(page) == []


async def test_every_role_of_people_and_every_page_has_someone_who_opens_it() -> None:
    assert {role for role, _ in PEOPLE.values()} >= {Role.AGENT, Role.SUPERVISOR, Role.ASSISTANT}
    for route in routes():
        assert any(route.opens_for(login) for login in PEOPLE), route
        assert route.path in EXAMPLES


async def test_an_assistant_drafts_the_week_shown_and_discards_it(room: Room) -> None:
    """D1: the team assistant drafts, a leader publishes."""
    async with room.page("zhuli") as page:
        await page.goto(f"{room.origin}/")
        await page.wait_for_url("**/roster")
        await expect(page.locator("#request-leave")).to_have_count(0)
        await page.locator("#later").click()
        await page.get_by_label("热线").select_option(LINE)
        await page.get_by_label("以何为底稿").select_option("empty")
        await page.get_by_role("button", name="起草所示一周").click()
        plan = page.locator("#plans li").first
        await expect(plan).to_contain_text("草稿")
        assert await accessible(page) == []
        await plan.get_by_role("link", name="编辑").click()
        await expect(page.locator("#plan-grid")).to_be_visible()
        await expect(page.locator("#review-shortages")).to_be_visible()
        await expect(page.locator("#publish")).to_have_count(0)
        await page.go_back()
        await plan.get_by_role("button", name="作废草稿").click()
        await expect(plan).to_contain_text("已作废")
        await expect(page.get_by_role("button", name="发布")).to_have_count(0)
