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

from callcenter.catalogue import LANGUAGES
from callcenter.catalogue.sentences import catalogue
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


def without_text(text: dict[str, Any]) -> list[str]:
    """The problem codes of the document that have no sentence in some language: no page could show them."""
    operations = [operation for path in text["paths"].values() for operation in path.values()]
    codes = {code for part in (text, *operations) for code in part["x-problems"]}
    return sorted(code for code in codes if not set(LANGUAGES) <= catalogue().get(code, {}).keys())


if __name__ == "__main__":
    whole = asyncio.run(described())
    if missing := without_text(whole):
        sys.exit(f"no text in callcenter/catalogue/texts for: {', '.join(missing)}")
    sys.stdout.write(json.dumps(whole, ensure_ascii=False, sort_keys=True))
