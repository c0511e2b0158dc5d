"""Tests programs' tokens: they end with their owner and in time, create no others, and keep to their scopes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import select

from callcenter.agents.http import routes as agent_routes
from callcenter.storage.database import Database
from callcenter.web.errors import TokensMakeNoTokens
from callcenter.web.roles import Role, in_scope
from callcenter.web.rows import KeptAnswerRow
from tests.support.rooms import Rooms
from tests.support.web_centre import WebCentre, open_web_centre


@pytest_asyncio.fixture
async def centre(database: Database) -> AsyncIterator[WebCentre]:
    rooms = Rooms(database)
    async with open_web_centre(database, agent_routes(rooms.agents, rooms.presence)) as opened:
        yield opened


async def new_token(centre: WebCentre, **more: Any) -> tuple[dict[str, str], dict[str, Any]]:
    """A new token's header, and the API's description of it."""
    await centre.sign_in("boss")
    body = {"name": "crm", "roles": ["administrator", "supervisor"], **more}
    answer = await centre.client.post("/api/v1/tokens", json=body, headers=centre.proof)
    assert answer.status == 201, await answer.text()
    body = await answer.json()
    centre.client.session.cookie_jar.clear()
    return {"Authorization": f"Bearer {body['token']}"}, body


async def status(centre: WebCentre, path: str, bearer: dict[str, str]) -> tuple[int, str]:
    answer = await centre.client.get(f"/api/v1{path}", headers=bearer)
    return answer.status, (await answer.json()).get("code", "")


@pytest.mark.parametrize("change", [{"active": False}, {"roles": [Role.MANAGER]}])
async def test_a_token_ends_with_the_person_who_made_it(centre: WebCentre, change: dict[str, Any]) -> None:
    await centre.web_services.people.add("second", "二", "correct horse battery", frozenset({Role.ADMINISTRATOR}))
    bearer, _ = await new_token(centre)
    assert (await status(centre, "/people", bearer))[0] == 200
    account = await centre.web_services.people.by_login("boss")
    assert account is not None
    roles = frozenset(change.get("roles", [Role.ADMINISTRATOR]))
    await centre.web_services.people.change(
        account.person.id, name="boss", roles=roles, agent=None, active=change.get("active", True)
    )
    assert (await status(centre, "/people", bearer))[0] == 401


async def test_a_token_that_names_no_end_ends_after_a_year(centre: WebCentre) -> None:
    bearer, body = await new_token(centre)
    assert body["expires_at"] is not None
    centre.time.now += timedelta(days=364)
    assert (await status(centre, "/people", bearer))[0] == 200
    centre.time.now += timedelta(days=2)
    assert (await status(centre, "/people", bearer))[0] == 401


async def test_no_token_makes_a_token(centre: WebCentre) -> None:
    bearer, _ = await new_token(centre)
    body = {"name": "more", "roles": ["administrator"]}
    answer = await centre.client.post("/api/v1/tokens", json=body, headers=bearer)
    assert (answer.status, (await answer.json())["code"]) == (403, "tokens_make_no_tokens")
    program = await centre.web_services.tokens.find(bearer["Authorization"].removeprefix("Bearer "))
    assert program is not None
    with pytest.raises(TokensMakeNoTokens):
        await centre.web_services.tokens.add("more", frozenset({Role.AGENT}), None, program)


async def test_a_token_does_what_it_was_made_for(centre: WebCentre) -> None:
    reads, _ = await new_token(centre, scopes=["people:read"])
    assert (await status(centre, "/people", reads))[0] == 200
    assert await status(centre, "/audit", reads) == (403, "outside_token_scope")
    body = {"login": "x1", "name": "x", "password": "correct horse battery", "roles": ["agent"]}
    refused = await centre.client.post("/api/v1/people", json=body, headers=reads)
    assert (refused.status, (await refused.json())["code"]) == (403, "outside_token_scope")
    assert (await status(centre, "/audit", (await new_token(centre, scopes=["read"]))[0]))[0] == 200
    await centre.sign_in("boss")
    body = {"name": "crm", "roles": ["agent"], "scopes": ["everything!"]}
    assert (await centre.client.post("/api/v1/tokens", json=body, headers=centre.proof)).status == 422


@pytest.mark.parametrize(
    ("scopes", "tag", "reads", "good"),
    [
        ({"*"}, "calls", False, True),
        ({"read"}, "calls", True, True),
        ({"read"}, "calls", False, False),
        ({"calls"}, "calls", False, True),
        ({"calls:read"}, "calls", True, True),
        ({"calls:read"}, "calls", False, False),
        ({"calls"}, "cases", True, False),
    ],
)
def test_what_a_scope_is_good_for(scopes: set[str], tag: str, reads: bool, good: bool) -> None:
    assert in_scope(frozenset(scopes), tag, reads=reads) is good


async def test_a_phones_secret_is_not_kept_for_an_idempotency_key(centre: WebCentre, database: Database) -> None:
    bearer, _ = await new_token(centre)
    headers = bearer | {"Idempotency-Key": "k1"}
    body = {"number": "1001", "name": "李雷", "phones": [{"name": "1001"}]}
    first = await centre.client.post("/api/v1/agents", json=body, headers=headers)
    secret = (await first.json())["secrets"][0]["secret"]
    again = await centre.client.post("/api/v1/agents", json=body, headers=headers)
    assert (again.status, (await again.json())["code"]) == (409, "answer_not_kept")
    renewed = await centre.client.post(
        "/api/v1/agents/1001/phones/1001/secret", headers=bearer | {"Idempotency-Key": "k2"}
    )
    other = (await renewed.json())["secret"]
    async with database.read() as session:
        bodies = [row.body or b"" for row in await session.scalars(select(KeptAnswerRow))]
    assert len(bodies) == 2
    assert not any(entry.encode() in body for entry in (secret, other) for body in bodies)
