"""Tests what the service says of itself: the settings in effect without secrets, and the centre's name and rules."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, SecretStr

from callcenter.facts import LineCode, QueueCode
from callcenter.routing.model import Line, Queue
from callcenter.settings import Settings
from callcenter.settings.effective import SettingSource, effective
from callcenter.storage.database import Database
from callcenter.web.roles import Role
from tests.support.rooms import CHIEF
from tests.support.whole_centre import open_whole_centre

SECRETS = re.compile(r"secret|password|token|(?<!tls_)key|keys$|credential|options$")
OPEN = {
    "web.token_days": "days",
    "pbx.fallback_trunks": "its secrets are null inside",
}


def given(**values: Any) -> Settings:
    return Settings(**values)


async def test_an_administrator_reads_the_settings_in_effect_without_secrets(
    database: Database, tmp_path: Path
) -> None:
    settings = given(
        data_dir=tmp_path,
        database_url="postgresql+asyncpg://user:hidden-1@host/name",
        policy={"ring_limit": 4},
        pbx={
            "trunk_secret": "hidden-2",
            "mirror": "https://user:hidden-3@mirror.example/debian",
            "fallback_trunks": [{"host": "b.example", "secret": "hidden-4"}],
        },
        recordings={"store_options": {"aws_secret_access_key": "hidden-5"}},
        alarms={"robots": [{"kind": "wecom", "url": "https://robot.example/hidden-6"}]},
        transcripts={"sr_options": {"key": "hidden-7"}},
    )
    async with open_whole_centre(database, tmp_path, settings, ("boss", "manager", "lilei")) as whole:
        listed = await whole.read("boss", "/settings")
        assert listed["next"] is None
        by_name = {setting["name"]: setting for setting in listed["items"]}
        ring = by_name["policy.ring_limit"]
        assert (ring["value"], ring["default"], ring["source"], ring["secret"]) == (4, 3, "configured", False)
        assert ring["description"].startswith("R1")
        assert by_name["policy.move_on_at_ring"]["source"] == "default"
        trunk = by_name["pbx.trunk_secret"]
        assert (trunk["value"], trunk["secret"], trunk["given"]) == (None, True, True)
        assert by_name["pbx.events_secret"]["given"] is False
        assert by_name["pbx.fallback_trunks"]["value"][0]["host"] == "b.example"
        assert by_name["pbx.mirror"]["value"] == "https://***@mirror.example/debian"
        assert "hidden-" not in json.dumps(listed)
        for login in ("manager", "lilei"):
            assert (await whole.ask(login, "GET", "/settings"))[0] == 403
        assert (await whole.ask("", "GET", "/settings"))[0] == 401


def test_every_setting_that_is_named_like_a_secret_is_left_out() -> None:
    listed = {setting.name: setting for setting in effective(Settings(), {})}
    named = {name for name in listed if SECRETS.search(name)} - OPEN.keys()
    assert {"database_url", "web.metrics_token", "web.oidc.client_secret", "alarms.smtp_password"} <= {
        name for name, setting in listed.items() if setting.secret
    }
    secret_tables = {"recordings.store_options", "recordings.master_keys"}
    assert {name for name in named if not listed[name].secret} <= secret_tables
    assert len(listed) > 150


def test_each_setting_of_the_model_is_listed_once() -> None:
    def leaves(section: BaseModel, path: str = "") -> list[str]:
        return [
            leaf
            for name in type(section).model_fields
            for value in [getattr(section, name)]
            for leaf in (leaves(value, f"{path}{name}.") if isinstance(value, BaseModel) else [f"{path}{name}"])
        ]

    settings = Settings()
    assert [setting.name for setting in effective(settings, {})] == leaves(settings)


def test_a_variable_of_the_environment_is_named_as_the_source() -> None:
    by_name = {
        setting.name: setting
        for setting in effective(Settings(), {"cc_policy__ring_limit": "3", "CC_RETENTION": "{}", "CC_X": "1"})
    }
    assert by_name["policy.ring_limit"].source is SettingSource.ENVIRONMENT
    assert by_name["retention.audit_days"].source is SettingSource.ENVIRONMENT
    assert by_name["policy.wrap_up_seconds"].source is SettingSource.DEFAULT


def test_a_secret_in_a_table_of_secrets_is_null() -> None:
    settings = Settings(recordings={"master_keys": {"2026": SecretStr("aGlkZGVu")}})
    keys = next(setting for setting in effective(settings, {}) if setting.name == "recordings.master_keys")
    assert keys.value == {"2026": None}


async def test_before_sign_in_the_centre_shows_its_name_and_nothing_of_its_rules(
    database: Database, tmp_path: Path
) -> None:
    (tmp_path / "house").mkdir()
    (tmp_path / "house" / "logo.png").write_bytes(b"\x89PNG")
    settings = given(data_dir=tmp_path, company={"zh-CN": "湘味", "en": "Xiang"}, policy={"ring_limit": 5})
    async with open_whole_centre(database, tmp_path, settings, ("boss", "lilei")) as whole:
        queues, lines = whole.centre.queues, whole.centre.lines
        await queues.add(Queue(QueueCode("sales")), CHIEF)
        await lines.add(
            Line(LineCode("sales"), QueueCode("sales"), {"en": "Sales"}, recording_notice="cc/recorded"), CHIEF
        )
        outside = await whole.read("", "/house")
        assert outside["name"] == {"zh-CN": "湘味", "en": "Xiang"}
        assert (outside["languages"], outside["logo"], outside["staff"]) == (["zh-CN", "en"], "/house/logo.png", None)
        answer = await whole.clients[""].get(outside["logo"])
        assert (answer.status, await answer.read()) == (200, b"\x89PNG")
        staff = (await whole.read("lilei", "/house"))["staff"]
        assert staff["policy"]["ring_limit"] == 5
        assert staff["recording"]["notices"] == [{"line": "sales", "names": {"en": "Sales"}, "prompt": "cc/recorded"}]
        assert staff["pause_reasons"] == (await whole.read("lilei", "/pause-reasons"))["items"]
        assert staff["phone_codes"] is True
        boss = await whole.centre.web_services.people.by_login("boss")
        assert boss is not None
        _, wall = await whole.centre.web_services.tokens.add("wall", frozenset({Role.WALLBOARD}), None, boss.person)
        response = await whole.clients[""].get("/api/v1/house", headers={"Authorization": f"Bearer {wall}"})
        assert (await response.json())["staff"]["policy"]["ring_limit"] == 5


@pytest.mark.parametrize("size", [0, 300_000])
async def test_a_logo_that_is_too_large_or_missing_is_not_shown(
    sqlite_database: Database, tmp_path: Path, size: int
) -> None:
    if size:
        (tmp_path / "house").mkdir()
        (tmp_path / "house" / "logo.svg").write_bytes(b"x" * size)
    async with open_whole_centre(sqlite_database, tmp_path, logins=()) as whole:
        assert (await whole.read("", "/house"))["logo"] is None
        assert (await whole.clients[""].get("/house/logo.svg")).status == 404
