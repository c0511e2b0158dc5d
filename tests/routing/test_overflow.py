"""Where the callers of a line overflow to: checked when it is set, never in a circle."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.facts import LineCode, QueueCode
from callcenter.routing.errors import BadLine, InUse, OverflowLoop, UnknownLine
from callcenter.routing.model import Line, check_line, overflow_loop
from callcenter.storage.database import Database
from tests.support.rooms import CHIEF, Rooms

LINE = Line(LineCode("orders"), QueueCode("general"))


@pytest.mark.parametrize(
    ("values", "fault"),
    [
        ({"overflow_to": "voicemail"}, "overflow_to"),
        ({"overflow_seconds": 30}, "overflow_nowhere"),
        ({"overflow_nobody": True}, "overflow_nowhere"),
        ({"overflow_to": "message", "overflow_seconds": -1}, "overflow_seconds"),
        ({"overflow_to": "message", "overflow_seconds": 86_401}, "overflow_seconds"),
        ({"own_agent_seconds": 61}, "own_agent"),
        ({"own_agent_seconds": -1}, "own_agent"),
    ],
)
def test_settings_that_lead_nowhere_are_refused(values: dict[str, object], fault: str) -> None:
    with pytest.raises(BadLine) as refused:
        check_line(replace(LINE, **values))  # type: ignore[arg-type]
    assert refused.value.facts["fault"] == fault


@given(st.dictionaries(st.sampled_from("abcdef"), st.sampled_from(["", "callback", *(f"line:{c}" for c in "abcdefg")])))
def test_a_way_of_overflow_either_ends_or_is_reported_as_a_circle(targets: dict[str, str]) -> None:
    lines = {LineCode(code): replace(LINE, code=LineCode(code), overflow_to=target) for code, target in targets.items()}
    for code in lines:
        seen, current = [code], lines.get(code)
        while current is not None and current.overflow_line and len(seen) <= len(lines) + 1:
            seen.append(current.overflow_line)
            current = lines.get(current.overflow_line)
        assert bool(overflow_loop(lines, LineCode(code))) is (len(seen) > len(set(seen)))


async def test_a_circle_is_refused_when_it_is_closed_and_a_target_cannot_be_removed(database: Database) -> None:
    rooms = Rooms(database)
    await rooms.furnish()
    for code in ("sales", "night"):
        await rooms.lines.add(Line(LineCode(code), QueueCode("general")), CHIEF)
    await rooms.lines.change(
        Line(LineCode("sales"), QueueCode("general"), overflow_to="line:night", overflow_seconds=30), CHIEF
    )
    await rooms.lines.change(
        Line(LineCode("night"), QueueCode("general"), overflow_to="line:orders", own_agent_seconds=5), CHIEF
    )
    with pytest.raises(OverflowLoop) as refused:
        await rooms.lines.change(Line(LineCode("orders"), QueueCode("general"), overflow_to="line:sales"), CHIEF)
    assert refused.value.facts["way"] == "orders, sales, night, orders"
    with pytest.raises(OverflowLoop):
        await rooms.lines.change(Line(LineCode("orders"), QueueCode("general"), overflow_to="line:orders"), CHIEF)
    with pytest.raises(UnknownLine):
        await rooms.lines.change(Line(LineCode("orders"), QueueCode("general"), overflow_to="line:none"), CHIEF)
    with pytest.raises(InUse):
        await rooms.lines.remove("night", CHIEF)
    assert (await rooms.lines.line("night")).own_agent_seconds == 5
    await rooms.lines.change(
        Line(LineCode("orders"), QueueCode("general"), overflow_to="callback", overflow_nobody=True), CHIEF
    )
    assert (await rooms.lines.line("orders")).overflow_nobody
