"""Tests that each person has a share of the press, and that a print of the last minute is reused."""

from __future__ import annotations

import asyncio

import pytest

from callcenter.errors import TooMany
from callcenter.paper.errors import PrintTooBusy
from callcenter.paper.model import Form, Head, Printed, TrackingForm
from callcenter.paper.recent import MOST_PRINTS, RecentPrints
from tests.support.rooms import SetClock


def form(number: str = "TS1", by: str = "王芳", clock: SetClock | None = None) -> Form:
    return TrackingForm(Head(number, "公司", printed_at=clock() if clock else None, printed_by=by))


class Counting:
    """A press that counts, and prints when it is let go."""

    def __init__(self) -> None:
        self.prints = 0
        self.go = asyncio.Event()
        self.go.set()

    async def __call__(self) -> Printed:
        self.prints += 1
        await self.go.wait()
        return Printed("form.pdf", "application/pdf", b"%PDF" + bytes([self.prints % 256]))


async def test_a_print_of_the_last_minute_is_given_again_to_the_same_person_only() -> None:
    clock, press = SetClock(), Counting()
    recent = RecentPrints(clock, 4)
    first = await recent.print(form(clock=clock), "pdf", press)
    clock.move(seconds=59)
    assert await recent.print(form(clock=clock), "pdf", press) is first
    for other in (form("TS2", clock=clock), form(by="李雷", clock=clock)):
        assert await recent.print(other, "pdf", press) is not first
    assert await recent.print(form(clock=clock), "docx", press) is not first
    clock.move(seconds=1)
    assert await recent.print(form(clock=clock), "pdf", press) is not first
    assert press.prints == 5


async def test_one_person_has_a_share_and_others_go_on() -> None:
    clock, press = SetClock(), Counting()
    recent = RecentPrints(clock, 2)
    press.go.clear()
    held = [asyncio.create_task(recent.print(form(f"TS{n}"), "pdf", press)) for n in (1, 2)]
    same = asyncio.create_task(recent.print(form("TS1"), "pdf", press))
    while press.prints < 2:
        await asyncio.wait(held, timeout=0.01)
    with pytest.raises(PrintTooBusy) as refused:
        await recent.print(form("TS3"), "pdf", press)
    assert isinstance(refused.value, TooMany)
    other = asyncio.create_task(recent.print(form("TS3", by="李雷"), "pdf", press))
    while press.prints < 3:
        await asyncio.wait([other], timeout=0.01)
    press.go.set()
    prints = await asyncio.gather(*held, same, other)
    assert prints[0] is prints[2]
    assert press.prints == 3
    await recent.print(form("TS3"), "pdf", press)


async def test_a_failed_print_is_retried_and_a_cancelled_request_does_not_affect_others() -> None:
    recent, press = RecentPrints(SetClock(), 2), Counting()

    async def broken() -> Printed:
        raise PrintTooBusy("too many forms wait for the press")

    with pytest.raises(PrintTooBusy):
        await recent.print(form(), "pdf", broken)
    press.go.clear()
    leaves = asyncio.create_task(recent.print(form(), "pdf", press))
    stays = asyncio.create_task(recent.print(form(), "pdf", press))
    while press.prints < 1:
        await asyncio.wait([leaves], timeout=0.01)
    leaves.cancel()
    press.go.set()
    assert (await stays).data.startswith(b"%PDF")
    await asyncio.gather(leaves, return_exceptions=True)
    assert press.prints == 1


async def test_what_is_kept_has_bounds() -> None:
    recent, press = RecentPrints(SetClock(), 2), Counting()
    for number in range(MOST_PRINTS + 20):
        await recent.print(form(f"TS{number}"), "pdf", press)
    await recent.print(form(f"TS{MOST_PRINTS + 19}"), "pdf", press)
    assert press.prints == MOST_PRINTS + 20
    await recent.print(form("TS0"), "pdf", press)
    assert press.prints == MOST_PRINTS + 21
