"""Tests the codes that agents dial: what each does, what the phone hears, and that nobody gains a right by a phone."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from callcenter.agents.model import PresenceState
from callcenter.agents.phone_codes import MOST_WAITING, Dialled, PhoneCodes, Spoken
from callcenter.centre.phone_codes import sounds_of
from callcenter.errors import Conflict, Unavailable
from callcenter.facts import PhoneCode
from callcenter.storage.database import Database
from callcenter.web.people import PeopleService
from callcenter.web.roles import Person, Role
from tests.support.rooms import CHIEF, Rooms

CHANNEL = "PJSIP/1001-00000001"


class Stay(Conflict):
    code = "relief_not_arrived"


class Bench:
    """The codes with what the phones have heard."""

    def __init__(self, database: Database) -> None:
        self.rooms = Rooms(database)
        self.people = PeopleService(database, self.rooms.clock, self.rooms.audit)
        self.spoken: asyncio.Queue[tuple[str, Spoken, str | None]] = asyncio.Queue()
        self.gone: set[str] = set()
        self.codes = PhoneCodes(self.rooms.presence, self.people, self.rooms.audit, self.speak)

    async def speak(self, channel: str, spoken: Spoken, person: str | None) -> None:
        if channel in self.gone:
            raise Unavailable("no such channel")
        self.spoken.put_nowait((channel, spoken, person))

    async def dials(self, code: PhoneCode, agent: str | None = "1001", phone: str = "1001") -> str:
        self.codes.dialled(Dialled(code, CHANNEL, agent, phone))
        async with asyncio.timeout(5):
            return (await self.spoken.get())[1].prompt

    async def state(self) -> PresenceState:
        return (await self.rooms.presence.presence("1001")).state


@pytest.fixture
async def bench(database: Database) -> AsyncIterator[Bench]:
    bench = Bench(database)
    await bench.rooms.furnish("1001")
    running = asyncio.create_task(bench.codes.run())
    yield bench
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running


async def test_each_code_does_what_the_phone_hears(bench: Bench) -> None:
    steps = (
        (PhoneCode.STATE, "presence_out", PresenceState.SIGNED_OUT),
        (PhoneCode.RESUME, "presence_out_first", PresenceState.SIGNED_OUT),
        (PhoneCode.SIGN_IN, "presence_in", PresenceState.AVAILABLE),
        (PhoneCode.BREAK, "presence_paused", PresenceState.PAUSED),
        (PhoneCode.SIGN_IN, "presence_paused", PresenceState.PAUSED),
        (PhoneCode.RESUME, "presence_in", PresenceState.AVAILABLE),
        (PhoneCode.OTHER, "presence_paused", PresenceState.PAUSED),
        (PhoneCode.MEAL, "presence_paused", PresenceState.PAUSED),
        (PhoneCode.SIGN_OUT, "presence_out", PresenceState.SIGNED_OUT),
        (PhoneCode.SIGN_OUT, "presence_out", PresenceState.SIGNED_OUT),
    )
    for code, prompt, state in steps:
        assert (await bench.dials(code), await bench.state()) == (prompt, state), code


async def test_D5_H1_a_leader_is_an_agent_like_any_other_at_a_phone(bench: Bench) -> None:
    """The phone is known, the person is not."""
    await bench.people.add("boss", "主管", "a long password 1", frozenset({Role.SUPERVISOR, Role.AGENT}), "1001")
    asked: list[Person] = []

    async def arriving(person: Person) -> None:
        asked.append(person)

    async def stays(agent: str, *_: object) -> None:
        raise Stay("stay")

    bench.rooms.presence.arriving.append(arriving)
    bench.rooms.presence.leaving.append(stays)
    assert await bench.dials(PhoneCode.SIGN_IN) == "presence_in"
    assert [(person.login, person.roles) for person in asked] == [("boss", frozenset({Role.AGENT}))]
    assert await bench.dials(PhoneCode.SIGN_OUT) == "presence_stay"
    assert await bench.state() is PresenceState.AVAILABLE


async def test_who_may_no_longer_sign_in_does_not_by_phone_either(bench: Bench) -> None:
    await bench.people.add("chief", "管理员", "a long password 2", frozenset({Role.ADMINISTRATOR}))
    account = await bench.people.add("liu", "刘", "a long password 1", frozenset({Role.AGENT}), "1001")
    await bench.people.change(
        account.person.id, CHIEF, name="刘", roles=frozenset({Role.AGENT}), agent="1001", active=False
    )
    assert await bench.dials(PhoneCode.SIGN_IN) == "presence_unknown"
    assert await bench.state() is PresenceState.SIGNED_OUT


async def test_a_phone_of_nobody_hears_so(bench: Bench) -> None:
    assert await bench.dials(PhoneCode.SIGN_IN, agent=None) == "presence_no_agent"


async def test_what_was_dialled_is_on_record_with_the_phone_and_asking_for_the_state_is_not(bench: Bench) -> None:
    for code in (PhoneCode.STATE, PhoneCode.SIGN_IN, PhoneCode.STATE):
        await bench.dials(code)
    rows = [row for row in await bench.rooms.audit.page(20) if row.action == "presence.by_phone"]
    assert [(row.subject, row.actor) for row in rows] == [("agent/1001", "phone:1001")]
    assert '"*61"' in rows[0].facts


async def test_a_phone_that_was_hung_up_does_not_stop_the_next_one(bench: Bench) -> None:
    bench.gone.add("PJSIP/1001-00000000")
    bench.codes.dialled(Dialled(PhoneCode.SIGN_IN, "PJSIP/1001-00000000", "1001", "1001"))
    assert await bench.dials(PhoneCode.STATE) == "presence_in"


async def test_a_flood_of_codes_is_bounded(database: Database) -> None:
    bench = Bench(database)
    await bench.rooms.furnish("1001")
    for _ in range(3 * MOST_WAITING):
        bench.codes.dialled(Dialled(PhoneCode.STATE, CHANNEL, "1001", "1001"))
    running = asyncio.create_task(bench.codes.run())
    async with asyncio.timeout(20):
        for _ in range(MOST_WAITING):
            await bench.spoken.get()
    assert bench.spoken.empty()
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running


@pytest.mark.parametrize(
    ("spoken", "language", "played"),
    [
        (Spoken("presence_in"), "en", "/s/en/cc/presence_in"),
        (Spoken("presence_waiting", 2), "zh-CN", "/s/zh/cc/presence_waiting-1&/s/zh/cc/say/n2"),
    ],
)
def test_the_phone_hears_the_prompt_with_its_value(spoken: Spoken, language: str, played: str) -> None:
    assert sounds_of(spoken, language, Path("/s")) == played
