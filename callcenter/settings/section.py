"""What every table of the settings file is made of."""

from __future__ import annotations

from datetime import time
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict


class Section(BaseModel):
    """A table of the settings file; a name that it does not know is refused, because it would do nothing."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class RosterSettings(Section):
    """The roster (policy D1-D5)."""

    several_lines: bool = False
    """Whether an agent may be on duty for more than one line at the same hours."""


def _midnight(value: object) -> object:
    """`24:00` is the end of the day, which `datetime.time` writes 00:00."""
    return time.min if isinstance(value, str) and value.strip() in ("24:00", "24:00:00") else value


ClosingTime = Annotated[time, BeforeValidator(_midnight)]
