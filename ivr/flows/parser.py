"""Reads a flow from its TOML source; every fault comes with its line. Pure."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from callcenter.documents.model import BYTE_ORDER_MARK, LANGUAGES, NAME_LIMIT, SOURCE_LIMIT
from ivr.flows.faults import Fault
from ivr.flows.model import BUILT_IN, FIELDS, KEYS, Choice, Flow, Key, Kind, Step
from ivr.flows.places import line_in, line_of, lines_of

NAME: Final = re.compile(rf"[a-z][a-z0-9_]{{0,{NAME_LIMIT - 1}}}")
CODE: Final = re.compile(r"[a-z][a-z0-9_-]{0,30}")
TAG: Final = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,12}){0,3}")
TARGET: Final = re.compile(rf"{NAME.pattern}|{TAG.pattern}")
SPOKEN: Final = re.compile(rf"(?:{NAME.pattern})?")
SECONDS: Final = (2, 30)
TRIES: Final = (1, 5)
MOST_STEPS: Final = 100
LONGEST_TEXT: Final = 1000
DEFAULT_GREETING: Final = "greeting"
_TOP: Final = frozenset({"name", "lines", "languages", "start", "greeting", "hours", "overflow", "steps", "prompts"})
_ABSENT: Final = object()


@dataclass
class _Source:
    """The parsed data with the faults found so far."""

    data: Mapping[str, Any]
    lines: Mapping[str, int]
    faults: list[Fault] = field(default_factory=list)

    def fault(self, kind: str, path: str, **facts: object) -> None:
        self.faults.append(Fault(kind, line_of(self.lines, path), path, facts))

    def table(self, data: Mapping[str, Any], key: str, path: str) -> Mapping[str, Any]:
        value = data.get(key, {})
        if isinstance(value, dict):
            return value
        self.fault("flow_table", path, field=key)
        return {}

    def unknown(self, data: Mapping[str, Any], known: frozenset[str] | set[str], path: str) -> None:
        for key in data:
            if key not in known:
                self.fault("flow_unknown_field", _in(path, key), field=key, known=", ".join(sorted(known)))

    def text(self, data: Mapping[str, Any], key: str, path: str, pattern: re.Pattern[str], default: Any) -> str:
        """A text of this pattern; a fault and an empty text when it is missing or another thing."""
        value = data.get(key, default)
        if isinstance(value, str) and pattern.fullmatch(value):
            return value
        if value is _ABSENT:
            self.fault("flow_missing", path, field=key)
        else:
            self.fault("flow_value", _in(path, key), field=key)
        return ""

    def texts(self, data: Mapping[str, Any], key: str, pattern: re.Pattern[str], *, empty: bool) -> tuple[str, ...]:
        value = data.get(key, [])
        good = isinstance(value, list) and all(isinstance(item, str) and pattern.fullmatch(item) for item in value)
        if not good or (not value and not empty) or len(set(value)) < len(value):
            self.fault("flow_list", key, field=key)
            return ()
        return tuple(value)

    def number(self, data: Mapping[str, Any], key: str, path: str, bounds: tuple[int, int], default: int) -> int:
        value, (least, most) = data.get(key, default), bounds
        if isinstance(value, int) and not isinstance(value, bool) and least <= value <= most:
            return value
        self.fault("flow_number", _in(path, key), field=key, least=least, most=most)
        return default


def read_flow(source: str) -> tuple[Flow | None, list[Fault]]:
    """The flow, if the source can be read at all, and everything that is wrong with its form."""
    if len(source) > SOURCE_LIMIT or "\0" in source:
        return None, [Fault("source_too_long", 1, "", {"most": SOURCE_LIMIT})]
    try:
        data = tomllib.loads(source.removeprefix(BYTE_ORDER_MARK))
    except (ValueError, RecursionError) as error:
        # tomllib raises a plain ValueError for a number of more digits than Python reads.
        return None, [Fault("source_not_toml", line_in(str(error)), "", {"detail": str(error)}, str(error))]
    read = _Source(data, lines_of(source))
    flow = _flow(read)
    return (None if read.faults else flow), read.faults


def _flow(read: _Source) -> Flow:
    data = read.data
    read.unknown(data, _TOP, "")
    greeting, hours = read.table(data, "greeting", "greeting"), read.table(data, "hours", "hours")
    overflow = read.table(data, "overflow", "overflow")
    read.unknown(greeting, {"say"}, "greeting")
    read.unknown(hours, {"closed", "nobody"}, "hours")
    read.unknown(overflow, {"then"}, "overflow")
    languages = read.texts(data, "languages", TAG, empty=False)
    for language in languages:
        if language not in LANGUAGES:
            read.fault("unknown_language", "languages", language=language, known=", ".join(LANGUAGES))
    return Flow(
        name=read.text(data, "name", "", NAME, _ABSENT),
        lines=read.texts(data, "lines", CODE, empty=True),
        languages=languages,
        greeting=read.text(greeting, "say", "greeting", NAME, DEFAULT_GREETING),
        start=read.text(data, "start", "", NAME, _ABSENT),
        closed=read.text(hours, "closed", "hours", NAME, _ABSENT),
        nobody=read.text(hours, "nobody", "hours", NAME, _ABSENT),
        overflow=read.text(overflow, "then", "overflow", NAME, "message"),
        steps=_steps(read),
        texts=_texts(read, languages),
    )


def _steps(read: _Source) -> dict[str, Step]:
    tables = read.table(read.data, "steps", "steps")
    if not 1 <= len(tables) <= MOST_STEPS:
        read.fault("flow_steps", "steps", most=MOST_STEPS)
    steps = {}
    for name, table in tables.items():
        path = f"steps.{name}"
        if not NAME.fullmatch(name) or name in BUILT_IN:
            read.fault("flow_step_name", path, name=name, reserved=", ".join(sorted(BUILT_IN)))
        elif not isinstance(table, dict):
            read.fault("flow_table", path, field=name)
        else:
            step = _step(read, name, table, path)
            if step is not None:
                steps[name] = step
    return steps


def _step(read: _Source, name: str, table: Mapping[str, Any], path: str) -> Step | None:
    try:
        kind = Kind(table.get("kind", ""))
    except ValueError:
        read.fault("flow_kind", _in(path, "kind"), known=", ".join(Kind))
        return None
    rules = FIELDS[kind]
    read.unknown(table, {"kind", *rules}, path)
    values: dict[str, Any] = {}
    for key, rule in rules.items():
        if key in table:
            values[key] = _READERS[key](read, table, path)
        elif rule.required:
            read.fault("flow_missing", path, field=key)
    if kind is Kind.CHOOSE:
        _check_choice(read, values, path)
    return Step(name, kind, **values)


def _keys(read: _Source, table: Mapping[str, Any], path: str) -> dict[str, Key]:
    """Each key as `1 = "target"`, or `1 = { to = "target", say = "prompt" }`."""
    keys = read.table(table, "keys", _in(path, "keys"))
    if not keys:
        read.fault("flow_no_keys", _in(path, "keys"))
    result: dict[str, Key] = {}
    for key, value in keys.items():
        where = _in(path, f"keys.{key}")
        table = value if isinstance(value, dict) else {"to": value}
        if key not in KEYS:
            read.fault("flow_key", where, key=key, known=" ".join(KEYS))
            continue
        read.unknown(table, {"to", "say"}, where)
        result[key] = Key(read.text(table, "to", where, TARGET, _ABSENT), read.text(table, "say", where, SPOKEN, ""))
    return result


def _sets(read: _Source, table: Mapping[str, Any], path: str) -> Choice | None:
    try:
        return Choice(table.get("sets", ""))
    except ValueError:
        read.fault("flow_choice", _in(path, "sets"), known=", ".join(Choice))
        return None


def _check_choice(read: _Source, values: Mapping[str, Any], path: str) -> None:
    """The language of a key must be one of the flow's."""
    languages = read.data.get("languages", [])
    if values.get("sets") is not Choice.LANGUAGE or not isinstance(languages, list):
        return
    for key, entry in values.get("keys", {}).items():
        if entry.value not in languages:
            known = ", ".join(map(str, languages))
            read.fault("unknown_language", _in(path, f"keys.{key}"), language=entry.value, known=known)


def _named(key: str, pattern: re.Pattern[str]) -> Callable[[_Source, Mapping[str, Any], str], str]:
    return lambda read, table, path: read.text(table, key, path, pattern, _ABSENT)


_READERS: Final[Mapping[str, Callable[[_Source, Mapping[str, Any], str], Any]]] = {
    "say": _named("say", NAME),
    "then": _named("then", NAME),
    "otherwise": _named("otherwise", NAME),
    "queue": _named("queue", CODE),
    "line": _named("line", CODE),
    "keys": _keys,
    "sets": _sets,
    "seconds": lambda read, table, path: read.number(table, "seconds", path, SECONDS, 5),
    "tries": lambda read, table, path: read.number(table, "tries", path, TRIES, 3),
}


def _texts(read: _Source, languages: tuple[str, ...]) -> dict[str, dict[str, str]]:
    """The flow's own prompts; each must be in every language of the flow."""
    texts: dict[str, dict[str, str]] = {}
    for name, table in read.table(read.data, "prompts", "prompts").items():
        path = f"prompts.{name}"
        if not NAME.fullmatch(name) or not isinstance(table, dict):
            read.fault("flow_value", path, field=name)
            continue
        read.unknown(table, set(languages), path)
        for language in languages:
            text = table.get(language)
            if not isinstance(text, str) or not text.strip() or len(text) > LONGEST_TEXT or not text.isprintable():
                read.fault("flow_text", path, language=language, longest=LONGEST_TEXT)
        texts[name] = {key: str(value) for key, value in table.items()}
    return texts


def _in(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key
