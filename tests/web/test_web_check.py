"""The pages' own checks, with the Node the package is built with; the lock; the build hook."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import hatch_build


# Installing the tools the first time takes some ten seconds, on a slow network more.
@pytest.mark.timeout(600)
def test_types_style_and_tests_of_the_pages() -> None:
    command = [sys.executable, str(hatch_build.ROOT / "hatch_build.py"), "check"]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_lock_is_whole_and_names_no_host() -> None:
    packages = json.loads((hatch_build.WEB / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    names = {path.rsplit("node_modules/")[-1] for path in packages}
    for path, package in packages.items():
        assert "resolved" not in package, path
        assert path == "" or "integrity" in package, path
        # npm ci refuses a lock without the parts for other platforms, even where it installs none of them.
        wanted = {*package.get("dependencies", {}), *package.get("optionalDependencies", {})}
        assert wanted <= names, path


def test_versions_are_exact() -> None:
    package = json.loads((hatch_build.WEB / "package.json").read_text(encoding="utf-8"))
    for version in [*package["dependencies"].values(), *package["devDependencies"].values()]:
        assert version[0].isdigit(), version


def test_the_pages_are_of_these_sources_once_built() -> None:
    if not hatch_build.STAMP.is_file():
        pytest.skip("built by npm run build, not by an installation")
    if hatch_build.STAMP.read_text(encoding="ascii").strip() == hatch_build.digest_of_sources():
        assert hatch_build.build() is False


def test_a_change_of_content_or_name_is_a_change_of_sources(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hatch_build, "WEB", tmp_path)
    for folder in hatch_build.FOLDERS:
        (tmp_path / folder).mkdir()
    for name in [*hatch_build.SOURCES, "src/a.ts"]:
        (tmp_path / name).write_text("1", encoding="utf-8")
    seen = {hatch_build.digest_of_sources()}
    (tmp_path / "src" / "a.ts").write_text("2", encoding="utf-8")
    seen.add(hatch_build.digest_of_sources())
    (tmp_path / "src" / "a.ts").rename(tmp_path / "src" / "b.ts")
    seen.add(hatch_build.digest_of_sources())
    (tmp_path / "package-lock.json").write_text("2", encoding="utf-8")
    seen.add(hatch_build.digest_of_sources())
    assert len(seen) == 4


def test_the_reason_is_the_sentence_npm_says() -> None:
    output = "npm error code EUSAGE\nnpm error\nnpm error `npm ci` can only install.\nnpm error more\n"
    assert hatch_build._reason(output) == "`npm ci` can only install."
    assert (
        hatch_build._reason("x\nerror during build:\nError: no such import\n    at f")
        == "Error: no such import"
    )
    assert hatch_build._reason("") == "it said nothing"


def test_certificates_reach_node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trusted = tmp_path / "ca.pem"
    trusted.write_text("", encoding="ascii")
    for name in hatch_build.CERTIFICATES:
        monkeypatch.delenv(name, raising=False)
    assert "NODE_EXTRA_CA_CERTS" not in hatch_build.environment()
    monkeypatch.setenv("PIP_CERT", str(trusted))
    assert hatch_build.environment()["NODE_EXTRA_CA_CERTS"] == str(trusted)
    monkeypatch.setenv("NODE_EXTRA_CA_CERTS", "mine")
    assert hatch_build.environment()["NODE_EXTRA_CA_CERTS"] == "mine"
