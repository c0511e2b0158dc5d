"""Tests that no list ignores a query parameter that it does not know: the answer would be to another question."""

from __future__ import annotations

import asyncio
from pathlib import Path

from callcenter.centre.build import join
from callcenter.centre.site import application
from callcenter.settings import Settings
from callcenter.storage.database import Database
from callcenter.web.serving import MOUNTED

OTHERS_ADD = {"/session/oidc/start", "/session/oidc/callback"}
"""A provider adds parameters of its own to the address that it sends the browser back to."""


async def test_a_misspelt_query_parameter_is_refused_and_never_ignored(
    sqlite_database: Database, tmp_path: Path
) -> None:
    app = application(join(Settings(data_dir=tmp_path), sqlite_database, asyncio.Event()))
    queries = {
        route.path: route.signature.query.model_config.get("extra")
        for _, route in app[MOUNTED].routes
        if route.signature.query is not None
    }
    assert len(queries) > 50
    assert {path for path, extra in queries.items() if extra != "forbid"} == OTHERS_ADD
