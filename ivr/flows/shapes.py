"""API schemas of flows: versions, faults with their lines, what a caller would hear."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from callcenter.documents.shapes import DocumentSource, DocumentVersion, VersionsOf
from ivr.flows.faults import Fault


class FlowVersionShape(DocumentVersion):
    """A version of a flow."""


class FlowFault(BaseModel):
    """`rule` is stable; `line` is counted from 1."""

    line: int
    where: str
    rule: str
    message: str

    @classmethod
    def of(cls, fault: Fault) -> FlowFault:
        return cls(line=fault.line, where=fault.where, rule=fault.kind, message=fault.sentence())


class FlowDetail(FlowVersionShape):
    """A version with its source, the lines that it serves, and what is wrong with it now."""

    source: str
    lines: list[str]
    problems: list[FlowFault]


class FlowSource(DocumentSource):
    """The flow as TOML."""


class CheckedFlow(BaseModel):
    name: str | None
    lines: list[str]
    problems: list[FlowFault]


class FlowsQuery(VersionsOf):
    """Versions of all flows, or of the one with this name."""


class DifferenceQuery(BaseModel):
    """The version to compare with."""

    model_config = ConfigDict(extra="forbid")

    to: int = Field(ge=1)


class FlowDifference(BaseModel):
    """A unified diff; empty when the sources are equal."""

    name: str
    older: int
    newer: int
    diff: str


class FlowDiagram(BaseModel):
    """The drawing as an SVG document."""

    name: str
    number: int
    svg: str


class DiagramQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")

    language: Literal["zh-CN", "en"] = "zh-CN"
