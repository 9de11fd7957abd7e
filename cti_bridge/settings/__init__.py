"""Settings: sections by what they are about, checked as a whole, read from one file and the environment."""

from cti_bridge.settings.counselling import CounsellingSettings
from cti_bridge.settings.load import load
from cti_bridge.settings.lookup import LookupSettings
from cti_bridge.settings.oidc import OidcSettings
from cti_bridge.settings.privacy import PrivacySettings, RetentionSettings
from cti_bridge.settings.proxy_login import ProxyLoginSettings
from cti_bridge.settings.segments import ProductRule, SegmentSettings
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
from cti_bridge.settings.whole import Settings
from cti_bridge.settings.wrap_up import WrapUpSettings

__all__ = [
    "AgentSettings",
    "BoardSettings",
    "CounsellingSettings",
    "HttpSettings",
    "LogSettings",
    "LookupSettings",
    "OidcSettings",
    "PbxSettings",
    "PrivacySettings",
    "ProductRule",
    "ProxyLoginSettings",
    "PushSettings",
    "RecordSettings",
    "RegionSettings",
    "RetentionSettings",
    "SegmentSettings",
    "SessionSettings",
    "Settings",
    "StorageSettings",
    "SuggestSettings",
    "WrapUpSettings",
    "load",
]
