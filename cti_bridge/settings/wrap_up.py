"""What is said of a call when it is over."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from cti_bridge.settings.section import Section


class WrapUpSettings(Section):
    """``file``: categories and dispositions, as in config/dispositions.toml; empty for none.

    ``more_s``: how much longer an agent may take, once after each call; 0 for no longer.
    ``written_in``: the language of what is written into a call's contact.
    """

    file: Path | None = None
    more_s: Annotated[int, Field(ge=0, le=3600)] = 60
    written_in: Literal["ja", "en"] = "ja"
