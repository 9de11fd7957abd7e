"""``cti-bridge segments``: how customers are told apart."""

from __future__ import annotations

import typer

app = typer.Typer(no_args_is_help=True, help="Segments of customers: RFM, stage, purchase cycle.")
