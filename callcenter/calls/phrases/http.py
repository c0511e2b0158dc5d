"""Routes of phrases."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from callcenter.calls.phrases.model import LONGEST, MOST_PHRASES, Phrase
from callcenter.calls.phrases.service import Phrases
from callcenter.web.routes import ANYONE, MANAGERS, Ask, Routes, etag_of


class PhraseShape(BaseModel):
    """`key` is typed after two colons in a note; `texts` by language."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)

    key: str = Field(max_length=20)
    texts: dict[str, Annotated[str, Field(max_length=LONGEST)]] = Field(max_length=10)


class PhrasesShape(BaseModel):
    model_config = ConfigDict(extra="forbid")

    items: list[PhraseShape] = Field(max_length=MOST_PHRASES)

    @classmethod
    def of(cls, phrases: Sequence[Phrase]) -> PhrasesShape:
        return cls(items=[PhraseShape.model_validate(phrase) for phrase in phrases])


def routes(phrases: Phrases) -> Routes:
    routes = Routes("calls")

    @routes.get("/phrases", roles=ANYONE)
    async def read_phrases(ask: Ask) -> PhrasesShape:
        """Read the phrases for notes: standard ones until the centre has replaced them."""
        shape = PhrasesShape.of(await phrases.all())
        ask.headers["ETag"] = etag_of(shape)
        return shape

    @routes.put("/phrases", roles=MANAGERS)
    async def replace_phrases(ask: Ask, body: PhrasesShape) -> PhrasesShape:
        """Replace the phrases; an empty list brings the standard ones back."""

        def check(current: Sequence[Phrase]) -> None:
            ask.must_match(PhrasesShape.of(current))

        replacement = [Phrase(shape.key, shape.texts) for shape in body.items]
        return PhrasesShape.of(await phrases.replace(replacement, ask.require(), check))

    return routes
