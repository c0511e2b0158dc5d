"""People, their phones and their presence, on both databases."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import select

from callcenter.agents.errors import (
    AgentExists,
    BadAgentNumber,
    BadName,
    BadPhone,
    BadSkill,
    NoPhone,
    NotYourPresence,
    PhoneTaken,
    UnknownAgent,
    UnknownPauseReason,
    UnknownPhone,
)
from callcenter.agents.model import Agent, Phone, PhoneKind, PresenceState
from callcenter.agents.presence import PresenceService
from callcenter.agents.rows import PresenceChangeRow
from callcenter.errors import CallCentreError, Conflict, IllegalTransition
from callcenter.facts import AgentNumber
from callcenter.storage.database import Database
from tests.support.rooms import BOSS, CHIEF, Rooms, person

LIU = Agent(AgentNumber("1001"), "刘小湘", {"zh-CN": 5, "Xiang-Changsha": 4, "en": 2}, (Phone("1001"),))


@pytest.fixture
def rooms(database: Database) -> Rooms:
    return Rooms(database)


async def test_an_agent_is_kept_with_languages_dialects_and_a_phone_with_a_generated_secret(rooms: Rooms) -> None:
    added = await rooms.agents.add(LIU, CHIEF)
    read = await rooms.agents.agent("1001")
    assert read == added
    assert read.skills == {"zh-cn": 5, "xiang-changsha": 4, "en": 2}
    assert len(read.phones[0].secret) >= 24
    assert rooms.changes == ["agents"]


async def test_a_phones_secret_shows_in_no_repr_and_in_no_audit(rooms: Rooms) -> None:
    added = await rooms.agents.add(LIU, CHIEF)
    secret = added.phones[0].secret
    assert secret not in repr(added)
    assert secret not in repr(await rooms.agents.phone_accounts())
    await rooms.agents.show_secret("1001", "1001", CHIEF)
    entries = await rooms.audit.page(10)
    assert [entry.action for entry in entries] == ["phone.secret_shown", "agent.added"]
    assert all(secret not in entry.facts for entry in entries)


async def test_a_change_keeps_the_secrets_of_phones_that_stay(rooms: Rooms) -> None:
    before = await rooms.agents.add(LIU, CHIEF)
    phones = (Phone("1001-web", PhoneKind.WEBRTC), Phone("1001"))
    after = await rooms.agents.change(Agent(AgentNumber("1001"), "刘湘", {}, phones), CHIEF)
    assert [phone.name for phone in after.phones] == ["1001-web", "1001"]
    assert after.phones[1].secret == before.phones[0].secret
    assert (await rooms.agents.new_secret("1001", "1001", CHIEF)).secret != before.phones[0].secret


async def test_a_change_without_effect_notifies_no_one(rooms: Rooms) -> None:
    await rooms.agents.add(LIU, CHIEF)
    await rooms.agents.change(LIU, CHIEF)
    assert rooms.changes == ["agents"]


@pytest.mark.parametrize(
    ("agent", "refusal"),
    [
        (Agent(AgentNumber("刘"), "刘"), BadAgentNumber),
        (Agent(AgentNumber("1001;x"), "刘"), BadAgentNumber),
        (Agent(AgentNumber("1" * 21), "刘"), BadAgentNumber),
        (Agent(AgentNumber("1001\n"), "刘"), BadAgentNumber),
        (Agent(AgentNumber("1001"), " "), BadName),
        (Agent(AgentNumber("1001"), "a\r\nAction: x"), BadName),
        (Agent(AgentNumber("1001"), "刘", {"zh-CN": 6}), BadSkill),
        (Agent(AgentNumber("1001"), "刘", {"长沙话": 5}), BadSkill),
        (Agent(AgentNumber("1001"), "刘", {}, (Phone("a/b"),)), BadPhone),
        (Agent(AgentNumber("1001"), "刘", {}, (Phone("a"), Phone("a"))), BadPhone),
    ],
)
async def test_bad_input_is_refused_by_name(rooms: Rooms, agent: Agent, refusal: type[CallCentreError]) -> None:
    with pytest.raises(refusal):
        await rooms.agents.add(agent, CHIEF)
    assert await rooms.agents.agents() == []


async def test_numbers_and_phones_belong_to_one_agent(rooms: Rooms) -> None:
    await rooms.agents.add(LIU, CHIEF)
    with pytest.raises(AgentExists):
        await rooms.agents.add(LIU, CHIEF)
    with pytest.raises(PhoneTaken):
        await rooms.agents.add(Agent(AgentNumber("1002"), "王", {}, (Phone("1001"),)), CHIEF)
    with pytest.raises(UnknownAgent):
        await rooms.agents.agent("1002")


async def test_signing_in_pausing_resuming_and_signing_out_are_published_and_recorded(rooms: Rooms) -> None:
    await rooms.agents.add(LIU, CHIEF)
    me = person("1001")
    await rooms.presence.sign_in("1001", me)
    await rooms.presence.pause("1001", "meal", me)
    await rooms.presence.resume("1001", me)
    await rooms.presence.sign_out("1001", me)
    published = [(fact.state, fact.reason, fact.phone, fact.name) for fact in rooms.heard]
    assert published == [
        ("available", "", "1001", "刘小湘"),
        ("paused", "meal", "1001", "刘小湘"),
        ("available", "", "1001", "刘小湘"),
        ("signed_out", "", "1001", "刘小湘"),
    ]
    async with rooms.database.read() as session:
        changes = (await session.scalars(select(PresenceChangeRow).order_by(PresenceChangeRow.id))).all()
    assert [row.state for row in changes] == [state for state, *_ in published]


async def test_a_repeated_state_is_published_once_and_a_meal_outlives_a_second_sign_in(rooms: Rooms) -> None:
    await rooms.agents.add(LIU, CHIEF)
    me = person("1001")
    await rooms.presence.sign_in("1001", me)
    await rooms.presence.sign_in("1001", me)
    assert len(rooms.heard) == 1
    await rooms.presence.pause("1001", "meal", me)
    assert (await rooms.presence.sign_in("1001", me)).state is PresenceState.PAUSED


async def test_what_is_impossible_changes_nothing(rooms: Rooms) -> None:
    await rooms.agents.add(LIU, CHIEF)
    await rooms.agents.add(Agent(AgentNumber("1002"), "王"), CHIEF)
    me = person("1001")
    with pytest.raises(IllegalTransition):
        await rooms.presence.pause("1001", "meal", me)
    with pytest.raises(UnknownPauseReason):
        await rooms.presence.pause("1001", "mood", me)
    with pytest.raises(UnknownPhone):
        await rooms.presence.sign_in("1001", me, "1009")
    with pytest.raises(NoPhone):
        await rooms.presence.sign_in("1002", person("1002"))
    assert rooms.heard == []


async def test_agents_act_for_themselves_and_supervisors_for_any_agent_with_an_audit_entry(rooms: Rooms) -> None:
    await rooms.agents.add(LIU, CHIEF)
    with pytest.raises(NotYourPresence):
        await rooms.presence.sign_in("1001", person("1002"))
    await rooms.presence.sign_in("1001", person("1001"))
    await rooms.presence.pause("1001", "missed", None)
    await rooms.presence.resume("1001", BOSS)
    await rooms.presence.sign_out("1001", BOSS)
    entries = [(entry.actor, entry.action) for entry in await rooms.audit.page(3)]
    assert entries == [("boss", "presence.sign_out"), ("boss", "presence.resume"), ("system", "presence.pause")]


async def test_a_sign_out_may_be_refused_to_the_agent_but_not_to_a_supervisor(rooms: Rooms) -> None:
    class ReliefMissing(Conflict):
        code = "relief_missing"

    async def not_yet(agent: str, at: object) -> None:
        raise ReliefMissing("your relief has not come yet", agent=agent)

    held = PresenceService(rooms.database, rooms.clock, rooms.audit, rooms.agents, rooms.heard.append)
    held.leaving.append(not_yet)
    await rooms.agents.add(LIU, CHIEF)
    await held.sign_in("1001", person("1001"))
    with pytest.raises(ReliefMissing):
        await held.sign_out("1001", person("1001"))
    assert (await held.sign_out("1001", BOSS)).state is PresenceState.SIGNED_OUT


async def test_concurrent_actions_are_serialised(rooms: Rooms) -> None:
    await rooms.agents.add(LIU, CHIEF)
    me = person("1001")
    await rooms.presence.sign_in("1001", me)
    await asyncio.gather(*(rooms.presence.pause("1001", reason, me) for reason in ("meal", "break", "training")))
    assert (await rooms.presence.presence("1001")).reason == rooms.heard[-1].reason
    assert len(rooms.heard) == 4


async def test_a_new_floor_gets_the_presence_of_all_agents(rooms: Rooms) -> None:
    await rooms.agents.add(LIU, CHIEF)
    await rooms.agents.add(Agent(AgentNumber("1002"), "王", {}, (Phone("1002"),)), CHIEF)
    await rooms.presence.sign_in("1001", person("1001"))
    rooms.heard.clear()
    await rooms.presence.announce()
    assert [(fact.agent, fact.state) for fact in rooms.heard] == [("1001", "available"), ("1002", "signed_out")]
