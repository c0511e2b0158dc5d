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

from callcenter.demo.desk import Desk
from callcenter.demo.matters import ANNOUNCEMENTS, DEPARTMENTS, MATTERS, PROMISES, Deed, Matter, Promise
from callcenter.demo.town import REGULARS, Regular

People = Mapping[str, Desk]
RECORDED: Final = {"stated": ("states", "statement"), "stepped": ("steps", "event"), "signed": ("signs", "place")}
"""The kind of action and the fact that names it, by the action of an entry in a case's history."""


@contextlib.asynccontextmanager
async def people(origin: str, passwords: Mapping[str, str]) -> AsyncIterator[dict[str, Desk]]:
    """All people signed in, each with their own client."""
    async with contextlib.AsyncExitStack() as stack:
        desks = {login: await stack.enter_async_context(Desk(origin)) for login in passwords}
        for login, desk in desks.items():
            await desk.sign_in(login, passwords[login])
        yield desks


async def file_everything(origin: str, passwords: Mapping[str, str], now: datetime) -> None:
    """Idempotent."""
    async with people(origin, passwords) as desks:
        ids = {str(row["login"]): str(row["id"]) for row in await desks["admin"].items("/people")}
        await _departments(desks["manager"], ids)
        await _announcements(desks["manager"])
        customers = {regular.number: await _customer(desks["supervisor"], regular) for regular in REGULARS}
        known = {str(row["order_number"]): str(row["number"]) for row in await desks["supervisor"].items("/cases")}
        for matter in MATTERS:
            number = known.get(matter.order) or await _open(desks[matter.by], matter, ids)
            await _work(desks, number, matter, customers, passwords)
        promised = {str(row["reason"]) for row in await desks["supervisor"].items("/callbacks")}
        for promise in PROMISES:
            if promise.reason not in promised:
                await _promise(desks["supervisor"], promise, now)


async def _departments(manager: Desk, ids: Mapping[str, str]) -> None:
    known = {str(row["code"]) for row in await manager.items("/departments")}
    for code, name in DEPARTMENTS.items():
        if code not in known:
            body = {"code": code, "name": name, "manager": ids["manager"], "leader": ids["leader"]}
            await manager.put(f"/departments/{code}", body)


async def _announcements(manager: Desk) -> None:
    known = {str(row["title"]) for row in await manager.items("/announcements", everything="true")}
    for announcement in ANNOUNCEMENTS:
        if announcement["title"] not in known:
            await manager.post("/announcements", announcement)


async def _customer(desk: Desk, regular: Regular) -> str:
    """The id of the customer's file, which is created if missing."""
    existing = (await desk.get("/customers/lookup", number=regular.number))["customer"]
    if existing is None:
        existing = await desk.post("/customers", {
            "name": regular.name, "numbers": [regular.number], "standing": regular.standing,
            "company": regular.company, "language": regular.language, "notes": regular.notes,
            "addresses": [regular.address] if regular.address else [], "tags": list(regular.tags),
        })  # fmt: skip
    return str(existing["id"])


async def _open(desk: Desk, matter: Matter, ids: Mapping[str, str]) -> str:
    case = await desk.post("/cases", {**_facts(matter), "owner": ids[matter.owner]})
    return str(case["number"])


def _facts(matter: Matter) -> dict[str, Any]:
    return {**matter.facts, "order_number": matter.order}


async def _work(
    desks: People, number: str, matter: Matter, customers: Mapping[str, str], passwords: Mapping[str, str]
) -> None:
    """Take the steps that the case's history lacks: an earlier run may have been stopped between any two of them."""
    done = _done(await desks["supervisor"].items(f"/cases/{number}/history"))
    if done.isdisjoint([("written", ""), *((deed.kind, deed.name) for deed in matter.deeds)]):
        # An agent sees only the files of customers they deal with now; a supervisor links the case to one.
        facts = {**_facts(matter), "customer": customers[matter.facts["phone"]]}
        await desks["supervisor"].put(f"/cases/{number}", facts)
    for deed in matter.deeds:
        if (deed.kind, deed.name) not in done:
            await _deed(desks[deed.login], number, deed, passwords[deed.login])


def _done(history: Sequence[Mapping[str, Any]]) -> set[tuple[str, str]]:
    """What the entries of a case's history record, in the terms of `Deed`."""
    done = set()
    for entry in history:
        kind, fact = RECORDED.get(entry["action"], (entry["action"], ""))
        done.add((kind, str(json.loads(entry["facts"]).get(fact, ""))))
    return done


async def _deed(desk: Desk, number: str, deed: Deed, password: str) -> None:
    match deed.kind:
        case "states":
            await desk.put(f"/cases/{number}/statements/{deed.name}", {"text": deed.text})
        case "steps":
            await desk.post(f"/cases/{number}/steps", {"event": deed.name, "reason": deed.text})
        case "signs":
            await desk.post(f"/cases/{number}/signatures/{deed.name}", {"password": password})


async def _promise(desk: Desk, promise: Promise, now: datetime) -> None:
    due = now + timedelta(minutes=promise.due_minutes)
    await desk.post("/callbacks", {
        "number": promise.number, "reason": promise.reason, "source": promise.source, "line": promise.line,
        "agent": promise.agent, "due_at": due.isoformat(),
    })  # fmt: skip
