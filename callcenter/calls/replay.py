"""Replays a capture of AMI traffic through the floor and shows the effects of each event."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import datetime

from callcenter import facts
from callcenter.asterisk.ami_protocol import FrameReader
from callcenter.asterisk.translate import translate
from callcenter.calls.effects import AgentChanged, CallChanged, CallEnded, Effect, FlagRaised, QueueChanged
from callcenter.calls.floor import Floor
from callcenter.web.masking import mask_text


@dataclass(frozen=True, slots=True)
class Step:
    """One fact and its effects; `due` holds what became due by the fact's instant, before the fact itself."""

    event: str
    fact: facts.Fact
    due: tuple[Effect, ...]
    effects: tuple[Effect, ...]


def replay(floor: Floor, capture: bytes, received: datetime) -> Iterator[Step]:
    """Yield each relevant event; `received` is the instant of events that carry no timestamp of their own."""
    for message in FrameReader().feed(capture):
        fact = translate(message, received) if message.name else None
        if fact is not None:
            due = tuple(floor.due(fact.at))
            yield Step(message.name, fact, due, tuple(floor.apply(fact)))


def lines_of(step: Step) -> list[str]:
    """Format a step for the user: the instant and the event, then an indented line for each effect."""
    indented = [f"    {_text(effect)}" for effect in (*step.due, *step.effects)]
    return [f"{step.fact.at.isoformat(timespec='milliseconds')}  {step.event}", *indented]


def _text(effect: Effect) -> str:
    match effect:
        case CallChanged(record) | CallEnded(record):
            text = f"call={record.id} queue={record.queue} agent={record.agent} outcome={record.outcome}"
        case AgentChanged(agent):
            text = f"agent={agent.number} state={agent.state}"
        case QueueChanged(queue):
            text = f"queue={queue.code} waiting={queue.waiting} agents_free={queue.agents_free}"
        case FlagRaised(flag):
            text = f"flag={flag.id} raised_at={flag.raised_at.isoformat()}"
        case _:
            text = " ".join(f"{field.name}={getattr(effect, field.name)}" for field in fields(effect))
    return mask_text(f"{type(effect).__name__}  {text}")
