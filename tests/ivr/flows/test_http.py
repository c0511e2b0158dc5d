"""Flows over HTTP: who may do what, errors with their lines, drafts, publication, rollback, differences, drawing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from callcenter.storage.database import Database
from callcenter.web.roles import Role
from ivr.flows.http import routes
from ivr.flows.service import FlowService
from tests.ivr.flows.test_service import hotline, service
from tests.support.web_centre import WebCentre, open_web_centre, seen

BAD = hotline("sales").replace('to = "dialect"', 'to = "dialekt"')
PATH = "/api/v1/flows"


class Client:
    """One caller of the API with a role."""

    def __init__(self, centre: WebCentre, headers: dict[str, str]) -> None:
        self._centre, self._headers = centre, headers

    async def ask(self, method: str, path: str, body: Any = None, *, match: bool = False) -> tuple[int, Any]:
        headers = dict(self._headers)
        if match:
            read = path.removesuffix("/publish")
            headers |= await seen(self._centre.client, PATH + read, **self._headers)
        answer = await self._centre.client.request(method, PATH + path, json=body, headers=headers)
        return answer.status, await answer.json()


@pytest_asyncio.fixture
async def flows(database: Database) -> AsyncIterator[tuple[FlowService, WebCentre]]:
    flows = service(database)
    async with open_web_centre(database, routes(flows)) as centre:
        yield flows, centre


async def client(centre: WebCentre, role: Role) -> Client:
    return Client(centre, await centre.token(role, name=f"client-{role}"))


async def test_a_flow_is_checked_drafted_changed_published_compared_and_rolled_back(
    flows: tuple[FlowService, WebCentre],
) -> None:
    service, centre = flows
    manager = await client(centre, Role.MANAGER)
    status, checked = await manager.ask("POST", "/check", {"source": BAD})
    assert status == 200
    assert [(problem["rule"], problem["line"]) for problem in checked["problems"]] == [
        ("flow_unknown_target", 22),
        ("flow_unreachable", 28),
    ]
    assert [item["number"] for item in (await manager.ask("GET", "?name=hotline"))[1]["items"]] == [1], (
        "nothing is kept"
    )

    status, draft = await manager.ask("POST", "", {"source": BAD})
    # The sample that comes with the software is version 1.
    assert (status, draft["state"], draft["number"]) == (201, "draft", 2)
    assert draft["problems"]
    status, refused = await manager.ask("POST", "/hotline/2/publish", {}, match=True)
    assert status in (409, 422)
    assert (refused["code"], refused["facts"]["line"]) == ("bad_flow", 22)
    status, changed = await manager.ask("PUT", "/hotline/2", {"source": hotline("sales")}, match=True)
    assert (status, changed["problems"]) == (200, [])
    status, used = await manager.ask("POST", "/hotline/2/publish", {}, match=True)
    assert (status, used["state"]) == (200, "published")
    assert (await service.for_line("sales"))[0].number == 2

    status, again = await manager.ask("PUT", "/hotline/2", {"source": hotline("sales", "orders")}, match=True)
    assert (status, again["code"]) == (409, "flow_published"), "a published version never changes"
    edited = hotline("sales").replace('"#" = "goodbye"', '9 = "goodbye"')
    await manager.ask("POST", "", {"source": edited})
    await manager.ask("POST", "/hotline/3/publish", {}, match=True)
    _, difference = await manager.ask("GET", "/hotline/2/diff?to=3")
    assert '+9 = "goodbye"' in difference["diff"]
    status, back = await manager.ask("POST", "/hotline/2/rollback")
    assert (status, back["number"], back["source"]) == (201, 4, hotline("sales"))
    assert (await service.for_line("sales"))[0].number == 4
    _, drawn = await manager.ask("GET", "/hotline/4/diagram?language=en")
    assert drawn["svg"].startswith("<svg")
    _, listed = await manager.ask("GET", "?name=hotline")
    assert [item["number"] for item in listed["items"]] == [4, 3, 2, 1]
    assert all(item["published_by"] for item in listed["items"])


async def test_a_change_needs_the_version_that_was_read(flows: tuple[FlowService, WebCentre]) -> None:
    manager = await client(flows[1], Role.MANAGER)
    await manager.ask("POST", "", {"source": hotline("sales")})
    status, refused = await manager.ask("PUT", "/hotline/2", {"source": BAD})
    assert status == 428, refused
    headers = await flows[1].token(Role.MANAGER) | {"If-Match": '"another"'}
    for method, path, body in (("PUT", "/hotline/2", {"source": BAD}), ("POST", "/hotline/2/publish", {})):
        answer = await flows[1].client.request(method, PATH + path, json=body, headers=headers)
        assert answer.status == 412, await answer.text()
    assert (await manager.ask("GET", "/hotline/2"))[1]["source"] == hotline("sales")


@pytest.mark.parametrize(
    ("role", "reads", "changes"),
    [
        (Role.AGENT, 403, 403),
        (Role.WALLBOARD, 403, 403),
        (Role.SUPERVISOR, 200, 403),
        (Role.MANAGER, 200, 201),
        (Role.ADMINISTRATOR, 200, 201),
    ],
)
async def test_leaders_read_flows_and_managers_change_them(
    flows: tuple[FlowService, WebCentre], role: Role, reads: int, changes: int
) -> None:
    _, centre = flows
    await (await client(centre, Role.MANAGER)).ask("POST", "", {"source": hotline("sales")})
    person = await client(centre, role) if role is not Role.MANAGER else Client(centre, await centre.token(role))
    for method, path, body in (
        ("GET", "", None),
        ("GET", "/hotline/1", None),
        ("GET", "/hotline/1/diff?to=1", None),
        ("GET", "/hotline/1/diagram", None),
        ("POST", "/check", {"source": BAD}),
    ):
        assert (await person.ask(method, path, body))[0] == reads, path
    assert (await person.ask("POST", "", {"source": hotline("sales")}))[0] == changes
    assert (await person.ask("POST", "/hotline/1/rollback"))[0] in (changes, 409)
    if changes == 403:
        assert (await person.ask("PUT", "/hotline/1", {"source": BAD}))[0] == 403
        assert (await person.ask("POST", "/hotline/1/publish", {}))[0] == 403


async def test_no_one_reads_flows_without_signing_in(flows: tuple[FlowService, WebCentre]) -> None:
    stranger = Client(flows[1], {})
    for path in ("", "/hotline/1", "/hotline/1/diagram"):
        assert (await stranger.ask("GET", path))[0] == 401


@pytest.mark.parametrize("path", ["/hotline/9", "/nothing/1", "/hotline/9/diff?to=1", "/hotline/9/diagram"])
async def test_an_unknown_version_is_404(flows: tuple[FlowService, WebCentre], path: str) -> None:
    manager = await client(flows[1], Role.MANAGER)
    await manager.ask("POST", "", {"source": hotline("sales")})
    status, refused = await manager.ask("GET", path)
    assert status == 404, refused


@pytest.mark.parametrize("source", ["", "name = ", "\x00", 'name = "x"\nlines = 5', "[steps]\n" * 3, "a" * 300_000])
async def test_a_source_that_is_no_flow_is_refused_and_replaces_nothing(
    flows: tuple[FlowService, WebCentre], source: str
) -> None:
    service, centre = flows
    manager = await client(centre, Role.MANAGER)
    await manager.ask("POST", "", {"source": hotline("sales")})
    await manager.ask("POST", "/hotline/2/publish", {}, match=True)
    status, answer = await manager.ask("POST", "", {"source": source})
    # A draft may have problems; it is not used.
    assert answer["problems"] if status == 201 else 400 <= status < 500 and answer["code"], answer
    assert (await service.for_line("sales"))[0].source == hotline("sales")
