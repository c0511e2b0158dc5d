"""A small service that speaks the public protocol, so that the pages can be tested without a PBX."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from aiohttp import WSMsgType, web

from dashboards.console import console
from dashboards.pages import pages

Json = dict[str, Any]

PERSON: Json = {"id": 7, "login": "lina", "name": "李娜", "roles": ["agent"], "agent": "1001"}


def instant(seconds_ago: float = 0.0) -> str:
    return (datetime.now(UTC) - timedelta(seconds=seconds_ago)).isoformat().replace("+00:00", "Z")


def offer(agent: str = "1001", *, ringing_ago: float | None = 0.0, late: bool | None = None) -> Json:
    ringing = None if ringing_ago is None else instant(ringing_ago)
    return {
        "agent": agent,
        "phone": agent,
        "offered_at": instant(ringing_ago or 0.0),
        "ringing_at": ringing,
        "ended_at": None,
        "rings": None,
        "late": late,
        "outcome": None,
    }


def call(
    id: str,
    number: str = "13800138000",
    name: str = "",
    *,
    ago: float = 5.0,
    offers: list[Json] | None = None,
    **more: Any,
) -> Json:
    return {
        "id": id,
        "linkedid": id,
        "direction": "inbound",
        "line": "orders",
        "queue": "orders",
        "caller_number": number,
        "caller_name": name,
        "called_number": "073188886666",
        "customer_id": None,
        "arrived_at": instant(ago),
        "queued_at": instant(ago),
        "answered_at": None,
        "ended_at": None,
        "outcome": None,
        "agent": None,
        "late": None,
        "offers": offers or [],
        **more,
    }


def agent(number: str, name: str, state: str = "available", *, ago: float = 60.0, **more: Any) -> Json:
    return {
        "number": number,
        "name": name,
        "phone": number,
        "state": state,
        "reason": "",
        "since": instant(ago),
        "call": None,
        "reachable": True,
        **more,
    }


@dataclass
class Standin:
    """Keeps the floor and pushes deltas; `history` are the records that `/calls` gives."""

    floor: Json = field(
        default_factory=lambda: {
            "calls": [],
            "agents": [agent("1001", "李娜")],
            "queues": [],
            "flags": [],
            "duty": {"orders": ["1001"]},
            "link": {"connected": True, "since": None},
        }
    )
    history: list[Json] = field(default_factory=list)
    person: Json | None = field(default_factory=lambda: dict(PERSON))
    must_change: bool = False
    must_enrol: bool = False
    totp: bool = False
    named: list[Json] = field(
        default_factory=lambda: [{"code": "orders", "names": {"zh-CN": "订购热线", "en": "Orders"}}]
    )
    customers: dict[str, Json] = field(default_factory=dict)
    failures: list[Json] = field(default_factory=list)
    epoch: str = "e1"
    seq: int = 10
    asked: list[tuple[str, Mapping[str, str], Any]] = field(default_factory=list)
    opened: list[dict[str, str]] = field(default_factory=list)
    offered: list[str] = field(default_factory=list)
    log: list[Json] = field(default_factory=list)
    sockets: set[web.WebSocketResponse] = field(default_factory=set)
    away: bool = False
    answer_within: int = 15
    settings: Json = field(default_factory=lambda: {"keys": {}, "text_scale": 100, "theme": "system", "language": None})
    hits: list[Json] = field(default_factory=list)
    build: str | None = None
    """The id of the pages that the service claims to serve."""
    today: Json = field(default_factory=lambda: {"answered": 0, "abandoned": 0, "level": None, "late_rings": 0})
    wall: Json | None = None
    """What the token of a board's screen reads; None: the token holds no more."""
    headers: list[tuple[str, Mapping[str, str]]] = field(default_factory=list)
    """The address and the headers of each request for the board."""
    url: str = ""

    async def publish(self, kind: str, data: Json) -> None:
        self.seq += 1
        delta = {"type": "delta", "seq": self.seq, "kind": kind, "data": data}
        self.log.append(delta)
        for socket in list(self.sockets):
            await socket.send_json(delta)

    async def cut(self) -> None:
        """Break every live connection and refuse new ones until `away` is False."""
        self.away = True
        for socket in list(self.sockets):
            await socket.close()

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/api/v1/session", self._log_in),
            web.get("/api/v1/session", self._session),
            web.delete("/api/v1/session", self._log_out),
            web.get("/api/v1/calls", self._calls),
            web.get("/api/v1/service-level", self._level),
            web.get("/api/v1/figures/now", self._figures),
            web.get("/api/v1/me/settings", self._settings),
            web.put("/api/v1/me/settings", self._change_settings),
            web.get("/api/v1/me/sessions", self._sessions),
            web.get("/api/v1/search", self._search),
            web.put("/api/v1/session/password", self._change_password),
            web.post("/api/v1/session/totp", self._begin_totp),
            web.post("/api/v1/session/totp/confirm", self._confirm_totp),
            web.post("/api/v1/agents/{number}/presence/{verb}", self._presence),
            web.get("/api/v1/pause-reasons", self._reasons),
            web.get("/api/v1/customers/lookup", self._look_up),
            web.get("/api/v1/lines", self._lines),
            web.get("/api/v1/queues", self._lines),
            web.get("/api/v1/alarms/now", self._failures),
            web.get("/api/v1/live", self._live),
            web.get("/api/v1/wall", self._wall),
        ]

    async def roles_of(self, request: web.Request) -> list[str] | None:
        return self.person["roles"] if self.person else None

    async def _log_in(self, request: web.Request) -> web.Response:
        body = await request.json()
        body.pop("language", None)
        if self.totp and "code" not in body:
            return web.json_response({"code": "totp_required"}, status=401)
        if self.totp and body.pop("code") != "123456":
            return web.json_response({"code": "wrong_code"}, status=401)
        if body != {"login": "lina", "password": "secret-1"}:
            return web.json_response({"code": "not_signed_in", "detail": "wrong"}, status=401)
        self.person = dict(PERSON)
        return await self._session(request)

    async def _session(self, request: web.Request) -> web.Response:
        if self.person is None:
            return web.json_response({"code": "not_signed_in"}, status=401)
        session = {"person": self.person, "csrf_token": "csrf-1", "must_change_password": self.must_change}
        session["must_enrol_totp"] = self.must_enrol
        return web.json_response(session)

    async def _begin_totp(self, request: web.Request) -> web.Response:
        assert (await request.json()) == {"password": "secret-1"}
        return web.json_response({"secret": "JBSWY3DPEHPK3PXP", "uri": ""}, status=201)

    async def _confirm_totp(self, request: web.Request) -> web.Response:
        if (await request.json()) != {"code": "123456"}:
            return web.json_response({"code": "wrong_code"}, status=401)
        return web.json_response({"recovery_codes": ["aaaa-1111", "bbbb-2222"]})

    async def _change_password(self, request: web.Request) -> web.Response:
        body = await request.json()
        if len(body["new"]) < 12:
            return web.json_response({"code": "weak_password"}, status=422)
        self.must_change = body["old"] != "secret-1"
        return web.Response(status=204)

    async def _log_out(self, request: web.Request) -> web.Response:
        self.person = None
        return web.Response(status=204)

    async def _calls(self, request: web.Request) -> web.Response:
        number = request.query.get("number")
        items = [item for item in self.history if number is None or item["caller_number"] == number]
        return web.json_response({"items": items, "next": None})

    async def _level(self, request: web.Request) -> web.Response:
        midnight = datetime.now(timezone(timedelta(hours=8))).replace(hour=0, minute=0, second=0, microsecond=0)
        return web.json_response({"since": midnight.isoformat(), "seconds": self.answer_within, **self.today})

    async def _figures(self, request: web.Request) -> web.Response:
        return web.json_response(self.figures())

    def figures(self) -> Json:
        """The day of the whole centre, as the route and the feed give it."""
        midnight = datetime.now(timezone(timedelta(hours=8))).replace(hour=0, minute=0, second=0, microsecond=0)
        counts = {name: self.today[name] for name in ("answered", "abandoned")}
        empty = {"offered": 0, "in_time": 0, "asa_seconds": None, "aht_seconds": None}
        day = {**empty, **counts, "service_level": self.today["level"]}
        week_ago = {**empty, "answered": 0, "abandoned": 0, "service_level": None}
        now: Json = {"as_of": instant(), "since": midnight.isoformat(), "threshold_seconds": self.answer_within}
        now |= {"line": None, "definition": "", "today": day, "week_ago": week_ago, "curve": [], "week_ago_curve": []}
        return {**now, "waiting": 0, "longest_since": None, "agents": {}, "occupancy": None, "live": True}

    async def _settings(self, request: web.Request) -> web.Response:
        return web.json_response(self.settings)

    async def _change_settings(self, request: web.Request) -> web.Response:
        self.settings = await request.json()
        return web.json_response(self.settings)

    async def _sessions(self, request: web.Request) -> web.Response:
        times = {"created_at": instant(60), "seen_at": None, "expires_at": instant(-60)}
        this = {"id": "s1", "address": "127.0.0.1", "browser": "Chromium", "current": True, **times}
        return web.json_response({"items": [this], "next": None})

    async def _search(self, request: web.Request) -> web.Response:
        hits = [hit for hit in self.hits if request.query["q"] in hit["title"]]
        return web.json_response({"items": hits, "next": None})

    async def _look_up(self, request: web.Request) -> web.Response:
        return web.json_response({"number": "", "customer": self.customers.get(request.query["number"])})

    async def _reasons(self, request: web.Request) -> web.Response:
        return web.json_response({"items": ["meal", "break", "acw", "missed", "other"], "next": None})

    async def _failures(self, request: web.Request) -> web.Response:
        return web.json_response(self.failures)

    async def _wall(self, request: web.Request) -> web.Response:
        self.headers.append((str(request.rel_url), dict(request.headers)))
        if self.wall is None:
            return web.json_response({"code": "not_signed_in"}, status=401)
        return web.json_response(self.wall)

    def board(self, **more: Any) -> Json:
        """A board as its screen reads it, for the line orders unless `more` says otherwise."""
        parts = ["figures", "queues", "calls", "agents"]
        board = {"code": "hall", "name": "大厅", "lines": ["orders"], "parts": parts, "turn_seconds": 8, **more}
        lines = [{"code": code, "queue": code, "names": {"zh-CN": f"{code}热线"}} for code in board["lines"]]
        read: Json = {"board": board, "lines": lines, "queues": lines, "late_rings": None, "thresholds": []}
        figures = [{**self.figures(), "line": code} for code in board["lines"]]
        return {**read, "figures": figures or [self.figures()], "failures": self.failures}

    async def _lines(self, request: web.Request) -> web.Response:
        return web.json_response({"items": self.named, "next": None})

    async def _presence(self, request: web.Request) -> web.Response:
        body = await request.json()
        verb = request.match_info["verb"]
        self.asked.append((verb, {"csrf": request.headers.get("X-CSRF-Token", "")}, body))
        state = {"sign-in": "available", "resume": "available", "pause": "paused", "sign-out": "signed_out"}[verb]
        if verb == "pause" and body["reason"] == "other":
            return web.json_response({"code": "conflict", "detail": "not now"}, status=409)
        changed = agent("1001", "李娜", state, ago=0, reason=body.get("reason", ""))
        self.floor["agents"] = [changed, *(other for other in self.floor["agents"] if other["number"] != "1001")]
        await self.publish("agent", changed)
        return web.json_response(changed)

    async def _live(self, request: web.Request) -> web.StreamResponse:
        if self.away:
            return web.Response(status=503)
        socket = web.WebSocketResponse(protocols=("cc.live",))
        await socket.prepare(request)
        self.offered.append(request.headers.get("Sec-WebSocket-Protocol", ""))
        self.opened.append(dict(request.query))
        resume = request.query.get("resume")
        resumed = resume is not None and request.query.get("epoch") == self.epoch
        hello = {"type": "hello", "seq": self.seq, "epoch": self.epoch, "time": instant(), "resumed": resumed}
        hello["build"] = self.build
        # Listed before its snapshot is sent: what is published while that is on its way follows it.
        self.sockets.add(socket)
        await socket.send_json(hello)
        if resume is not None and resumed:
            for delta in self.log:
                if delta["seq"] > int(resume):
                    await socket.send_json(delta)
        else:
            await socket.send_json({"type": "snapshot", "seq": self.seq, "data": self.floor})
        try:
            async for message in socket:
                if message.type is WSMsgType.ERROR:
                    break
        finally:
            self.sockets.discard(socket)
        return socket


@asynccontextmanager
async def standing_in(standin: Standin) -> AsyncIterator[Standin]:
    app = web.Application()
    app.add_routes([*pages(standin.roles_of), *console(), *standin.routes()])
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    standin.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield standin
    finally:
        async with asyncio.timeout(10):
            await standin.cut()
            await runner.cleanup()
