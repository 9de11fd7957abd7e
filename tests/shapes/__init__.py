"""Every shape a call takes: how it is played on a real Asterisk, and what it must look like at each agent."""

from tests.shapes import direct, others, queues, transfers
from tests.shapes.expect import SHAPES, Offer, Shape

__all__ = ["SHAPES", "Offer", "Shape", "direct", "others", "queues", "transfers"]
