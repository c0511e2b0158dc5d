"""Finds the line that the database refuses: a refused batch is halved until the failing record is alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import chain

from sqlalchemy.exc import IntegrityError

from callcenter.asterisk.tail import Batch
from callcenter.storage.faults import of_values, passes


def refused(error: BaseException) -> bool:
    """Whether the database refuses the content of a line, so that the same line is refused each time.

    An outage, a full disk and a wrong schema are not: they would quarantine every line.
    """
    return not passes(error) and (isinstance(error, IntegrityError | UnicodeError) or of_values(error))


def half(batch: Batch, begins: Callable[[bytes], bool]) -> Batch | None:
    """Return the first half of a batch, split where a record begins; None when it holds one record only."""
    middle = len(batch.lines) // 2
    places = chain(range(max(middle, 1), len(batch.lines)), range(middle - 1, 0, -1))
    cut = next((place for place in places if begins(batch.lines[place].data)), None)
    return None if cut is None else replace(batch, lines=batch.lines[:cut], more=True)


def after(batch: Batch, offset: int) -> Batch | None:
    """Return the rest of a batch from this place on; None when nothing is left."""
    lines = tuple(line for line in batch.lines if line.offset >= offset)
    return replace(batch, lines=lines) if lines else None
