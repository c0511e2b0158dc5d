"""The shapes of the block list over HTTP."""

from __future__ import annotations

from datetime import datetime

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from callcenter.calls.blocked import Hits
from callcenter.routing.blocks.model import Block


class BlockBody(BaseModel):
    """`line` is null for the whole centre. Without `ends_at`, `no_end_reason` states why the block has no end."""

    model_config = ConfigDict(extra="forbid")

    number: str = Field(min_length=1, max_length=40)
    reason: str = Field(min_length=1, max_length=400)
    line: str | None = Field(None, max_length=31)
    ends_at: AwareDatetime | None = None
    no_end_reason: str = Field("", max_length=400)

    def block(self) -> Block:
        return Block(self.number, self.reason, self.line or "", self.ends_at, self.no_end_reason)


class LiftBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reason: str = Field(min_length=1, max_length=400)


class BlockShape(BaseModel):
    """`hits` counts the kept records of calls that this block turned away, `last_hit_at` is the newest of them."""

    id: str
    number: str
    reason: str
    line: str | None
    ends_at: datetime | None
    no_end_reason: str
    added_at: datetime
    added_by: str
    lifted_at: datetime | None
    lifted_by: str | None
    lift_reason: str
    active: bool
    hits: int
    last_hit_at: datetime | None

    @classmethod
    def of(cls, block: Block, hits: Hits, at: datetime) -> BlockShape:
        assert block.added_at is not None
        return cls(
            id=block.id,
            number=block.number,
            reason=block.reason,
            line=block.line or None,
            ends_at=block.ends_at,
            no_end_reason=block.no_end_reason,
            added_at=block.added_at,
            added_by=block.added_by,
            lifted_at=block.lifted_at,
            lifted_by=block.lifted_by,
            lift_reason=block.lift_reason,
            active=block.holds_at(at),
            hits=hits.count,
            last_hit_at=hits.last_at,
        )


class BlockQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")

    active: bool = Field(False, strict=False)
    """Only blocks that hold now."""
    number: str = Field("", max_length=40)
    limit: int = Field(50, ge=1, le=200)
    cursor: str | None = Field(None, max_length=200)
