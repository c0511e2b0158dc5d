"""Tests how the pages are served."""

from __future__ import annotations

import pytest
from aiohttp import ClientSession

from tests.dashboards.standin import PERSON, Standin


@pytest.mark.parametrize(
    "path", ["/agent", "/wallboard", "/static/live.js", "/static/texts/en.json", "/static/icons.svg"]
)
async def test_a_page_forbids_inline_script_and_is_asked_about_before_reuse(service: Standin, path: str) -> None:
    async with ClientSession() as client:
        async with client.get(service.url + path) as answer:
            assert answer.status == 200
            policy = answer.headers["Content-Security-Policy"]
            assert "script-src 'self'" in policy
            assert "unsafe" not in policy
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            etag = answer.headers["ETag"]
        async with client.get(service.url + path, headers={"If-None-Match": etag}) as again:
            assert again.status == 304


@pytest.mark.parametrize(
    "path",
    ["/static/../pages.py", "/static/..%2fpages.py", "/static//etc/passwd", "/static/none.js", "/static/agent.html"],
)
async def test_nothing_but_the_pages_own_files_is_served(service: Standin, path: str) -> None:
    from yarl import URL

    async with ClientSession() as client, client.get(URL(service.url + path, encoded=True)) as answer:
        assert answer.status == 404


@pytest.mark.parametrize(
    ("roles", "place"),
    [(["agent"], "/desk"), (["supervisor"], "/floor"), (["manager", "agent"], "/desk"), (None, "/login")],
)
async def test_the_start_page_redirects_by_role(service: Standin, roles: list[str] | None, place: str) -> None:
    service.person = None if roles is None else {**PERSON, "roles": roles}
    async with ClientSession() as client, client.get(service.url + "/", allow_redirects=False) as answer:
        assert answer.status == 302
        assert answer.headers["Location"] == place
        assert answer.headers["Cache-Control"] == "no-store"
