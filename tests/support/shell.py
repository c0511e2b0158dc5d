"""Prepares a centre's data folder for tests of the commands, and runs one command in it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

import pytest
from typer import Typer
from typer.testing import CliRunner

from callcenter.clock import now
from callcenter.storage.database import Database
from callcenter.web.audit import Audit
from callcenter.web.people import PeopleService
from callcenter.web.roles import Role
from tests.support.databases import put_migrated_database
from tests.support.web_centre import PASSWORD


def folder_with(folder: Path, monkeypatch: pytest.MonkeyPatch, people: Mapping[str, tuple[str, Role]]) -> Path:
    """Make commands work in this folder from now on; `people` maps logins to name and role."""
    monkeypatch.setenv("CC_DATA_DIR", str(folder))
    monkeypatch.chdir(folder)

    async def furnish() -> None:
        put_migrated_database(folder)
        database = Database.open(f"sqlite+aiosqlite:///{folder}/callcenter.db")
        service = PeopleService(database, now, Audit(database, now))
        for login, (name, role) in people.items():
            await service.add(login, name, PASSWORD, frozenset({role}))
        await database.close()

    asyncio.run(furnish())
    return folder


def run(app: Typer, *arguments: str, fails: bool = False) -> str:
    """What a command prints; it fails exactly when it is expected to."""
    done = CliRunner().invoke(app, list(arguments))
    assert (done.exit_code != 0) is fails, done.output
    return done.output.strip()
