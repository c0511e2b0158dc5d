"""The names of the schemas in the OpenAPI document: one for each, in the words of the trade."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Final

from aiohttp.test_utils import TestClient, TestServer

from callcenter.centre.build import join
from callcenter.centre.site import application
from callcenter.settings import Settings
from callcenter.storage.database import Database

ENUMERATIONS: Final = ("__State", "__Outcome", "__Kind", "__Place")
"""Of several rooms; pydantic puts the module before a name that two schemas share."""
NEVER: Final = re.compile(
    r"(?:Whole|Made|Tried|Seen|Found|Said|Told)(?:[A-Z]\w*)?|\w*(?:Said|Wish|Seen|Everything)(?:Shape)?"
)
EXCEPTIONS: Final = {"Found"}
"""`Found` are the kinds of what a search finds."""


async def test_schemas_have_names_of_their_own_in_the_words_of_the_trade(
    sqlite_database: Database, tmp_path: Path
) -> None:
    settings = Settings(data_dir=tmp_path)
    centre = join(settings, sqlite_database, asyncio.Event())
    async with TestClient(TestServer(application(centre))) as client:
        document = await (await client.get("/openapi.json")).json()
    names = set(document["components"]["schemas"])
    assert len(names) > 300
    assert {name for name in names if "__" in name and not name.endswith((*ENUMERATIONS, "_"))} == set()
    assert {name for name in names if NEVER.fullmatch(name)} - EXCEPTIONS == set()
