"""Creates customers, departments, announcements, cases and return calls in the demo through the public API.

Each person acts in their own session: what they open, write and sign carries their name. What exists from an earlier
run stays unchanged.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from callcenter.demo.api_client import ApiClient
from callcenter.demo.matters import ANNOUNCEMENTS, DEPARTMENTS, MATTERS, PROMISES, CaseAction, Matter, Promise
from callcenter.demo.town import REGULARS, Regular

People = Mapping[str, ApiClient]
RECORDED: Final = {"stated": ("states", "statement"), "stepped": ("steps", "event"), "signed": ("signs", "place")}
"""The kind of action and the fact that names it, by the action of an entry in a case's history."""


@contextlib.asynccontextmanager
async def people(origin: str, passwords: Mapping[str, str]) -> AsyncIterator[dict[str, ApiClient]]:
    """All people signed in, each with their own client."""
    async with contextlib.AsyncExitStack() as stack:
        clients = {login: await stack.enter_async_context(ApiClient(origin)) for login in passwords}
        for login, api in clients.items():
            await api.sign_in(login, passwords[login])
        yield clients


async def file_everything(origin: str, passwords: Mapping[str, str], now: datetime) -> None:
    """Idempotent."""
    async with people(origin, passwords) as clients:
        ids = {str(row["login"]): str(row["id"]) for row in await clients["admin"].items("/people")}
        await _departments(clients["manager"], ids)
        await _announcements(clients["manager"])
        customers = {regular.number: await _customer(clients["supervisor"], regular) for regular in REGULARS}
        known = {str(row["order_number"]): str(row["number"]) for row in await clients["supervisor"].items("/cases")}
        for matter in MATTERS:
            number = known.get(matter.order) or await _open(clients[matter.by], matter, ids)
            await _work(clients, number, matter, customers, passwords)
        promised = {str(row["reason"]) for row in await clients["supervisor"].items("/callbacks")}
        for promise in PROMISES:
            if promise.reason not in promised:
                await _promise(clients["supervisor"], promise, now)


async def _departments(manager: ApiClient, ids: Mapping[str, str]) -> None:
    known = {str(row["code"]) for row in await manager.items("/departments")}
    for code, name in DEPARTMENTS.items():
        if code not in known:
            body = {"code": code, "name": name, "manager": ids["manager"], "leader": ids["leader"]}
            await manager.put(f"/departments/{code}", body)


async def _announcements(manager: ApiClient) -> None:
    known = {str(row["title"]) for row in await manager.items("/announcements", everything="true")}
    for announcement in ANNOUNCEMENTS:
        if announcement["title"] not in known:
            await manager.post("/announcements", announcement)


async def _customer(api: ApiClient, regular: Regular) -> str:
    """The id of the customer's file, which is created if missing."""
    existing = (await api.get("/customers/lookup", number=regular.number))["customer"]
    if existing is None:
        existing = await api.post(
            "/customers",
            {
                "name": regular.name,
                "numbers": [regular.number],
                "standing": regular.standing,
                "company": regular.company,
                "language": regular.language,
                "notes": regular.notes,
                "addresses": [regular.address] if regular.address else [],
                "tags": list(regular.tags),
            },
        )
    return str(existing["id"])


async def _open(api: ApiClient, matter: Matter, ids: Mapping[str, str]) -> str:
    case = await api.post("/cases", {**_facts(matter), "owner": ids[matter.owner]})
    return str(case["number"])


def _facts(matter: Matter) -> dict[str, Any]:
    return {**matter.facts, "order_number": matter.order}


async def _work(
    clients: People, number: str, matter: Matter, customers: Mapping[str, str], passwords: Mapping[str, str]
) -> None:
    """Take the steps that the case's history lacks: an earlier run may have been stopped between any two of them."""
    done = _done(await clients["supervisor"].items(f"/cases/{number}/history"))
    if done.isdisjoint([("written", ""), *((action.kind, action.name) for action in matter.actions)]):
        # An agent sees only the files of customers they deal with now; a supervisor links the case to one.
        facts = {**_facts(matter), "customer": customers[matter.facts["phone"]]}
        await clients["supervisor"].put(f"/cases/{number}", facts)
    for action in matter.actions:
        if (action.kind, action.name) not in done:
            await _take(clients[action.login], number, action, passwords[action.login])


def _done(history: Sequence[Mapping[str, Any]]) -> set[tuple[str, str]]:
    """The kind and name of each action that a case's history records already."""
    done = set()
    for step in history:
        kind, fact = RECORDED.get(step["action"], (step["action"], ""))
        done.add((kind, str(json.loads(step["facts"]).get(fact, ""))))
    return done


async def _take(api: ApiClient, number: str, action: CaseAction, password: str) -> None:
    match action.kind:
        case "states":
            await api.put(f"/cases/{number}/statements/{action.name}", {"text": action.text})
        case "steps":
            await api.post(f"/cases/{number}/steps", {"event": action.name, "reason": action.text})
        case "signs":
            await api.post(f"/cases/{number}/signatures/{action.name}", {"password": password})


async def _promise(api: ApiClient, promise: Promise, now: datetime) -> None:
    due = now + timedelta(minutes=promise.due_minutes)
    await api.post(
        "/callbacks",
        {
            "number": promise.number,
            "reason": promise.reason,
            "source": promise.source,
            "line": promise.line,
            "agent": promise.agent,
            "due_at": due.isoformat(),
        },
    )
