"""Files that are generated and committed: written out, or checked to be what would be written."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def how(module: str, target: Path) -> str:
    """What a person does who changed what ``target`` is made from."""
    return f"run python -m {module} > {_in_root(target)}"


def write_or_check(arguments: Sequence[str], module: str, target: Path, generate: Callable[[], str]) -> int:
    """What ``python -m module [--check]`` does: write the file to standard output, or compare it.

    Exit code: 1 when ``--check`` finds ``target`` out of date, 2 on a wrong argument.
    """
    if not arguments:
        sys.stdout.write(generate())
        return 0
    if list(arguments) != ["--check"]:
        sys.stderr.write(f"usage: python -m {module} [--check]\n")
        return 2
    if target.is_file() and target.read_text(encoding="utf-8") == generate():
        return 0
    sys.stderr.write(f"{_in_root(target)} is out of date: {how(module, target)}\n")
    return 1


def _in_root(target: Path) -> str:
    return target.relative_to(ROOT).as_posix() if target.is_relative_to(ROOT) else str(target)
