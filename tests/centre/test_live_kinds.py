"""Tests that every kind of the live feed is described to clients with the fields that are published."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, get_type_hints

import pytest

from callcenter.calls.deltas import CALL, DUTY, LINK, QUEUE, QueueDelta
from callcenter.centre.live_kinds import LIVE_KINDS
from callcenter.clock import now
from callcenter.web.live import Feed
from callcenter.web.live_delta import sight
from callcenter.web.openapi import describe
from callcenter.web.ports import DeltaKind
from callcenter.web.roles import Person, Role

ROOT = Path(__file__).parents[2]
PACKAGES = ("callcenter", "recordings", "ivr", "dashboards")
DEFINED = re.compile(r"= DeltaKind\(\s*\"(\w+)\"")
ROW = re.compile(r"^\| `(\w+)` \| (.+?) \| (.+?) \|$", re.MULTILINE)


def page() -> dict[str, tuple[str, str]]:
    """The fields and the audience of each kind, as docs/live.md states them."""
    text = (ROOT / "docs/live.md").read_text("utf-8")
    return {kind: (fields, readers) for kind, fields, readers in ROW.findall(text)}


def fields_of(kind: DeltaKind[Any]) -> str:
    if kind == DUTY:
        return "the agents on duty, by queue"
    return ", ".join(f"`{name}`" for name in get_type_hints(kind.shape))


def test_every_kind_that_is_defined_is_listed() -> None:
    files = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]
    defined = [name for path in files for name in DEFINED.findall(path.read_text("utf-8"))]
    assert sorted(defined) == sorted(LIVE_KINDS)


@pytest.mark.parametrize("kind", LIVE_KINDS)
def test_the_page_of_the_live_feed_states_the_fields_of_each_kind_and_who_receives_it(kind: DeltaKind[Any]) -> None:
    assert page()[kind] == (fields_of(kind), kind.readers)


def test_a_screen_receives_what_everyone_receives_and_nothing_for_people() -> None:
    screen = Person("1", "token:screen", "screen", frozenset({Role.WALLBOARD}))
    received = {str(kind) for kind in LIVE_KINDS if sight(screen, kind, {"clause": "R1"}, None) is not None}
    for_all = {str(kind) for kind in LIVE_KINDS if kind.readers.startswith("everyone")}
    assert for_all <= received
    assert not {str(kind) for kind in LIVE_KINDS if "not screens" in kind.readers} & received


def test_the_page_describes_no_other_kind() -> None:
    assert list(page()) == list(LIVE_KINDS)


def test_a_wrong_key_or_the_data_of_another_kind_is_an_error_of_the_type_checker() -> None:
    """Each `type: ignore` is the test: mypy reports one that is not needed."""
    feed = Feed(now)
    misspelt: QueueDelta = {"code": "orders", "waits": 1, "longest_since": None, "agents_free": 0}  # type: ignore[typeddict-item, typeddict-unknown-key]
    feed.publish(LINK, misspelt)  # type: ignore[misc]
    feed.publish("queue", misspelt)  # type: ignore[arg-type]
    assert feed.seq == 2


def test_the_description_of_the_api_has_the_shape_of_every_kind() -> None:
    description = describe([], "1", LIVE_KINDS)
    deltas, schemas = description["x-live-deltas"], description["components"]["schemas"]
    assert list(deltas) == list(LIVE_KINDS)
    assert deltas["call"]["schema"] == {"$ref": "#/components/schemas/CallDelta"}
    assert list(schemas["CallDelta"]["properties"]) == list(get_type_hints(CALL.shape))
    assert schemas["QueueDelta"]["required"] == list(get_type_hints(QUEUE.shape))
    assert schemas["QueueDelta"]["additionalProperties"] is False
