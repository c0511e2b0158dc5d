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
    headings = []
    for column, title in zip(columns["en"], columns[language], strict=True):
        headings.append(title)
        named = names.get(column)
        if named is not None and named.beside is not None:
            headings.append(named.beside[language])
    return headings


def spoken(export: ExportList, rows: Sequence[Cells], language: Language, names: Directories) -> list[Cells]:
    """Returns the rows in the reader's language."""
    return [list(_row(export, row, language, names)) for row in rows]


def _row(export: ExportList, row: Cells, language: Language, names: Directories) -> Iterator[Cell]:
    for column, value in zip(export.columns["en"], row, strict=True):
        yield from _cells(export, column, value, language, names)


def _cells(export: ExportList, column: str, value: Cell, language: Language, names: Directories) -> Iterator[Cell]:
    named = export.named.get(column)
    if named is not None:
        name = names.get(named.of, {}).get(str(value), "") if value else ""
        if named.beside is None:
            yield name or value
        else:
            yield from (value, name)
    elif value == "" and column in export.callers:
        yield word("number", "withheld", language)
    elif isinstance(value, bool):
        yield word("truth", "yes" if value else "no", language)
    elif isinstance(value, StrEnum) or (column in export.words and isinstance(value, str)):
        yield coded(export.words.get(column, column), str(value), language)
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
