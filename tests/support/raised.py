"""Finds the problem codes that a handler can raise, by reading what it calls.

The handler's own objects are followed: the services in its closure, their attributes, and from there the functions that
they call, by their sources and annotations. What is called through a value of unknown type is not seen; the tests
compare the result with the answers that operations give. A caught error counts as raised, so a list may be too long.
"""

from __future__ import annotations

import ast
import inspect
import types
import typing
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from callcenter.errors import CallCentreError
from tests.support.raised_values import (
    Known,
    Typed,
    Value,
    Values,
    elements,
    hints_of,
    result_of,
    set_in_init,
    subscript_of,
    tree_of,
    typed,
)

OURS: Final = ("callcenter", "recordings", "ivr", "dashboards")
MOST_FUNCTIONS: Final = 20_000
"""Far more than there are; a bound for a mistake in this module."""


@dataclass
class Body:
    """A function with what its names mean: `me` is the object or the class that it is called on."""

    function: types.FunctionType
    me: Value | None


@dataclass
class Reading:
    """What one function does: the codes that it raises, and the functions that it uses."""

    codes: set[str] = field(default_factory=set)
    uses: list[Body] = field(default_factory=list)


class Raised:
    """The codes of handlers; what two handlers share is read once."""

    def __init__(self) -> None:
        self._readings: dict[tuple[Any, Any], Reading] = {}

    def codes_of(self, handler: Callable[..., Any]) -> list[str]:
        codes: set[str] = set()
        seen: set[tuple[Any, Any]] = set()
        waiting = list(bodies_of(Known(handler)))
        while waiting and len(seen) < MOST_FUNCTIONS:
            body = waiting.pop()
            key = _key(body)
            if key in seen:
                continue
            seen.add(key)
            reading = self._readings.get(key)
            if reading is None:
                reading = self._readings[key] = Reader(body).read()
            codes |= reading.codes
            waiting += reading.uses
        return sorted(codes)


def _key(body: Body) -> tuple[Any, Any]:
    """Two closures of one function differ in what they close over; two methods in their object."""
    me = body.me.value if isinstance(body.me, Known) else body.me.type if body.me is not None else None
    closure = body.function if body.function.__closure__ else body.function.__code__
    return closure, me if isinstance(me, type) else id(me)


def bodies_of(value: Value) -> Iterator[Body]:
    """The functions of ours that run when this value is called."""
    if isinstance(value, Typed):
        kind = typing.get_origin(value.type) or value.type
        if isinstance(kind, type) and _ours(kind) and "__call__" in kind.__dict__:
            yield from _method(kind, "__call__", value)
        return
    thing = value.value
    if isinstance(thing, partial):
        yield from bodies_of(Known(thing.func))
        for part in (*thing.args, *thing.keywords.values()):
            if isinstance(part, (types.FunctionType, types.MethodType, partial)):
                yield from bodies_of(Known(part))
    elif isinstance(thing, types.MethodType):
        if isinstance(thing.__func__, types.FunctionType):
            yield from bodies_of_function(thing.__func__, Known(thing.__self__))
    elif isinstance(thing, types.FunctionType):
        yield from bodies_of_function(thing, None)
    elif isinstance(thing, type):
        if _ours(thing) and not issubclass(thing, CallCentreError):
            for name in ("__init__", "__post_init__"):
                yield from _method(thing, name, Typed(thing))
    elif _ours(type(thing)) and callable(thing):
        yield from _method(type(thing), "__call__", value)


def bodies_of_function(function: types.FunctionType, me: Value | None) -> Iterator[Body]:
    plain = inspect.unwrap(function)
    if isinstance(plain, types.FunctionType) and _ours(plain):
        yield Body(plain, me)


def _method(kind: type, name: str, me: Value) -> Iterator[Body]:
    function = inspect.getattr_static(kind, name, None)
    if isinstance(function, types.FunctionType):
        yield from bodies_of_function(function, me)


def _ours(thing: Any) -> bool:
    return str(getattr(thing, "__module__", "")).partition(".")[0] in OURS


class Reader(ast.NodeVisitor):
    """Reads one function in the order of its text; nested functions are read with it."""

    def __init__(self, body: Body) -> None:
        self._body = body
        self._function = body.function
        self._reading = Reading()
        self._names: dict[str, Values] = {}

    def read(self) -> Reading:
        tree = tree_of(self._function.__code__)
        if tree is None:
            return self._reading
        for name, annotation in hints_of(self._function).items():
            self._names[name] = typed(annotation)
        parameters = [*tree.args.posonlyargs, *tree.args.args]
        if self._body.me is not None and parameters:
            self._names[parameters[0].arg] = (self._body.me,)
        for statement in tree.body:
            self.visit(statement)
        return self._reading

    def visit_Raise(self, node: ast.Raise) -> None:
        if node.exc is not None:
            for value in self.values(node.exc):
                kind = value.value if isinstance(value, Known) else value.type
                kind = kind if isinstance(kind, type) else type(kind)
                if issubclass(kind, CallCentreError):
                    self._reading.codes.add(kind.code)
        self.generic_visit(node)

    def visit_Assign(self, node: ast.Assign) -> None:
        self.generic_visit(node)
        for target in node.targets:
            if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                for part, value in zip(target.elts, node.value.elts, strict=False):
                    self._bind(part, self.values(value))
            else:
                self._bind(target, self.values(node.value))

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        self.generic_visit(node)
        if node.value is not None:
            self._bind(node.target, self.values(node.value))

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        self.generic_visit(node)
        self._bind(node.target, self.values(node.value))

    def visit_For(self, node: ast.For) -> None:
        self._bind(node.target, elements(self.values(node.iter)))
        self.generic_visit(node)

    visit_AsyncFor = visit_For  # type: ignore[assignment]

    def visit_comprehension(self, node: ast.comprehension) -> None:
        self._bind(node.target, elements(self.values(node.iter)))
        self.generic_visit(node)

    def _comprehension(self, node: Any) -> None:
        for generator in node.generators:
            self.visit(generator)
        for name in ("key", "value", "elt"):
            if (part := getattr(node, name, None)) is not None:
                self.visit(part)

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = _comprehension

    def visit_With(self, node: ast.With) -> None:
        for item in node.items:
            if item.optional_vars is not None:
                self._bind(item.optional_vars, elements(self.values(item.context_expr)))
        self.generic_visit(node)

    visit_AsyncWith = visit_With  # type: ignore[assignment]

    def visit_Name(self, node: ast.Name) -> None:
        self._use(self.values(node))

    def visit_Attribute(self, node: ast.Attribute) -> None:
        self.generic_visit(node)
        self._use(self.values(node))

    def _use(self, values: Values) -> None:
        """A function that is named may be called, here or where it is passed to."""
        for value in values:
            callee = value.value if isinstance(value, Known) else None
            if isinstance(callee, (types.FunctionType, types.MethodType, partial)):
                self._reading.uses += bodies_of(value)

    def visit_Call(self, node: ast.Call) -> None:
        self.generic_visit(node)
        for value in self.values(node.func):
            self._reading.uses += bodies_of(value)

    def _bind(self, target: ast.expr, values: Values) -> None:
        if isinstance(target, ast.Name):
            self._names[target.id] = (*self._names.get(target.id, ()), *values)
        elif isinstance(target, (ast.Tuple, ast.List)):
            for place, part in enumerate(target.elts):
                self._bind(part, tuple(value for held in values for value in self._part(held, place)))

    @staticmethod
    def _part(value: Value, place: int) -> Values:
        if isinstance(value, Typed) and typing.get_origin(value.type) is tuple:
            arguments = typing.get_args(value.type)
            if place < len(arguments) and arguments[-1] is not Ellipsis:
                return typed(arguments[place])
        if isinstance(value, Known) and isinstance(value.value, (list, tuple)) and place < len(value.value):
            return (Known(value.value[place]),)
        return ()

    def values(self, node: ast.expr) -> Values:
        """What an expression may be."""
        match node:
            case ast.Await(value=inner) | ast.Starred(value=inner):
                return self.values(inner)
            case ast.Name(id=name):
                return self._name(name)
            case ast.Attribute(value=inner, attr=name):
                return tuple(part for value in self.values(inner) for part in self._attribute(value, name))
            case ast.Call(func=func):
                return tuple(part for value in self.values(func) for part in result_of(value))
            case ast.IfExp(body=first, orelse=second):
                return (*self.values(first), *self.values(second))
            case ast.BoolOp(values=parts):
                return tuple(value for part in parts for value in self.values(part))
            case ast.Subscript(value=inner):
                return tuple(part for value in self.values(inner) for part in subscript_of(value))
            case ast.NamedExpr(value=inner):
                return self.values(inner)
            case _:
                return ()

    def _name(self, name: str) -> Values:
        if name in self._names:
            return self._names[name]
        code = self._function.__code__
        if name in code.co_freevars and self._function.__closure__:
            with suppress(ValueError):
                return (Known(self._function.__closure__[code.co_freevars.index(name)].cell_contents),)
        if name in self._function.__globals__:
            return (Known(self._function.__globals__[name]),)
        return ()

    def _attribute(self, value: Value, name: str) -> Values:
        if isinstance(value, Known):
            return self._of_known(value, name)
        kind = typing.get_origin(value.type) or value.type
        return self._of_type(kind, name, value) if isinstance(kind, type) else ()

    def _of_known(self, value: Known, name: str) -> Values:
        thing = value.value
        static = inspect.getattr_static(thing, name, None)
        if isinstance(static, property):
            return self._property(static, value)
        try:
            return (Known(getattr(thing, name)),) if static is not None else ()
        except (AttributeError, TypeError):
            # A descriptor that has no value on this object.
            return ()

    def _of_type(self, kind: type, name: str, me: Value) -> Values:
        if not _ours(kind):
            return ()
        static = inspect.getattr_static(kind, name, None)
        if isinstance(static, property):
            return self._property(static, me)
        if isinstance(static, types.FunctionType):
            self._reading.uses += bodies_of_function(static, me)
            return (Known(static),)
        if isinstance(static, (classmethod, staticmethod)):
            return (Known(getattr(kind, name)),)
        if name in hints_of(kind):
            return typed(hints_of(kind)[name])
        return typed(set_in_init(kind).get(name, None))

    def _property(self, static: property, me: Value) -> Values:
        if not isinstance(static.fget, types.FunctionType):
            return ()
        self._reading.uses += bodies_of_function(static.fget, me)
        return typed(hints_of(static.fget).get("return"))
