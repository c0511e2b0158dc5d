"""The reception's look-ups over what the rooms keep."""

from __future__ import annotations

from dataclasses import dataclass

from callcenter.errors import NotFound
from ivr.directory import CoreDirectory
from ivr.hours import OpeningHours, read_windows
from ivr.reception import Line


@dataclass(frozen=True)
class Kept:
    code: str = "orders"
    queue: str = "orders-zh"
    language: str = "en"
    hours: tuple[str, ...] = ("mon-fri 09:00-18:00",)
    timezone: str = "Asia/Shanghai"
    greeting: str = ""
    priority: int = 5


async def line(code: str) -> Kept:
    if code != "orders":
        raise NotFound("no such line", line=code)
    return Kept()


async def duty() -> dict[str, set[str]]:
    return {"orders": {"1001"}}


async def test_a_stored_line_becomes_the_receptions_line() -> None:
    hours = OpeningHours(read_windows(["mon-fri 09:00-18:00"]))
    directory = CoreDirectory(line, duty)
    assert await directory.line("orders") == Line("orders", "orders-zh", "en", hours, "cc/greeting", 5)
    assert await directory.line("none") is None


async def test_who_is_on_duty_is_asked_by_line_and_nobody_is_an_empty_answer() -> None:
    directory = CoreDirectory(line, duty)
    assert set(await directory.duty("orders")) == {"1001"}
    assert not await directory.duty("other")
    assert await directory.customer("10086") is None
