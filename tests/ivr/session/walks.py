"""Walks every branch of a flow: from each state every event that can happen there, to every end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ivr.flows.model import KEYS, Flow
from ivr.session.machine import advance, begin
from ivr.session.model import (
    Ask,
    Began,
    Caller,
    CaseState,
    Event,
    Finish,
    Found,
    Hours,
    HungUp,
    Keys,
    LookUpCaller,
    LookUpCase,
    LookUpMember,
    NotFound,
    Silence,
    Situation,
    Slow,
    State,
    Turn,
    Unheard,
)

AT = datetime(2026, 11, 27, 4, 0, tzinfo=UTC)
SITUATIONS = tuple(
    Situation("sales", "sales", language, hours, AT, opens, number, overflowed=overflowed)
    for language, hours, opens, number, overflowed in (
        ("zh-CN", Hours.OPEN, None, "13974812346", False),
        ("en", Hours.OPEN, None, None, False),
        ("zh-CN", Hours.OPEN, None, None, True),
        ("zh-CN", Hours.CLOSED, AT + timedelta(hours=20), "13974812346", False),
        ("en", Hours.CLOSED, None, None, False),
        ("zh-CN", Hours.NOBODY, None, "13974812346", False),
        ("zh-CN", Hours.NOBODY, AT + timedelta(hours=3), None, False),
        ("zh-CN", Hours.NOBODY, None, None, True),
    )
)
CALLERS = (
    Caller("c1", language="en", dialect="xiang-changsha", priority=20),
    Caller("c1", blocked=True),
)
ENTRIES = ("1", "12345", "1234", "13974812346", "202611230001")


@dataclass(frozen=True)
class Walked:
    """One turn of a walk."""

    event: Event
    turn: Turn


def possible(turn: Turn) -> Iterator[Event]:
    """Every event that can answer this turn's action."""
    match turn.do:
        case Finish():
            return
        case LookUpCaller():
            yield from (Found(caller) for caller in CALLERS)
            yield from (NotFound(), Slow())
        case LookUpMember():
            yield from (Found(CALLERS[0]), NotFound(), Slow())
        case LookUpCase():
            yield from (Found(CaseState("TS20261123-0001", "investigating", AT)), NotFound(), Slow())
        case Ask(most=most):
            # The keypad, the letters that some phones have (RFC 4733), a `#` alone and silence.
            yield from (Keys(key) for key in (*KEYS, "A", ""))
            yield Silence()
            if most > 1:
                yield from (Keys(entry[:most]) for entry in ENTRIES)
            yield Unheard()
    yield HungUp()


def walk(flow: Flow, situation: Situation) -> Iterator[Walked]:
    """Every turn that can happen; a state that was seen before is not walked again."""
    first = advance(begin(flow, situation), Began())
    yield Walked(Began(), first)
    seen: set[str] = set()
    waiting = [first]
    while waiting:
        turn = waiting.pop()
        for event in possible(turn):
            after = advance(turn.state, event)
            yield Walked(event, after)
            key = repr((_known(after.state), after.do))
            if key not in seen:
                seen.add(key)
                waiting.append(after)


def _known(state: State) -> tuple[object, ...]:
    """What decides how a session goes on; the numbers entered do not."""
    return (state.phase, state.step, state.language, state.dialect, state.chosen, state.misses, state.want)
