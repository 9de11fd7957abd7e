"""Names as Asterisk spells them: channels, devices, what a caller is called."""

from __future__ import annotations

import re

from cti_bridge.calls.ids import Endpoint

_ESCAPED = re.compile(r"\\([\"'\\t])")


def endpoint_of(channel_name: str) -> Endpoint:
    """``PJSIP/1001-0000002a`` is the endpoint ``PJSIP/1001`` and a counter."""
    return Endpoint(channel_name.rpartition("-")[0] or channel_name)


def is_glue(channel_name: str) -> bool:
    """Local channels join pieces of dialplan; nobody speaks on one."""
    return channel_name.startswith("Local/")


def is_telephone(device: str) -> bool:
    """Asterisk keeps device states for queues and hints too; only telephones count here."""
    return "/" in device and not device.startswith(("Queue:", "Custom:", "hint:", "Local/"))


def unescape(name: str) -> str:
    r"""A name as it was meant: Asterisk C-escapes quotes, backslashes and tabs; none is ``<unknown>``."""
    if name == "<unknown>":
        return ""
    return _ESCAPED.sub(lambda match: " " if match[1] == "t" else match[1], name) if "\\" in name else name
