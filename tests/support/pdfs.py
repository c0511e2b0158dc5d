"""Writes small PDFs by hand, honest and hostile (ISO 32000-1, 7.5)."""

from __future__ import annotations

import io
import zlib
from collections.abc import Sequence

import pypdfium2

CATALOG, PAGES = b"<</Type/Catalog/Pages 2 0 R%s>>", b"<</Type/Pages/Kids[3 0 R]/Count 1>>"


def written(objects: Sequence[bytes], trailer: bytes = b"") -> bytes:
    """A file of these objects, the first one its catalogue."""
    out, places = b"%PDF-1.7\n", []
    for number, text in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, text)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size, at = len(objects) + 1, len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n%s" % (size, table)
    return out + b"trailer\n<</Size %d/Root 1 0 R%s>>\nstartxref\n%d\n%%%%EOF\n" % (size, trailer, at)


def pdf(catalog: bytes = b"", page: bytes = b"", box: bytes = b"0 0 595 842", more: Sequence[bytes] = ()) -> bytes:
    """One page; entries for the catalogue and the page, and further objects from number 4."""
    return written([CATALOG % catalog, PAGES, b"<</Type/Page/Parent 2 0 R/MediaBox[%s]%s>>" % (box, page), *more])


def stream(data: bytes, entries: bytes = b"") -> bytes:
    return b"<</Length %d%s>>stream\n%s\nendstream" % (len(data), entries, data)


def of_pages(count: int) -> bytes:
    document = pypdfium2.PdfDocument.new()
    for _ in range(count):
        document.new_page(595, 842)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def with_file() -> bytes:
    document = pypdfium2.PdfDocument.new()
    document.new_page(595, 842)
    document.new_attachment("invoice.exe").set_data(b"MZ")
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def packed_action() -> bytes:
    """A JavaScript action in a compressed object stream, which no search of the bytes finds (7.5.7, 7.5.8)."""
    inside = zlib.compress(b"5 0 <</S/JavaScript/JS(app.alert(1))>>")
    objects = [
        CATALOG % b"/OpenAction 5 0 R",
        PAGES,
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>",
        stream(inside, b"/Type/ObjStm/N 1/First 4/Filter/FlateDecode"),
    ]
    out, rows = b"%PDF-1.7\n", b"\0\0\0\0\0"
    for number, text in enumerate(objects, 1):
        rows += b"\1" + len(out).to_bytes(3, "big") + b"\0"
        out += b"%d 0 obj\n%s\nendobj\n" % (number, text)
    rows += b"\2\0\0\4\0" + b"\1" + len(out).to_bytes(3, "big") + b"\0"
    table = stream(rows, b"/Type/XRef/Size 7/W[1 3 1]/Root 1 0 R")
    return out + b"6 0 obj\n%s\nendobj\nstartxref\n%d\n%%%%EOF\n" % (table, len(out))


def bomb(layers: int) -> bytes:
    """A page whose content grows a thousandfold with each layer of compression."""
    data = b"0 0 m " * 10**7
    for _ in range(layers):
        data = zlib.compress(data, 9)
    return pdf(page=b"/Contents 4 0 R", more=[stream(data, b"/Filter[%s]" % (b"/FlateDecode" * layers))])
