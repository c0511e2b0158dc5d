"""Plays a flow as text, for the people who write one: prints what a caller would hear, takes keys. No call is made."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from callcenter.errors import CallCentreError
from ivr.flows.model import Flow
from ivr.prompts.sentences import default_catalogue
from ivr.session.machine import advance, begin
from ivr.session.model import (
    Ask,
    Began,
    CaseState,
    Event,
    Finish,
    Found,
    HungUp,
    Keys,
    LookUpCase,
    NotFound,
    Say,
    Silence,
    Situation,
)

HANG_UP = "x"
SAMPLE_CASE = CaseState("TS20261123-0001", "investigating")
SAMPLE_DIGITS = ("202611230001", "1234")
"""The case number and the check digits that a trial knows."""


def play(flow: Flow, situation: Situation, read: Callable[[str], str], write: Callable[[str], object]) -> Finish:
    """Play until the flow ends. `read` returns keys, nothing for silence, `x` for a hang-up."""
    turn = advance(begin(flow, situation), Began())
    while not isinstance(turn.do, Finish):
        event: Event
        if isinstance(turn.do, Ask):
            _write(flow, turn.do.say, write)
            event = _event(read(f"[{turn.do.most} key{'s' if turn.do.most > 1 else ''}, {turn.do.seconds} s] "))
        elif isinstance(turn.do, LookUpCase):
            known = (turn.do.digits, turn.do.check) == SAMPLE_DIGITS
            event = Found(SAMPLE_CASE) if known else NotFound()
        else:
            event = NotFound()
        turn = advance(turn.state, event)
    _write(flow, turn.do.say, write)
    words = (turn.do.end.value, turn.do.queue, turn.do.line, turn.do.dialect, turn.do.number, turn.do.outcome)
    write("-> " + " ".join(word for word in words if word))
    return turn.do


def _event(text: str) -> Event:
    text = text.strip()
    if text == HANG_UP:
        return HungUp()
    return Keys(text if text == "#" else text.removesuffix("#")) if text else Silence()


def _write(flow: Flow, say: Iterable[Say], write: Callable[[str], object]) -> None:
    for entry in say:
        write(f"{entry.language:6} {spoken(flow, entry)}")


def prompt_words(flow: Flow, language: str) -> Callable[[str], str]:
    """The words of prompts for a drawing; a prompt with values is shown by its name."""

    def words(prompt: str) -> str:
        try:
            return spoken(flow, Say(prompt, language))
        except CallCentreError:
            return prompt

    return words


def spoken(flow: Flow, say: Say) -> str:
    """The words of a prompt: the flow's own text, or the recorded prompt with its values."""
    own = flow.texts.get(say.prompt, {}).get(say.language)
    return own or default_catalogue().spoken(say.prompt, say.values, say.language)
