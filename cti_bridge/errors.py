"""Exceptions that cross module borders.

    BridgeError
    ├── ConfigError    the settings are wrong; nothing is retried, exit code 2
    ├── PeerError      a PBX, browser or caller of ours broke its protocol
    ├── UsageError     our own code called a function wrongly
    ├── Unavailable    a peer cannot be reached now; trying again may help
    └── Refused        a peer or a rule said no (wrong secret, wrong role)

Expected outcomes (a number nobody knows, a card that is late) are values, not
exceptions.
"""

from __future__ import annotations

from dataclasses import dataclass


class BridgeError(Exception):
    """Root of the tree; catch it only where a process or a task ends."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with the settings: where it stands and why it is wrong."""

    file: str
    key: str
    reason: str

    def __str__(self) -> str:
        return f"{self.file}: {self.key}: {self.reason}"


class ConfigError(BridgeError):
    """The settings are wrong. Carries every fault found, not only the first."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("\n".join(map(str, faults)))
        self.faults = faults


class PeerError(BridgeError):
    """The other side sent what its protocol does not allow."""


class UsageError(BridgeError):
    """A function of ours was called in a way its docstring rules out."""


class Unavailable(BridgeError):
    """A peer cannot be reached now. ``setting`` names the key that says where it is."""

    def __init__(self, setting: str, cause: str) -> None:
        super().__init__(f"{setting}: {cause}")
        self.setting = setting
        self.cause = cause


class Refused(BridgeError):
    """A peer or a rule said no; trying the same again will not help."""
