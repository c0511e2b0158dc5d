"""Reads XLSX workbooks as text within limits. Blocking; uses only the standard library: `table_process` runs it.

ECMA-376 part 1, clause 18 (SpreadsheetML): the workbook, its shared strings and styles; `worksheet` reads the sheets.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

from callcenter.kit.ooxml import BadWorkbook, parse
from callcenter.kit.worksheet import Shared, Sheet, SheetReader

MOST_UNPACKED: Final = 20 * 2**20
"""Total bytes that all parts that are read may have when unpacked."""
_CHUNK: Final = 64 * 1024
_RELATION: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_STRICT: Final = "http://purl.oclc.org/ooxml/officeDocument/relationships"
# Built-in formats of dates and times, including the Chinese and Japanese ones (ECMA-376 part 1, 18.8.30).
_DATES: Final = frozenset({*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)})
_NO_DATE: Final = re.compile(r"\"[^\"]*\"|\\.|\[(?![hms]+\])[^\]]*\]", re.IGNORECASE)


@dataclass(slots=True)
class _Unpacked:
    """How many bytes may still be unpacked; the sizes that an archive declares are not trusted."""

    left: int = MOST_UNPACKED

    def pieces(self, archive: zipfile.ZipFile, part: str) -> Iterator[bytes]:
        with archive.open(part) as stream:
            while piece := stream.read(_CHUNK):
                self.left -= len(piece)
                if self.left < 0:
                    raise BadWorkbook(f"more than {MOST_UNPACKED // 2**20} MB when it is unpacked")
                yield piece


def sheets(data: bytes, seen: Callable[[], object] = lambda: None) -> Iterator[Sheet]:
    """The sheets in order, each read on demand; `seen` is called for each row. Raises BadWorkbook."""
    unpacked = _Unpacked()
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(part.file_size for part in archive.infolist() if part.filename.endswith(".xml")) > MOST_UNPACKED:
                raise BadWorkbook(f"more than {MOST_UNPACKED // 2**20} MB when it is unpacked")
            book = _book(archive, unpacked)
            for name, part in book.parts:
                yield SheetReader(Sheet(name), book.shared, seen).read(unpacked.pieces(archive, part))
    except (zipfile.BadZipFile, zlib.error, KeyError, ValueError, NotImplementedError, OverflowError) as error:
        raise BadWorkbook(f"damaged ({type(error).__name__})") from None
    except (RuntimeError, EOFError, OSError) as error:
        raise BadWorkbook(f"encrypted or cut ({type(error).__name__})") from None


@dataclass(slots=True)
class _Book:
    parts: list[tuple[str, str]] = field(default_factory=list)
    shared: Shared = field(default_factory=Shared)


def _book(archive: zipfile.ZipFile, unpacked: _Unpacked) -> _Book:
    book, members = _Book(), set(archive.namelist())
    names: list[tuple[str, str]] = []
    targets: dict[str, str] = {}

    def workbook(tag: str, attributes: dict[str, str]) -> None:
        if tag == "sheet":
            relation = attributes.get(f"{_RELATION}}}id") or attributes.get(f"{_STRICT}}}id") or ""
            names.append((attributes.get("name", ""), relation))
        elif tag == "workbookPr":
            book.shared.from_1904 = attributes.get("date1904") in ("1", "true")

    def relations(tag: str, attributes: dict[str, str]) -> None:
        if tag == "Relationship":
            target = attributes.get("Target", "")
            targets[attributes.get("Id", "")] = target.removeprefix("/") if target.startswith("/") else f"xl/{target}"

    if "xl/workbook.xml" not in members:
        raise BadWorkbook("no workbook in it")
    parse(unpacked.pieces(archive, "xl/workbook.xml"), workbook)
    parse(unpacked.pieces(archive, "xl/_rels/workbook.xml.rels"), relations)
    book.parts = [(name, targets[id]) for name, id in names if targets.get(id) in members]
    book.parts = [(name, part) for name, part in book.parts if "chartsheets/" not in part]
    if "xl/sharedStrings.xml" in members:
        book.shared.strings = _strings(unpacked.pieces(archive, "xl/sharedStrings.xml"))
    if "xl/styles.xml" in members:
        book.shared.dates = _dates(unpacked.pieces(archive, "xl/styles.xml"))
    return book


def _strings(pieces: Iterator[bytes]) -> list[str]:
    """The shared strings, without phonetic hints (`rPh`)."""
    strings: list[str] = []
    text: list[str] = []
    inside: list[str] = []

    def begin(tag: str, _: dict[str, str]) -> None:
        inside.append(tag)
        if tag == "si":
            text.clear()

    def end(tag: str) -> None:
        inside.pop()
        if tag == "si":
            strings.append("".join(text))

    def characters(piece: str) -> None:
        if inside and inside[-1] == "t" and "rPh" not in inside:
            text.append(piece)

    parse(pieces, begin, end, characters)
    return strings


def _dates(pieces: Iterator[bytes]) -> frozenset[int]:
    formats: dict[int, str] = {}
    styles: list[int] = []
    inside: list[str] = []

    def begin(tag: str, attributes: dict[str, str]) -> None:
        inside.append(tag)
        if tag == "numFmt":
            formats[int(attributes.get("numFmtId", "0"))] = attributes.get("formatCode", "")
        elif tag == "xf" and "cellXfs" in inside:
            styles.append(int(attributes.get("numFmtId", "0")))

    def end(_: str) -> None:
        inside.pop()

    parse(pieces, begin, end)
    return frozenset(place for place, id in enumerate(styles) if _is_date(id, formats.get(id)))


def _is_date(id: int, code: str | None) -> bool:
    if code is None:
        return id in _DATES
    return bool(re.search(r"[ymdhs年月日]", _NO_DATE.sub("", code).lower().replace("general", "")))
