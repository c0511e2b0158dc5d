"""Values in which no field has its default, so that a field that a table or a mapping leaves out is noticed."""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any, TypeVar

AT = datetime(2026, 11, 27, 4, 0, tzinfo=UTC)
Value = TypeVar("Value")


def filled(kind: type[Value], **given: Any) -> Value:
    """A value of a dataclass, each field different from its default and from its neighbours."""
    assert is_dataclass(kind)
    hints = typing.get_type_hints(kind)
    values: dict[str, Any] = {
        field.name: given[field.name] if field.name in given else _filled(hints[field.name], default_of(field), at)
        for at, field in enumerate(fields(kind), 1)
    }
    return typing.cast(Value, kind(**values))


def left_out(value: object) -> set[str]:
    """The fields of a value that have their defaults."""
    assert is_dataclass(value)
    return {field.name for field in fields(value) if getattr(value, field.name) == default_of(field)}


def default_of(field: Field[Any]) -> object:
    return field.default_factory() if field.default_factory is not MISSING else field.default


def _filled(hint: Any, default: object, at: int) -> Any:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        return _filled(next(argument for argument in arguments if argument is not type(None)), default, at)
    if origin is tuple:
        return tuple(_filled(argument, None, at) for argument in arguments if argument is not Ellipsis)
    if origin in (Mapping, dict):
        return {_filled(arguments[0], None, at): _filled(arguments[1], None, at)}
    while isinstance(hint, typing.NewType):
        hint = hint.__supertype__
    if is_dataclass(hint):
        return filled(typing.cast(type, hint))
    return _simple(hint, default, at)


def _simple(hint: type, default: object, at: int) -> Any:
    if issubclass(hint, Enum):
        return next(member for member in reversed(hint) if member != default)
    if hint is bool:
        return not default
    simple: dict[type, Any] = {str: f"text-{at}", int: at, float: at + 0.5, datetime: AT + timedelta(minutes=at)}
    return simple[hint]
