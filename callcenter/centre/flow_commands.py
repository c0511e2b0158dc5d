"""Provides what the commands about flows need of the reception, which they do not import."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from callcenter.centre.contributions import Contributions
from callcenter.clock import now
from ivr.flows.diagram import draw
from ivr.flows.faults import Fault, refusal
from ivr.flows.model import Flow
from ivr.flows.parser import read_flow
from ivr.flows.trial import play, prompt_words
from ivr.session.model import Hours, Situation


async def faults_of(contributions: Contributions, source: str) -> list[Fault]:
    """Everything that keeps a source from being used in this centre."""
    return (await contributions.flows.faults(source))[1]


def drawing(source: str, language: str) -> str:
    """The flow as SVG. Raises BadFlow for a source that cannot be read."""
    flow = _flow(source)
    return draw(flow, prompt_words(flow, language))


async def try_line(
    contributions: Contributions,
    line: str,
    hours: str,
    number: str | None,
    read: Callable[[str], str],
    write: Callable[[str], object],
    opens_at: datetime | None = None,
) -> None:
    """Play the line's flow in the terminal. Raises LineWithoutFlow, UnknownLine."""
    _, flow = await contributions.flows.for_line(line)
    entry = await contributions.core.lines.line(line)
    situation = Situation(line, entry.queue, entry.language, Hours(hours), now(), opens_at, number)
    play(flow, situation, read, write)


def _flow(source: str) -> Flow:
    flow, faults = read_flow(source)
    if flow is None:
        raise refusal(faults[0].problem(), len(faults))
    return flow
