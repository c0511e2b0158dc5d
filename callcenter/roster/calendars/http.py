"""Calendar feeds over HTTP."""

from __future__ import annotations

from typing import Final

from aiohttp import web
from pydantic import BaseModel

from callcenter.roster.calendars.service import Calendars
from callcenter.web.flood import Flood
from callcenter.web.routes import ANYONE, PUBLIC, Ask, Routes

PER_SECOND, AT_ONCE = 1.0, 30.0
"""How often one address may read feeds: calendar programs read about once an hour."""
ICS_TYPE: Final = "text/calendar"


class RosterCalendar(BaseModel):
    """`path` is the secret address below the centre's own; it is shown once."""

    path: str


def routes(calendars: Calendars) -> Routes:
    routes, flood = Routes("roster"), Flood(PER_SECOND, AT_ONCE)

    @routes.post("/roster/calendar", roles=ANYONE, status=201)
    async def renew_roster_calendar(ask: Ask) -> RosterCalendar:
        """Get a secret address of your shifts for a calendar program; an earlier address ends."""
        secret = await calendars.renew(ask.require())
        ask.answer_is_secret()
        return RosterCalendar(path=f"/api/v1/roster/calendars/{secret}.ics")

    @routes.delete("/agents/{number}/roster-calendar", roles=ANYONE)
    async def revoke_roster_calendar(ask: Ask, number: str) -> None:
        """Revoke the secret address of an agent's shifts: your own, leaders any."""
        await calendars.revoke(number, ask.require())

    @routes.get("/roster/calendars/{secret}.ics", roles=PUBLIC)
    async def read_roster_calendar(ask: Ask, secret: str) -> web.StreamResponse:
        """Read the shifts of a secret address as iCalendar (RFC 5545)."""
        flood.check(ask.address)
        feed = await calendars.read(secret)
        headers = {"Cache-Control": "private, no-store", "Referrer-Policy": "no-referrer", **ask.headers}
        return web.Response(body=feed, content_type=ICS_TYPE, charset="utf-8", headers=headers)

    return routes
