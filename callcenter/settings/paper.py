"""The settings of paper."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from callcenter.settings.section import Section


class FormSettings(Section):
    """Paper forms (policy K1, K2, W1, F1)."""

    centre: dict[str, str] = {"zh-CN": "客户服务中心", "en": "Customer Service Centre"}
    """The centre's name on paper and in the follow-up script, by language."""
    hotline: str = Field("", max_length=40)
    """The number given to customers (F2); that of the return call's line when empty."""
    at_once: int = Field(2, ge=1, le=16)
    waiting: int = Field(50, ge=0)
    """Prints that may wait; more are refused with 429."""
    per_person: int = Field(4, ge=1)
    """Prints of one person that may be made or wait at a time; more are refused with 429."""
    seconds: float = Field(20.0, gt=0)
    """Time limit of one print; its process is ended after that."""
    megabytes: int = Field(2048, ge=512)
    field_characters: int = Field(20_000, ge=100)
    """A longer text is cut on paper, with a note; the system keeps all of it."""
    word_templates: Path | None = None
    """Where the centre's own Word templates are: tracking.docx, handling.docx, call.docx, evaluation.docx."""
    run_limit: int = Field(300, ge=1, le=5000)
    """Forms in one print of many."""
