"""Flows over HTTP: managers load, publish and roll back; leaders read and check them."""

from __future__ import annotations

from callcenter.documents.columns import VersionColumns
from callcenter.web.routes import LEADERS, MANAGERS, Ask, Page, Routes, etag_of
from ivr.flows.diagram import draw
from ivr.flows.service import FLOWS, FlowService
from ivr.flows.shapes import (
    CheckedFlow,
    DiagramQuery,
    DifferenceQuery,
    FlowDetail,
    FlowDiagram,
    FlowDifference,
    FlowFault,
    FlowSource,
    FlowsQuery,
    FlowVersionShape,
)
from ivr.flows.trial import prompt_words


def routes(flows: FlowService) -> Routes:
    routes = Routes("flows")
    _reading(routes, flows)
    _changing(routes, flows)
    return routes


async def _whole(flows: FlowService, row: VersionColumns) -> FlowDetail:
    flow, faults = await flows.faults(row.source)
    return FlowDetail(
        **FlowVersionShape.of(row).model_dump(),
        source=row.source,
        lines=list(flow.lines) if flow else [],
        problems=[FlowFault.of(fault) for fault in faults],
    )


def _reading(routes: Routes, flows: FlowService) -> None:
    @routes.get("/flows", roles=LEADERS)
    async def list_flow_versions(ask: Ask, query: FlowsQuery) -> Page[FlowVersionShape]:
        """List versions of the reception flows, by name, newest first."""
        return Page(items=[FlowVersionShape.of(row) for row in await flows.versions.versions(query.name)])

    @routes.get("/flows/{name}/{number}", roles=LEADERS)
    async def read_flow_version(ask: Ask, name: str, number: int) -> FlowDetail:
        """Read a version with its TOML source and its faults, by line."""
        flow = await _whole(flows, await flows.versions.version(name, number))
        ask.headers["ETag"] = etag_of(flow)
        return flow

    @routes.get("/flows/{name}/{number}/diff", roles=LEADERS)
    async def compare_flow_versions(ask: Ask, name: str, number: int, query: DifferenceQuery) -> FlowDifference:
        """Compare this version with another, as a unified diff."""
        diff = await flows.differences(name, number, query.to)
        return FlowDifference(name=name, older=number, newer=query.to, diff=diff)

    @routes.get("/flows/{name}/{number}/diagram", roles=LEADERS)
    async def draw_flow_version(ask: Ask, name: str, number: int, query: DiagramQuery) -> FlowDiagram:
        """Draw the flow as SVG."""
        row = await flows.versions.version(name, number)
        flow = FLOWS.format.read(row.source)
        return FlowDiagram(name=name, number=number, svg=draw(flow, prompt_words(flow, query.language)))


def _changing(routes: Routes, flows: FlowService) -> None:
    @routes.post("/flows/check", roles=LEADERS)
    async def check_flow(ask: Ask, body: FlowSource) -> CheckedFlow:
        """Check a source: its faults, by line. Nothing is stored."""
        flow, faults = await flows.faults(body.source)
        return CheckedFlow(
            name=flow.name if flow else None,
            lines=list(flow.lines) if flow else [],
            problems=[FlowFault.of(fault) for fault in faults],
        )

    @routes.post("/flows", roles=MANAGERS, status=201)
    async def draft_flow(ask: Ask, body: FlowSource) -> FlowDetail:
        """Create a draft of the flow that the source names; it may still have faults, which the response lists."""
        return await _whole(flows, await flows.versions.draft(body.source, ask.require()))

    @routes.put("/flows/{name}/{number}", roles=MANAGERS)
    async def change_flow(ask: Ask, name: str, number: int, body: FlowSource) -> FlowDetail:
        """Change a draft, with If-Match; a published version never changes (409 flow_published)."""
        rev = await _seen(flows, ask, name, number)
        flow = await _whole(flows, await flows.versions.change(name, number, body.source, ask.require(), rev))
        ask.headers["ETag"] = etag_of(flow)
        return flow

    @routes.post("/flows/{name}/{number}/publish", roles=MANAGERS)
    async def publish_flow(ask: Ask, name: str, number: int) -> FlowDetail:
        """Use a draft from now on, with If-Match; calls in progress finish on the version that they began with."""
        rev = await _seen(flows, ask, name, number)
        return await _whole(flows, await flows.publish(name, number, ask.require(), rev))

    @routes.post("/flows/{name}/{number}/rollback", roles=MANAGERS, status=201)
    async def roll_back_flow(ask: Ask, name: str, number: int) -> FlowDetail:
        """Use an earlier version again, as a new version with its source."""
        return await _whole(flows, await flows.roll_back(name, number, ask.require()))


async def _seen(flows: FlowService, ask: Ask, name: str, number: int) -> int | None:
    row = await flows.versions.version(name, number)
    ask.must_match(await _whole(flows, row))
    return row.rev
