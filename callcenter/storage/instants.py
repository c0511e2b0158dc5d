"""The second of an instant in SQL, cut off as a clock shows it.

SQLite reads an instant to the millisecond and rounds: 23:59:59.9996 was a second of the next day.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Integer
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


class Second(FunctionElement[int]):
    """See `second_of`."""

    inherit_cache = True
    name = "second_of"
    type = Integer()


def second_of(instant: Any) -> ColumnElement[int]:
    """The whole seconds from 1970 until this instant."""
    return Second(instant)


@compiles(Second)
def _cut(element: Second, compiler: SQLCompiler, **more: Any) -> str:
    return f"CAST(FLOOR(EXTRACT(epoch FROM {compiler.process(element.clauses, **more)})) AS BIGINT)"


@compiles(Second, "sqlite")
def _cut_text(element: Second, compiler: SQLCompiler, **more: Any) -> str:
    return f"CAST(STRFTIME('%s', SUBSTR({compiler.process(element.clauses, **more)}, 1, 19)) AS INTEGER)"
