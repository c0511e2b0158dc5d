"""A member number on the keypad: it tells people on one telephone number apart. Pure.

Nothing of the file is read to the caller. The number keyed in is not kept: the path has the customer whose it is.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from ivr.flows.model import Step
from ivr.session.model import Caller, Event, Found, LookUpMember, Noted, NotFound, Phase, Say, State, Turn
from ivr.session.moves import GoTo, Move, Notes, adding, asked, asked_again, digits, missed

MEMBER_DIGITS: Final = 20
ENTRY_SECONDS: Final = 8


def ask(state: State, step: Step, notes: Notes) -> Turn:
    say = (Say(step.say or "enter_member", state.language),)
    return asked(state, Phase.MEMBER_NUMBER, say, MEMBER_DIGITS, max(step.seconds, ENTRY_SECONDS), notes)


def number_entered(state: State, event: Event) -> Move:
    step, number = state.flow.step(state.step), digits(event)
    note = Noted(step.name, "*" * len(number))
    if not number:
        return missed(state, step, note, ask)
    look_up = LookUpMember(number, state.situation.number)
    return Turn(replace(state, phase=Phase.MEMBER_LOOKUP), look_up, (note,))


def looked_up(state: State, event: Event) -> Move:
    """The customer of the member number is the caller from now on; a language that was chosen stays."""
    step = state.flow.step(state.step)
    if isinstance(event, Found) and isinstance(event.result, Caller) and event.result.customer:
        caller = event.result
        known = replace(
            state,
            caller=caller,
            dialect=state.dialect or caller.dialect,
            language=state.language if state.chosen or caller.language not in state.flow.languages else caller.language,
            chosen=state.chosen or caller.language in state.flow.languages,
        )
        return GoTo(known, step.then, (Noted(step.name, result=f"member_{caller.customer}"),))
    if not isinstance(event, NotFound):
        # The service cannot answer now: the caller goes on as they are known.
        return GoTo(state, step.then, (Noted(step.name, result="slow"),))
    misses, note = state.misses + 1, Noted(step.name, result="not_matched")
    wrong = adding(state, Say("number_bad", state.language))
    if misses >= step.tries:
        return GoTo(wrong, step.otherwise, (note,))
    return asked_again(ask(wrong, step, (note,)), misses)
