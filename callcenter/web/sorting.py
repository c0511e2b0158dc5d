"""Lists in an order of the reader's choice: the query, the page with its total, the cursor of the order."""

from __future__ import annotations

from typing import Any, Generic, Literal, TypeVar

from pydantic import BaseModel

from callcenter.errors import Invalid
from callcenter.storage.sorting import Place
from callcenter.web.problems import BadCursor
from callcenter.web.routes import Page, decode_cursor, encode_cursor

Item = TypeVar("Item")


class SortedByRelevance(Invalid):
    """A search for words has an order of its own."""

    code = "sort_with_words"


class CountedPage(Page[Item], Generic[Item]):
    """`total` with `total=estimate`: how many match, counted up to a limit; `total_exact` is whether that is all."""

    total: int | None = None
    total_exact: bool | None = None


class TotalQuery(BaseModel):
    total: Literal["estimate"] | None = None


def counted_page(items: list[Item], following: str | None, total: tuple[int, bool] | None) -> CountedPage[Item]:
    count, exact = (None, None) if total is None else total
    return CountedPage(items=items, next=following, total=count, total_exact=exact)


def sort_cursor(sort: str, place: Place | None) -> str | None:
    """The cursor of the page after this place; it is good for the same order only."""
    return None if place is None else encode_cursor(sort, *place)


def place_at(cursor: str | None, sort: str, kind: Any) -> Place | None:
    """The place that a cursor of this order names; `kind` is the type of the values. Raises BadCursor."""
    if cursor is None:
        return None
    name, value, id = decode_cursor(cursor, tuple[str, kind, str])
    if name != sort:
        raise BadCursor("this cursor belongs to another order")
    return value, id
