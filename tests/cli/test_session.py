"""Tests who is recorded as the actor of a command, with and without a login."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from callcenter.cli.main import app
from callcenter.cli.session import Session
from callcenter.settings import Settings
from callcenter.storage.database import Database
from callcenter.web.audit import SYSTEM
from callcenter.web.roles import ADMINISTRATORS, LEADERS, MANAGERS, Role
from callcenter.web.rows import AuditRow
from tests.support.shell import folder_with

PEOPLE = {"boss": ("经理", Role.MANAGER), "lilei": ("李雷", Role.AGENT)}
NUMBER = "13873100001"


def audited(action: str) -> list[str]:
    """The logins of everyone who did this, oldest first."""

    async def read() -> list[str]:
        database = Database.open(Settings().database)
        try:
            async with database.read() as session:
                rows = await session.execute(select(AuditRow).where(AuditRow.action == action).order_by(AuditRow.seq))
                return [row.actor for row in rows.scalars()]
        finally:
            await database.close()

    return asyncio.run(read())


def test_the_old_form_without_a_login_works_with_a_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder_with(tmp_path, monkeypatch, PEOPLE)
    named = CliRunner().invoke(app, ["callbacks", "bar", NUMBER, "asked for it", "--by", "boss"])
    assert (named.exit_code, named.stderr) == (0, "")
    unnamed = CliRunner().invoke(app, ["callbacks", "unbar", NUMBER])
    assert unnamed.exit_code == 0
    assert unnamed.stderr.startswith("unnamed_change: ")
    assert "--by" in unnamed.stderr
    assert unnamed.stdout == "taken off\n"
    assert (audited("do_not_call.added"), audited("do_not_call.removed")) == (["boss"], ["system"])
    refused = CliRunner().invoke(app, ["callbacks", "bar", NUMBER, "asked for it", "--by", "lilei"])
    assert refused.exit_code == 1
    assert refused.stderr.startswith("forbidden: ")


def test_an_unnamed_change_has_the_roles_of_its_operation_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder_with(tmp_path, monkeypatch, PEOPLE)

    async def work() -> None:
        settings = Settings()
        database = Database.open(settings.database)
        try:
            session = Session(settings, database)
            assert (await session.acts(None, "withdraw_callback")).roles == LEADERS
            assert (await session.acts(None, MANAGERS)).login == SYSTEM.login
            assert (await session.acts("boss", MANAGERS)).roles == {Role.MANAGER}
            with pytest.raises(LookupError):
                await session.acts(None, "no_operation_of_this_name")
        finally:
            await database.close()

    asyncio.run(work())
    assert capsys.readouterr().err.count("unnamed_change") == 2


def test_the_system_has_no_role() -> None:
    assert not SYSTEM.may(ADMINISTRATORS)
    assert not SYSTEM.may(LEADERS)


def test_the_secret_of_a_phone_is_an_administrators_to_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder_with(tmp_path, monkeypatch, PEOPLE)
    refused = CliRunner().invoke(app, ["phones", "show", "1001", "--by", "boss"])
    assert refused.exit_code == 1
    assert refused.stderr.startswith("forbidden: ")
