"""Partial updates: PATCH as a merge patch (RFC 7396), and PUT that keeps what its body omits.

A PATCH is created for every PUT that has a GET of the same path: the GET's answer with the patch merged into it is the
body of that PUT. The tag of what was merged is sent along, so a concurrent edit is never overwritten.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any, Final, get_origin

from pydantic import BaseModel, create_model

from callcenter.errors import Invalid, NotFound
from callcenter.web.problems import BadJson, ChangedMeanwhile
from callcenter.web.routes import Ask, Route, etag_of
from callcenter.web.signature import adapter_of

TRIES: Final = 5
MERGE_PATCH: Final = "application/merge-patch+json"


class BadMergePatch(Invalid):
    """A merge patch must be a JSON object."""

    code = "bad_merge_patch"


def merged(target: object, patch: object) -> object:
    """RFC 7396, section 2: null removes a member, an object is merged into an object, any other value replaces."""
    if not isinstance(patch, Mapping):
        return patch
    result = dict(target) if isinstance(target, Mapping) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merged(result.get(name), value)
    return result


def edited_model(route: Route) -> type[BaseModel] | None:
    """The model of a PUT's body, if it supports partial updates."""
    body = None if route.signature.body is None else route.signature.body._type
    return body if isinstance(body, type) and issubclass(body, BaseModel) else None


@cache
def patch_model(model: type[BaseModel]) -> type[BaseModel]:
    """The same fields, none of them required, each of which may be null: removed."""
    fields: dict[str, Any] = {}
    for name, field in model.model_fields.items():
        inside = get_origin(field.annotation) is dict or field.annotation is dict
        nested = isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)
        kind: Any = dict[str, Any] if inside or nested else field.rebuild_annotation()
        fields[name] = (kind | None, None)
    patch: type[BaseModel] = create_model(f"{model.__name__}Patch", __doc__=f"A part of {model.__name__}.", **fields)
    return patch


def patch_route(put: Route, read: Route) -> Route:
    """The PATCH for a PUT, with the same roles; the GET of the same path provides what is merged into."""
    model = edited_model(put)
    assert model is not None

    async def handler(ask: Ask, *, body: BaseModel, **path: Any) -> Any:
        patch = json.loads(body.model_dump_json(exclude_unset=True))
        for left in reversed(range(TRIES)):
            current = await _current(read, ask, path)
            whole = json.dumps(merged(_part(current, model), patch))
            again = replace(ask, base=etag_of(current))
            try:
                answer = await put.handler(again, body=put.signature.read_body(whole.encode()), **path)
            except ChangedMeanwhile:
                if left == 0 or ask.if_match is not None:
                    raise
                continue
            ask.headers.update(again.headers)
            return answer
        raise AssertionError("the last try returns or raises")

    handler.__name__ = f"{put.name}_in_part"
    handler.__doc__ = (
        f"The fields that the body names, and no others (RFC 7396; null: back to the default). See PUT: {put.summary}"
    )
    signature = replace(put.signature, body=adapter_of(patch_model(model)))
    return replace(put, method="PATCH", status=200, handler=handler, signature=signature, reads=None)


async def completed(route: Route, ask: Ask, path: Mapping[str, Any], data: bytes) -> bytes:
    """The body of a PUT, completed with the stored values of omitted fields; unchanged if nothing is stored yet."""
    model = edited_model(route)
    if route.reads is None or model is None:
        return data
    try:
        given = json.loads(data)
    except ValueError:
        return data
    if not isinstance(given, dict):
        return data
    left_out = {name for name, field in model.model_fields.items() if name not in given and not field.is_required()}
    if not left_out:
        return data
    try:
        current = await _current(route.reads, ask, path)
    except NotFound:
        return data
    part = _part(current, model)
    ask.base = etag_of(current)
    return json.dumps({**{name: part[name] for name in left_out & part.keys()}, **given}).encode()


async def _current(read: Route, ask: Ask, path: Mapping[str, Any]) -> BaseModel:
    query = {} if read.signature.query is None else {"query": read.signature.query()}
    handler = await read.handler(Ask(ask.request, ask.person), **query, **path)
    if not isinstance(handler, BaseModel):
        raise BadJson("this has no representation that could be edited in part")
    return handler


def _part(current: BaseModel, model: type[BaseModel]) -> dict[str, Any]:
    whole = json.loads(current.model_dump_json())
    return {name: whole[name] for name in model.model_fields if name in whole}
