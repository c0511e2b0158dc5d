"""The session as a pure function: (state, event) -> (state, one action, notes). No clock, no channel, no database.

Every event is taken in every phase, so a session can neither stop nor fall silent; a caller who presses nothing, or
nothing that helps, reaches a person, or can leave a message when no one is there (R3, R4).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from ivr.flows.model import Choice, Flow, Key, Kind, Step
from ivr.session.model import (
    Ask,
    Began,
    Caller,
    CaseState,
    End,
    Event,
    Finish,
    Found,
    Hours,
    HungUp,
    Keys,
    LookUpCaller,
    LookUpCase,
    Noted,
    NotFound,
    Phase,
    Say,
    Situation,
    Slow,
    State,
    Turn,
    Value,
    Want,
)

CHECK_DIGITS: Final = 4
CASE_DIGITS: Final = 20
NUMBER_DIGITS: Final = range(5, 21)
ENTRY_TRIES: Final = 3
ENTRY_SECONDS: Final = 8
MOST_STEPS: Final = 200
"""Steps without an event in between; the check of flows refuses a loop, this bounds what slips through."""
REASONS: Final[Mapping[Hours, str]] = {
    Hours.OPEN: "overflowed:message_offered",
    Hours.CLOSED: "closed:outside_hours",
    Hours.NOBODY: "closed:nobody_on_duty",
}
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
        return _finish(state, Finish(End.GONE), (Noted(state.step, result="hung_up"),))
    if isinstance(event, Began):
        return _began(state)
    return _TABLE[state.phase](state, event)


def _began(state: State) -> Turn:
    if state.situation.number is None:
        return _greeted(state)
    return Turn(replace(state, phase=Phase.CALLER), LookUpCaller(state.situation.number))


def _caller(state: State, event: Event) -> Turn:
    """The caller's file has come, or not: an unknown caller and a slow service change nothing else (R11)."""
    if not isinstance(event, Found) or not isinstance(event.result, Caller):
        return _greeted(state, (Noted("caller", result="slow"),) if isinstance(event, Slow) else ())
    caller = event.result
    if caller.blocked:
        closing = Finish(End.CLOSE, (Say("blocked", state.language),), outcome=BLOCKED)
        return _finish(state, closing, (Noted("caller", result="blocked"),))
    on_file = caller.language in state.flow.languages
    known = replace(
        state,
        caller=caller,
        dialect=caller.dialect,
        language=caller.language if on_file and not state.chosen else state.language,
        chosen=state.chosen or on_file,
    )
    return _greeted(known, (Noted("caller", result="number"),) if caller.customer else ())


def _greeted(state: State, notes: tuple[Noted, ...] = ()) -> Turn:
    """R2: the company is named first, in the caller's language; in every language while that is not known."""
    flow, hours = state.flow, state.situation.hours
    if state.situation.overflowed:
        return _goto(state, flow.overflow, notes)
    languages = (state.language,) if state.chosen else _spoken(state)
    greeted = _adding(state, *(say for language in languages for say in _first(state, language)))
    entry = {Hours.OPEN: flow.start, Hours.CLOSED: flow.closed, Hours.NOBODY: flow.nobody}[hours]
    return _goto(greeted, entry, (*notes, Noted("hours", result=hours.value)))


def _first(state: State, language: str) -> tuple[Say, ...]:
    """The first words; `closed` and `nobody` name the company themselves, `closed_until` when the line opens again."""
    greeting, situation = Say(state.flow.greeting, language), state.situation
    if situation.hours is Hours.OPEN:
        return (greeting,)
    if situation.hours is Hours.NOBODY:
        return (Say("nobody", language),)
    if situation.opens_at is None:
        return (Say("closed", language),)
    return (greeting, Say("closed_until", language, {"opens": situation.opens_at}))


def _spoken(state: State) -> tuple[str, ...]:
    """The languages in which an unknown caller is addressed, the line's own first."""
    return (state.language, *(language for language in state.flow.languages if language != state.language))


def _goto(state: State, target: str, notes: tuple[Noted, ...] = ()) -> Turn:
    """Enter a step; steps that ask nothing are passed through."""
    for _ in range(MOST_STEPS):
        step = state.flow.step(target)
        state = replace(state, step=step.name, misses=0)
        if step.kind is Kind.SAY:
            notes = (*notes, Noted(step.name))
            state, target = _adding(state, Say(step.say, state.language)), step.then
        elif step.sets is Choice.LANGUAGE and state.chosen:
            notes = (*notes, Noted(step.name, result=state.language))
            target = step.then
        elif step.sets is Choice.DIALECT and state.dialect:
            notes = (*notes, Noted(step.name, result=state.dialect))
            target = step.then
        else:
            return _ENTER[step.kind](state, step, notes)
    return _leave(state, notes)


def _ask(state: State, step: Step, notes: tuple[Noted, ...]) -> Turn:
    languages = _spoken(state) if step.sets is Choice.LANGUAGE else (state.language,)
    intro = tuple(Say(step.say, language) for language in languages if step.say)
    offers = tuple(_offer(state, step, key, entry) for key, entry in step.keys.items() if entry.say)
    return _asked(state, Phase.KEYS, (*intro, *offers), 1, step.seconds, notes)


def _offer(state: State, step: Step, key: str, entry: Key) -> Say:
    """What a key is for; a language is offered in that language."""
    values: dict[str, Value] = {"key": key}
    if step.sets is Choice.DIALECT:
        values["dialect"] = entry.value
    return Say(entry.say, entry.value if step.sets is Choice.LANGUAGE else state.language, values)


def _asked(
    state: State, phase: Phase, say: tuple[Say, ...], most: int, seconds: int, notes: tuple[Noted, ...] = ()
) -> Turn:
    return Turn(replace(state, phase=phase, pending=()), Ask((*state.pending, *say), most, seconds), notes)


def _keys(state: State, event: Event) -> Turn:
    """A key in a menu or a choice."""
    step = state.flow.step(state.step)
    pressed = _pressed(event, "#")
    note = Noted(step.name, pressed)
    if pressed not in step.keys:
        return _missed(state, step, note)
    value = step.keys[pressed].value
    if step.kind is Kind.MENU:
        return _goto(state, value, (note,))
    if step.sets is Choice.LANGUAGE:
        state = replace(state, language=value, chosen=True)
    else:
        state = replace(state, dialect=value)
    return _goto(state, step.then, (replace(note, result=value),))


def _pressed(event: Event, alone: str = "") -> str:
    """The keys of an event, `alone` for a `#` by itself; empty for silence."""
    if isinstance(event, Keys):
        return event.keys or alone
    return ""


def _missed(state: State, step: Step, note: Noted) -> Turn:
    """A wrong key or silence: the question again, and after the set number of times a person."""
    misses = state.misses + 1
    if misses >= step.tries:
        return _goto(state, step.otherwise, (note,))
    wrong = Say("wrong_key" if note.keys else "no_key", state.language)
    turn = _ENTER[step.kind](_adding(state, wrong), step, (note,))
    return replace(turn, state=replace(turn.state, misses=misses))


# A case on the keypad: its number, then the check digits, then its state in words.


def _case(state: State, step: Step, notes: tuple[Noted, ...]) -> Turn:
    say = Say(step.say or "enter_case", state.language)
    return _asked(state, Phase.CASE_NUMBER, (say,), CASE_DIGITS, max(step.seconds, ENTRY_SECONDS), notes)


def _case_number(state: State, event: Event) -> Turn:
    step, digits = state.flow.step(state.step), _digits(event)
    note = Noted(step.name, digits)
    if not digits:
        return _missed(state, step, note)
    say = (Say("identity_check", state.language),)
    return _asked(replace(state, case_digits=digits), Phase.CASE_CHECK, say, CHECK_DIGITS, ENTRY_SECONDS, (note,))


def _case_check(state: State, event: Event) -> Turn:
    step, digits = state.flow.step(state.step), _digits(event)
    # The check digits are a secret of the customer: the record shows that they were pressed, not which.
    note = Noted(f"{step.name}_check", "*" * len(digits))
    if len(digits) != CHECK_DIGITS:
        return _missed(state, step, note)
    return Turn(replace(state, phase=Phase.CASE_LOOKUP), LookUpCase(state.case_digits, digits), (note,))


def _case_lookup(state: State, event: Event) -> Turn:
    step = state.flow.step(state.step)
    if isinstance(event, Found) and isinstance(event.result, CaseState):
        case = event.result
        values: dict[str, Value] = {"case": case.case, "state": case.state}
        said = _adding(state, Say("case_is", state.language, values))
        return _goto(said, step.then, (Noted(step.name, result=f"case_{case.case}"),))
    if isinstance(event, NotFound):
        return _unmatched(state, step)
    # The service cannot answer now; a person can.
    return _goto(_adding(state, Say("not_now", state.language)), step.otherwise, (Noted(step.name, result="slow"),))


def _unmatched(state: State, step: Step) -> Turn:
    misses, note = state.misses + 1, Noted(step.name, result="not_matched")
    said = _adding(state, Say("identity_failed", state.language))
    if misses >= step.tries:
        return _goto(said, step.otherwise, (note,))
    turn = _case(said, step, (note,))
    return replace(turn, state=replace(turn.state, misses=misses))


def _digits(event: Event) -> str:
    return "".join(key for key in _pressed(event) if key.isdigit())


# Ends. A caller who is to be called back and whose number is hidden enters one.


def _queue(state: State, step: Step, notes: tuple[Noted, ...]) -> Turn:
    """A step that names a queue always leads there; the built-in `person` only while someone is there to answer."""
    if not step.queue and (state.situation.hours is not Hours.OPEN or state.situation.overflowed):
        return _goto(state, "message", notes)
    finish = Finish(
        End.QUEUE,
        queue=step.queue or state.situation.queue,
        dialect=state.dialect,
        priority=max(state.situation.priority, state.caller.priority),
    )
    return _finish(_saying(state, step), finish, (*notes, Noted(step.name)))


def _line(state: State, step: Step, notes: tuple[Noted, ...]) -> Turn:
    return _finish(_saying(state, step), Finish(End.LINE, line=step.line), (*notes, Noted(step.name)))


def _close(state: State, step: Step, notes: tuple[Noted, ...]) -> Turn:
    return _finish(_saying(state, step), Finish(End.CLOSE, outcome=SELF_SERVICE), (*notes, Noted(step.name)))


def _message(state: State, step: Step, notes: tuple[Noted, ...]) -> Turn:
    return _reach(_saying(state, step), Want.MESSAGE, (*notes, Noted(step.name)))


def _callback(state: State, step: Step, notes: tuple[Noted, ...]) -> Turn:
    return _reach(_saying(state, step), Want.CALLBACK, (*notes, Noted(step.name)))


def _reach(state: State, want: Want, notes: tuple[Noted, ...]) -> Turn:
    state = replace(state, want=want, misses=0, number="")
    return _reached(state, notes) if state.situation.number is not None else _enter_number(state, notes)


def _enter_number(state: State, notes: tuple[Noted, ...] = ()) -> Turn:
    say = (Say("enter_number", state.language),)
    return _asked(state, Phase.NUMBER, say, NUMBER_DIGITS.stop - 1, ENTRY_SECONDS, notes)


def _number(state: State, event: Event) -> Turn:
    digits = _digits(event)
    # The number itself is a field of the record, where it is masked for those who may not see it.
    note = Noted("number", "*" * len(digits))
    if len(digits) in NUMBER_DIGITS:
        return _confirm(replace(state, number=digits), (note,))
    misses = state.misses + 1
    if misses < ENTRY_TRIES:
        wrong = Say("number_bad" if digits else "no_key", state.language)
        return _enter_number(_adding(replace(state, misses=misses), wrong), (note,))
    return _unreachable(replace(state, number=""), (note,))


def _confirm(state: State, notes: tuple[Noted, ...] = ()) -> Turn:
    say = (
        Say("number_is", state.language, {"number": state.number}),
        Say("confirm", state.language, {"yes": "1", "no": "2"}),
    )
    return _asked(state, Phase.CONFIRM, say, 1, ENTRY_SECONDS, notes)


def _confirmed(state: State, event: Event) -> Turn:
    """Key 2 is another number; key 1 confirms, and so does silence: a number that was entered is not thrown away."""
    pressed = _pressed(event, "#")
    note = Noted("number_confirm", pressed)
    misses = state.misses + 1
    if pressed == "2" and misses < ENTRY_TRIES:
        return _enter_number(replace(state, misses=misses), (note,))
    if pressed in ("1", "#", "") or misses >= ENTRY_TRIES:
        return _reached(state, (note,))
    return _confirm(_adding(replace(state, misses=misses), Say("wrong_key", state.language)), (note,))


def _reached(state: State, notes: tuple[Noted, ...]) -> Turn:
    end = End.CALLBACK if state.want is Want.CALLBACK else End.MESSAGE
    return _finish(state, Finish(end, number=state.number, outcome=_reason(state)), notes)


def _unreachable(state: State, notes: tuple[Noted, ...]) -> Turn:
    """Without a number no one can call back: a person takes the call; when no one is there, the caller's message."""
    if state.want is Want.CALLBACK and state.situation.hours is Hours.OPEN and not state.situation.overflowed:
        return _goto(state, "person", notes)
    return _finish(state, Finish(End.MESSAGE, outcome=_reason(state)), notes)


def _reason(state: State) -> str:
    return "overflowed:waited_too_long" if state.situation.overflowed else REASONS[state.situation.hours]


def _leave(state: State, notes: tuple[Noted, ...]) -> Turn:
    return _finish(state, Finish(End.MESSAGE, outcome=_reason(state)), notes)


def _saying(state: State, step: Step) -> State:
    return _adding(state, Say(step.say, state.language)) if step.say else state


def _adding(state: State, *say: Say) -> State:
    return replace(state, pending=(*state.pending, *say))


def _finish(state: State, finish: Finish, notes: tuple[Noted, ...]) -> Turn:
    said = () if finish.end is End.GONE else (*state.pending, *finish.say)
    done = replace(finish, say=said, language=state.language)
    return Turn(replace(state, phase=Phase.OVER, pending=()), done, notes)


_TABLE: Final[Mapping[Phase, Callable[[State, Event], Turn]]] = {
    Phase.CALLER: _caller,
    Phase.KEYS: _keys,
    Phase.CASE_NUMBER: _case_number,
    Phase.CASE_CHECK: _case_check,
    Phase.CASE_LOOKUP: _case_lookup,
    Phase.NUMBER: _number,
    Phase.CONFIRM: _confirmed,
}
_ENTER: Final[Mapping[Kind, Callable[[State, Step, tuple[Noted, ...]], Turn]]] = {
    Kind.MENU: _ask,
    Kind.CHOOSE: _ask,
    Kind.CASE: _case,
    Kind.QUEUE: _queue,
    Kind.LINE: _line,
    Kind.MESSAGE: _message,
    Kind.CALLBACK: _callback,
    Kind.CLOSE: _close,
}
PROMPTS: Final = (
    "blocked closed closed_until nobody wrong_key no_key enter_case identity_check identity_failed case_is not_now "
    "enter_number number_bad number_is confirm"
).split()
"""The prompts that the session says by itself; `ivr/prompts` has each in every language."""
