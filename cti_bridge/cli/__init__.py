"""The command line, a module for each noun: ``cti-bridge NOUN VERB``."""

from cti_bridge.cli.app import main

__all__ = ["main"]
