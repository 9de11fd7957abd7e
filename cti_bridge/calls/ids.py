"""Identifiers: what a call's pieces are named by.

Channels are named by the PBX's unique ID, which is unique within one PBX. An
``endpoint`` is a telephone's address at its PBX without the per-call suffix,
for example ``PJSIP/1001``.
"""

from __future__ import annotations

from typing import NewType

PbxId = NewType("PbxId", str)
ChannelId = NewType("ChannelId", str)
BridgeId = NewType("BridgeId", str)
QueueId = NewType("QueueId", str)
AgentId = NewType("AgentId", str)
Endpoint = NewType("Endpoint", str)
CallId = NewType("CallId", str)
OfferId = NewType("OfferId", str)
