"""The settings in effect over HTTP, for administrators: no secret, and nothing that an edit here would change."""

from __future__ import annotations

import asyncio
import os
from typing import Self

from pydantic import BaseModel, JsonValue

from callcenter.settings import Settings
from callcenter.settings.effective import EffectiveSetting, SettingSource, effective
from callcenter.web.routes import ADMINISTRATORS, Ask, Page, Routes


class SettingShape(BaseModel):
    """`name` is dotted, as in the settings file. Of a `secret` both values are null; `given`: is there one."""

    name: str
    value: JsonValue
    default: JsonValue
    source: SettingSource
    secret: bool
    given: bool
    description: str

    @classmethod
    def of(cls, setting: EffectiveSetting) -> Self:
        return cls(
            name=setting.name,
            value=setting.value,
            default=setting.default,
            source=setting.source,
            secret=setting.secret,
            given=setting.given,
            description=setting.description,
        )


def routes(settings: Settings) -> Routes:
    routes = Routes("centre")
    # The variables are those of the start, as the settings are.
    environment = dict.fromkeys(os.environ, "")

    @routes.get("/settings", roles=ADMINISTRATORS)
    async def list_settings(ask: Ask) -> Page[SettingShape]:
        """List the settings in effect, in the order of the settings file; secrets are left out."""
        # The descriptions are read from the program's sources.
        listed = await asyncio.to_thread(effective, settings, environment)
        return Page(items=[SettingShape.of(setting) for setting in listed])

    return routes
