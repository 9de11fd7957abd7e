"""A PBX of one's own: the AMI byte sequences of a real Asterisk 22, without one."""

from cti_bridge.simulator.layout import SimQueue
from cti_bridge.simulator.server import SimCall, Simulator
from cti_bridge.simulator.session import Terms
from cti_bridge.simulator.traffic import TrafficPlan

__all__ = ["SimCall", "SimQueue", "Simulator", "Terms", "TrafficPlan"]
