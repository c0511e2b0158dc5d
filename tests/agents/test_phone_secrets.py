"""Tests that phones' secrets are sealed: the database alone opens no phone's account at the PBX."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select, update

from callcenter.agents.errors import SecretUnreadable
from callcenter.agents.model import Agent, Phone
from callcenter.agents.rows import PhoneRow
from callcenter.agents.service import AgentService
from callcenter.facts import AgentNumber
from callcenter.storage.database import Database
from tests.support.rooms import CHIEF, Rooms


def service(database: Database, keys: Path | None) -> AgentService:
    rooms = Rooms(database)
    return AgentService(database, rooms.clock, rooms.audit, keys=keys)


async def stored_secret(database: Database) -> str:
    async with database.read() as session:
        return (await session.scalars(select(PhoneRow.secret))).one()


async def test_the_database_holds_no_secret_and_the_pbx_gets_it(database: Database, tmp_path: Path) -> None:
    agents = service(database, tmp_path / "keys")
    secret = (await agents.add(Agent(AgentNumber("1001"), "李雷", phones=(Phone("1001"),)), CHIEF)).phones[0].secret
    assert secret not in await stored_secret(database)
    assert [account.secret for account in await agents.phone_accounts()] == [secret]
    assert (await agents.show_secret("1001", "1001", CHIEF)).secret == secret
    other = (await agents.new_secret("1001", "1001", CHIEF)).secret
    assert other != secret
    assert other not in await stored_secret(database)
    assert [account.secret for account in await agents.phone_accounts()] == [other]
    assert (tmp_path / "keys" / "phones.key").stat().st_mode & 0o077 == 0


async def test_a_change_of_the_agent_keeps_the_secret(database: Database, tmp_path: Path) -> None:
    agents = service(database, tmp_path / "keys")
    secret = (await agents.add(Agent(AgentNumber("1001"), "李雷", phones=(Phone("1001"),)), CHIEF)).phones[0].secret
    await agents.change(Agent(AgentNumber("1001"), "李蕾", phones=(Phone("1001"),)), CHIEF)
    assert [account.secret for account in await agents.phone_accounts()] == [secret]


async def test_plain_secrets_are_sealed_at_start_up(database: Database, tmp_path: Path) -> None:
    await service(database, None).add(Agent(AgentNumber("1001"), "李雷", phones=(Phone("1001"),)), CHIEF)
    async with database.write() as session:
        await session.execute(update(PhoneRow).values(secret="plain-as-before"))
    agents = service(database, tmp_path / "keys")
    assert [account.secret for account in await agents.phone_accounts()] == ["plain-as-before"]
    assert (await agents.seal_secrets(), await agents.seal_secrets()) == (1, 0)
    assert "plain" not in await stored_secret(database)
    assert [account.secret for account in await agents.phone_accounts()] == ["plain-as-before"]


async def test_without_the_key_a_phone_is_locked_out_and_reported_until_it_has_a_new_secret(
    database: Database, tmp_path: Path
) -> None:
    here = service(database, tmp_path / "keys")
    secret = (await here.add(Agent(AgentNumber("1001"), "李雷", phones=(Phone("1001"),)), CHIEF)).phones[0].secret
    elsewhere = service(database, tmp_path / "other")
    [account] = await elsewhere.phone_accounts()
    assert account.secret != secret
    assert len(account.secret) >= 24
    with pytest.raises(SecretUnreadable):
        await elsewhere.show_secret("1001", "1001", CHIEF)
    renewed = (await elsewhere.new_secret("1001", "1001", CHIEF)).secret
    assert [entry.secret for entry in await elsewhere.phone_accounts()] == [renewed]
