"""Queue members: which telephone one stands for."""

import pytest

from cti_bridge.pbx.ami_members import member_endpoint


@pytest.mark.parametrize(
    ("interface", "state_interface", "endpoint"),
    [
        ("PJSIP/1001", "PJSIP/1001", "PJSIP/1001"),
        ("PJSIP/1001", "", "PJSIP/1001"),
        ("Local/1004@phones/n", "PJSIP/1004", "PJSIP/1004"),
        ("Local/1004@from-queue/n", "hint:1004@ext-local", "Local/1004"),
        ("Local/1004@from-queue", "", "Local/1004"),
    ],
)
def test_members_behind_local_channels(interface: str, state_interface: str, endpoint: str) -> None:
    assert member_endpoint(interface, state_interface) == endpoint
