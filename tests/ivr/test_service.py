"""Tests the reception over a real FastAGI connection on loopback; the tests write Asterisk's side."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from callcenter.asterisk.fastagi import FastAgiServer
from callcenter.errors import Invalid
from callcenter.kit.hours import OpeningHours, read_windows
from ivr.reception import Action, Customer, Decision, Line, Standing
from ivr.service import EXCHANGE_SECONDS, LookUpFailed, Reception, assignments

AT = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)


@dataclass
class FakeDirectory:
    """A directory by hand; what is named in `broken` fails."""

    lines: dict[str, Line] = field(default_factory=lambda: {"orders": Line("orders", "orders-zh")})
    on_duty: dict[str, set[str]] = field(default_factory=lambda: {"orders": {"1001"}})
    files: dict[str, Customer] = field(default_factory=dict)
    broken: frozenset[str] = frozenset()

    def line(self, code: str) -> Line | None:
        self._trouble("line")
        return self.lines.get(code)

    def open_at(self, line: Line, at: datetime) -> bool:
        return line.hours.open_at(at)

    def duty(self, line: str) -> Collection[str]:
        self._trouble("duty")
        return self.on_duty.get(line, set())

    def customer(self, number: str) -> Customer | None:
        self._trouble("customer")
        return self.files.get(number)

    def _trouble(self, name: str) -> None:
        if name in self.broken:
            raise RuntimeError("the book is torn")


def reception(directory: FakeDirectory, exchange_seconds: float = EXCHANGE_SECONDS) -> Reception:
    return Reception(directory, lambda: AT, exchange_seconds=exchange_seconds)


@asynccontextmanager
async def answering(directory: FakeDirectory, **limits: float) -> AsyncIterator[FastAgiServer]:
    server = FastAgiServer("127.0.0.1", 0, {"reception": reception(directory, **limits).serve})
    await server.start()
    try:
        yield server
    finally:
        await server.close(drain_seconds=0.2)


async def call(server: FastAgiServer, line: str, number: str, *, answers: bytes = b"200 result=0\n") -> list[str]:
    """Ring the reception as Asterisk does and return the commands it gave, answering each."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(
        b"agi_network_script: reception\nagi_callerid: %s\nagi_accountcode: %s\n\n" % (number.encode(), line.encode())
    )
    commands: list[str] = []
    async with asyncio.timeout(5):
        while command := await reader.readline():
            commands.append(command.decode().strip())
            writer.write(answers)
    writer.close()
    return commands


async def test_the_dialplan_gets_all_variables_with_done_last() -> None:
    async with answering(FakeDirectory(files={"13800138000": Customer(Standing.VIP)})) as server:
        assert await call(server, "orders", "13800138000") == [
            'EXEC "MSet" "CC_ACTION=queue,CC_QUEUE=orders-zh,QUEUE_PRIO=10,CC_GREETING=cc/greeting,CC_LANGUAGE=zh,'
            'CC_REASON=,CC_DIALECT=,CC_TEAM=1,CC_OWN=,TIMEOUT(absolute)=0,CC_DONE=1"',
        ]


async def test_R4_no_agent_on_duty_reaches_the_dialplan_with_its_reason() -> None:
    async with answering(FakeDirectory(on_duty={})) as server:
        variables = (await call(server, "orders", "anonymous"))[0]
    assert "CC_ACTION=nobody" in variables
    assert "CC_REASON=nobody_on_duty" in variables


async def test_R3_a_closed_line_reaches_the_dialplan_with_its_reason() -> None:
    shut = Line("orders", "orders-zh", hours=OpeningHours(read_windows(["sun 09:00-10:00"])))
    async with answering(FakeDirectory(lines={"orders": shut})) as server:
        variables = (await call(server, "orders", "+8613800138000"))[0]
    assert "CC_ACTION=closed" in variables
    assert "CC_REASON=outside_hours" in variables


async def test_a_customer_file_that_cannot_be_had_costs_only_the_priority() -> None:
    directory = FakeDirectory(files={"13800138000": Customer(Standing.KEY_ACCOUNT)}, broken=frozenset({"customer"}))
    async with answering(directory) as server:
        variables = await call(server, "orders", "13800138000")
    assert "CC_ACTION=queue" in variables[0]
    assert "QUEUE_PRIO=0" in variables[0]
    assert variables[-1].endswith(',CC_DONE=1"')


@pytest.mark.parametrize("missing", ["line", "duty"])
async def test_R7_when_the_line_cannot_be_looked_up_no_variable_is_set_and_the_dialplan_falls_back(
    missing: str,
) -> None:
    directory = FakeDirectory(broken=frozenset({missing}))
    async with answering(directory) as server:
        assert await call(server, "orders", "13800138000") == []
    with pytest.raises(LookUpFailed):
        reception(directory).decision("orders", "")


async def test_done_is_not_set_when_asterisk_refused_the_variables() -> None:
    async with answering(FakeDirectory()) as server:
        assert len(await call(server, "orders", "13800138000", answers=b"200 result=-2\n")) == 1


async def test_done_is_not_set_for_a_caller_who_has_hung_up() -> None:
    async with answering(FakeDirectory()) as server:
        assert len(await call(server, "orders", "13800138000", answers=b"HANGUP\n200 result=0\n")) == 1


async def test_an_asterisk_that_stops_answering_is_disconnected_within_the_limit() -> None:
    async with answering(FakeDirectory(), exchange_seconds=0.1) as server:
        assert len(await call(server, "orders", "13800138000", answers=b"")) == 1


@pytest.mark.parametrize("queue", ["a,b=c", "${SHELL(x)}", 'x"', "x y", "x\ny"])
def test_a_queue_name_with_syntax_in_it_never_reaches_the_dialplan(queue: str) -> None:
    with pytest.raises(Invalid):
        assignments(Decision(Action.QUEUE, queue, 0, "cc/greeting", "zh"))
