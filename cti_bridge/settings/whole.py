"""The settings as a whole, and what its sections must agree on."""

from __future__ import annotations

from typing import Self

from pydantic import field_validator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from cti_bridge.settings.counselling import CounsellingSettings
from cti_bridge.settings.lookup import LookupSettings
from cti_bridge.settings.oidc import OidcSettings
from cti_bridge.settings.privacy import PrivacySettings, RetentionSettings
from cti_bridge.settings.proxy_login import ProxyLoginSettings
from cti_bridge.settings.section import ENV_PREFIX
from cti_bridge.settings.segments import SegmentSettings
from cti_bridge.settings.server import (
    AgentSettings,
    BoardSettings,
    HttpSettings,
    LogSettings,
    PbxSettings,
    PushSettings,
    RecordSettings,
    RegionSettings,
    SessionSettings,
    StorageSettings,
)
from cti_bridge.settings.suggest import SuggestSettings
from cti_bridge.settings.wrap_up import WrapUpSettings


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
    segments: SegmentSettings = SegmentSettings()
    suggest: SuggestSettings = SuggestSettings()
    counselling: CounsellingSettings = CounsellingSettings()
    privacy: PrivacySettings = PrivacySettings()
    retention: RetentionSettings = RetentionSettings()
    board: BoardSettings = BoardSettings()
    agents: AgentSettings = AgentSettings()
    wrap_up: WrapUpSettings = WrapUpSettings()
    records: RecordSettings = RecordSettings()
    sessions: SessionSettings = SessionSettings()
    oidc: OidcSettings = OidcSettings()
    proxy_login: ProxyLoginSettings = ProxyLoginSettings()
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
        # Browsers open no plain socket from a page that came over TLS.
        if not self.http.is_secure or self.push.public_url.startswith("wss://"):
            return self
        if self.push.public_url or self.http.public_url:
            raise ValueError(
                "push.public_url must begin with wss:// because the pages are served over https://"
            )
        if not self.push.is_tls:
            raise ValueError(
                "push.certificate and push.key are missing; http has them, and the socket needs them too"
            )
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
