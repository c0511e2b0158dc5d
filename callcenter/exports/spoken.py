"""Translates a list into its reader's language: codes become words, numbers get names beside them. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum

from callcenter.catalogue import Language, word
from callcenter.exports.model import ExportList, Named
from callcenter.kit.table_writer import Cell, Cells

Directories = Mapping[str, Mapping[str, str]]
"""Names by code, grouped by what they name."""


def heads(columns: Mapping[str, Sequence[str]], names: Mapping[str, Named], language: Language) -> list[str]:
    """Returns the titles of the columns, with those of the names."""
    result = []
    for column, title in zip(columns["en"], columns[language], strict=True):
        result.append(title)
        named = names.get(column)
        if named is not None and named.beside is not None:
            result.append(named.beside[language])
    return result


def spoken(entry: ExportList, rows: Sequence[Cells], language: Language, names: Directories) -> list[Cells]:
    """Returns the rows in the reader's language."""
    return [list(_row(entry, row, language, names)) for row in rows]


def _row(entry: ExportList, row: Cells, language: Language, names: Directories) -> Iterator[Cell]:
    for column, value in zip(entry.columns["en"], row, strict=True):
        yield from _cells(entry, column, value, language, names)


def _cells(entry: ExportList, column: str, value: Cell, language: Language, names: Directories) -> Iterator[Cell]:
    named = entry.named.get(column)
    if named is not None:
        name = names.get(named.of, {}).get(str(value), "") if value else ""
        if named.beside is None:
            yield name or value
        else:
            yield from (value, name)
    elif isinstance(value, bool):
        yield word("truth", "yes" if value else "no", language)
    elif isinstance(value, StrEnum) or (column in entry.words and isinstance(value, str)):
        yield coded(entry.words.get(column, column), str(value), language)
    else:
        yield value


def coded(kind: str, code: str, language: Language) -> str:
    """Translates a code; of one with a further part, such as `busy-17`, the part stays after the word."""
    head, sign, rest = code.partition("-")
    whole = word(kind, code, language)
    if whole != code or not sign:
        return whole
    known = word(kind, head, language)
    return code if known == head else f"{known} ({rest})"
