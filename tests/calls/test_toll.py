"""Tests the list of refused outside calls, built from what the dialplan wrote, and who may read it."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from callcenter.asterisk.render.toll import CHINA
from callcenter.calls.toll.http import toll_routes
from callcenter.storage.database import Database
from tests.calls.test_ingest import DATA, append, reader
from tests.support.web_centre import WebCentre, open_web_centre

API = "/api/v1/toll-events"


def line(number: int, extra: str, user_event: str = "cc_toll") -> bytes:
    row: dict[str, Any] = json.loads((DATA / "cel.jsonl").read_bytes().splitlines()[0])
    row |= {"eventtype": user_event, "eventenum": "USER_DEFINED", "userdeftype": user_event}
    row |= {"eventtime": 1795459900.5 + number, "uniqueid": f"pbx1-1.{number}", "linkedid": f"pbx1-1.{number}"}
    row["eventextra"] = json.dumps({"extra": extra}, separators=(",", ":"))
    return json.dumps(row, separators=(",", ":")).encode() + b"\n"


@pytest_asyncio.fixture
async def centre(database: Database, tmp_path: Path) -> AsyncIterator[WebCentre]:
    (tmp_path / "cel-custom").mkdir()
    path = tmp_path / "cel-custom/cel.jsonl"
    for place in range(5):
        append(path, line(place, f"refused:class:international:1001:1001:008522123456{place}"))
    append(path, line(5, "alarm:house::1002:1002:"))
    append(path, line(6, "nonsense:class:international:1001:1001:1"))
    append(path, line(7, "refused:class:international:1001:1001:1", "cc_else"))
    ingest = reader(database, tmp_path)
    await ingest.catch_up()
    assert ingest.tolls == {"refused": 5, "alarm": 1, "stop": 0}
    again = reader(database, tmp_path)
    await again.catch_up()
    assert sum(again.tolls.values()) == 0
    async with open_web_centre(database, toll_routes(database)) as opened:
        yield opened


async def test_the_report_lists_each_refusal_once_by_pages(centre: WebCentre) -> None:
    await centre.sign_in("supervisor")
    seen: list[str] = []
    cursor = ""
    while True:
        page = await (await centre.client.get(f"{API}?kind=refused&limit=2{cursor}")).json()
        seen += [entry["number"] for entry in page["items"]]
        assert {(entry["reason"], entry["dial_class"], entry["phone"]) for entry in page["items"]} <= {
            ("class", "international", "1001")
        }
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    assert seen == [f"008522123456{place}" for place in reversed(range(5))]
    (alarm,) = (await (await centre.client.get(f"{API}?kind=alarm")).json())["items"]
    assert (alarm["reason"], alarm["phone"], alarm["number"]) == ("house", "1002", "")


async def test_an_agent_may_not_read_what_colleagues_dialled(centre: WebCentre) -> None:
    await centre.sign_in("lilei")
    assert (await centre.client.get(API)).status == 403


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        ("110", "local"),
        ("12345", "local"),
        ("95588", "local"),
        ("10086", "local"),
        ("88886666", "local"),
        ("4008001234", "local"),
        ("073188886666", "national"),
        ("01088886666", "national"),
        ("73188886666", "national"),
        ("13974812345", "mobile"),
        ("013974812345", "mobile"),
        ("16612345678", "mobile"),
        ("16812345678", "mobile"),
        ("16812345", "premium"),
        ("073116012345", "premium"),
        ("125901234", "premium"),
        ("17401234567", "satellite"),
        ("00870773123456", "satellite"),
        ("+881612345678", "satellite"),
        ("0085221234567", "international"),
        ("+12125551234", "international"),
        ("17909001212", "international"),
        ("1790913974812345", "international"),
        ("", "international"),
        ("99999999999999", "international"),
    ],
)
def test_a_number_is_of_the_last_class_that_matches_it(number: str, expected: str) -> None:
    result = [name for name, pattern in CHINA if re.search(pattern, number)]
    assert (result or ["international"])[-1] == expected
