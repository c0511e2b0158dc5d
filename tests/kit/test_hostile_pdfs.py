"""Tests that PDFs are read in a process with little memory and time, and that anything but pages is refused."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callcenter.kit.pdf_content import Unwritten, content_of
from callcenter.kit.pdf_process import (
    MOST_PAGES,
    BadPdf,
    PdfActive,
    PdfEncrypted,
    PdfPageTooLarge,
    PdfReader,
    PdfsBusy,
    PdfTooHeavy,
    PdfTooLong,
    pages_of,
)
from tests.support.pdfs import bomb, of_pages, packed_action, pdf, stream, with_file, written

LINK = b"/Annots[<</Type/Annot/Subtype/Link/Rect[0 0 9 9]/A<<%s>>>>]"
IMAGE = b"/Type/XObject/Subtype/Image/Width %d/Height %d/BitsPerComponent 8/ColorSpace/DeviceGray"
SECRET = b"/Encrypt<</Filter/Standard/V 1/R 2/P -4/O<%s>/U<%s>>>/ID[<00><00>]" % (b"00" * 32, b"00" * 32)


def honest() -> dict[str, tuple[bytes, int]]:
    small = stream(b"abc", IMAGE % (1, 3))
    return {
        "a page": (pdf(), 1),
        "many pages": (of_pages(MOST_PAGES), MOST_PAGES),
        "a link to a site": (pdf(page=LINK % b"/S/URI/URI(http://example.test/JavaScript)"), 1),
        "words that are no names": (pdf(b"/Lang(/JavaScript \\( /Launch \\) () /JS)"), 1),
        "a stream that looks like an action": (pdf(more=[stream(b"<</S/JavaScript/JS(x)>> endobj")]), 1),
        "a picture": (pdf(page=b"/Resources<</XObject<</I 4 0 R>>>>", more=[small]), 1),
        "a list in a list": (pdf(b"/X " + b"[" * 5000 + b"]" * 5000), 1),
        "a hundred million pages by its own word": (written([b"<</Type/Catalog/Pages 2 0 R>>", COUNTS, PAGE]), 1),
    }


COUNTS, PAGE = b"<</Type/Pages/Kids[3 0 R]/Count 100000000>>", b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>"


def hostile() -> dict[str, tuple[Callable[[], bytes], type[BadPdf]]]:
    huge = stream(b"abc", IMAGE % (60_000, 60_000))
    cycle = [b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[2 0 R]/Count 1>>"]
    return {
        "nothing": (lambda: b"", BadPdf),
        "a head alone": (lambda: b"%PDF-1.7\n", BadPdf),
        "trash": (lambda: b"%PDF-1.7\n" + bytes(range(256)) * 100, BadPdf),
        "cut off": (lambda: pdf()[:200], BadPdf),
        "no page": (lambda: written([b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[]/Count 0>>"]), BadPdf),
        "pages in a circle": (lambda: written(cycle), BadPdf),
        "too many pages": (lambda: of_pages(MOST_PAGES + 1), PdfTooLong),
        "encrypted": (lambda: written([b"<</Type/Catalog/Pages 2 0 R>>", COUNTS, PAGE], SECRET), PdfEncrypted),
        "a page of a mile": (lambda: pdf(box=b"0 0 99999999 5"), PdfPageTooLarge),
        "a picture of gigabytes": (
            lambda: pdf(page=b"/Resources<</XObject<</I 4 0 R>>>>", more=[huge]),
            PdfPageTooLarge,
        ),
        "a program at opening": (lambda: pdf(b"/OpenAction<</S/JavaScript/JS(app.alert(1))>>"), PdfActive),
        "an escaped name": (lambda: pdf(b"/OpenAction<</S/J#61vaScript/J#53(app.alert(1))>>"), PdfActive),
        "a packed program": (packed_action, PdfActive),
        "a program of a page": (lambda: pdf(page=b"/AA<</O<</S/JavaScript/JS<00>>>>>"), PdfActive),
        "a program by name": (
            lambda: pdf(b"/Names<</JavaScript<</Names[(a)<</S/JavaScript/JS(x)>>]>>>>"),
            PdfActive,
        ),
        "a program to start": (lambda: pdf(page=LINK % b"/S/Launch/F(cmd.exe)"), PdfActive),
        "a file inside": (with_file, PdfActive),
        "a form that sends": (lambda: pdf(page=LINK % b"/S/SubmitForm/F(http://evil.test)"), PdfActive),
        "a form of XFA": (lambda: pdf(b"/AcroForm<</Fields[]/XFA 4 0 R>>", more=[stream(b"<x/>")]), PdfActive),
        "a film": (lambda: pdf(page=b"/Annots[<</Type/Annot/Subtype/RichMedia/Rect[0 0 9 9]>>]"), PdfActive),
    }


@pytest.mark.parametrize("case", sorted(honest()))
def test_what_is_only_pages_is_taken_and_counted(case: str) -> None:
    data, pages = honest()[case]
    assert pages_of(data) == pages


@pytest.mark.parametrize("case", sorted(hostile()))
def test_anything_else_is_refused_by_its_kind(case: str) -> None:
    make, kind = hostile()[case]
    with pytest.raises(BadPdf) as refused:
        pages_of(make())
    assert type(refused.value) is kind


async def test_the_process_gives_the_same_answers() -> None:
    reader = PdfReader(seconds=120)
    assert await reader.pages(pdf()) == 1
    with pytest.raises(PdfActive) as refused:
        await reader.pages(with_file())
    assert refused.value.facts == {"kinds": "files"}
    with pytest.raises(PdfTooLong) as long:
        await reader.pages(of_pages(MOST_PAGES + 1))
    assert long.value.facts == {"pages": MOST_PAGES + 1, "most": MOST_PAGES}


async def test_a_bomb_costs_its_process_only() -> None:
    # 60 MB in the first layer; with three of them PDFium would work for minutes.
    with pytest.raises(PdfTooHeavy):
        await PdfReader(megabytes=60).pages(bomb(1))
    with pytest.raises(PdfTooHeavy):
        await PdfReader(seconds=0.01).pages(bomb(3))
    assert await PdfReader(seconds=120).pages(pdf()) == 1


async def test_files_are_read_one_at_a_time_and_few_wait() -> None:
    reader = PdfReader(seconds=120, waiting=1)
    outcomes = await asyncio.gather(*(reader.pages(pdf()) for _ in range(4)), return_exceptions=True)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["PdfsBusy", "PdfsBusy", "int", "int"]
    assert PdfsBusy.code == "pdfs_busy"


@given(st.binary(max_size=400))
def test_any_bytes_have_content_or_are_no_written_file(data: bytes) -> None:
    for start in (b"", b"xref\n0 1\n0000000000 65535 n \ntrailer\n"):
        try:
            content_of(start + data + b"\nstartxref\n0\n%%EOF\n")
        except Unwritten:
            continue


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**31), st.integers(1, 255))
def test_a_program_is_found_or_the_file_refused_whatever_byte_is_changed(place: int, change: int) -> None:
    """Pages of a damaged file are counted only where the action itself is damaged too."""
    data = bytearray(pdf(b"/OpenAction<</S/JavaScript/JS(app.alert(1))>>"))
    place %= len(data)
    data[place] ^= change
    try:
        pages_of(bytes(data))
    except BadPdf:
        return
    start = data.find(b"/Pages 2 0 R")
    assert 0 <= place - start < 80 or b"/OpenAction<</S/JavaScript/JS(app.alert(1))>>" not in data
