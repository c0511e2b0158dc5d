"""Tests that sentences are in the language that the request, the session or the terminal names."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from callcenter.catalogue import (
    LANGUAGES,
    negotiated,
    sentence_of,
    terminal_language,
    validation_sentence,
)
from callcenter.errors import Conflict
from callcenter.storage.database import Database
from callcenter.web.people_http import NewAccount
from callcenter.web.sessions_http import SignIn
from tests.support.web_centre import open_web_centre


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("zh-CN", "zh-CN"),
        ("zh", "zh-CN"),
        ("zh-Hant-TW,zh;q=0.9,en;q=0.8", "zh-CN"),
        ("en-GB,en;q=0.9,zh-CN;q=0.8", "en"),
        ("en;q=0.2, zh;q=0.7", "zh-CN"),
        ("de-DE,de;q=0.9,en;q=0.3,zh;q=0.4", "zh-CN"),
        ("zh;q=0, en;q=0.1", "en"),
        ("de", None),
        ("", None),
        ("*", None),
        ("zh;q=nonsense", None),
        (",,;;q=,=,zh;q=NaN", None),
        ("x" * 100_000, None),
    ],
)
def test_the_best_language_of_the_header_is_taken(header: str, language: str | None) -> None:
    assert negotiated(header) == language


def test_a_terminal_reads_in_the_language_of_its_locale() -> None:
    assert terminal_language({"LANG": "zh_CN.UTF-8"}) == "zh-CN"
    assert terminal_language({"LANG": "zh_CN.UTF-8", "LC_ALL": "en_US.UTF-8"}) == "en"
    assert terminal_language({"LC_ALL": "", "LANG": "zh_CN.UTF-8"}) == "zh-CN"
    assert terminal_language({"LANG": "C"}) == "en"


async def test_a_problem_is_in_the_requested_language(database: Database) -> None:
    async with open_web_centre(database) as centre:
        for asked, detail in (("zh-CN", "请先登录。"), ("en", "Sign in first."), ("fr", "Sign in first.")):
            response = await centre.client.get("/api/v1/people", headers={"Accept-Language": asked})
            problem = await response.json()

            assert (response.status, problem["code"], problem["detail"]) == (401, "not_signed_in", detail)
            assert response.headers["Content-Language"] == ("zh-CN" if asked == "zh-CN" else "en")


async def test_a_session_is_answered_in_its_language_unless_the_request_names_another(database: Database) -> None:
    async with open_web_centre(database) as centre:
        body = {"login": "lilei", "password": "correct horse", "language": "zh-CN"}
        await centre.client.post("/api/v1/session", json=body)

        plain = await (await centre.client.get("/api/v1/tokens")).json()
        english = await (await centre.client.get("/api/v1/tokens", headers={"Accept-Language": "en"})).json()

    assert plain["detail"] == "您的角色不能进行此操作；需要以下角色之一：管理员。"
    assert english["detail"] == "Your role does not allow this. One of these roles is required: administrator."
    assert plain["facts"] == {"roles": "administrator"}


async def test_validation_is_in_the_readers_language_and_keeps_rule_and_pointer(database: Database) -> None:
    async with open_web_centre(database) as centre:
        response = await centre.client.post("/api/v1/session", json={"login": ""}, headers={"Accept-Language": "zh"})
        problem = await response.json()

    assert (response.status, problem["code"]) == (422, "invalid")
    assert problem["detail"] == "请求中有 2 处不符合要求，第一处是 /login：至少 1 个字符。"
    assert [(entry["pointer"], entry["message"], entry["rule"]) for entry in problem["errors"]] == [
        ("/login", "至少 1 个字符", "string_too_short"),
        ("/password", "必填", "missing"),
    ]


async def test_an_address_that_nothing_serves_is_refused_in_the_readers_language(database: Database) -> None:
    async with open_web_centre(database) as centre:
        response = await centre.client.get("/api/v1/nothing", headers={"Accept-Language": "zh-CN"})
        wrong = await centre.client.delete("/api/v1/people", headers={"Accept-Language": "zh-CN"})

        assert "找不到" in (await response.json())["detail"]
        assert "Allow" in (await wrong.json())["detail"]


def test_no_sentence_of_validation_repeats_what_was_sent() -> None:
    """What was sent may be a password."""
    for body in ({"login": "x", "password": 7777777}, {"login": "x" * 99, "password": "p" * 999}):
        with pytest.raises(ValidationError) as caught:
            SignIn.model_validate(body, strict=True)
        for fault in caught.value.errors(include_input=False):
            for language in LANGUAGES:
                text = validation_sentence(fault["type"], fault.get("ctx", {}), fault["msg"], language)
                assert "7777777" not in text
                assert "ppp" not in text
    assert NewAccount.model_fields["password"]


def test_a_plain_conflict_has_a_sentence() -> None:
    assert sentence_of(Conflict("x"), "zh-CN").startswith("与已保存的内容冲突")
