"""Files of their own that the settings name: TOML, read and checked as a whole."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from cti_bridge.errors import ConfigError, Fault
from cti_bridge.settings.section import Section

Whole = TypeVar("Whole", bound=Section)


def read_side_file(path: Path, shape: type[Whole]) -> Whole:
    """``path`` as a ``shape``. Raises: ConfigError with every fault, each naming file, key and reason."""
    try:
        return shape(**tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise ConfigError([Fault(str(path), "(file)", error.strerror or "cannot be read")]) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError([Fault(str(path), "(file)", f"is not TOML: {error}")]) from None
    except ValidationError as error:
        faults = [
            Fault(
                str(path),
                ".".join(map(str, one["loc"])) or "(top level)",
                one["msg"].removeprefix("Value error, "),
            )
            for one in error.errors(include_url=False)
        ]
        raise ConfigError(faults) from None
