"""Tests who serves a line around the end of a shift: who has to stay is still rung; on both databases (H1, H4)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from callcenter.agents.model import PresenceState
from callcenter.facts import LineCode, QueueCode
from callcenter.roster.errors import ReliefNotArrived
from callcenter.roster.handover.model import OVERSTAY
from callcenter.roster.handover.posts import Posts
from callcenter.roster.leave.model import LeaveState
from callcenter.roster.needs.model import Need, SkillNeed
from callcenter.roster.rows import LeaveRow
from callcenter.routing.model import Line
from tests.roster.test_handover import HAN, LI, Change, change
from tests.support.rooms import BOSS, NOON, person

__all__ = ["change"]
DIALECT = "xiang-changsha"
HOUR = timedelta(hours=1)


async def serving(change: Change) -> set[str]:
    rooms = change.rooms
    posts = Posts(rooms.database, rooms.presence, rooms.roster, change.needs, ZoneInfo("Asia/Shanghai"), 1)
    duty = await posts.duty(rooms.clock())
    return {str(agent) for agent in duty.get(LineCode("orders"), ())}


async def on_leave(change: Change, agent: str, start: float, end: float) -> None:
    async with change.rooms.database.write() as session:
        session.add(
            LeaveRow(
                id=f"leave{agent}",
                agent=agent,
                kind="sick",
                starts_at=NOON + start * HOUR,
                ends_at=NOON + end * HOUR,
                reason="发烧",
                state=LeaveState.APPROVED.value,
                asked_at=NOON,
                asked_by="p2",
            )
        )


async def test_H4_the_outgoing_agent_serves_until_the_relief_is_there(change: Change) -> None:
    assert await serving(change) == {"1001", "1002"}, "the relief is late"
    await change.here("1002")
    assert await serving(change) == {"1002"}
    await change.rooms.presence.sign_out("1002", BOSS)
    assert await serving(change) == {"1001", "1002"}
    change.rooms.clock.move(seconds=OVERSTAY.total_seconds())
    assert await serving(change) == {"1002"}


async def test_H4_the_only_speaker_stays_while_the_relief_speaks_no_needed_dialect(change: Change) -> None:
    await change.rooms.agents.change(replace(await change.rooms.agents.agent("1001"), skills={DIALECT: 4}), BOSS)
    await change.needs.replace("orders", [Need(1, 0, 24 * 60, 1, (SkillNeed(DIALECT, 3, 1),))], BOSS)
    await change.here("1002")
    assert await serving(change) == {"1001", "1002"}
    log = await change.handovers.current("1001", LI)
    await change.handovers.offer(log.id, LI)
    await change.handovers.sign(log.id, "", HAN)
    with pytest.raises(ReliefNotArrived) as stays:
        await change.rooms.presence.sign_out("1001", LI)
    stated = {name: stays.value.facts[name] for name in ("why", "line", "left", "required", "skill", "level")}
    assert stated == {
        "why": "line_unattended",
        "line": "orders",
        "left": 0,
        "required": 1,
        "skill": DIALECT,
        "level": 3,
    }
    await change.rooms.agents.change(replace(await change.rooms.agents.agent("1002"), skills={DIALECT: 3}), BOSS)
    assert await serving(change) == {"1002"}
    assert await change.leaves("1001") == ""


async def test_H4_a_relief_who_is_away_from_the_desk_is_not_there(change: Change) -> None:
    await change.here("1002")
    await change.rooms.presence.pause("1002", "meal", BOSS)
    assert await serving(change) == {"1001", "1002"}


async def test_H4_the_stated_need_counts(change: Change) -> None:
    await change.needs.replace("orders", [Need(1, 0, 24 * 60, 2)], BOSS)
    await change.here("1002")
    assert await serving(change) == {"1001", "1002"}
    await change.shift("1003", 0, 12)
    await change.here("1003")
    assert await serving(change) == {"1002", "1003"}


async def test_H1_between_two_shifts_the_agent_serves_until_the_next_begins(change: Change) -> None:
    for shift in await change.rooms.roster.shifts(agent=person("1002").agent):
        await change.rooms.roster.remove(shift.id, BOSS)
    assert await serving(change) == set(), "no one comes after them: the service is over"
    await change.shift("1002", 4.5, 12)
    assert await serving(change) == {"1001"}


async def test_H1_who_was_let_go_or_has_signed_out_serves_no_longer(change: Change) -> None:
    await change.handovers.release("1001", "身体不适", BOSS)
    assert await serving(change) == {"1002"}
    assert await change.leaves("1001") == ""
    assert await serving(change) == {"1002"}


async def test_D4_an_agent_on_leave_serves_no_longer_and_may_sign_out(change: Change) -> None:
    change.rooms.clock.move(hours=-1)
    assert await serving(change) == {"1001"}
    await on_leave(change, "1001", 2.5, 9)
    assert await serving(change) == set()
    assert await change.leaves("1001") == ""
    assert (await change.rooms.presence.presence("1001")).state is PresenceState.SIGNED_OUT


async def test_who_is_on_duty_elsewhere_has_gone_there(change: Change) -> None:
    await change.rooms.lines.add(Line(LineCode("returns"), QueueCode("general")), BOSS)
    await change.rooms.on_duty("1001", line="returns")
    assert await serving(change) == {"1002"}
