"""Writes the API's OpenAPI document to standard output: deploy/web.py makes the types of the browser's pages from it.

The shapes of the live feed's deltas, which OpenAPI has no place for, are added as schemas named `Live_<kind>`.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from callcenter.centre.build import join
from callcenter.centre.live_kinds import LIVE_KINDS
from callcenter.centre.site import application
from callcenter.settings import Settings
from callcenter.storage.database import Database
from callcenter.web.openapi import document
from callcenter.web.site import VERSION


async def described() -> dict[str, Any]:
    """Nothing is started and the database is never opened: the routes exist once the centre is wired."""
    with tempfile.TemporaryDirectory() as folder:
        database = Database.open(f"sqlite+aiosqlite:///{Path(folder) / 'centre.db'}")
        try:
            centre = join(Settings(data_dir=Path(folder)), database, asyncio.Event())
            text = document(application(centre), VERSION, LIVE_KINDS)
        finally:
            await database.close()
    schemas = text["components"]["schemas"]
    for kind, delta in text.pop("x-live-deltas").items():
        schemas[f"Live_{kind}"] = delta["schema"]
    return text


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asyncio.run(described()), ensure_ascii=False, sort_keys=True))
