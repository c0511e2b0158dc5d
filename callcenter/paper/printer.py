"""Runs the printing process: `python -m callcenter.paper.printer MEGABYTES`, controlled by `press.py`.

It is a separate process because a page layout cannot be interrupted in a thread, holds the GIL, and may use memory
without limit; a process can be killed. It reads requests and writes answers, each with a length prefix, and ends
at the end of its input. The input is untrusted: no address and no file that a page names is opened.
"""

from __future__ import annotations

import io
import json
import os
import resource
import struct
import sys
from collections.abc import Mapping
from typing import Any, BinaryIO, Final, NoReturn

LENGTH: Final = struct.Struct(">I")


def refuse(url: str, headers: Mapping[str, str] | None = None) -> NoReturn:
    """No form needs external resources; an address in a page is an injection attempt."""
    raise ValueError(f"forms load nothing: {url[:80]}")


def pdf_of(page: str) -> bytes:
    """Renders one page of HTML as an A4 PDF; external links, images, fonts and styles are not loaded."""
    from weasyprint import HTML
    from weasyprint.urls import URLFetcher

    class Nothing(URLFetcher):  # type: ignore[misc]
        fetch = staticmethod(refuse)

    pdf: bytes = HTML(string=page, url_fetcher=Nothing(allowed_protocols=())).write_pdf()
    return pdf


def word_of(template: bytes, values: Mapping[str, Any]) -> bytes:
    """Fills in the centre's own Word template; its expressions run in Jinja2's sandbox."""
    import segno
    from docx.shared import Mm
    from docxtpl import DocxTemplate, InlineImage
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    document = DocxTemplate(io.BytesIO(template))
    picture = io.BytesIO()
    segno.make(values["qr_text"] or "-", micro=False).save(picture, kind="png", scale=8, border=2)
    filled = {**values, "qr": InlineImage(document, picture, width=Mm(25))}
    document.render(filled, ImmutableSandboxedEnvironment(autoescape=True), autoescape=True)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def joined(pieces: list[bytes]) -> bytes:
    """Joins several PDFs into one."""
    import pypdfium2

    whole = pypdfium2.PdfDocument.new()
    for piece in pieces:
        whole.import_pages(pypdfium2.PdfDocument(piece))
    out = io.BytesIO()
    whole.save(out)
    return out.getvalue()


def answer(request: bytes) -> bytes:
    """Answers a request: `+` and the file, or `-` and the reason for the failure."""
    head, _, rest = request.partition(b"\n")
    asked = json.loads(head)
    try:
        match asked["kind"]:
            case "pdf":
                return b"+" + pdf_of(rest.decode())
            case "word":
                return b"+" + word_of(rest, asked["values"])
            case _:
                return b"+" + joined(_split(rest, asked["lengths"]))
    except MemoryError:
        return b"-MemoryError"
    except Exception as error:
        return b"-" + f"{type(error).__name__}: {error}".encode(errors="replace")[:500]


def _split(data: bytes, lengths: list[int]) -> list[bytes]:
    pieces, start = [], 0
    for length in lengths:
        pieces.append(data[start : start + length])
        start += length
    return pieces


def _read(stream: BinaryIO) -> bytes | None:
    head = stream.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    (length,) = LENGTH.unpack(head)
    data = stream.read(length)
    return data if len(data) == length else None


def main(megabytes: int) -> None:
    """Answers requests until there are no more."""
    resource.setrlimit(resource.RLIMIT_AS, (megabytes * 2**20, megabytes * 2**20))
    # Anything a library prints must not get between the answers.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    while (request := _read(sys.stdin.buffer)) is not None:
        answered = answer(request)
        answers.write(LENGTH.pack(len(answered)) + answered)
        answers.flush()


if __name__ == "__main__":
    main(int(sys.argv[1]))
