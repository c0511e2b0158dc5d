"""Menus and choices of a session: one key for a way through the flow, a language or a dialect. Pure."""

from __future__ import annotations

from dataclasses import replace

from ivr.flows.model import Choice, Key, Kind, Step
from ivr.session.model import Event, Noted, Phase, Say, State, Turn, Value
from ivr.session.moves import GoTo, Move, Notes, asked, missed, pressed


def spoken(state: State) -> tuple[str, ...]:
    """The languages in which an unknown caller is addressed, the line's own first."""
    return (state.language, *(language for language in state.flow.languages if language != state.language))


def ask(state: State, step: Step, notes: Notes) -> Turn:
    languages = spoken(state) if step.sets is Choice.LANGUAGE else (state.language,)
    intro = tuple(Say(step.say, language) for language in languages if step.say)
    offers = tuple(_offer(state, step, digit, key) for digit, key in step.keys.items() if key.say)
    return asked(state, Phase.KEYS, (*intro, *offers), 1, step.seconds, notes)


def _offer(state: State, step: Step, digit: str, key: Key) -> Say:
    """What a key is for; a language is offered in that language."""
    values: dict[str, Value] = {"key": digit}
    if step.sets is Choice.DIALECT:
        values["dialect"] = key.value
    return Say(key.say, key.value if step.sets is Choice.LANGUAGE else state.language, values)


def key_pressed(state: State, event: Event) -> Move:
    """A key in a menu or a choice."""
    step = state.flow.step(state.step)
    key = pressed(event, "#")
    note = Noted(step.name, key)
    if key not in step.keys:
        return missed(state, step, note, ask)
    value = step.keys[key].value
    if step.kind is Kind.MENU:
        return GoTo(state, value, (note,))
    if step.sets is Choice.LANGUAGE:
        state = replace(state, language=value, chosen=True)
    else:
        state = replace(state, dialect=value)
    return GoTo(state, step.then, (replace(note, result=value),))
