"""Short reads that many events need: compiled once, and run without a session.

A session, its transaction, the statement's cache key and its result take twice the time of such a read itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Select
from sqlalchemy.engine import Dialect


class Prepared:
    """A statement whose named parameters are texts and numbers, and whose rows need no conversion.

    `names` are the parameters that each execution gives; the others are constants of the statement.
    """

    def __init__(self, statement: Select[*tuple[Any, ...]], names: frozenset[str]) -> None:
        self.statement = statement
        self._names = names
        self._compiled: tuple[str, list[str], Mapping[str, Any]] | None = None

    def for_sqlite(self, dialect: Dialect, values: Mapping[str, Any]) -> tuple[str, tuple[Any, ...]]:
        """The SQL and its parameters in their order."""
        if self._compiled is None:
            compiled = self.statement.compile(dialect=dialect)
            state = compiled.construct_expanded_state(dict.fromkeys(self._names, ""))
            order = list(state.positiontup or ())
            constants = {name: value for name, value in state.parameters.items() if name not in self._names}
            self._compiled = state.statement, order, constants
        sql, order, fixed = self._compiled
        return sql, tuple(values[name] if name in self._names else fixed[name] for name in order)
