"""/metrics stays small (issue of a scrape every 15 s): whatever is asked, and however large the centre is."""

from __future__ import annotations

import asyncio
from pathlib import Path

import aiohttp
import pytest

from tests.support.joined import joined_centre

MOST_BYTES = 100_000
LARGE_CENTRE = 20_000
"""Room for what grows with the centre: 50 queues and 50 kinds of jobs are 200 series of less than 80 bytes."""
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "PROPFIND", "BREW")


# It asks each operation of the API in every way, on a machine that other tests share.
# The database makes no difference to the numbers.
@pytest.mark.timeout(240)
@pytest.mark.parametrize("empty_database_url", ["sqlite"], indirect=True)
def test_metrics_stay_under_100_kb_when_every_operation_was_asked_in_every_way(
    empty_database_url: str, tmp_path: Path
) -> None:
    with joined_centre(empty_database_url, tmp_path) as centre:
        size, series = asyncio.run(_ask(centre.url, centre.headers))
    assert size < MOST_BYTES - LARGE_CENTRE, f"{size} bytes, {series} series"


async def _ask(url: str, headers: dict[str, str]) -> tuple[int, int]:
    async with aiohttp.ClientSession(url) as client:
        document = await (await client.get("/openapi.json")).json()
        for path, operations in document["paths"].items():
            place = path.replace("{", "").replace("}", "")
            known = [name.upper() for name in operations if name.upper() in METHODS]
            for method in (*known, "PROPFIND"):
                for sent in ({}, headers):
                    async with client.request(method, place, headers=sent, data=b"[]") as answer:
                        await answer.read()
        for number in range(300):
            async with client.get(f"/made-up/{number}") as answer:
                await answer.read()
        async with client.get("/metrics") as answer:
            text = await answer.text()
    assert "made-up" not in text
    return len(text.encode()), sum(1 for line in text.splitlines() if not line.startswith("#"))
