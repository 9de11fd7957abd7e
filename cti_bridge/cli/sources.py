"""``cti-bridge source``: systems outside that send records."""

from __future__ import annotations

import typer

app = typer.Typer(no_args_is_help=True, help="Systems that send records, and their tokens.")
