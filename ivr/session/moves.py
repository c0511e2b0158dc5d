"""Turns of a session: questions, ends and moves to another step. What the parts of the session share. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from ivr.flows.model import Step
from ivr.session.model import Ask, End, Event, Finish, Keys, Noted, Phase, Say, State, Turn

Notes = tuple[Noted, ...]
UNHEARD: Final = "not_played"
"""In the caller's path: recordings are missing, so the caller has not heard it."""


@dataclass(frozen=True, slots=True)
class GoTo:
    """The session goes on with this step; the machine enters it."""

    state: State
    target: str
    notes: Notes = ()


Move = Turn | GoTo
Enter = Callable[[State, Step, Notes], Move]
"""Enters a step: asks its question, or ends the session."""


def asked(state: State, phase: Phase, say: tuple[Say, ...], most: int, seconds: int, notes: Notes = ()) -> Turn:
    """A question, after the prompts that are pending."""
    return Turn(replace(state, phase=phase, pending=()), Ask((*state.pending, *say), most, seconds), notes)


def pressed(event: Event, alone: str = "") -> str:
    """The keys of an event, `alone` for a `#` by itself; empty for silence."""
    if isinstance(event, Keys):
        return event.keys or alone
    return ""


def digits(event: Event) -> str:
    return "".join(key for key in pressed(event) if key.isdigit())


def missed(state: State, step: Step, note: Noted, ask: Callable[[State, Step, Notes], Turn]) -> Move:
    """A wrong key or silence: the question again, and after the set number of times a person."""
    misses = state.misses + 1
    if misses >= step.tries:
        return GoTo(state, step.otherwise, (note,))
    wrong = Say("wrong_key" if note.keys else "no_key", state.language)
    return asked_again(ask(adding(state, wrong), step, (note,)), misses)


def asked_again(turn: Turn, misses: int) -> Turn:
    """The same question once more, with the number of answers missed so far."""
    return replace(turn, state=replace(turn.state, misses=misses))


def saying(state: State, step: Step) -> State:
    return adding(state, Say(step.say, state.language)) if step.say else state


def adding(state: State, *say: Say) -> State:
    return replace(state, pending=(*state.pending, *say))


def finish(state: State, end: Finish, notes: Notes) -> Turn:
    """The end of the session; a caller who is gone hears nothing more."""
    say = () if end.end is End.GONE else (*state.pending, *end.say)
    # A language that is the caller's own has a ladder as a dialect has, where the queue names it (R8).
    spoken = state.dialect or (state.language if state.chosen else "")
    spoken = "" if end.end is End.GONE else spoken
    done = replace(end, say=say, language=state.language, dialect=spoken)
    return Turn(replace(state, phase=Phase.OVER, pending=()), done, notes)
