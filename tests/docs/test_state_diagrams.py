"""docs/states.md is drawn from the tables; `python -m tests.docs.test_state_diagrams` draws it again."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from callcenter.agents.model import TRANSITIONS as PRESENCE
from callcenter.callbacks.model import TRANSITIONS as RETURN_CALL
from callcenter.complaints.model import Kind
from callcenter.complaints.steps.model import TABLES as CASES
from callcenter.customers.journal.model import TRANSITIONS as ENTRY
from callcenter.flags.ledger.model import TRANSITIONS as LEDGER
from callcenter.flags.model import TRANSITIONS as FLAG
from callcenter.roster.breaks.model import TRANSITIONS as BREAK
from callcenter.roster.handover.model import TRANSITIONS as HANDOVER
from callcenter.roster.leave.model import TRANSITIONS as LEAVE
from callcenter.roster.overtime.model import TRANSITIONS as OVERTIME
from callcenter.roster.swaps.model import TRANSITIONS as SWAP
from callcenter.scorecards.model import CALIBRATION, PICK, SCORE
from callcenter.worklog.model import TRANSITIONS as WORK_LOG
from callcenter.worklog.unusual.model import TRANSITIONS as UNUSUAL
from recordings.model import CAPTURE_TRANSITIONS, RECORDING_TRANSITIONS
from recordings.transcripts.model import TRANSITIONS as TRANSCRIPT

PAGE: Final = Path(__file__).parents[2] / "docs" / "states.md"
MACHINES: Final[Mapping[str, tuple[str, Mapping[Any, Mapping[Any, StrEnum]]]]] = {
    "Presence as the agent sets it": ("callcenter/agents/model.py", PRESENCE),
    "Return call": ("callcenter/callbacks/model.py", RETURN_CALL),
    "Transcript": ("recordings/transcripts/model.py", TRANSCRIPT),
    "Complaint case (a `return` leads to any earlier step)": (
        "callcenter/complaints/steps/model.py",
        CASES[Kind.COMPLAINT],
    ),
    "Enquiry": ("callcenter/complaints/steps/model.py", CASES[Kind.ENQUIRY]),
    "Flag": ("callcenter/flags/model.py", FLAG),
    "Entry of the ledger": ("callcenter/flags/ledger/model.py", LEDGER),
    "Score": ("callcenter/scorecards/model.py", SCORE),
    "Call drawn for grading": ("callcenter/scorecards/model.py", PICK),
    "Calibration of graders": ("callcenter/scorecards/model.py", CALIBRATION),
    "Recording of a living call": ("recordings/model.py", CAPTURE_TRANSITIONS),
    "Visit or enrolment of a customer": ("callcenter/customers/journal/model.py", ENTRY),
    "Break of an agent": ("callcenter/roster/breaks/model.py", BREAK),
    "Handover of a shift": ("callcenter/roster/handover/model.py", HANDOVER),
    "Leave of an agent": ("callcenter/roster/leave/model.py", LEAVE),
    "Overtime": ("callcenter/roster/overtime/model.py", OVERTIME),
    "Swap of a shift": ("callcenter/roster/swaps/model.py", SWAP),
    "Work log": ("callcenter/worklog/model.py", WORK_LOG),
    "Report of an unusual customer": ("callcenter/worklog/unusual/model.py", UNUSUAL),
    "Recording": ("recordings/model.py", RECORDING_TRANSITIONS),
}


def diagram(table: Mapping[Any, Mapping[Any, StrEnum]]) -> str:
    first = next(iter(table))
    lines = ["stateDiagram-v2", f"    [*] --> {first}"]
    for state, steps in table.items():
        lines += [f"    {state} --> {after}: {event}" for event, after in steps.items()]
        if not steps:
            lines.append(f"    {state} --> [*]")
    return "\n".join(lines)


def page() -> str:
    parts = [
        "# States\n\nDrawn from the tables by `tests/docs/test_state_diagrams.py`; a step that is not in a table is "
        "refused.\n\n"
        "A live call has no table: Asterisk promises no order of its events, so what is shown of a call is derived "
        "from all facts seen of it\n(`callcenter/calls/live_call.py`, "
        "[0211](decisions/0211-a-live-call-has-no-state-machine.md)). What a phone does (ringing, on a call, wrap-up) "
        "is derived too and\noutranks the presence that its agent set (`callcenter/calls/presence.py`).\n"
    ]
    for name, (source, table) in MACHINES.items():
        parts.append(f"## {name}\n\n`{source}`\n\n```mermaid\n{diagram(table)}\n```\n")
    return "\n".join(parts)


def test_the_page_of_states_matches_the_tables() -> None:
    assert PAGE.read_text() == page()


def test_every_state_is_reached_and_has_a_row_of_its_own() -> None:
    for _, table in MACHINES.values():
        first = next(iter(table))
        reached = {after for steps in table.values() for after in steps.values()} | {first}
        assert reached == set(table)


if __name__ == "__main__":
    PAGE.write_text(page())
