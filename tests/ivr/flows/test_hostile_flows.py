"""Tests flows that are correct TOML and hostile in their size or values: no caller and no other line may suffer."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from callcenter.asterisk.agi_protocol import COMMAND_LIMIT, encode
from callcenter.asterisk.render import Line
from callcenter.asterisk.render.flow import LONGEST_SECONDS, answered
from callcenter.calls.paths import LONGEST
from callcenter.centre.reception_flows import connects_of, recorded_prompts
from callcenter.centre.setup_file import BadFile, read_toml
from callcenter.facts import LineCode, QueueCode
from callcenter.routing.model import Line as OurLine
from ivr.agi.runner import path_of, paths_of
from ivr.flows.check import Known, look_through
from ivr.flows.model import Flow
from ivr.flows.parser import LONGEST_TEXT, MOST_STEPS
from ivr.flows.service import FLOWS
from ivr.prompts.checking import LONGEST_SECONDS as LONGEST_UPLOAD
from ivr.session.machine import advance, begin
from ivr.session.model import Began, Hours, Situation, Turn

KNOWN = Known(recorded_prompts(), {"sales"}, {"sales"})
SLOWEST_READING = 3.0
"""Characters in a second."""


def chain(length: int, ends: str = "person", letters: int = 40) -> str:
    """A flow of many steps that only play a prompt, one after another; it may end with another step."""
    names = [f"step{place:0{letters - 4}}" for place in range(length)]
    steps = "".join(
        f'[steps.{name}]\nkind = "say"\nsay = "menu_intro"\nthen = "{then}"\n'
        for name, then in zip(names, [*names[1:], ends], strict=True)
    )
    head = f'name = "long"\nlines = ["sales"]\nlanguages = ["zh-CN"]\nstart = "{names[0]}"\n'
    return f'{head}[hours]\nclosed = "message"\nnobody = "message"\n{steps}'


CHOICE = """[steps.which]
kind = "choose"
sets = "dialect"
then = "person"
[steps.which.keys]
1 = { to = "DIALECT", say = "dialect_choice" }
"""


def good(source: str) -> Flow:
    flow, faults = look_through(source, KNOWN)
    assert flow is not None
    assert faults == []
    return flow


def first_turn(flow: Flow) -> Turn:
    situation = Situation("sales", "sales", "zh-CN", Hours.OPEN, datetime(2026, 11, 28, tzinfo=UTC))
    return advance(begin(flow, situation), Began())


@pytest.mark.parametrize("length", [1, 30, MOST_STEPS])
def test_a_long_flow_never_keeps_the_dialplan_of_all_lines_from_being_written(length: int) -> None:
    flow = good(chain(length))
    connects = connects_of(flow, "long/1", OurLine(LineCode("sales"), QueueCode("sales")))
    line = Line("sales", ("073188880001",), "sales", asks=True, connects=connects)
    assert answered(line)
    assert (connects is not None) == (length == 1)


def test_the_path_of_a_long_flow_is_on_record_whole() -> None:
    notes = first_turn(good(chain(MOST_STEPS))).notes
    parts = list(paths_of(notes))
    assert "|".join(parts) == path_of(notes)
    assert len(notes) <= LONGEST
    assert all(len(encode("EXEC", "CELGenUserEvent", f"cc_path,{part}")) <= COMMAND_LIMIT for part in parts)


def test_a_question_is_never_cut_off_however_long_its_prompt_is() -> None:
    assert LONGEST_SECONDS > LONGEST_TEXT / SLOWEST_READING + 60
    assert LONGEST_SECONDS > 10 * LONGEST_UPLOAD


@pytest.mark.parametrize("value", ["9" * 5000, "-" + "9" * 5000])
def test_a_number_of_thousands_of_digits_is_a_fault_with_a_sentence(value: str) -> None:
    source = chain(1).replace('then = "person"', f'then = "person"\nseconds = {value}')
    _, faults = look_through(source, KNOWN)
    assert [fault.kind for fault in faults] == ["source_not_toml"]
    assert faults[0].sentence("zh-CN")
    _, problems = FLOWS.format.check(source)
    assert [problem.kind for problem in problems] == ["source_not_toml"]
    with pytest.raises(FLOWS.format.refusal(problems[0], 1).__class__):
        FLOWS.format.name_of(source)
    with pytest.raises(BadFile):
        read_toml(f"x = {value}")


def test_a_file_of_a_windows_editor_is_read() -> None:
    source = "\ufeff" + chain(1).replace("\n", "\r\n")
    assert good(source).name == FLOWS.format.name_of(source) == "long"


def test_a_dialect_without_a_recording_of_its_name_is_refused_with_its_line() -> None:
    """Otherwise the choice could not be spoken, and each caller would leave the flow there."""
    source = chain(1, "which") + CHOICE
    good(source.replace("DIALECT", "xiang-changsha"))
    _, faults = look_through(source.replace("DIALECT", "xiang-unheard"), KNOWN)
    lines = source.splitlines()
    assert [(fault.kind, fault.line) for fault in faults] == [
        ("flow_unknown_dialect", lines.index('1 = { to = "DIALECT", say = "dialect_choice" }') + 1)
    ]
    own = source.replace("DIALECT", "xiang-unheard").replace('say = "dialect_choice"', 'say = "own"')
    good(f'{own}[prompts.own]\nzh-CN = "按一"\n')
