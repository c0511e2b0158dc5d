"""The settings of printed forms."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from callcenter.settings.section import Section


class FormSettings(Section):
    """Printed forms (policy K1, K2, W1, F1)."""

    centre: dict[str, str] = {"zh-CN": "客户服务中心", "en": "Customer Service Centre"}
    """The centre's name on printed forms and in the follow-up script, by language."""
    hotline: str = Field("", max_length=40)
    """The number given to customers (F2); that of the return call's line when empty."""
    at_once: int = Field(2, ge=1, le=16)
    waiting: int = Field(50, ge=0)
    """How many prints may wait; further ones are refused with 429."""
    per_person: int = Field(4, ge=1)
    """How many prints of one person may run or wait at a time; further ones are refused with 429."""
    seconds: float = Field(20.0, gt=0)
    """Time limit of one print; its process is killed after that."""
    megabytes: int = Field(2048, ge=512)
    field_characters: int = Field(20_000, ge=100)
    """Longer texts are cut on printed forms, with a note; the system keeps the whole text."""
    word_templates: Path | None = None
    """The folder of the centre's own Word templates: tracking.docx, handling.docx, call.docx, evaluation.docx."""
    run_limit: int = Field(300, ge=1, le=5000)
    """How many forms one print of many may contain."""
