"""Messages and return calls of a session; a caller whose number is hidden enters one. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from ivr.flows.model import Step
from ivr.session.model import End, Event, Finish, Hours, Noted, Phase, Say, State, Turn, Want
from ivr.session.moves import UNHEARD, GoTo, Move, Notes, adding, asked, digits, finish, pressed, saying

NUMBER_DIGITS: Final = range(5, 21)
SHORTEST_CALLABLE: Final = 6
"""Digits of a shown number at which a caller may be reached, as in the dialplan (asterisk/render/numbers.py)."""
ENTRY_TRIES: Final = 3
ENTRY_SECONDS: Final = 8
PHASES: Final = frozenset({Phase.NUMBER, Phase.CONFIRM})
REASONS: Final[Mapping[Hours, str]] = {
    Hours.OPEN: "overflowed:message_offered",
    Hours.CLOSED: "closed:outside_hours",
    Hours.NOBODY: "closed:nobody_on_duty",
}


def message(state: State, step: Step, notes: Notes) -> Turn:
    return _reach(saying(state, step), Want.MESSAGE, (*notes, Noted(step.name)))


def callback(state: State, step: Step, notes: Notes) -> Turn:
    return _reach(saying(state, step), Want.CALLBACK, (*notes, Noted(step.name)))


def _reach(state: State, want: Want, notes: Notes) -> Turn:
    state = replace(state, want=want, misses=0, number="")
    return _reached(state, notes) if reaches(state.situation.number) else _enter_number(state, notes)


def reaches(number: str | None) -> bool:
    """Whether the caller may be reached at the number that is shown; not at a few digits or at a service's number."""
    return number is not None and len(number.removeprefix("+")) >= SHORTEST_CALLABLE


def _enter_number(state: State, notes: Notes = ()) -> Turn:
    say = (Say("enter_number", state.language),)
    return asked(state, Phase.NUMBER, say, NUMBER_DIGITS.stop - 1, ENTRY_SECONDS, notes)


def number_entered(state: State, event: Event) -> Move:
    number = digits(event)
    # The number itself is a field of the record, where it is masked for those who may not see it.
    note = Noted("number", "*" * len(number))
    if len(number) in NUMBER_DIGITS:
        return _confirm(replace(state, number=number), (note,))
    misses = state.misses + 1
    if misses < ENTRY_TRIES:
        wrong = Say("number_bad" if number else "no_key", state.language)
        return _enter_number(adding(replace(state, misses=misses), wrong), (note,))
    return _unreachable(replace(state, number=""), (note,))


def _confirm(state: State, notes: Notes = ()) -> Turn:
    say = (
        Say("number_is", state.language, {"number": state.number}),
        Say("confirm", state.language, {"yes": "1", "no": "2"}),
    )
    return asked(state, Phase.CONFIRM, say, 1, ENTRY_SECONDS, notes)


def confirmed(state: State, event: Event) -> Turn:
    """Key 2 is another number; key 1 confirms, and so does silence: an entered number is not discarded."""
    key = pressed(event, "#")
    note = Noted("number_confirm", key)
    misses = state.misses + 1
    if key == "2" and misses < ENTRY_TRIES:
        return _enter_number(replace(state, misses=misses), (note,))
    if key in ("1", "#", "") or misses >= ENTRY_TRIES:
        return _reached(state, (note,))
    return _confirm(adding(replace(state, misses=misses), Say("wrong_key", state.language)), (note,))


def unheard(state: State) -> Move:
    """The number cannot be asked for; one that was entered is kept, as in silence."""
    if state.phase is Phase.CONFIRM:
        return _reached(state, (Noted("number_confirm", result=UNHEARD),))
    return _unreachable(replace(state, number=""), (Noted("number", result=UNHEARD),))


def _reached(state: State, notes: Notes) -> Turn:
    end = End.CALLBACK if state.want is Want.CALLBACK else End.MESSAGE
    return finish(state, Finish(end, number=state.number, outcome=reason_of(state)), notes)


def _unreachable(state: State, notes: Notes) -> Move:
    """Without a number no one can call back: a person takes the call; when no one is there, the caller's message."""
    if state.want is Want.CALLBACK and state.situation.hours is Hours.OPEN and not state.situation.overflowed:
        return GoTo(state, "person", notes)
    return finish(state, Finish(End.MESSAGE, outcome=reason_of(state)), notes)


def reason_of(state: State) -> str:
    return "overflowed:waited_too_long" if state.situation.overflowed else REASONS[state.situation.hours]
