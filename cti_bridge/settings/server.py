"""Sections of the settings that say how the bridge runs: listeners, stores, PBXs, agents, records, logs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, IPvAnyAddress, SecretStr, field_validator, model_validator

from cti_bridge.settings.section import ENV_PREFIX, Port, Seconds, Section, WholeSeconds

_ALL_ADDRESSES = ("0.0.0.0", "::", "")
# The reason with which the bridge itself pauses for after-call work: see calls.presence, a layer above.
WRAP_UP_REASON = "wrap-up"
# It goes to the PBX and comes back in its events.
PauseReason = Annotated[str, Field(min_length=1, max_length=80, pattern=r"^[^\x00-\x1f\x7f]*$")]


class _Listener(Section):
    """A port. ``public_url``: what browsers use when a proxy stands in front.

    With ``certificate`` (PEM, with its chain) and ``key`` it speaks TLS itself.
    """

    host: str = "127.0.0.1"
    port: Port
    public_url: str = ""
    certificate: Path | None = None
    key: Path | None = None

    @model_validator(mode="after")
    def _certificate_with_key(self) -> Self:
        if (self.certificate is None) != (self.key is None):
            raise ValueError("certificate and key go together; one of them is missing")
        return self

    @property
    def is_tls(self) -> bool:
        """Whether the port itself speaks TLS."""
        return self.certificate is not None


class HttpSettings(_Listener):
    """Pages and API. ``trusted_proxies``: whose X-Forwarded-For tells from where a browser comes."""

    port: Port = 8080
    trusted_proxies: tuple[IPvAnyAddress, ...] = ()

    @model_validator(mode="after")
    def _reachable_by_name(self) -> Self:
        if self.host in _ALL_ADDRESSES and not self.public_url:
            raise ValueError("host is every address of this machine; say in public_url which browsers use")
        if self.public_url and not self.public_url.startswith(("http://", "https://")):
            raise ValueError("public_url must begin with http:// or https://")
        return self

    @property
    def is_secure(self) -> bool:
        """Whether browsers reach the pages over TLS, ours or a proxy's."""
        return self.origin().startswith("https://")

    def origin(self) -> str:
        """The origin the pages are served under, without a slash at the end."""
        scheme = "https" if self.is_tls else "http"
        return (self.public_url or f"{scheme}://{self.host}:{self.port}").rstrip("/")


class PushSettings(_Listener):
    """The browsers' socket. ``allowed_origins`` adds to the pages' own origin."""

    port: Port = 8081
    allowed_origins: tuple[str, ...] = ()
    backlog_frames: Annotated[int, Field(ge=16, le=65_536)] = 512


class StorageSettings(Section):
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


class RegionSettings(Section):
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


class BoardSettings(Section):
    """``service_level_threshold_s``: an answer within this time counts for the service level."""

    service_level_threshold_s: Annotated[int, Field(ge=1, le=3600)] = 20


class AgentSettings(Section):
    """``wrap_up_s``: time for after-call work after a queue's call, 0 for none.

    ``wrap_up_pauses``: whether the queues leave the agent alone meanwhile,
    which the PBX's user must be allowed to ask for. ``pause_reasons``: what
    agents choose from, in this order, when they pause.
    """

    wrap_up_s: Annotated[int, Field(ge=0, le=3600)] = 0
    wrap_up_pauses: bool = True
    pause_reasons: Annotated[tuple[PauseReason, ...], Field(min_length=1, max_length=12)] = (
        "休憩",
        "昼休み",
        "事務作業",
        "打ち合わせ",
        "研修",
    )

    @field_validator("pause_reasons")
    @classmethod
    def _reasons_differ(cls, reasons: tuple[str, ...]) -> tuple[str, ...]:
        for reason in reasons:
            if reasons.count(reason) > 1:
                raise ValueError(f"{reason!r} is there twice; reasons must differ")
        if WRAP_UP_REASON in reasons:
            raise ValueError(f"{WRAP_UP_REASON!r} is what the bridge itself says during after-call work")
        return reasons


class RecordSettings(Section):
    """``spool_max_bytes``: how much waits on disk while PostgreSQL is away.

    ``trace_hours``: how long the steps of each call are kept, to tell why it popped or did not.
    """

    spool_max_bytes: Annotated[int, Field(ge=1 << 20, le=1 << 40)] = 256 << 20
    trace_hours: Annotated[int, Field(ge=1, le=24 * 31)] = 24


class SessionSettings(Section):
    """A sign-in ends after ``idle_s`` without use and after ``absolute_s`` in any case.

    Signing in may fail so often in ``failures_window_s``: ``failures_per_login`` at one login,
    ``failures_per_address`` from one address by browsers that never signed in before.
    """

    idle_s: Seconds = 4 * 3600
    absolute_s: Seconds = 14 * 3600
    failures_per_login: Annotated[int, Field(ge=1, le=1000)] = 10
    failures_per_address: Annotated[int, Field(ge=1, le=100_000)] = 200
    failures_window_s: WholeSeconds = 900


class LogSettings(Section):
    """Where logs go is standard error; ``json`` is for log collectors."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["text", "json"] = "text"


class PbxSettings(Section):
    """One PBX. ``queue_labels``: what people call each queue.

    ``trunk_prefixes``: digits it puts before numbers from outside, ``name_prefixes``:
    text it puts before callers' names; both are taken off.

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
    queue_labels: dict[str, str] = Field(default_factory=dict)
    trunk_prefixes: tuple[Annotated[str, Field(pattern=r"^[0-9*#]{1,8}$")], ...] = ()
    name_prefixes: tuple[Annotated[str, Field(min_length=1, max_length=40)], ...] = ()

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
