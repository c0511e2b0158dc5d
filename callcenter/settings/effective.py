"""Lists the settings in effect, with every secret left out. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from pydantic import BaseModel, SecretStr
from pydantic_core import to_jsonable_python

from callcenter.settings.template import descriptions

CREDENTIALS: Final = re.compile(r"(?<=://)[^/@\s]*@")
"""Name and password in an address: `https://name:password@host`."""
OPEN_TEXTS: Final = frozenset({"transcripts.sr_options"})
"""Settings that pass options on to a foreign engine, keys of its service among them."""


class SettingSource(StrEnum):
    """Where a value comes from."""

    DEFAULT = "default"
    CONFIGURED = "configured"
    ENVIRONMENT = "environment"


@dataclass(frozen=True, slots=True)
class EffectiveSetting:
    """`value` and `default` are JSON; both are None for a secret, of which only `given` is known."""

    name: str
    value: Any
    default: Any
    source: SettingSource
    secret: bool
    given: bool
    description: str


def effective(settings: BaseModel, environment: Mapping[str, str], prefix: str = "CC_") -> list[EffectiveSetting]:
    """Every setting in the order of the settings file, the parts of sections by dotted names."""
    names = {name.upper() for name in environment}
    return list(_section(settings, "", names, prefix))


def _section(section: BaseModel, path: str, environment: set[str], prefix: str) -> Iterator[EffectiveSetting]:
    model = type(section)
    words = descriptions(model)
    for name, field in model.model_fields.items():
        value, dotted = getattr(section, name), f"{path}{name}"
        if isinstance(value, BaseModel):
            yield from _section(value, f"{dotted}.", environment, prefix)
            continue
        default = None if field.is_required() else field.get_default(call_default_factory=True)
        source = SettingSource.CONFIGURED if name in section.model_fields_set else SettingSource.DEFAULT
        if _variables(dotted, prefix) & environment:
            source = SettingSource.ENVIRONMENT
        secret = dotted in OPEN_TEXTS or isinstance(value, SecretStr)
        yield EffectiveSetting(
            name=dotted,
            value=None if secret else plain(value),
            default=None if secret else plain(default),
            source=source,
            secret=secret,
            given=_given(value) if secret else source is not SettingSource.DEFAULT,
            description=" ".join(words.get(name, "").split()),
        )


def _variables(dotted: str, prefix: str) -> set[str]:
    """The variables that set this setting, by itself or with the section that it is in."""
    parts = dotted.upper().split(".")
    return {prefix + "__".join(parts[:count]) for count in range(1, len(parts) + 1)}


def _given(value: Any) -> bool:
    return bool(value.get_secret_value() if isinstance(value, SecretStr) else value)


def plain(value: Any) -> Any:
    """The value as JSON; a secret inside a list or a table is null."""
    match value:
        case SecretStr():
            return None
        case BaseModel():
            return {name: plain(getattr(value, name)) for name in type(value).model_fields}
        case Mapping():
            return {str(name): plain(entry) for name, entry in value.items()}
        case list() | tuple() | set() | frozenset():
            entries = [plain(entry) for entry in value]
            return sorted(entries) if isinstance(value, (set, frozenset)) else entries
        case str():
            return CREDENTIALS.sub("***@", value)
        case _:
            return to_jsonable_python(value)
