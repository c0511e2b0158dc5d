"""Tests passwords: long ones or passphrases, no common ones, and known only to their owner."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.settings import WebSettings
from callcenter.storage.database import Database
from callcenter.web.errors import WeakPassword
from callcenter.web.password_rules import SHORTEST, check_password, common_words, weight
from callcenter.web.request_guard import HOST_COOKIE
from callcenter.web.roles import Role
from tests.support.web_centre import PASSWORD, WebCentre, open_web_centre

NEW = "蓝色的自行车停在门口"


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("short-1", "length"),
        ("a" * 257, "length"),
        ("", "length"),
        ("密码很短", "length"),
        ("aaaaaaaaaaaaaa", "pattern"),
        ("121212121212121", "pattern"),
        ("123456789012345", "pattern"),
        ("abcdefghijklmn", "pattern"),
        ("password1234", "common"),
        ("P@ssw0rd2026", "common"),
        ("PasswordPassword", "common"),
        ("Admin-Admin-2026", "common"),
        ("ｐａｓｓｗｏｒｄ１２３４", "common"),
        ("qwertyuiop123", "common"),
        ("1q2w3e4r5t6y", "common"),
        ("woaini1314520", "common"),
        ("1qaz2wsx3edc", "common"),
        ("Welcome2026!!", "common"),
        ("zhangsanfeng1", "login"),
    ],
)
def test_what_is_tried_first_or_too_short_is_no_password(password: str, why: str) -> None:
    with pytest.raises(WeakPassword) as refused:
        check_password(password, "zhangsanfeng")
    assert refused.value.facts["why"] == why


@pytest.mark.parametrize(
    "password",
    ["correct horse", NEW, "xK3!vQ9#mT2$", "the red kite sleeps at noon", "我家门前有两棵枣树", "Tr0ub4dor&3-hen"],
)
def test_twelve_characters_or_a_passphrase_is_a_password(password: str) -> None:
    check_password(password, "zhangsanfeng")


WORDS = sorted(word for word in common_words() if word.isalpha())


@given(st.sampled_from(WORDS), st.text("0123456789!. -_", max_size=12))
def test_digits_and_signs_around_a_common_word_do_not_help(word: str, around: str) -> None:
    for password in (around + word + around, word.upper() + around):
        with pytest.raises(WeakPassword):
            check_password(password)


@given(st.text(max_size=300))
def test_any_text_is_judged_and_nothing_else_happens(password: str) -> None:
    with suppress(WeakPassword):
        check_password(password, "login")
        assert weight(password) >= SHORTEST


async def ask(centre: WebCentre, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    answer = await centre.client.request(method, f"/api/v1{path}", json=body, headers=centre.proof)
    return answer.status, (await answer.json() if answer.status != 204 else None)


async def test_ones_own_password_is_changed_with_the_old_one_and_other_sessions_end(centre: WebCentre) -> None:
    elsewhere = await centre.web_services.sessions.sign_in("lilei", PASSWORD, "198.51.100.7", "")
    await centre.sign_in("lilei")
    status, problem = await ask(centre, "PUT", "/session/password", {"old": "wrong", "new": NEW})
    assert (status, problem["code"]) == (401, "wrong_login")
    for weak, why in (("password1234", "common"), (PASSWORD, "same"), ("lilei-lilei1", "login")):
        status, problem = await ask(centre, "PUT", "/session/password", {"old": PASSWORD, "new": weak})
        assert (status, problem["code"], problem["facts"]["why"]) == (422, "weak_password", why)
    assert (await ask(centre, "PUT", "/session/password", {"old": PASSWORD, "new": NEW}))[0] == 204
    assert (await ask(centre, "GET", "/session"))[0] == 200
    assert await centre.web_services.sessions.find(elsewhere.token) is None
    assert (await centre.sign_in("lilei")).status == 401
    assert (await centre.sign_in("lilei", NEW)).status == 200
    (entry,) = await centre.web_services.audit.page(10, action="person.own_password")
    assert entry.actor == "lilei"


async def test_an_administrator_never_knows_a_signers_password_for_longer_than_the_first_sign_in(
    centre: WebCentre,
) -> None:
    await centre.sign_in("boss")
    body = {"login": "zhou", "name": "周敏", "password": "first words for zhou", "roles": ["supervisor"]}
    status, person = await ask(centre, "POST", "/people", body)
    assert status == 201
    for login, password, path in (
        ("zhou", "first words for zhou", None),
        ("zhou", "other words for zhou", f"/people/{person['id']}/password"),
    ):
        if path is not None:
            await centre.sign_in("boss")
            assert (await ask(centre, "PUT", path, {"password": password}))[0] == 204
        signed = await (await centre.sign_in(login, password)).json()
        assert signed["must_change_password"] is True
        status, problem = await ask(centre, "GET", "/people")
        assert (status, problem["code"]) == (403, "password_must_change")
        status, problem = await ask(centre, "POST", "/people", body)
        assert (status, problem["code"]) == (403, "password_must_change")
        own = NEW if path is None else f"{NEW}二"
        assert (await ask(centre, "PUT", "/session/password", {"old": password, "new": own}))[0] == 204
        assert (await ask(centre, "GET", "/people"))[0] == 200
        assert (await ask(centre, "GET", "/session"))[1]["must_change_password"] is False


async def test_a_person_added_without_another_person_has_their_own_password(centre: WebCentre) -> None:
    await centre.web_services.people.add("first", "王主任", NEW, frozenset({Role.ADMINISTRATOR}))
    assert (await (await centre.sign_in("first", NEW)).json())["must_change_password"] is False


async def test_a_program_has_no_password_to_change(centre: WebCentre) -> None:
    headers = await centre.token(Role.ADMINISTRATOR)
    body = {"old": PASSWORD, "new": NEW}
    answer = await centre.client.put("/api/v1/session/password", json=body, headers=headers)
    assert answer.status == 401


async def test_a_password_is_changed_over_TLS_as_well(database: Database) -> None:
    settings = WebSettings(public_origin="https://desk.example.cn", secure_cookie=True)
    async with open_web_centre(database, settings=settings) as centre:
        signed = await centre.web_services.sessions.sign_in("lilei", PASSWORD, "198.51.100.7", "")
        headers = {"Cookie": f"{HOST_COOKIE}={signed.token}", "X-CSRF-Token": signed.csrf}
        body = {"old": PASSWORD, "new": NEW}
        answer = await centre.client.put("/api/v1/session/password", json=body, headers=headers)
        assert answer.status == 204
        assert await centre.web_services.sessions.find(signed.token) is not None
