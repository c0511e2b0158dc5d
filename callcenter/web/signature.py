"""Reads a handler's signature: path parameters, query model, body, answer. Pure; read once."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, get_type_hints

from aiohttp import web
from pydantic import BaseModel, TypeAdapter

from callcenter.web.problems import BadJson

_PLACEHOLDER = re.compile(r"{(\w+)[^{}]*}")
# An odd number of backslashes before u0000: an escaped NUL, which PostgreSQL cannot store in a text.
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


@dataclass(frozen=True)
class Signature:
    """The parts of `async def handler(ask, body, query, <path parameters>) -> answer`; None where absent."""

    path: Mapping[str, TypeAdapter[Any]]
    query: type[BaseModel] | None
    body: TypeAdapter[Any] | None
    raw: bool
    answer: TypeAdapter[Any] | None
    streams: bool
    lists: frozenset[str] = field(default=frozenset())
    """Query fields that take a list and may therefore be repeated in the address."""

    def read_query(self, pairs: Mapping[str, list[str]]) -> BaseModel | None:
        if self.query is None:
            return None
        names = {name: values if name in self.lists else values[-1] for name, values in pairs.items()}
        # A model may allow unknown query parameters, such as those an identity provider adds to its redirect.
        return self.query.model_validate(names, extra=self.query.model_config.get("extra") or "forbid")

    def read_body(self, data: bytes) -> Any:
        """Strict: no unknown fields, no text where a number is due; raises ValidationError or BadJson."""
        if self.raw or self.body is None:
            return data
        if _NUL.search(data):
            raise BadJson("a text in the body holds a NUL character")
        return self.body.validate_json(data, strict=True, extra="forbid")


def signature_of(path: str, handler: Callable[..., Any]) -> Signature:
    """Read the handler's annotations; raises TypeError if they and the path do not agree."""
    closure = inspect.getclosurevars(handler)
    hints = get_type_hints(handler, localns={**closure.globals, **closure.nonlocals}, include_extras=True)
    if "return" not in hints:
        raise TypeError(f"{handler.__qualname__} does not declare what it returns")
    answer = hints.pop("return")
    names = [name for name in inspect.signature(handler).parameters if name != "ask"]
    in_path = set(_PLACEHOLDER.findall(path))
    parameters = {name: hints[name] for name in names if name not in ("body", "query")}
    if set(parameters) != in_path:
        raise TypeError(f"{handler.__qualname__}: path has {sorted(in_path)}, handler takes {sorted(parameters)}")
    body = hints.get("body")
    query: type[BaseModel] | None = hints.get("query")
    streams = isinstance(answer, type) and issubclass(answer, web.StreamResponse)
    return Signature(
        path={name: adapter_of(kind) for name, kind in parameters.items()},
        query=query,
        body=None if body is None else adapter_of(body),
        raw=body is bytes,
        answer=None if streams or answer is type(None) else adapter_of(answer),
        streams=streams,
        lists=_list_fields(query),
    )


@cache
def adapter_of(kind: Any) -> TypeAdapter[Any]:
    """The adapter of a type. Hundreds of routes share a few dozen types, and each adapter takes a millisecond."""
    return TypeAdapter(kind)


@cache
def _list_fields(query: type[BaseModel] | None) -> frozenset[str]:
    if query is None:
        return frozenset()
    properties = query.model_json_schema().get("properties", {})
    return frozenset(name for name, schema in properties.items() if _takes_array(schema))


def _takes_array(schema: Mapping[str, Any]) -> bool:
    return schema.get("type") == "array" or any(_takes_array(variant) for variant in schema.get("anyOf", ()))
