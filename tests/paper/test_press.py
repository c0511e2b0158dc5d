"""Tests the press: PDFs compared as pictures, Word files, and prints that would never end."""

from __future__ import annotations

import asyncio
import io
import os
import re
import zipfile
from collections.abc import AsyncIterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pypdfium2
import pytest
import pytest_asyncio

from callcenter.paper.duty.model import (
    EmergencyForm,
    FiguresForm,
    FormField,
    FormTable,
    HandoverForm,
    LeaveForm,
    MeetingForm,
    RosterSheet,
    TrainingForm,
)
from callcenter.paper.errors import BadWordTemplate, PrintFailed, PrintTooBusy, PrintTooLong
from callcenter.paper.model import Form, FormKind, Head, TrackingForm
from callcenter.paper.pages import page_of
from callcenter.paper.press import Press
from callcenter.paper.word import starter, values_of
from tests.paper.samples import LINK, STORY, analysis, call_record, evaluation, handling, scorecard, tracking
from tests.paper.seed import SEED, in_order

pytestmark = pytest.mark.slow

A4 = (595, 842)


@pytest_asyncio.fixture
async def press() -> AsyncIterator[Press]:
    async with Press(at_once=1, seconds=120) as opened:
        yield opened


def children() -> set[int]:
    """This process's living children (proc(5), `children`); a zombie is none."""
    listed = (
        pid for task in os.listdir("/proc/self/task") for pid in _read(f"/proc/self/task/{task}/children").split()
    )
    return {int(pid) for pid in listed if _read(f"/proc/{pid}/stat").rpartition(")")[2].split()[:1] not in ([], ["Z"])}


def _read(path: str) -> str:
    try:
        return Path(path).read_text()
    except FileNotFoundError:
        return ""


def texts(pdf: bytes) -> list[str]:
    return [page.get_textpage().get_text_bounded() for page in pypdfium2.PdfDocument(pdf)]


def ink(pdf: bytes, number: int = 0) -> list[tuple[int, int, int, int]]:
    """Where a page has ink: its box in per mille of the page (left, top, right, bottom), from the picture itself."""
    picture = (
        pypdfium2.PdfDocument(pdf)[number]
        .render(scale=1)
        .to_pil()
        .convert("L")
        .point(lambda entry: 255 * (entry < 160))
    )
    left, top, right, bottom = picture.getbbox()
    width, height = picture.size
    return [(1000 * left // width, 1000 * top // height, 1000 * right // width, 1000 * bottom // height)]


@pytest.mark.parametrize("language", ["zh-CN", "en"])
async def test_every_form_is_a4_with_its_ink_inside_the_margins(press: Press, language: str) -> None:
    for make in (tracking, handling, call_record, evaluation, scorecard, analysis):
        pdf = await press.pdf(page_of(make(STORY, language)))
        document = pypdfium2.PdfDocument(pdf)
        assert tuple(round(side) for side in document[0].get_size()) == A4
        ((left, top, right, bottom),) = ink(pdf)
        assert left > 60
        assert top > 30
        assert right < 945
        assert bottom < 985


async def test_pages_are_counted_in_chinese_and_english(press: Press) -> None:
    pages = texts(await press.pdf(page_of(tracking(STORY * 60))))
    assert len(pages) >= 2
    for number, text in enumerate(pages, 1):
        assert f"第 {number} 页 共 {len(pages)} 页" in text
        assert f"Page {number} of {len(pages)}" in text
        assert "TS20261124-0001" in text


async def test_the_qr_code_is_drawn_where_a_scanner_looks(press: Press) -> None:
    pdf = await press.pdf(page_of(tracking()))
    document = pypdfium2.PdfDocument(pdf)
    page = document[len(document) - 1]
    picture = page.render(scale=3).to_pil().convert("L")
    # It is left of the form's number, in the part that the system adds at the end.
    result = page.get_textpage().search("本系统附注").get_next()
    left, _, _, top = page.get_textpage().get_charbox(result[0])
    side = 20 * 72 / 25.4 * 3
    x, y = left * 3 - 25 * 72 / 25.4 * 3, picture.height - top * 3
    corner = picture.crop((int(x), int(y), int(x + side), int(y + side)))
    dark = sum(1 for tobyte in corner.tobytes() if tobyte < 128) / (corner.width * corner.height)
    assert 0.2 < dark < 0.6
    assert len(LINK) > 20


@pytest.mark.parametrize("text", ["长" * 350_000, "a" * 1_000_000, "<b>&" * 250_000], ids=["chinese", "word", "markup"])
async def test_a_megabyte_is_printed_as_a_few_pages_with_a_note(press: Press, text: str) -> None:
    """The number of pages is what a print costs."""
    pages = texts(await press.pdf(page_of(tracking(text))))
    assert len(pages) < 60
    assert any("此处省略" in page for page in pages)


async def test_the_longest_word_stays_inside_the_page(press: Press) -> None:
    ((_, _, right, _),) = ink(await press.pdf(page_of(handling("Donaudampfschifffahrt" * 40, "en"))))
    assert right < 945


class _Seen(BaseHTTPRequestHandler):
    asked: list[str] = []  # noqa: RUF012 - the server makes a new object for each request.

    def do_GET(self) -> None:
        self.asked.append(self.path)
        self.send_response(404)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        return


async def test_a_page_that_names_files_and_addresses_gets_none_of_them(press: Press) -> None:
    server = HTTPServer(("127.0.0.1", 0), _Seen)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        at = f"http://127.0.0.1:{server.server_port}"
        page = (
            f'<link rel=stylesheet href="{at}/a.css"><img src="{at}/b.png"><img src="file:///etc/passwd">'
            f'<style>@import "{at}/c.css"; @font-face {{ font-family: x; src: url({at}/d.woff) }} p {{ font-family: x;'
            f' background: url({at}/e.png) }}</style><p>plain<a rel=attachment href="file:///etc/hostname">x</a></p>'
        )
        pdf = await press.pdf(page)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert "plain" in texts(pdf)[0]
    assert _Seen.asked == []
    assert pypdfium2.PdfDocument(pdf).count_attachments() == 0


async def test_an_endless_print_is_ended_and_the_next_print_works() -> None:
    async with Press(at_once=1, seconds=1.5) as press:
        endless = "<table>" + "<tr>" + "<td>x y z</td>" * 60_000
        # Unlimited it takes minutes; the refusal is the limit's, and the process is not waited for but ended.
        with pytest.raises(PrintTooLong) as refused:
            await press.pdf(endless)
        assert refused.value.facts == {"seconds": 1.5}
        assert children() == set()
        press.seconds = 120
        assert texts(await press.pdf("<p>after</p>"))[0].strip().startswith("after")


async def test_a_print_that_eats_memory_ends_alone() -> None:
    async with Press(at_once=1, seconds=30, megabytes=130) as press:
        with pytest.raises(PrintFailed):
            await press.pdf("x" * 150_000_000)
        press.megabytes = 2048
        assert "after" in texts(await press.pdf("<p>after</p>"))[0]


async def test_more_prints_than_may_wait_are_refused() -> None:
    async with Press(at_once=1, waiting=1, seconds=30) as press:
        asked = [asyncio.create_task(press.pdf("<p>x</p>")) for _ in range(3)]
        answers = await asyncio.gather(*asked, return_exceptions=True)
        assert [type(answer) for answer in answers] == [bytes, bytes, PrintTooBusy]


async def test_a_cancelled_print_does_not_answer_the_next_one(press: Press) -> None:
    first = asyncio.create_task(press.pdf("<p>first</p>" * 2000))
    await asyncio.sleep(0)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    assert "second" in texts(await press.pdf("<p>second</p>"))[0]


async def test_many_forms_become_one_file_and_each_counts_its_own_pages(press: Press) -> None:
    pieces = [await press.pdf(page_of(tracking(number=f"TS20261124-000{n}"))) for n in (1, 2)]
    pages = texts(await press.join(pieces))
    assert len(pages) == sum(len(texts(piece)) for piece in pieces)
    assert "TS20261124-0001" in pages[0]
    assert "TS20261124-0002" in pages[-1]


def duty_forms() -> list[Form]:
    """A form of each kind of the roster."""
    parts = {
        "head": tracking().head,
        "fields": (FormField("请假人", "刘桂兰"), FormField("事由")),
        "tables": (FormTable("经过", ("时间", "说明"), (("8:00", "<b>刘桂兰</b>"),)),),
        "signatures": (FormField("签名"),),
    }
    kinds = (LeaveForm, HandoverForm, RosterSheet, FiguresForm, MeetingForm, TrainingForm, EmergencyForm)
    return [kind(**parts) for kind in kinds]  # type: ignore[arg-type]


async def test_D1_D4_H3_the_forms_of_the_roster_are_printed(press: Press) -> None:
    for form in duty_forms():
        (page,) = texts(await press.pdf(page_of(form)))
        assert "请假人" in page
        assert "<b>刘桂兰</b>" in page


def words_in(docx: bytes) -> str:
    with zipfile.ZipFile(io.BytesIO(docx)) as file:
        return file.read("word/document.xml").decode()


@pytest.mark.parametrize("kind", list(FormKind))
async def test_the_word_template_to_begin_with_is_filled_in(press: Press, kind: FormKind) -> None:
    ours = (tracking(), handling(), call_record(), evaluation(), scorecard(), analysis())
    form = {entry.kind: entry for entry in (*ours, *duty_forms())}[kind]
    docx = await press.word(starter(kind), values_of(form))
    assert form.head.number in words_in(docx)
    assert "刘桂兰" in words_in(docx)
    assert "{{" not in words_in(docx)
    with zipfile.ZipFile(io.BytesIO(docx)) as file:
        assert any(name.startswith("word/media/") for name in file.namelist())


@pytest.mark.parametrize("make", SEED)
async def test_the_texts_of_the_policy_are_in_print_and_in_Word_in_order(press: Press, make: Any) -> None:
    docx = await press.word(starter(make().kind), values_of(make()))
    text = "\n".join(re.findall(r"<w:t[^>]*>([^<]*)</w:t>", words_in(docx)))
    assert in_order(SEED[make], text) == list(SEED[make])
    # A label that is broken over two lines is one label; the order of cells is that of the text on the page.
    printed = re.sub(r"\s", "", "".join(texts(await press.pdf(page_of(make())))))
    assert in_order(SEED[make], printed) == list(SEED[make])


async def test_hostile_text_in_a_word_form_is_text(press: Press) -> None:
    evil = "</w:t></w:r><w:r><w:t>{{ 7*7 }}<script>&\x00\x0b"
    docx = await press.word(starter(FormKind.TRACKING), values_of(tracking(evil)))
    assert "&lt;/w:t&gt;" in words_in(docx)
    assert "49" not in words_in(docx).split("投诉经过")[1].split("调查结果")[0]


async def test_a_word_template_cannot_reach_out_of_its_sandbox(press: Press) -> None:
    from docx import Document

    document = Document()
    document.add_paragraph("{{ t.__class__.__mro__[1].__subclasses__() }}")
    out = io.BytesIO()
    document.save(out)
    with pytest.raises(BadWordTemplate):
        await press.word(out.getvalue(), values_of(tracking()))


async def test_a_file_that_is_not_a_word_template_is_refused(press: Press) -> None:
    with pytest.raises(BadWordTemplate):
        await press.word(b"not a zip", values_of(TrackingForm(Head("1", "x"))))
