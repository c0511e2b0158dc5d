"""Fills an empty service with the demo centre through its public API, and signs its people in to work."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from callcenter.demo.api_client import ApiClient, Refused
from callcenter.demo.centre import Centre
from callcenter.demo.town import HOTLINES, LOGINS, MOVE_ON_AT_RING, WORKERS, roster


async def accounts(centre: Centre) -> dict[str, str]:
    """One login per role with a newly generated password: login -> password."""
    return {login.login: await centre.account(login.login, login.name, login.role, login.agent) for login in LOGINS}


async def furnish(api: ApiClient, now: datetime) -> dict[str, str]:
    """Queues, lines, agents, a roster that covers `now`; returns the phones' secrets. Idempotent."""
    for hotline in HOTLINES:
        queue = {"code": hotline.code, "names": hotline.names, "move_on_at_ring": MOVE_ON_AT_RING[hotline.code]}
        await _once(api, "/queues", queue)
        line = {"code": hotline.code, "queue": hotline.code, "names": hotline.names, "dids": [hotline.did]}
        await _once(api, "/lines", line)
    for worker in WORKERS:
        await _once(api, "/agents", {"number": worker.number, "name": worker.name, "skills": worker.skills})
    for duty in roster(now):
        shift = {
            "agent": duty.agent,
            "line": duty.line,
            "starts_at": duty.starts_at.isoformat(),
            "ends_at": duty.ends_at.isoformat(),
        }
        await _once(api, "/shifts", shift)
    return {w.number: await secret(api, w.number) for w in WORKERS}


async def secret(api: ApiClient, number: str) -> str:
    """The secret of an agent's own phone."""
    account = await api.get(f"/agents/{number}/phones/{number}/secret")
    return str(account["secret"])


async def sign_all_in(api: ApiClient) -> None:
    for worker in WORKERS:
        await api.post(f"/agents/{worker.number}/presence/sign-in")


async def _once(api: ApiClient, path: str, body: Mapping[str, object]) -> None:
    """Add it unless it exists from an earlier run."""
    try:
        await api.post(path, dict(body))
    except Refused as refused:
        if refused.facts.get("status") != 409:
            raise
