"""CTI Bridge: the customer on the agent's screen at the first ring."""

__version__ = "0.1.0"
