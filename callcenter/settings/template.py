"""Generates `callcenter.toml` with every setting, its default and its meaning from the settings' model. Pure.

A setting is written as `#name = default`, so that a line without its `#` is the setting; prose begins with `# `. The
words are the docstrings of the model's fields, so the file cannot differ from the program that wrote it.
"""

from __future__ import annotations

import ast
import inspect
import json
import textwrap
from collections.abc import Iterator, Mapping
from datetime import date, time
from pathlib import Path
from typing import Any, Final, get_args

from pydantic import BaseModel, SecretStr

WIDTH: Final = 100
UNSET: Final = "# ({name}: not set)"


def template(model: type[BaseModel], head: str, titles: Mapping[str, str], written: Mapping[str, Any]) -> str:
    """The whole file: `head` as its first comment, `titles` of sections by their dotted name, `written` values live."""
    default = {name: field.get_default(call_default_factory=True) for name, field in model.model_fields.items()}
    lines = [*_prose(head), "", *_section(model, default, "", titles, written)]
    return "\n".join(lines) + "\n"


def _section(
    model: type[BaseModel], values: Mapping[str, Any], path: str, titles: Mapping[str, str], written: Mapping[str, Any]
) -> Iterator[str]:
    """The settings of one table, then its sub-tables: TOML wants a table's own keys before them.

    A section whose defaults differ here from those of its class is written on one line: its bare head would reset them.
    """
    words = descriptions(model)
    tables = []
    for name, value in values.items():
        if isinstance(value, BaseModel) and value == type(value)():
            tables.append((name, value))
            continue
        yield from _prose(words.get(name, ""))
        if value is None:
            yield UNSET.format(name=name)
        elif name in written and not path:
            yield f"{name} = {toml(written[name])}"
        else:
            yield f"#{name} = {toml(value)}"
        item = _item_model(model, name)
        if item is not None:
            yield from _example(item, f"{path}{name}")
        yield ""
    for name, section in tables:
        dotted = f"{path}{name}"
        yield f"# ---- {titles.get(dotted, dotted)} ".ljust(WIDTH, "-")
        own_words = inspect.cleandoc(type(section).__dict__.get("__doc__") or "")
        yield from _prose(words.get(name, own_words))
        yield f"[{dotted}]"
        own = {field: getattr(section, field) for field in type(section).model_fields}
        yield from _section(type(section), own, f"{dotted}.", titles, written)


def _item_model(model: type[BaseModel], name: str) -> type[BaseModel] | None:
    """What the items of a list are, where they are tables themselves."""
    for part in get_args(model.model_fields[name].annotation):
        if isinstance(part, type) and issubclass(part, BaseModel):
            return part
    return None


def _example(model: type[BaseModel], dotted: str) -> Iterator[str]:
    yield f"# Each is a table [[{dotted}]] at the end of the file, with:"
    words = descriptions(model)
    for name, field in model.model_fields.items():
        default = "(required)" if field.is_required() else toml(field.get_default(call_default_factory=True))
        about = " ".join(words.get(name, "").split())
        yield f"#   {name} = {default}{f'    {about}' if about else ''}"


def descriptions(model: type[BaseModel]) -> dict[str, str]:
    """The docstring under each field, those of base classes included."""
    words: dict[str, str] = {}
    for base in reversed(model.__mro__):
        if not (issubclass(base, BaseModel) and base.__module__.startswith("callcenter")):
            continue
        definition = ast.parse(textwrap.dedent(inspect.getsource(base))).body[0]
        assert isinstance(definition, ast.ClassDef)
        field = ""
        for statement in definition.body:
            match statement:
                case ast.AnnAssign(target=ast.Name(id=name)):
                    field = name
                case ast.Expr(value=ast.Constant(value=str(text))) if field:
                    words[field] = inspect.cleandoc(text)
                    field = ""
                case _:
                    field = ""
    return words


def _prose(text: str) -> Iterator[str]:
    for paragraph in text.splitlines():
        yield from (f"# {line}" for line in textwrap.wrap(paragraph, WIDTH - 2)) if paragraph.strip() else ("#",)


def toml(value: Any) -> str:
    """A value as TOML writes it on one line."""
    match value:
        case SecretStr():
            return _text(value.get_secret_value())
        case bool():
            return "true" if value else "false"
        case int() | float():
            return repr(value)
        case str() | Path():
            return _text(str(value))
        # A time as text: the settings read both, and 24:00 is no time of TOML.
        case time():
            return _text(value.isoformat("minutes"))
        case date():
            return value.isoformat()  # A datetime is also a date.
        case BaseModel():
            return toml(dict(value))
        case Mapping():
            return "{" + ", ".join(f"{_key(str(key))} = {toml(item)}" for key, item in value.items()) + "}"
        case tuple() | list() | set() | frozenset():
            return "[" + ", ".join(toml(item) for item in value) + "]"
        case _:
            return _text(str(value))


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _key(name: str) -> str:
    return name if name.replace("_", "").replace("-", "").isalnum() and name.isascii() else _text(name)
