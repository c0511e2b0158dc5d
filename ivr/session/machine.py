"""The session as a pure function: (state, event) -> (state, one action, notes). No clock, no channel, no database.

Every event is taken in every phase, so a session can neither get stuck nor fall silent; a caller who presses nothing,
or nothing that helps, reaches a person, or can leave a message when no one is there (R3, R4). `menu`, `case_state` and
`call_back` have the questions; this module has the beginning, the way from step to step, and the other ends.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from ivr.flows.model import Choice, Flow, Kind, Step
from ivr.session import call_back, case_state, member, menu
from ivr.session.model import (
    Began,
    Caller,
    End,
    Event,
    Finish,
    Found,
    Hours,
    HungUp,
    LookUpCaller,
    Noted,
    Phase,
    Say,
    Situation,
    Slow,
    State,
    Turn,
    Unheard,
)
from ivr.session.moves import UNHEARD, Enter, GoTo, Move, Notes, adding, finish, saying

MOST_STEPS: Final = 200
"""Steps without an event in between; the check of flows refuses a loop, this bounds what slips through."""
BLOCKED: Final = "closed:blocked"
SELF_SERVICE: Final = "closed:self_service"


class SessionOver(AssertionError):
    """An event after the end: a fault of the runner."""


def begin(flow: Flow, situation: Situation) -> State:
    """The state before the first event. The line's language is spoken where the flow has it."""
    language = situation.language if situation.language in flow.languages else flow.languages[0]
    return State(flow, situation, language, chosen=situation.overflowed)


def advance(state: State, event: Event) -> Turn:
    """Take an event. Raises SessionOver after the end."""
    if state.phase is Phase.OVER:
        raise SessionOver(f"{type(event).__name__} after the end")
    if isinstance(event, HungUp):
        return finish(state, Finish(End.GONE), (Noted(state.step, result="hung_up"),))
    if isinstance(event, Began):
        return _settled(_began(state))
    if isinstance(event, Unheard):
        return _settled(_unheard(state))
    return _settled(_TABLE[state.phase](state, event))


def _settled(move: Move) -> Turn:
    """The question or the end to which a move leads; steps that ask nothing are passed through."""
    passed = 0
    while isinstance(move, GoTo):
        move = _enter(move) if passed < MOST_STEPS else _give_up(move.state, move.notes)
        passed += 1
    return move


def _unheard(state: State) -> Move:
    """A caller who hears no question is not asked again: they go where wrong keys lead, in the end to a person (R3)."""
    if state.phase in call_back.PHASES:
        return call_back.unheard(state)
    return GoTo(state, state.flow.step(state.step).otherwise, (Noted(state.step, result=UNHEARD),))


def _began(state: State) -> Move:
    if state.situation.number is None:
        return _greeted(state)
    return Turn(replace(state, phase=Phase.CALLER), LookUpCaller(state.situation.number))


def _caller(state: State, event: Event) -> Move:
    """The caller's file has come, or not: an unknown caller and a slow service change nothing else (R11)."""
    if not isinstance(event, Found) or not isinstance(event.result, Caller):
        return _greeted(state, (Noted("caller", result="slow"),) if isinstance(event, Slow) else ())
    caller = event.result
    if caller.blocked:
        closing = Finish(End.CLOSE, (Say("blocked", state.language),), outcome=BLOCKED)
        return finish(state, closing, (Noted("caller", result="blocked"),))
    on_file = caller.language in state.flow.languages
    known = replace(
        state,
        caller=caller,
        dialect=caller.dialect,
        language=caller.language if on_file and not state.chosen else state.language,
        chosen=state.chosen or on_file,
    )
    return _greeted(known, (Noted("caller", result="number"),) if caller.customer else ())


def _greeted(state: State, notes: Notes = ()) -> Move:
    """R2: the company is named first, in the caller's language; in every language while that is not known."""
    flow, hours = state.flow, state.situation.hours
    if state.situation.overflowed:
        return GoTo(state, flow.overflow, notes)
    languages = (state.language,) if state.chosen else menu.spoken(state)
    greeted = adding(state, *(say for language in languages for say in _first(state, language)))
    entry = {Hours.OPEN: flow.start, Hours.CLOSED: flow.closed, Hours.NOBODY: flow.nobody}[hours]
    return GoTo(greeted, entry, (*notes, Noted("hours", result=hours.value)))


def _first(state: State, language: str) -> tuple[Say, ...]:
    """The first words; `closed` and `nobody` name the company themselves, `closed_until` the next opening or shift."""
    greeting, situation = Say(state.flow.greeting, language), state.situation
    if situation.hours is Hours.OPEN:
        return (greeting,)
    if situation.opens_at is None:
        return (Say("nobody" if situation.hours is Hours.NOBODY else "closed", language),)
    return (greeting, Say("closed_until", language, {"opens": situation.opens_at}))


def _enter(move: GoTo) -> Move:
    step = move.state.flow.step(move.target)
    state, notes = replace(move.state, step=step.name, misses=0), move.notes
    if step.kind is Kind.SAY:
        return GoTo(adding(state, Say(step.say, state.language)), step.then, (*notes, Noted(step.name)))
    if step.sets is Choice.LANGUAGE and state.chosen:
        return GoTo(state, step.then, (*notes, Noted(step.name, result=state.language)))
    if step.sets is Choice.DIALECT and state.dialect:
        return GoTo(state, step.then, (*notes, Noted(step.name, result=state.dialect)))
    return _ENTER[step.kind](state, step, notes)


def _queue(state: State, step: Step, notes: Notes) -> Move:
    """A step that names a queue always leads there; the built-in `person` only while someone is there to answer."""
    if not step.queue and (state.situation.hours is not Hours.OPEN or state.situation.overflowed):
        return GoTo(state, "message", notes)
    queued = Finish(
        End.QUEUE,
        queue=step.queue or state.situation.queue,
        team=state.caller.team,
        own_agent=state.caller.own_agent,
        priority=max(state.situation.priority, state.caller.priority),
    )
    return finish(saying(state, step), queued, (*notes, Noted(step.name)))


def _line(state: State, step: Step, notes: Notes) -> Move:
    return finish(saying(state, step), Finish(End.LINE, line=step.line), (*notes, Noted(step.name)))


def _close(state: State, step: Step, notes: Notes) -> Move:
    return finish(saying(state, step), Finish(End.CLOSE, outcome=SELF_SERVICE), (*notes, Noted(step.name)))


def _give_up(state: State, notes: Notes) -> Turn:
    """The flow leads nowhere: the caller can leave a message."""
    return finish(state, Finish(End.MESSAGE, outcome=call_back.reason_of(state)), notes)


_TABLE: Final[Mapping[Phase, Callable[[State, Event], Move]]] = {
    Phase.CALLER: _caller,
    Phase.KEYS: menu.key_pressed,
    Phase.CASE_NUMBER: case_state.number_entered,
    Phase.CASE_CHECK: case_state.check_entered,
    Phase.CASE_LOOKUP: case_state.looked_up,
    Phase.MEMBER_NUMBER: member.number_entered,
    Phase.MEMBER_LOOKUP: member.looked_up,
    Phase.NUMBER: call_back.number_entered,
    Phase.CONFIRM: call_back.confirmed,
}
_ENTER: Final[Mapping[Kind, Enter]] = {
    Kind.MENU: menu.ask,
    Kind.CHOOSE: menu.ask,
    Kind.CASE: case_state.ask,
    Kind.MEMBER: member.ask,
    Kind.QUEUE: _queue,
    Kind.LINE: _line,
    Kind.MESSAGE: call_back.message,
    Kind.CALLBACK: call_back.callback,
    Kind.CLOSE: _close,
}
PROMPTS: Final = (
    "blocked closed closed_until nobody wrong_key no_key enter_case identity_check identity_failed case_is not_now "
    "enter_number number_bad number_is confirm enter_member"
).split()
"""The prompts that the session says by itself; `ivr/prompts` has each in every language."""
