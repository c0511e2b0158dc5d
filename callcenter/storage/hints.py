"""Tells SQLite's planner what it cannot know without statistics; PostgreSQL, which keeps its own, gets plain SQL.

An equality looks like the best condition for an index, even where all rows fulfil it: the calls of a day were found by
reading all calls of the PBX. Statistics do not repair it reliably: limited ones take each value for rare
(decision 0515).
"""

from __future__ import annotations

from typing import Any, Self

from sqlalchemy import Boolean, ColumnElement
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


class Mostly(FunctionElement[bool]):
    """See `mostly`."""

    inherit_cache = True
    name = "likely"
    type = Boolean()

    def self_group(self, against: Any = None) -> Self:
        """A condition already: compared with 1, as a column of this type would be, it would give no hint."""
        return self


def mostly(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """A condition that hardly any row fails, so that no index is chosen for it where another one helps."""
    return Mostly(condition)


@compiles(Mostly)
def _plain(element: Mostly, compiler: SQLCompiler, **more: Any) -> str:
    return f"({compiler.process(element.clauses.clauses[0], **more)})"


@compiles(Mostly, "sqlite")
def _hinted(element: Mostly, compiler: SQLCompiler, **more: Any) -> str:
    return f"likely({compiler.process(element.clauses.clauses[0], **more)})"
