"""A case on the keypad: its number, then the check digits, then its state in words. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from ivr.flows.model import Step
from ivr.session.model import CaseState, Event, Found, LookUpCase, Noted, NotFound, Phase, Say, State, Turn, Value
from ivr.session.moves import GoTo, Move, Notes, adding, asked, asked_again, digits, missed, pressed

CHECK_DIGITS: Final = 4
CASE_DIGITS: Final = 20
ENTRY_SECONDS: Final = 8


def ask(state: State, step: Step, notes: Notes) -> Turn:
    say = Say(step.say or "enter_case", state.language)
    return asked(state, Phase.CASE_NUMBER, (say,), CASE_DIGITS, max(step.seconds, ENTRY_SECONDS), notes)


def number_entered(state: State, event: Event) -> Move:
    step, number = state.flow.step(state.step), digits(event)
    note = Noted(step.name, number or pressed(event, "#"))
    if not number:
        return missed(state, step, note, ask)
    say = (Say("identity_check", state.language),)
    return asked(replace(state, case_digits=number), Phase.CASE_CHECK, say, CHECK_DIGITS, ENTRY_SECONDS, (note,))


def check_entered(state: State, event: Event) -> Move:
    step, check = state.flow.step(state.step), digits(event)
    # The check digits are a secret of the customer: the record shows that they were pressed, not which.
    note = Noted(f"{step.name}_check", "*" * len(pressed(event, "#")))
    if len(check) != CHECK_DIGITS:
        return missed(state, step, note, ask)
    return Turn(replace(state, phase=Phase.CASE_LOOKUP), LookUpCase(state.case_digits, check), (note,))


def looked_up(state: State, event: Event) -> Move:
    step = state.flow.step(state.step)
    if isinstance(event, Found) and isinstance(event.result, CaseState):
        case = event.result
        values: dict[str, Value] = {"case": case.case, "state": case.state}
        answered = adding(state, Say("case_is", state.language, values))
        return GoTo(answered, step.then, (Noted(step.name, result=f"case_{case.case}"),))
    if isinstance(event, NotFound):
        return _unmatched(state, step)
    # The service cannot answer now; a person can.
    return GoTo(adding(state, Say("not_now", state.language)), step.otherwise, (Noted(step.name, result="slow"),))


def _unmatched(state: State, step: Step) -> Move:
    misses, note = state.misses + 1, Noted(step.name, result="not_matched")
    failed = adding(state, Say("identity_failed", state.language))
    if misses >= step.tries:
        return GoTo(failed, step.otherwise, (note,))
    return asked_again(ask(failed, step, (note,)), misses)
