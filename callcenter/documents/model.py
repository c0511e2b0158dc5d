"""Parses a document's TOML source into a model and reports every problem with its place. Pure."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Generic, Protocol, TypeVar

from callcenter.catalogue import reader, validation_sentence
from callcenter.errors import Invalid

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

SOURCE_LIMIT: Final = 64 * 1024
NAME_LIMIT: Final = 40
BYTE_ORDER_MARK: Final = "\ufeff"
"""Some editors on Windows put it at the start of a file."""
LANGUAGES: Final = ("zh-CN", "en")


@dataclass(frozen=True, slots=True)
class Problem:
    """A problem of a source and its place, such as `steps.0.questions.2.text.en`.

    Where a kind of document names its parts by key, `part` is that key and `where` the place inside the part.
    """

    where: str
    message: str
    kind: str = "other"
    context: Mapping[str, object] = field(default_factory=dict)
    part: str = ""

    def sentence(self) -> str:
        """The problem as a sentence in the reader's language."""
        return validation_sentence(self.kind, self.context, self.message, reader.get())


class Named(Protocol):
    @property
    def name(self) -> str: ...


Document = TypeVar("Document", bound=Named)
Placed = Callable[[Mapping[str, Any], "ErrorDetails"], Problem]
"""Where an error of the model is in the data that was read."""


def place_of(data: Mapping[str, Any], error: ErrorDetails) -> Problem:
    """The place of an error by the path of its field."""
    return Problem(".".join(map(str, error["loc"])), error["msg"], error["type"], error.get("ctx", {}))


@dataclass(frozen=True, slots=True)
class Format(Generic[Document]):
    """How a kind of document is written. `refusal` builds the kind's error from the first problem and their number."""

    noun: str
    model: type[Document]
    name_fault: str
    problems: Callable[[Document], Iterable[Problem]]
    refusal: Callable[[Problem, int], Invalid]
    place: Placed = place_of

    def check(self, source: str) -> tuple[Document | None, list[Problem]]:
        """The document, if it can be parsed at all, and everything that is wrong with it."""
        data = self._toml(source)
        if isinstance(data, Problem):
            return None, [data]
        # The reception's process reads flows without a model of pydantic; importing it would cost 6 MiB there.
        from pydantic import BaseModel, ValidationError

        assert issubclass(self.model, BaseModel)
        try:
            document = self.model.model_validate(data)
        except ValidationError as error:
            return None, [self.place(data, fault) for fault in error.errors(include_input=False)]
        return document, [*self.problems(document)]

    def read(self, source: str) -> Document:
        """Raises the kind's refusal with the place of the first problem."""
        document, problems = self.check(source)
        if document is None or problems:
            raise self.refusal(problems[0], len(problems))
        return document

    def name_of(self, source: str) -> str:
        """The name in a source; everything else may still be invalid. Raises the kind's refusal."""
        data = self._toml(source)
        if isinstance(data, Problem):
            raise self.refusal(data, 1)
        name = data.get("name")
        if not isinstance(name, str) or not name.isidentifier() or not name.isascii() or len(name) > NAME_LIMIT:
            raise self.refusal(Problem("name", f"a {self.noun} has a name", self.name_fault), 1)
        return name

    def renamed(self) -> Invalid:
        """The refusal of a source that gives a version another name."""
        return self.refusal(Problem("name", f"a version keeps its {self.noun}'s name", "name_kept"), 1)

    def _toml(self, source: str) -> dict[str, Any] | Problem:
        if len(source) > SOURCE_LIMIT or "\0" in source:
            message = f"a {self.noun} has at most {SOURCE_LIMIT} characters and no NUL"
            return Problem("", message, "source_too_long", {"most": SOURCE_LIMIT})
        try:
            return tomllib.loads(source.removeprefix(BYTE_ORDER_MARK))
        except (ValueError, RecursionError) as error:
            # tomllib raises a plain ValueError for a number of more digits than Python reads.
            return Problem("", f"this is not TOML: {error}", "source_not_toml")


def language_problems(languages: Iterable[str]) -> Iterator[Problem]:
    """Languages that no document may have."""
    for language in languages:
        if language not in LANGUAGES:
            facts = {"language": language, "known": ", ".join(LANGUAGES)}
            yield Problem("languages", f"{language} is not known", "unknown_language", facts)


def text_problems(
    noun: str, languages: Iterable[str], where: str, texts: Mapping[str, str], part: str = ""
) -> Iterator[Problem]:
    """A text must be in all languages of its document and in no other."""
    named = tuple(languages)
    for language in named:
        if not texts.get(language, "").strip():
            yield Problem(f"{where}.{language}", "there is no text in this language", "no_text", part=part)
    for language in texts:
        if language not in named:
            message = f"the {noun} does not name this language"
            yield Problem(f"{where}.{language}", message, "language_not_named", part=part)


def sha256_of(source: str) -> str:
    return hashlib.sha256(source.encode()).hexdigest()
