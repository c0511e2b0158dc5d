"""The steps of a case as tables (K3), what each requires, and the level that decides (K4). Pure."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Final

from callcenter.complaints.errors import FieldsMissing, IllegalStep, NotYourStep, ReasonMissing
from callcenter.complaints.model import STATEMENTS, Case, Event, Facts, Kind, Level, Severity, State

PATHS: Final[Mapping[Kind, tuple[State, ...]]] = {
    Kind.COMPLAINT: (
        State.RECEIVED,
        State.ASSESSED,
        State.INVESTIGATING,
        State.PROPOSED,
        State.APPROVED,
        State.CORRECTED,
        State.VERIFIED,
        State.CALLED_BACK,
        State.CLOSED,
        State.ARCHIVED,
    ),
    Kind.ENQUIRY: (State.RECEIVED, State.ANSWERED, State.CALLED_BACK, State.CLOSED, State.ARCHIVED),
    Kind.SUGGESTION: (State.RECEIVED, State.ASSESSED, State.CLOSED, State.ARCHIVED),
    Kind.PRAISE: (State.RECEIVED, State.ASSESSED, State.CLOSED, State.ARCHIVED),
}
"""The steps of each kind in their order (K3)."""

TO_REACH: Final[Mapping[State, Event]] = {
    State.ASSESSED: Event.ASSESS,
    State.INVESTIGATING: Event.INVESTIGATE,
    State.PROPOSED: Event.PROPOSE,
    State.APPROVED: Event.APPROVE,
    State.CORRECTED: Event.CORRECT,
    State.VERIFIED: Event.VERIFY,
    State.ANSWERED: Event.ANSWER,
    State.CALLED_BACK: Event.CALL_BACK,
    State.CLOSED: Event.CLOSE,
    State.ARCHIVED: Event.ARCHIVE,
}
OVER: Final = frozenset({State.CLOSED, State.ARCHIVED, State.WITHDRAWN, State.MERGED})
"""K7: a case in these states changes only by a new entry."""


def _table(kind: Kind) -> dict[State, dict[Event, State]]:
    path = PATHS[kind]
    table = {here: {TO_REACH[there]: there} for here, there in pairwise(path)}
    for state in path:
        if state not in OVER:
            table[state] |= {Event.WITHDRAW: State.WITHDRAWN, Event.MERGE: State.MERGED}
    again = State.INVESTIGATING if State.INVESTIGATING in path else State.RECEIVED
    table[State.CLOSED][Event.REOPEN] = again
    table[State.ARCHIVED] = {Event.REOPEN: again}
    table[State.WITHDRAWN] = {Event.REOPEN: State.RECEIVED, Event.ARCHIVE: State.ARCHIVED}
    table[State.MERGED] = {}
    return table


TABLES: Final[Mapping[Kind, Mapping[State, Mapping[Event, State]]]] = {kind: _table(kind) for kind in Kind}
TRANSITIONS: Final = TABLES[Kind.COMPLAINT]
"""A complaint's table; RETURN is not in it because it names its goal (`returned`)."""

NEEDED_LEVEL: Final[Mapping[Event, Level]] = {
    Event.VERIFY: Level.SUPERVISOR,
    Event.CALL_BACK: Level.SUPERVISOR,
    Event.ARCHIVE: Level.SUPERVISOR,
    Event.MERGE: Level.SUPERVISOR,
}
"""The levels of steps; everyone may take the others, except those of BY_SEVERITY.

CALL_BACK follows from a return call's result; by hand it requires a supervisor's decision, with a reason (F1).
"""

BY_SEVERITY: Final = frozenset({Event.APPROVE, Event.WITHDRAW, Event.REOPEN})
"""K4: the level these require depends on the severity of the case."""

APPROVAL: Final[Mapping[Severity, Level]] = {
    Severity.MINOR: Level.SUPERVISOR,
    Severity.NORMAL: Level.SUPERVISOR,
    Severity.SERIOUS: Level.MANAGER,
    Severity.CRITICAL: Level.LEADER,
}
"""K4: the higher the severity, the higher the level."""

REQUIRED: Final[Mapping[Event, tuple[str, ...]]] = {
    Event.ASSESS: ("severity",),
    Event.PROPOSE: ("investigation",),
    Event.APPROVE: ("proposal",),
    Event.CORRECT: ("corrective_action",),
    Event.VERIFY: ("verification",),
}
"""The statements that a complaint's step requires."""

WITH_REASON: Final = frozenset({Event.CALL_BACK, Event.RETURN, Event.WITHDRAW, Event.MERGE, Event.REOPEN})


def after(case: Case, event: Event, goal: State | None = None) -> State:
    """Returns the state that a step leads to; raises IllegalStep."""
    if event is Event.RETURN:
        return returned(case, goal)
    reached = TABLES[case.facts.kind].get(case.state, {}).get(event)
    if reached is None:
        raise IllegalStep("case", case.state, event, TABLES[case.facts.kind].get(case.state, {}))
    return reached


def returned(case: Case, goal: State | None) -> State:
    """Returns an earlier step of the case's path; raises IllegalStep for any other."""
    path = PATHS[case.facts.kind]
    here = path.index(case.state) if case.state in path and case.state not in OVER else 0
    if goal is None or goal not in path[:here]:
        raise IllegalStep("case", case.state, Event.RETURN, TABLES[case.facts.kind].get(case.state, {}))
    return goal


def needed_level(case: Case, event: Event) -> Level:
    """K4: returns the level required to take this step."""
    if event in BY_SEVERITY:
        return level_for(case)
    return NEEDED_LEVEL.get(event, Level.AGENT)


def level_for(case: Case) -> Level:
    """K4: returns the level that decides about this case; an unassessed complaint counts as the most severe."""
    if case.facts.severity is None and case.facts.kind is not Kind.COMPLAINT:
        return Level.AGENT
    return APPROVAL[case.facts.severity or Severity.CRITICAL]


def lowers(before: Severity | None, now: Severity | None) -> bool:
    """Whether a given severity is lowered or removed; the first assessment lowers nothing."""
    order = tuple(Severity)
    return before is not None and (now is None or order.index(now) < order.index(before))


def check_merge(case: Case, goal: Case, level: Level) -> None:
    """K4: merging a case into a less severe one requires the level of the merged case; raises NotYourStep."""
    needs = level_for(case)
    if lowers(case.facts.severity, goal.facts.severity) and level < needs:
        word = needs.name.lower()
        raise NotYourStep(f"this case is more severe than the other; a {word} merges it", case=case.number, needs=word)


def check_severity(case: Case, facts: Facts, level: Level, reason: str) -> None:
    """K4: lowering a severity requires a reason and the level it had. Raises ReasonMissing, NotYourStep."""
    if not lowers(case.facts.severity, facts.severity):
        return
    needs = level_for(case)
    if level < needs:
        word = needs.name.lower()
        raise NotYourStep(f"a {word} lowers this severity", case=case.number, field="severity", needs=word)
    if not reason.strip():
        raise ReasonMissing("a reason is required to lower the severity", case=case.number, field="severity")


def check_ready(case: Case, event: Event, reason: str = "") -> None:
    """Raises FieldsMissing or ReasonMissing when a step requires something that is not written yet."""
    if event in WITH_REASON and not reason.strip():
        raise ReasonMissing("a reason is required", case=case.number, event=event)
    required = REQUIRED.get(event, ()) if case.facts.kind is Kind.COMPLAINT else ()
    missing = [name for name in required if not _written(case, name)]
    if missing:
        raise FieldsMissing(f"write first: {', '.join(missing)}", case=case.number, fields=", ".join(missing))


def _written(case: Case, name: str) -> bool:
    if name in STATEMENTS:
        return name in case.statements and bool(case.statements[name].text.strip())
    return bool(getattr(case.facts, name))
