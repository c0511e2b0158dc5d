"""Wires the reception's flows: their versions and routes, their snapshot, the lines that have a flow."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Final

from callcenter.asterisk.render.connects import Connects
from callcenter.calls.live import LiveFloor
from callcenter.centre.contributions import Contributions
from callcenter.clock import now
from callcenter.facts import CallerWent, LineCode, linkedid_of
from callcenter.routing.model import Line
from callcenter.routing.service import LineService
from ivr.agi.runner import path_of, paths_of
from ivr.agi.voice import SoundNames, own_sound
from ivr.flows.http import routes as flow_routes
from ivr.flows.model import Flow
from ivr.flows.parser import read_flow
from ivr.flows.service import FlowService
from ivr.prompts.sentences import default_catalogue
from ivr.session.connecting import connecting
from ivr.snapshot import FlowText

MOST_SOUNDS: Final = 20
"""Recordings that the dialplan plays in one step, whose expanded text is limited."""


def join_flows(contributions: Contributions, changed: Callable[[], object]) -> FlowService:
    """Build the room; `changed` is called after a publication."""
    core = contributions.core

    async def lines() -> Collection[str]:
        return {line.code for line in await core.lines.lines()}

    async def queues() -> Collection[str]:
        return {queue.code for queue in await core.queues.queues()}

    flows = FlowService(core.database, core.clock, core.web_services.audit, recorded_prompts, lines, queues, changed)
    contributions.flows = flows
    contributions.routes.append(flow_routes(flows))
    return flows


def recorded_prompts() -> Mapping[str, Collection[str]]:
    """The prompts that come with the software, with the values that each needs."""
    catalogue = default_catalogue()
    return {name: tuple(catalogue.slots(name, "zh-CN")) for name in catalogue.names("zh-CN")}


async def spoken_texts(flows: FlowService) -> tuple[tuple[str, str, str], ...]:
    """The flows' own prompts, to be recorded: the name of the recording, the language, the text."""
    spoken: set[tuple[str, str, str]] = set()
    for row in await flows.in_use():
        flow, _ = read_flow(row.source)
        for texts in flow.texts.values() if flow else ():
            # The recording's name is that of the sound below the folder of prompts.
            spoken |= {(own_sound(text).removeprefix("cc/"), language, text) for language, text in texts.items()}
    return tuple(sorted(spoken))


async def texts_of(flows: FlowService) -> Sequence[FlowText]:
    """The flows in use, as the reception's process reads them."""
    return [FlowText(row.name, row.number, row.source) for row in await flows.in_use()]


async def asking_lines(flows: FlowService, lines: LineService) -> Mapping[str, Connects | None]:
    """The lines that have a flow, each with how it connects where it asks nothing."""
    known = {line.code: line for line in await lines.lines()}
    result: dict[str, Connects | None] = {}
    for row in await flows.in_use():
        flow, _ = read_flow(row.source)
        for code in flow.lines if flow else ():
            line = known.get(LineCode(code))
            result[code] = None if flow is None or line is None else connects_of(flow, f"{row.name}/{row.number}", line)
    return result


def connects_of(flow: Flow, version: str, line: Line) -> Connects | None:
    """How the dialplan connects the line's callers by itself; None for a flow that asks anything.

    None also for one that says more than fits into the steps of a dialplan: the reception then does it.
    """
    plan = connecting(flow, line.code, line.queue, line.language)
    if plan is None:
        return None
    sounds, parts = SoundNames().sounds(plan.say, "", flow.texts), tuple(paths_of(plan.notes))
    if len(sounds) > MOST_SOUNDS or len(parts) > 1:
        return None
    return Connects(version, tuple(sound.removeprefix("/") for sound in sounds), path_of(plan.notes))


def show_path(live: LiveFloor, path: Mapping[str, Any]) -> None:
    """Show a part of a caller's path to the agent whose phone is about to ring."""
    steps = tuple((str(n["step"]), str(n["keys"]), str(n["result"])) for n in path["notes"])
    live.submit_soon(CallerWent(now(), linkedid_of(str(path["call"])), steps))
