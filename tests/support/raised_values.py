"""What is known of values while code is read: an object, or an annotation; and the sources of functions."""

from __future__ import annotations

import ast
import inspect
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Known:
    """A value that is there: an object, function or class."""

    value: Any


@dataclass(frozen=True)
class Typed:
    """A value of which the annotation is known."""

    type: Any


Value = Known | Typed
Values = tuple[Value, ...]


Definition = ast.FunctionDef | ast.AsyncFunctionDef


def tree_of(code: types.CodeType) -> Definition | None:
    return _definitions(code.co_filename).get((code.co_name, code.co_firstlineno))


@cache
def _definitions(file: str) -> Mapping[tuple[str, int], Definition]:
    """The functions of a file by name and first line, which is that of the first decorator."""
    try:
        tree = ast.parse(Path(file).read_text("utf-8"))
    except (OSError, SyntaxError, UnicodeDecodeError):
        return {}
    return {
        (node.name, min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])): node
        for node in ast.walk(tree)
        if isinstance(node, Definition)
    }


@cache
def hints_of(thing: Any) -> Mapping[str, Any]:
    try:
        return typing.get_type_hints(thing)
    except (AttributeError, NameError, TypeError):
        # An annotation that names what only a type checker imports.
        return {}


def parts_of(annotation: Any) -> tuple[Any, ...]:
    """The types that a value of this annotation may have."""
    origin = typing.get_origin(annotation)
    if origin in (typing.Union, types.UnionType):
        return tuple(part for member in typing.get_args(annotation) for part in parts_of(member))
    if origin is typing.Annotated:
        return parts_of(typing.get_args(annotation)[0])
    return () if annotation in (None, type(None), Any) else (annotation,)


def typed(annotation: Any) -> Values:
    return tuple(Typed(part) for part in parts_of(annotation))


def elements(values: Values) -> Values:
    """What iterating over such values gives."""
    result: list[Value] = []
    for value in values:
        if isinstance(value, Typed):
            arguments = typing.get_args(value.type)
            if arguments:
                result += typed(arguments[0])
        elif isinstance(value.value, (list, tuple, set, frozenset)):
            result += [Known(entry) for entry in list(value.value)[:50]]
        elif isinstance(value.value, dict):
            result += [Known(entry) for entry in list(value.value.values())[:50]]
    return tuple(result)


def result_of(value: Value) -> Values:
    """What calling such a value gives."""
    thing = value.value if isinstance(value, Known) else None
    if isinstance(thing, partial):
        return result_of(Known(thing.func))
    if isinstance(thing, type):
        return (Typed(thing),)
    if isinstance(thing, types.MethodType):
        thing = thing.__func__
    if isinstance(thing, types.FunctionType):
        return typed(hints_of(inspect.unwrap(thing)).get("return"))
    return ()


def subscript_of(value: Value) -> Values:
    if isinstance(value, Typed):
        arguments = typing.get_args(value.type)
        return typed(arguments[-1]) if arguments else ()
    return elements((value,))


@cache
def set_in_init(kind: type) -> Mapping[str, Any]:
    """The types of attributes that `__init__` sets to its parameters."""
    function = inspect.getattr_static(kind, "__init__", None)
    if not isinstance(function, types.FunctionType):
        return {}
    tree, hints = tree_of(function.__code__), hints_of(function)
    attributes: dict[str, Any] = {}
    for node in ast.walk(tree) if tree is not None else ():
        match node:
            case ast.Assign(targets=[ast.Attribute(value=ast.Name(id="self"), attr=name)], value=ast.Name(id=given)):
                if given in hints:
                    attributes[name] = hints[given]
            case _:
                pass
    return attributes
