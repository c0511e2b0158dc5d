"""Defines what can be wrong with a flow: a stable kind, the line, the place, and a sentence. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from callcenter.catalogue import Language, reader, validation_sentence
from callcenter.documents.model import Problem
from callcenter.errors import Invalid


class BadFlow(Invalid):
    """The source is no flow that may be used; the facts name the first fault and its line."""

    code = "bad_flow"


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault; `kind` is stable and names its sentence in callcenter/catalogue/texts/sources.toml."""

    kind: str
    line: int
    where: str = ""
    facts: Mapping[str, object] = field(default_factory=dict)
    message: str = ""

    def sentence(self, language: Language | None = None) -> str:
        return validation_sentence(self.kind, self.facts, self.message or self.kind, language or reader.get())

    def problem(self) -> Problem:
        """The fault as the documents service reports it; `part` is the line."""
        return Problem(self.where, self.message or self.kind, self.kind, self.facts, part=str(self.line))


def refusal(problem: Problem, count: int) -> BadFlow:
    """The refusal that names the first of `count` problems."""
    return BadFlow(
        problem.message,
        line=int(problem.part) if problem.part.isdigit() else 1,
        where=problem.where,
        fault=problem.kind,
        sentence=problem.sentence(),
        count=count,
    )
