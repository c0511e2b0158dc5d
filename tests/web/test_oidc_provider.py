"""Tests a provider that fails, is down or requires another authentication, and the settings of OpenID Connect."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from callcenter.settings import WebSettings
from callcenter.settings.oidc import OidcSettings
from callcenter.storage.database import Database
from tests.support.oidc_provider import SECRET
from tests.support.oidc_room import CALLBACK, START, Sign, sign_in_room
from tests.support.web_centre import WebCentre


@pytest.mark.parametrize(
    ("part", "fault", "code"),
    [
        ("discovery", "error", "oidc_unreachable"),
        ("discovery", "slow", "oidc_unreachable"),
        ("discovery", "huge", "oidc_bad_answer"),
        ("discovery", "html", "oidc_bad_answer"),
        ("discovery", "redirect", "oidc_bad_answer"),
        ("discovery", "other_issuer", "oidc_bad_answer"),
        ("discovery", "plain_http", "oidc_bad_answer"),
        ("token", "error", "oidc_unreachable"),
        ("token", "slow", "oidc_unreachable"),
        ("token", "huge", "oidc_bad_answer"),
        ("token", "html", "oidc_bad_answer"),
        ("token", "redirect", "oidc_code_refused"),
        ("keys", "error", "oidc_unreachable"),
        ("keys", "slow", "oidc_unreachable"),
        ("keys", "huge", "oidc_bad_answer"),
        ("keys", "html", "oidc_bad_answer"),
        ("keys", "redirect", "oidc_bad_answer"),
    ],
)
async def test_a_provider_that_fails_is_named_and_passwords_go_on(
    sqlite_database: Database, tmp_path: Path, part: str, fault: str, code: str
) -> None:
    async with sign_in_room(sqlite_database, tmp_path / "keys", timeout_seconds=0.5) as sign:
        await sign.allow()
        sign.provider.faults = {part: fault}
        if part == "discovery":
            answer = await sign.web.client.get(START, allow_redirects=False)
            assert (answer.status, (await answer.json())["code"]) == (503, code)
        else:
            assert await sign.through() == code
        assert (await sign.web.sign_in("lilei")).status == 200
        sign.provider.faults = {}
        sign.web.time.pass_by(seconds=6)
        assert await sign.through() == "in"


@pytest.mark.parametrize("way", ["client_secret_basic", "client_secret_post", "none"])
async def test_the_centre_authenticates_as_the_provider_knows_it(
    sqlite_database: Database, tmp_path: Path, way: str
) -> None:
    secret = SecretStr("" if way == "none" else SECRET)
    async with sign_in_room(sqlite_database, tmp_path, client_auth=way, client_secret=secret) as sign:
        await sign.allow()
        sign.provider.client_auth = way
        assert await sign.through() == "in"
        sign.provider.client_auth = "none" if way == "client_secret_post" else "client_secret_post"
        assert await sign.through() == "oidc_code_refused"


async def test_a_provider_that_is_down_delays_only_once(allowed: Sign) -> None:
    await allowed.server.close()
    for _ in range(3):
        answer = await allowed.web.client.get(START, allow_redirects=False)
        assert (answer.status, (await answer.json())["code"]) == (503, "oidc_unreachable")
    assert (await allowed.web.sign_in("lilei")).status == 200


async def test_a_flood_of_sign_ins_is_refused(allowed: Sign) -> None:
    for _ in range(150):
        assert (await allowed.web.client.get(CALLBACK, allow_redirects=False)).status == 403
    answers = [await allowed.web.client.get(CALLBACK, allow_redirects=False) for _ in range(50)]
    assert 429 in {answer.status for answer in answers}


async def test_without_the_setting_there_is_no_such_way_in(sqlite_centre: WebCentre) -> None:
    client = sqlite_centre.client
    assert await (await client.get("/api/v1/session/oidc")).json() == {"enabled": False}
    for address in (START, CALLBACK):
        assert (await (await client.get(address, allow_redirects=False)).json())["code"] == "oidc_off"


@pytest.mark.parametrize(
    "some",
    [
        {"issuer": "http://idp.example"},
        {"issuer": "https://user@idp.example"},
        {"issuer": "https://idp.example/?x=1"},
        {"issuer": "https://idp.example:x"},
        {"issuer": "idp.example"},
        {"client_id": ""},
        {"client_secret": ""},
        {"client_auth": "none"},
        {"login_claim": ""},
        {"client_auth": "private_key_jwt"},
    ],
)
def test_settings_that_do_not_fit_are_refused_at_the_start(some: dict[str, Any]) -> None:
    right: dict[str, Any] = {"issuer": "https://idp.example/realms/x", "client_id": "c", "client_secret": "s"}
    assert OidcSettings.model_validate(right).enabled
    with pytest.raises(ValidationError):
        OidcSettings.model_validate({**right, **some})
    with pytest.raises(ValidationError):
        WebSettings.model_validate({"oidc": right})
