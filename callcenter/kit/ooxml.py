"""Parses the XML parts of Office documents; a document type is refused, so no entity can grow."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from xml.parsers import expat


class BadWorkbook(Exception):
    """The workbook cannot be read; the text gives the reason."""


def parse(
    pieces: Iterator[bytes],
    begin: Callable[[str, dict[str, str]], None],
    end: Callable[[str], None] = lambda _: None,
    characters: Callable[[str], None] | None = None,
) -> None:
    """Local names of tags; attributes of another namespace keep it before `}`. A document type is refused."""
    parser = expat.ParserCreate(namespace_separator="}")
    parser.buffer_text = True

    def no_type(*_: object) -> None:
        raise BadWorkbook("it declares a document type")

    parser.StartDoctypeDeclHandler = no_type
    parser.StartElementHandler = lambda tag, attributes: begin(tag.rpartition("}")[2], attributes)
    parser.EndElementHandler = lambda tag: end(tag.rpartition("}")[2])
    if characters is not None:
        parser.CharacterDataHandler = characters
    try:
        for piece in pieces:
            parser.Parse(piece, False)
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise BadWorkbook(f"damaged XML ({expat.errors.messages.get(error.code, error.code)})") from None
