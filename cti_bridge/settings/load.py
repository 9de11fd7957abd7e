"""Settings: one TOML file over the defaults, secrets from the environment, all faults at once.

An environment variable overrides its key: ``CTI_BRIDGE_STORAGE__POSTGRES_URL``
is ``storage.postgres_url``; a PBX's secret is ``CTI_BRIDGE_PBX_<NAME>_SECRET``.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_settings import EnvSettingsSource

from cti_bridge.errors import ConfigError, Fault
from cti_bridge.settings.section import ENV_PREFIX
from cti_bridge.settings.whole import Settings

_PBX_SECRET = re.compile(r"^CTI_BRIDGE_PBX_(?P<name>[A-Z0-9_]+)_SECRET$")


def load(path: Path | None) -> Settings:
    """The settings of ``path`` over the defaults, with the environment over both.

    Raises:
        ConfigError: with every fault, each naming file, key and reason.

    """
    source = str(path) if path else "defaults"
    data = _read_toml(path) if path else {}
    faults = _add_pbx_secrets(data, os.environ, source)
    overrides = EnvSettingsSource(Settings)()
    faults += _unknown_variables(os.environ)
    try:
        settings = Settings(**data)
    except ValidationError as error:
        faults += [_fault(item, source, overrides) for item in error.errors(include_url=False)]
    except TypeError as error:
        faults.append(Fault(source, "(top level)", str(error)))
    if faults:
        raise ConfigError(faults)
    return settings


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError([Fault(str(path), "(file)", "does not exist")]) from None
    except IsADirectoryError:
        raise ConfigError([Fault(str(path), "(file)", "is a folder, not a TOML file")]) from None
    except PermissionError:
        raise ConfigError([Fault(str(path), "(file)", "may not be read by this user")]) from None
    except UnicodeDecodeError as error:
        raise ConfigError([Fault(str(path), "(file)", f"is not UTF-8 text: byte {error.start}")]) from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError([Fault(str(path), "(file)", f"is not TOML: {error}")]) from None


def _add_pbx_secrets(data: dict[str, Any], environment: Mapping[str, str], source: str) -> list[Fault]:
    """Put each ``CTI_BRIDGE_PBX_<NAME>_SECRET`` into its entry of ``data``; report those without one."""
    faults = []
    entries = data.get("pbx", [])
    for variable, secret in environment.items():
        match = _PBX_SECRET.match(variable)
        if match is None:
            continue
        wanted = [
            entry
            for entry in (entries if isinstance(entries, list) else [])
            if isinstance(entry, dict)
            and str(entry.get("name", "")).upper().replace("-", "_") == match["name"]
        ]
        if not wanted:
            faults.append(Fault("environment", variable, f"no [[pbx]] entry of that name stands in {source}"))
        for entry in wanted:
            entry["secret"] = secret
    return faults


def _unknown_variables(environment: Mapping[str, str]) -> list[Fault]:
    """A misspelt override must not be ignored in silence."""
    faults = []
    for variable in environment:
        if not variable.startswith(ENV_PREFIX) or _PBX_SECRET.match(variable):
            continue
        section, _, key = variable.removeprefix(ENV_PREFIX).lower().partition("__")
        field = Settings.model_fields.get(section)
        keys = getattr(field.annotation, "model_fields", {}) if field else {}
        if key.partition("__")[0] not in keys:
            faults.append(Fault("environment", variable, "names no setting"))
    return faults


def _fault(item: Any, source: str, overrides: Mapping[str, Any]) -> Fault:
    place = tuple(item["loc"])
    inside: Any = overrides
    for part in place:
        inside = inside.get(part) if isinstance(inside, dict) else None
    key = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place).lstrip(".")
    reason = item["msg"].removeprefix("Value error, ")
    if item["type"] == "extra_forbidden":
        reason = "is not a known key"
    elif item["type"] == "missing":
        reason = "is missing"
    elif (
        "secret" not in key
        and not isinstance(item.get("input"), (dict, list))
        and item["type"] != "value_error"
    ):
        reason = f"{reason} (found {item.get('input')!r})"
    return Fault("environment" if inside is not None and place else source, key or "(top level)", reason)
