"""Reports faults of the settings, each with its file, its line and what would be right. Pure."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, Final

from pydantic import BaseModel

from callcenter.catalogue import Language, reader, validation_sentence
from callcenter.errors import Invalid

PREFIX: Final = "CC_"
BETWEEN: Final = "__"
_TABLE: Final = re.compile(r"\s*\[{1,2}\s*([^\]]+?)\s*\]{1,2}")
_KEY: Final = re.compile(r"\s*([A-Za-z0-9_\-.\"' ]+?)\s*=")
_AT_LINE: Final = re.compile(r"\(at line (\d+), column \d+\)")
_UNKNOWN: Final = "extra_forbidden"


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault. `source` is a file's name or an environment variable's, empty for a default; lines count from 1."""

    source: str
    line: int | None
    setting: str
    kind: str
    message: str = ""
    context: Mapping[str, object] = field(default_factory=dict)
    near: str = ""

    def sentence(self, language: Language) -> str:
        """`callcenter.toml:12: policy.ring_limt: there is no such setting; did you mean ring_limit?`"""
        place = ":".join(str(part) for part in (self.source, self.line) if part)
        kind = self.kind
        if kind == _UNKNOWN:
            kind = "unknown_setting_near" if self.near else "unknown_setting"
        why = validation_sentence(kind, {**self.context, "near": self.near}, self.message, language)
        return ": ".join(part for part in (place, self.setting, why) if part)


class BadSettings(Invalid):
    """The settings file or the environment has values that the service cannot run with."""

    code = "bad_settings"

    def __init__(self, problems: Sequence[Problem]) -> None:
        first = problems[0]
        super().__init__(
            first.sentence("en"), setting=first.setting, source=first.source, line=first.line, count=len(problems)
        )
        self.problems = tuple(problems)

    def lines(self, language: Language | None = None) -> list[str]:
        """One line for each fault."""
        return [problem.sentence(language or reader.get()) for problem in self.problems]


def problems_of(
    errors: Iterable[Mapping[str, Any]], model: type[BaseModel], file: str, text: str, environment: Mapping[str, str]
) -> list[Problem]:
    """Convert pydantic's errors to faults of the file or environment variable that they come from."""
    return [_problem(error, model, file, text, environment) for error in errors]


def _problem(
    error: Mapping[str, Any], model: type[BaseModel], file: str, text: str, environment: Mapping[str, str]
) -> Problem:
    path = [str(part) for part in error["loc"]]
    variable = _variable(path, environment)
    line = None if variable else line_of(text, path)
    if not variable and line is None:
        variable = _variable_below(path, environment)
    near = get_close_matches(path[-1], _names(model, path[:-1]), 1) if error["type"] == _UNKNOWN else []
    return Problem(
        source=variable or (file if line else ""),
        line=line,
        setting=".".join(path),
        kind=error["type"],
        message=error["msg"],
        context=error.get("ctx", {}),
        near=near[0] if near else "",
    )


def misspelt(environment: Iterable[str], model: type[BaseModel]) -> list[Problem]:
    """Environment variables that are one slip away from a setting's name.

    Others that begin with CC_ may belong to another program.
    """
    problems = []
    for variable in sorted(environment):
        name = variable.removeprefix(PREFIX).partition(BETWEEN)[0].lower()
        if not variable.startswith(PREFIX) or name in model.model_fields:
            continue
        if near := get_close_matches(name, model.model_fields, 1, 0.8):
            problems.append(Problem(variable, None, name, _UNKNOWN, near=near[0]))
    return problems


def unreadable(file: str, data: bytes, error: tomllib.TOMLDecodeError | UnicodeDecodeError) -> Problem:
    """The fault of a file that is not valid TOML."""
    if isinstance(error, UnicodeDecodeError):
        return Problem(file, data.count(b"\n", 0, error.start) + 1, "", "not_utf8")
    at = _AT_LINE.search(str(error))
    return Problem(file, int(at[1]) if at else None, "", "not_toml", _AT_LINE.sub("", str(error)).strip())


def line_of(text: str, path: Sequence[str]) -> int | None:
    """The line on which a TOML file sets this path or, failing that, the nearest path above it; None for neither.

    `tomllib` keeps no positions, so the file is read by its tables and keys; this serves the message only.
    """
    table: list[str] = []
    best: tuple[int, int] | None = None
    for number, line in enumerate(text.splitlines(), 1):
        header, key = _TABLE.match(line), _KEY.match(line)
        if header:
            table = _parts(header[1])
            whole = table
        elif key:
            whole = table + _parts(key[1])
        else:
            continue
        if list(path[: len(whole)]) == whole and (best is None or len(whole) > best[0]):
            best = (len(whole), number)
    return best[1] if best else None


def _parts(dotted: str) -> list[str]:
    return [part.strip().strip("\"'") for part in dotted.split(".")]


def _variable(path: Sequence[str], environment: Mapping[str, str]) -> str:
    """The environment variable that set this path or one above it; variables win over the file."""
    upper = {name.upper(): name for name in environment}
    for length in range(len(path), 0, -1):
        name = PREFIX + BETWEEN.join(path[:length]).upper()
        if name in upper:
            return upper[name]
    return ""


def _variable_below(path: Sequence[str], environment: Mapping[str, str]) -> str:
    """A variable that sets a part of the section at this path."""
    prefix = PREFIX + BETWEEN.join(path).upper() + BETWEEN
    return min((name for name in environment if name.upper().startswith(prefix)), default="")


def _names(model: type[BaseModel], path: Sequence[str]) -> list[str]:
    """The settings that the section at `path` knows."""
    section: Any = model
    for part in path:
        fields = getattr(section, "model_fields", {})
        if part not in fields:
            return []
        section = fields[part].annotation
    return list(getattr(section, "model_fields", {}))
