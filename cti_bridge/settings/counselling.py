"""What customers are asked when they are counselled."""

from __future__ import annotations

from pathlib import Path

from cti_bridge.settings.section import Section


class CounsellingSettings(Section):
    """``file``: the questions, as in config/counselling.toml; empty for none."""

    file: Path | None = None
