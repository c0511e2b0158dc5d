"""Serves the built console (dashboards/dist): one page, its assets, and the words and colours of the centre.

The page is revalidated before each reuse; an asset never changes under its name, which holds its hash. An unknown
asset is a 404 and never the page, and the page answers only the paths that it has (decision 0297).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Final

import structlog
from aiohttp import ETag, hdrs, web

log = structlog.get_logger("dashboards")

DIST: Final = Path(str(files("dashboards"))) / "dist"
PATHS: Final = (
    "/login",
    "/start",
    "/desk",
    "/floor",
    "/wall",
    "/day",
    "/roster",
    "/handover",
    "/ledger",
    "/reports",
    "/me",
)
"""The paths of the page, each with all below it."""
LANGUAGES: Final = ("zh-CN", "en")
LARGEST: Final = 256_000
"""Bytes of a file of the centre's own words or colours; a larger one is a mistake."""

HEADERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        # No inline script and no foreign source. Style attributes are allowed: scripts set positions of menus and
        # lengths of bars on elements; style sheets come from this origin alone, and style elements are refused.
        "Content-Security-Policy": (
            "default-src 'none'; script-src 'self'; style-src-elem 'self'; style-src-attr 'unsafe-inline'; "
            "img-src 'self' data: blob:; media-src 'self' blob:; font-src 'self'; connect-src 'self'; "
            "manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
        ),
        "Permissions-Policy": "microphone=(self), autoplay=(self), speaker-selection=(self), hid=(self)",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
    }
)
REVALIDATED: Final = {"Cache-Control": "no-cache"}
IMMUTABLE: Final = {"Cache-Control": "public, max-age=31536000, immutable"}
_TYPES: Final[Mapping[str, str]] = MappingProxyType(
    {
        ".css": "text/css; charset=utf-8",
        ".html": "text/html; charset=utf-8",
        ".js": "text/javascript; charset=utf-8",
        ".json": "application/json",
        ".png": "image/png",
        ".svg": "image/svg+xml",
        ".webmanifest": "application/manifest+json",
        ".woff2": "font/woff2",
    }
)
LOGOS: Final = ("logo.svg", "logo.png")
"""The centre's own logo; the first that is there is shown."""
_PLACE: Final = re.compile(r"{(\w+)}")


def build_id(dist: Path = DIST) -> str | None:
    """The start of the hash of the sources; None where nothing is built."""
    stamp = dist / ".sources"
    return stamp.read_text("utf-8")[:12] if stamp.is_file() else None


def console(own_folder: Path | None = None, dist: Path = DIST) -> list[web.RouteDef]:
    """The routes of the console; `own_folder` holds the centre's own `texts.<language>.json` and `tokens.css`."""
    # Only files present at the start are served; a path from outside is looked up and never joined.
    assets = {path.name: path for path in (dist / "assets").glob("*") if path.suffix in _TYPES}
    index = dist / "index.html"

    async def page(request: web.Request) -> web.StreamResponse:
        if not index.is_file():
            raise web.HTTPServiceUnavailable(
                text="The pages are not built: run make web, then start the service again."
            )
        return _file(index, REVALIDATED)

    async def asset(request: web.Request) -> web.StreamResponse:
        path = assets.get(request.match_info["name"])
        if path is None:
            raise web.HTTPNotFound(text="there is no such asset")
        return _file(path, IMMUTABLE)

    async def fixed(request: web.Request) -> web.StreamResponse:
        path = dist / request.path.removeprefix("/")
        if not path.is_file():
            raise web.HTTPNotFound(text="the pages are not built")
        return _file(path, REVALIDATED)

    async def texts(request: web.Request) -> web.StreamResponse:
        language = request.match_info["language"]
        path = dist / "texts" / f"{language}.json"
        if language not in LANGUAGES or not path.is_file():
            raise web.HTTPNotFound(text="there is no such catalogue")
        words = json.loads(path.read_text("utf-8"))
        own = {} if own_folder is None else own_words(own_folder / f"texts.{language}.json", words)
        return _changing(request, json.dumps({**words, **own}, ensure_ascii=False), ".json")

    async def tokens(request: web.Request) -> web.StreamResponse:
        return _changing(request, "" if own_folder is None else _read(own_folder / "tokens.css"), ".css")

    async def logo(request: web.Request) -> web.StreamResponse:
        name = request.path.removeprefix("/house/")
        if own_folder is None or own_logo(own_folder) != request.path:
            raise web.HTTPNotFound(text="there is no such logo")
        return _file(own_folder / name, REVALIDATED)

    return [
        *(web.get(path, page) for path in PATHS),
        *(web.get(f"{path}/{{rest:.*}}", page) for path in PATHS),
        web.get("/assets/{name:.*}", asset),
        web.get("/texts/{language}.json", texts),
        web.get("/house/tokens.css", tokens),
        *(web.get(f"/house/{name}", logo) for name in LOGOS),
        web.get("/console.svg", fixed),
        web.get("/console.webmanifest", fixed),
    ]


def own_logo(folder: Path) -> str | None:
    """The address of the centre's own logo; None without one, or when its file is too large for every page."""
    for name in LOGOS:
        path = folder / name
        if path.is_file() and path.stat().st_size <= LARGEST:
            return f"/house/{name}"
    return None


def own_words(path: Path, words: Mapping[str, str]) -> dict[str, str]:
    """The centre's own words for texts that exist; a word that would break a page is left out and logged."""
    text = _read(path)
    if not text:
        return {}
    try:
        own = json.loads(text)
    except ValueError as error:
        log.warning("own_words_unreadable", file=str(path), cause=str(error))
        return {}
    if not isinstance(own, dict):
        log.warning("own_words_unreadable", file=str(path), cause="not an object of texts")
        return {}
    wrong = sorted(str(key) for key, word in own.items() if not _fits(word, words.get(key)))
    if wrong:
        log.warning("own_words_left_out", file=str(path), keys=wrong[:20])
    return {key: word for key, word in own.items() if key not in wrong}


def _fits(word: object, original: str | None) -> bool:
    """A text replaces one that exists and has the same places to fill in."""
    if original is None or not isinstance(word, str) or not word.strip():
        return False
    # What is left of the places are braces of no use, and marks that the text formatter of the pages gives a meaning.
    return set(_PLACE.findall(word)) <= set(_PLACE.findall(original)) and not set("{}|@") & set(_PLACE.sub("", word))


def _read(path: Path) -> str:
    """The text of a file of the centre's own; empty when there is none or it cannot be read."""
    try:
        if path.stat().st_size > LARGEST:
            log.warning("own_file_too_large", file=str(path), limit=LARGEST)
            return ""
        return path.read_text("utf-8-sig")
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        log.warning("own_file_unreadable", file=str(path), cause=str(error))
        return ""


def _file(path: Path, cache: Mapping[str, str]) -> web.FileResponse:
    """The file, or the .br or .gz beside it for a browser that takes those."""
    return web.FileResponse(
        path, headers={**HEADERS, **cache, "Content-Type": _TYPES[path.suffix], "Vary": "Accept-Encoding"}
    )


def _changing(request: web.Request, text: str, kind: str) -> web.Response:
    """A text that may change while the service runs: revalidated by its content."""
    tag = hashlib.sha256(text.encode()).hexdigest()[:16]
    headers = {**HEADERS, **REVALIDATED}
    if any(known.value == tag for known in request.if_none_match or ()):
        return web.Response(status=304, headers={**headers, hdrs.ETAG: f'"{tag}"'})
    response = web.Response(text=text, headers=headers)
    response.headers[hdrs.CONTENT_TYPE] = _TYPES[kind]
    response.etag = ETag(tag)
    return response
