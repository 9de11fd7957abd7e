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
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, EnvSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from cti_bridge.errors import ConfigError, Fault

ENV_PREFIX = "CTI_BRIDGE_"
_ALL_ADDRESSES = ("0.0.0.0", "::", "")
_PBX_SECRET = re.compile(r"^CTI_BRIDGE_PBX_(?P<name>[A-Z0-9_]+)_SECRET$")

Port = Annotated[int, Field(ge=1, le=65535)]
WholeSeconds = Annotated[int, Field(ge=1, le=86_400 * 366)]
Seconds = Annotated[float, Field(gt=0, le=86_400 * 366)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class HttpSettings(_Section):
    """Pages and API. ``public_url``: what browsers use when a proxy stands in front."""

    host: str = "127.0.0.1"
    port: Port = 8080
    public_url: str = ""

    @model_validator(mode="after")
    def _reachable_by_name(self) -> Self:
        if self.host in _ALL_ADDRESSES and not self.public_url:
            raise ValueError("host is every address of this machine; say in public_url which browsers use")
        if self.public_url and not self.public_url.startswith(("http://", "https://")):
            raise ValueError("public_url must begin with http:// or https://")
        return self

    def origin(self) -> str:
        """The origin the pages are served under, without a slash at the end."""
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")


class PushSettings(_Section):
    """The browsers' socket. ``allowed_origins`` adds to the pages' own origin."""

    host: str = "127.0.0.1"
    port: Port = 8081
    public_url: str = ""
    allowed_origins: tuple[str, ...] = ()
    backlog_frames: Annotated[int, Field(ge=16, le=65_536)] = 512


class StorageSettings(_Section):
    """An empty address means: start an embedded server with its data under ``data_dir``."""

    data_dir: Path = Path("data")
    postgres_url: str = ""
    redis_url: str = ""

    @field_validator("postgres_url")
    @classmethod
    def _postgres(cls, url: str) -> str:
        if url and not url.startswith(("postgresql://", "postgres://")):
            raise ValueError("must begin with postgresql://, or be empty for the embedded server")
        return url

    @field_validator("redis_url")
    @classmethod
    def _redis(cls, url: str) -> str:
        if url and not url.startswith(("redis://", "rediss://", "unix://")):
            raise ValueError(
                "must begin with redis://, rediss:// or unix://, or be empty for the embedded server"
            )
        return url


class RegionSettings(_Section):
    """Where the centre stands: how numbers are read, amounts and times are shown."""

    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")] = "JP"
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] = "JPY"
    time_zone: str = "Asia/Tokyo"

    @field_validator("time_zone")
    @classmethod
    def _zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError("is not a time zone of the IANA database, for example Asia/Tokyo") from error
        return name


class LookupSettings(_Section):
    """``card_deadline_ms``: how long a ring waits for its card before it goes out bare."""

    card_deadline_ms: Annotated[float, Field(ge=0, le=1000)] = 20
    cache_ttl_s: WholeSeconds = 3600
    unknown_ttl_s: WholeSeconds = 600


class BoardSettings(_Section):
    """``service_level_threshold_s``: an answer within this time counts for the service level."""

    service_level_threshold_s: Annotated[int, Field(ge=1, le=3600)] = 20


class AgentSettings(_Section):
    """``wrap_up_s``: time for after-call work after a queue's call, 0 for none.

    ``wrap_up_pauses``: whether the queues leave the agent alone meanwhile,
    which the PBX's user must be allowed to ask for.
    """

    wrap_up_s: Annotated[int, Field(ge=0, le=3600)] = 0
    wrap_up_pauses: bool = True


class RecordSettings(_Section):
    """``spool_max_bytes``: how much waits on disk while PostgreSQL is away.

    ``trace_hours``: how long the steps of each call are kept, to tell why it popped or did not.
    """

    spool_max_bytes: Annotated[int, Field(ge=1 << 20, le=1 << 40)] = 256 << 20
    trace_hours: Annotated[int, Field(ge=1, le=24 * 31)] = 24


class SessionSettings(_Section):
    """A sign-in ends after ``idle_s`` without use and after ``absolute_s`` in any case."""

    idle_s: Seconds = 4 * 3600
    absolute_s: Seconds = 14 * 3600


class LogSettings(_Section):
    """Where logs go is standard error; ``json`` is for log collectors."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["text", "json"] = "text"


class PbxSettings(_Section):
    """One PBX. ``queue_labels``: what people call each queue.

    ``standby_host``, ``standby_port``: a second address of the same PBX, tried when the first is away.
    ``agent_context``: the part of the dialplan in which what an agent dials is looked up.
    """

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,31}$")]
    kind: Literal["asterisk"] = "asterisk"
    host: str = "127.0.0.1"
    port: Port = 5038
    standby_host: str = ""
    standby_port: Port = 5038
    agent_context: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,79}$")] = "from-agents"
    user: Annotated[str, Field(min_length=1)] = "cti-bridge"
    secret: SecretStr = SecretStr("")
    connect_timeout_s: Seconds = 5
    ping_interval_s: Seconds = 5
    queue_labels: dict[str, str] = {}

    @field_validator("user", "host")
    @classmethod
    def _one_line(cls, text: str) -> str:
        if "\r" in text or "\n" in text:
            raise ValueError("must be one line")
        return text

    @model_validator(mode="after")
    def _secret_given(self) -> Self:
        secret = self.secret.get_secret_value()
        if not secret:
            variable = f"{ENV_PREFIX}PBX_{self.name.upper().replace('-', '_')}_SECRET"
            raise ValueError(f"secret is missing; set it here or in the environment as {variable}")
        if "\r" in secret or "\n" in secret:
            raise ValueError("secret must be one line")
        return self


class Settings(BaseSettings):
    """The whole configuration of one bridge."""

    model_config = SettingsConfigDict(
        extra="forbid", frozen=True, env_prefix=ENV_PREFIX, env_nested_delimiter="__", case_sensitive=False
    )

    http: HttpSettings = HttpSettings()
    push: PushSettings = PushSettings()
    storage: StorageSettings = StorageSettings()
    region: RegionSettings = RegionSettings()
    lookup: LookupSettings = LookupSettings()
    board: BoardSettings = BoardSettings()
    agents: AgentSettings = AgentSettings()
    records: RecordSettings = RecordSettings()
    sessions: SessionSettings = SessionSettings()
    log: LogSettings = LogSettings()
    pbx: tuple[PbxSettings, ...] = ()

    @field_validator("pbx")
    @classmethod
    def _names_differ(cls, entries: tuple[PbxSettings, ...]) -> tuple[PbxSettings, ...]:
        names = [entry.name for entry in entries]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"two entries are named {name!r}; names must differ")
        return entries

    @model_validator(mode="after")
    def _ports_differ(self) -> Self:
        if (self.http.host, self.http.port) == (self.push.host, self.push.port):
            raise ValueError("http.port and push.port are the same; they must differ")
        return self

    @model_validator(mode="after")
    def _socket_as_safe_as_pages(self) -> Self:
        if self.http.public_url.startswith("https://") and not self.push.public_url.startswith("wss://"):
            raise ValueError("push.public_url must begin with wss:// because http.public_url is https://")
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment stands over the file; nothing else is read."""
        return env_settings, init_settings


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
