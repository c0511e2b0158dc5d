"""Reads PDFs from people in a separate process with little memory and time, one at a time: the files are untrusted.

`python -m callcenter.kit.pdf_process MEGABYTES SECONDS` reads the file from stdin and answers with one line of JSON:
the number of pages, or why the file is refused. Nothing of the file is shown, run or followed: PDFium is built without
JavaScript, and a page is opened but never drawn.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import math
import resource
import sys
from dataclasses import dataclass, field
from typing import Any, Final

from callcenter.errors import Invalid, Unavailable
from callcenter.kit.limited_process import Turns, reading_process
from callcenter.kit.pdf_content import Unwritten, content_of

MOST_PAGES: Final = 500
LARGEST_SIDE: Final = 14_400.0
"""In points: 200 inches, the most that ISO 32000-1 (annex C.2) lets a page have."""
MOST_PIXELS: Final = 100_000_000
"""Of a picture on a page; the same as for a picture alone (complaints/pictures.py)."""


class BadPdf(Invalid):
    """Not a PDF that can be read."""

    code = "bad_pdf"


class PdfEncrypted(BadPdf):
    """It needs a password, or forbids what its readers may do."""

    code = "pdf_encrypted"


class PdfTooLong(BadPdf):
    """More pages than a file on a case may have; `pages`, `most`."""

    code = "pdf_too_long"


class PdfPageTooLarge(BadPdf):
    """A page, or a picture on one, that no viewer can draw."""

    code = "pdf_page_too_large"


class PdfActive(BadPdf):
    """It holds programs, other files or media, or sends what is typed; `kinds` lists what."""

    code = "pdf_active"


class PdfTooHeavy(BadPdf):
    """Reading it took more memory or time than a file may."""

    code = "pdf_too_heavy"


class PdfsBusy(Unavailable):
    """Another PDF is being read and too many are waiting."""

    code = "pdfs_busy"


REFUSALS: Final = {kind.code: kind for kind in (BadPdf, PdfEncrypted, PdfTooLong, PdfPageTooLarge, PdfActive)}


def _busy() -> PdfsBusy:
    return PdfsBusy("other files are being read; try again in a minute")


@dataclass
class PdfReader:
    """Reads PDFs one at a time; `waiting` more may wait. `seconds` and `megabytes` are the limits of one file."""

    seconds: float = 20.0
    megabytes: int = 512
    waiting: int = 8
    _turns: Turns = field(init=False)

    def __post_init__(self) -> None:
        self._turns = Turns(self.waiting, _busy)

    async def pages(self, data: bytes) -> int:
        """The number of pages of a harmless PDF. Raises BadPdf and its kinds, PdfsBusy."""
        async with self._turns.turn():
            return await self._read(data)

    async def _read(self, data: bytes) -> int:
        async with reading_process(__name__, self.megabytes, self.seconds) as child:
            try:
                async with asyncio.timeout(self.seconds):
                    answer, _ = await child.communicate(data)
            except TimeoutError:
                raise PdfTooHeavy(f"the file was not read within {self.seconds:g} s") from None
        if not answer.endswith(b"\n"):
            raise PdfTooHeavy("reading the file took more memory or time than it may")
        outcome: dict[str, Any] = json.loads(answer)
        if "refused" in outcome:
            raise REFUSALS[outcome["refused"]](outcome["detail"], **outcome["facts"])
        return int(outcome["pages"])


def pages_of(data: bytes) -> int:
    """The number of pages, read in this process and without limits. Raises BadPdf and its kinds."""
    import pypdfium2
    import pypdfium2.raw as pdfium

    # PDFium keeps the last error of a thread and does not set one for each file that it refuses (fpdfview.h). This sets
    # "not a PDF", so that the error of an earlier file is not taken for this one's.
    pdfium.FPDF_LoadMemDocument(b"", 0, None)
    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        if getattr(error, "err_code", None) == pdfium.FPDF_ERR_PASSWORD or "password" in str(error).lower():
            raise PdfEncrypted("the file needs a password") from None
        raise BadPdf("the file cannot be read as PDF") from None
    with contextlib.closing(document):
        return _checked(document)


def _checked(document: Any) -> int:
    import pypdfium2.raw as pdfium

    if pdfium.FPDF_GetSecurityHandlerRevision(document) != -1:
        raise PdfEncrypted("the file is encrypted")
    pages = len(document)
    if not pages:
        raise BadPdf("the file has no page")
    if pages > MOST_PAGES:
        raise PdfTooLong(f"a PDF has {MOST_PAGES} pages at most", pages=pages, most=MOST_PAGES)
    written = io.BytesIO()
    document.save(written)
    try:
        content = content_of(written.getvalue())
    except Unwritten as error:
        raise BadPdf(f"the file cannot be read as PDF: {error}") from None
    if content.active:
        raise PdfActive("the file holds more than pages", kinds=", ".join(content.active))
    if content.pixels > MOST_PIXELS:
        raise PdfPageTooLarge(f"a picture has {MOST_PIXELS} pixels at most")
    for number in range(pages):
        _check_page(document, number)
    return pages


def _check_page(document: Any, number: int) -> None:
    import pypdfium2

    try:
        page = document[number]
    except pypdfium2.PdfiumError:
        raise BadPdf(f"page {number + 1} cannot be read") from None
    sides = page.get_size()
    page.close()
    if not all(math.isfinite(side) and 0 < side <= LARGEST_SIDE for side in sides):
        raise PdfPageTooLarge(f"page {number + 1} has sides that no page has", page=number + 1)


def answer_of(data: bytes) -> str:
    try:
        return json.dumps({"pages": pages_of(data)})
    except BadPdf as refused:
        return json.dumps({"refused": refused.code, "detail": refused.detail, "facts": dict(refused.facts)})


def main(megabytes: int, seconds: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (megabytes * 2**20, megabytes * 2**20))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        sys.stdout.write(answer_of(sys.stdin.buffer.read()) + "\n")
    except MemoryError:
        # Nothing is written: the reader interprets that as out of memory.
        sys.exit(1)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
