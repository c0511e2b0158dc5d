"""Routes of lines and queues."""

from __future__ import annotations

from dataclasses import asdict

from pydantic import BaseModel, Field

from callcenter.facts import LineCode, QueueCode
from callcenter.routing.model import Line, Queue
from callcenter.routing.service import LineService, QueueService
from callcenter.web.routes import ADMINISTRATORS, ANYONE, Ask, Page, Role, Routes

ALL_ROLES = frozenset(Role)
"""Wallboards too: they show lines and queues by their names."""


class LineChange(BaseModel):
    """`hours` are local windows such as `mon-fri 09:00-18:00`, none: always open.

    `own_agent_seconds` is how long the agent who holds the caller's open case, or who spoke with them last, is rung
    alone. After `overflow_seconds` in the queue, and with `overflow_nobody` when no one is on duty, callers go to
    `overflow_to`: `line:CODE`, `callback` or `message`.
    """

    queue: str = Field(max_length=31)
    names: dict[str, str] = {}
    dids: list[str] = Field(default_factory=list, max_length=200)
    hours: list[str] = Field(default_factory=list, max_length=50)
    timezone: str = Field("Asia/Shanghai", max_length=60)
    cadence_country: str = Field("", max_length=2)
    greeting: str = Field("", max_length=80)
    priority: int = Field(0, ge=0, le=100)
    language: str = Field("zh-CN", max_length=20)
    record: str = Field("", max_length=10)
    recording_notice: str = Field("", max_length=80)
    recording_days: int | None = Field(None, ge=1, le=36_500)
    take_message: bool = False
    own_agent_seconds: int = Field(0, ge=0, le=60)
    overflow_to: str = Field("", max_length=40)
    overflow_seconds: int = Field(0, ge=0, le=86_400)
    overflow_nobody: bool = False

    def line(self, code: LineCode) -> Line:
        values = self.model_dump(exclude={"code", "dids", "hours"})
        return Line(code=code, dids=tuple(self.dids), hours=tuple(self.hours), **values)


class LineShape(LineChange):
    code: LineCode = Field(max_length=31)

    @classmethod
    def of(cls, line: Line) -> LineShape:
        return cls.model_validate({**asdict(line), "dids": list(line.dids), "hours": list(line.hours)})


class QueueChange(BaseModel):
    """`skill` is the language or dialect that its agents speak, at least at `min_level`; null: the centre's setting.

    `dialects` are those whose callers are taken by a speaker first, then by one of the same group, then by anyone. With
    `no_speaker` set to `callback` they get a return call by a speaker when none of the dialect or its group is on duty.
    """

    names: dict[str, str] = {}
    strategy: str = Field("rrmemory", max_length=20)
    skill: str = Field("", max_length=50)
    min_level: int = Field(1, ge=1, le=5)
    ring_limit: int | None = Field(None, ge=1, le=20)
    move_on_at_ring: int | None = Field(None, ge=1, le=60)
    max_wait_seconds: int = Field(0, ge=0, le=86_400)
    wrap_up_seconds: int | None = Field(None, ge=0, le=3_600)
    announce_seconds: int = Field(0, ge=0, le=3_600)
    dialects: list[str] = Field(default_factory=list, max_length=20)
    no_speaker: str = Field("anyone", max_length=10)

    def queue(self, code: QueueCode) -> Queue:
        return Queue(code=code, dialects=tuple(self.dialects), **self.model_dump(exclude={"code", "dialects"}))


class QueueShape(QueueChange):
    code: QueueCode = Field(max_length=31)

    @classmethod
    def of(cls, queue: Queue) -> QueueShape:
        return cls.model_validate({**asdict(queue), "dialects": list(queue.dialects)})


def routes(lines: LineService, queues: QueueService) -> Routes:
    routes = Routes("routing")

    @routes.get("/lines", roles=ALL_ROLES)
    async def list_lines(ask: Ask) -> Page[LineShape]:
        """List all lines."""
        return Page(items=[LineShape.of(line) for line in await lines.lines()])

    @routes.post("/lines", roles=ADMINISTRATORS, status=201)
    async def add_line(ask: Ask, body: LineShape) -> LineShape:
        """Add a line; its queue must exist."""
        return LineShape.of(await lines.add(body.line(body.code), ask.require()))

    @routes.get("/lines/{code}", roles=ANYONE)
    async def read_line(ask: Ask, code: LineCode) -> LineShape:
        """Read a line."""
        return LineShape.of(await lines.line(code))

    @routes.put("/lines/{code}", roles=ADMINISTRATORS)
    async def change_line(ask: Ask, code: LineCode, body: LineChange) -> LineShape:
        """Replace a line."""
        changed = await lines.change(
            body.line(code), ask.require(), lambda current: ask.must_match(LineShape.of(current))
        )
        return LineShape.of(changed)

    @routes.delete("/lines/{code}", roles=ADMINISTRATORS)
    async def remove_line(ask: Ask, code: LineCode) -> None:
        """Remove a line without shifts."""
        await lines.remove(code, ask.require(), lambda current: ask.must_match(LineShape.of(current)))

    _queue_routes(routes, queues)
    return routes


def _queue_routes(routes: Routes, queues: QueueService) -> None:
    @routes.get("/queues", roles=ALL_ROLES)
    async def list_queues(ask: Ask) -> Page[QueueShape]:
        """List all queues."""
        return Page(items=[QueueShape.of(queue) for queue in await queues.queues()])

    @routes.post("/queues", roles=ADMINISTRATORS, status=201)
    async def add_queue(ask: Ask, body: QueueShape) -> QueueShape:
        """Add a queue."""
        return QueueShape.of(await queues.add(body.queue(body.code), ask.require()))

    @routes.get("/queues/{code}", roles=ANYONE)
    async def read_queue(ask: Ask, code: QueueCode) -> QueueShape:
        """Read a queue."""
        return QueueShape.of(await queues.queue(code))

    @routes.put("/queues/{code}", roles=ADMINISTRATORS)
    async def change_queue(ask: Ask, code: QueueCode, body: QueueChange) -> QueueShape:
        """Replace a queue."""
        changed = await queues.change(
            body.queue(code), ask.require(), lambda current: ask.must_match(QueueShape.of(current))
        )
        return QueueShape.of(changed)

    @routes.delete("/queues/{code}", roles=ADMINISTRATORS)
    async def remove_queue(ask: Ask, code: QueueCode) -> None:
        """Remove a queue that no line leads to."""
        await queues.remove(code, ask.require(), lambda current: ask.must_match(QueueShape.of(current)))
