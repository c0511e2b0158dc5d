"""Pages of lists, newest first: each row has an instant and an id that is unique among those of the instant."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypeAlias, TypeVar

from sqlalchemy import ColumnElement, Select, and_, or_
from sqlalchemy.orm import InstrumentedAttribute

Position: TypeAlias = tuple[datetime, str]
"""Where a page continues: the instant and the id of the last row of the page before."""
Query = TypeVar("Query", bound="Select[*tuple[Any, ...]]")
Column: TypeAlias = InstrumentedAttribute[Any]


def newest_first(query: Query, at: Column, id: Column, limit: int, after: tuple[Any, Any] | None = None) -> Query:
    """At most `limit` rows of the query, newest first, after the position."""
    if after is not None:
        query = query.where(older(at, id, after))
    return query.order_by(at.desc(), id.desc()).limit(limit)


def older(at: Column, id: Column, than: tuple[Any, Any]) -> ColumnElement[bool]:
    """Whether a row comes after the position in a list that is newest first."""
    return or_(at < than[0], and_(at == than[0], id < than[1]))
