"""Tests where the start page and the addresses of earlier versions lead."""

from __future__ import annotations

import pytest
from aiohttp import ClientSession
from yarl import URL

from tests.dashboards.standin import PERSON, Standin


@pytest.mark.parametrize(("path", "place"), [("/agent", "/desk"), ("/wallboard", "/wall")])
async def test_a_bookmark_of_an_earlier_version_leads_to_the_page_of_today(
    service: Standin, path: str, place: str
) -> None:
    async with ClientSession() as client, client.get(service.url + path, allow_redirects=False) as answer:
        assert answer.status == 302
        assert answer.headers["Location"] == place


@pytest.mark.parametrize("path", ["/static/live.js", "/static/..%2fpages.py", "/agent/x", "/wallboards"])
async def test_nothing_else_is_served(service: Standin, path: str) -> None:
    async with ClientSession() as client, client.get(URL(service.url + path, encoded=True)) as answer:
        assert answer.status == 404


@pytest.mark.parametrize(
    ("roles", "place"),
    [
        (["agent"], "/desk"),
        (["supervisor"], "/floor"),
        (["manager", "agent"], "/desk"),
        (["assistant"], "/roster"),
        (None, "/login"),
    ],
)
async def test_the_start_page_redirects_by_role(service: Standin, roles: list[str] | None, place: str) -> None:
    service.person = None if roles is None else {**PERSON, "roles": roles}
    async with ClientSession() as client, client.get(service.url + "/", allow_redirects=False) as answer:
        assert answer.status == 302
        assert answer.headers["Location"] == place
        assert answer.headers["Cache-Control"] == "no-store"
