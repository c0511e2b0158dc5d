"""How the built console is served: the page, its assets, the centre's own words and colours."""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestClient, TestServer
from structlog.testing import capture_logs
from yarl import URL

from dashboards.console import build_id, console, own_words

Client = TestClient[web.Request, web.Application]
WORDS = {"app.name": "客户服务中心", "ring.label": "第 {ring} 声"}


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    """A build of a few bytes: what is served does not depend on what is in it."""
    folder = tmp_path / "dist"
    (folder / "assets").mkdir(parents=True)
    (folder / "texts").mkdir()
    (folder / "index.html").write_text("<!doctype html><title>page</title>")
    (folder / "assets" / "index-abc.js").write_text("export {};")
    (folder / "assets" / "index-abc.js.br").write_bytes(b"brotli")
    (folder / "assets" / "index-abc.js.gz").write_bytes(b"gzip")
    (folder / "texts" / "zh-CN.json").write_text(json.dumps(WORDS))
    (folder / ".sources").write_text("0123456789abcdef" * 4)
    return folder


@pytest.fixture
async def client(dist: Path, tmp_path: Path) -> AsyncIterator[Client]:
    app = web.Application()
    app.add_routes(console(tmp_path / "house", dist))
    async with TestClient(TestServer(app), auto_decompress=False) as client:
        yield client


@pytest.mark.parametrize("path", ["/desk", "/floor", "/floor/agent/1001", "/desk/record/pbx1-1.2"])
async def test_the_page_answers_its_paths_and_is_revalidated(client: Client, path: str) -> None:
    async with client.get(path) as answer:
        assert answer.status == 200
        assert answer.headers["Cache-Control"] == "no-cache"
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'self';" in policy
        assert "style-src-elem 'self';" in policy
        assert "microphone=(self)" in answer.headers["Permissions-Policy"]
        etag = answer.headers["ETag"]
    async with client.get(path, headers={"If-None-Match": etag}) as again:
        assert again.status == 304


@pytest.mark.parametrize(
    "path", ["/nowhere", "/deskish", "/assets/gone.js", "/assets/", "/assets/..%2findex.html", "/assets/index.html"]
)
async def test_an_unknown_path_or_asset_is_not_the_page(client: Client, path: str) -> None:
    async with client.get(URL(path, encoded=True)) as answer:
        assert answer.status == 404
        assert b"<title>" not in await answer.read()


@pytest.mark.parametrize(
    ("accepts", "encoding", "body"),
    [("br, gzip", "br", b"brotli"), ("gzip", "gzip", b"gzip"), ("identity", None, b"export {};")],
)
async def test_an_asset_is_immutable_and_compressed_beforehand(
    client: Client, accepts: str, encoding: str | None, body: bytes
) -> None:
    async with client.get("/assets/index-abc.js", headers={"Accept-Encoding": accepts}) as answer:
        assert answer.status == 200
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"
        assert answer.headers.get("Content-Encoding") == encoding
        assert answer.headers["Vary"] == "Accept-Encoding"
        assert await answer.read() == body


async def test_words_and_colours_change_without_a_build_and_without_a_restart(client: Client, tmp_path: Path) -> None:
    own = tmp_path / "house"
    async with client.get("/texts/zh-CN.json") as answer:
        assert (await answer.json())["app.name"] == "客户服务中心"
        etag = answer.headers["ETag"]
    async with client.get("/texts/zh-CN.json", headers={"If-None-Match": etag}) as again:
        assert again.status == 304
    async with client.get("/house/tokens.css") as answer:
        assert (answer.status, await answer.text()) == (200, "")
    own.mkdir()
    (own / "texts.zh-CN.json").write_text(json.dumps({"app.name": "湘江热线"}))
    (own / "tokens.css").write_text(":root { --accent: #123456; }")
    async with client.get("/texts/zh-CN.json", headers={"If-None-Match": etag}) as answer:
        assert (await answer.json())["app.name"] == "湘江热线"
    async with client.get("/house/tokens.css") as answer:
        assert answer.headers["Content-Type"] == "text/css; charset=utf-8"
        assert "#123456" in await answer.text()


@pytest.mark.parametrize("language", ["fr", "..%2f..%2fsecret", "en.json%00"])
async def test_there_are_only_the_catalogues_of_the_console(client: Client, language: str) -> None:
    async with client.get(URL(f"/texts/{language}.json", encoded=True)) as answer:
        assert answer.status == 404


@pytest.mark.parametrize(
    ("own", "remembered"),
    [
        ({"app.name": "湘江热线", "no.such": "x"}, {"app.name": "湘江热线"}),
        ({"ring.label": "{ring} 响"}, {"ring.label": "{ring} 响"}),
        ({"ring.label": "{ringe} 响"}, {}),
        ({"ring.label": "@:app.name | x"}, {}),
        ({"app.name": 7, "ring.label": ""}, {}),
        (["app.name"], {}),
    ],
)
def test_a_word_that_would_break_the_pages_is_left_out_and_logged(
    tmp_path: Path, own: object, remembered: object
) -> None:
    path = tmp_path / "texts.zh-CN.json"
    path.write_text(json.dumps(own))
    with capture_logs() as logs:
        assert own_words(path, WORDS) == remembered
    assert bool(logs) == (own != remembered)


@pytest.mark.parametrize("content", [b"{", b"\xff\xfe", b"{}" + b" " * 300_000])
def test_a_file_of_own_words_that_cannot_be_read_changes_nothing(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "texts.en.json"
    path.write_bytes(content)
    with capture_logs() as logs:
        assert own_words(path, WORDS) == {}
    assert [entry["log_level"] for entry in logs] == ["warning"]


async def test_a_service_without_built_pages_explains_how_to_build_them_and_serves_the_rest(tmp_path: Path) -> None:
    app = web.Application()
    app.add_routes(console(None, tmp_path / "none"))
    server = TestServer(app)
    await server.start_server()
    async with ClientSession() as session:
        async with session.get(server.make_url("/desk")) as answer:
            assert answer.status == 503
            assert "make web" in await answer.text()
        async with session.get(server.make_url("/texts/en.json")) as answer:
            assert answer.status == 404
    await server.close()
    assert build_id(tmp_path / "none") is None


def test_the_build_id_is_the_start_of_the_hash_of_the_sources(dist: Path) -> None:
    assert build_id(dist) == "0123456789ab"
    os.remove(dist / ".sources")
    assert build_id(dist) is None
