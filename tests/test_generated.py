"""Generated files: written, compared, and named with what writes them."""

from __future__ import annotations

from pathlib import Path

import pytest

from cti_bridge import generated


def test_without_arguments_it_is_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert generated.write_or_check([], "m", tmp_path / "f", lambda: "text\n") == 0
    assert capsys.readouterr().out == "text\n"
    assert not (tmp_path / "f").exists()


def test_a_difference_is_named_with_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    target = generated.ROOT / "docs" / "nothing.json"
    assert generated.write_or_check(["--check"], "cti_bridge.m", target, lambda: "text\n") == 1
    said = capsys.readouterr().err
    assert said == "docs/nothing.json is out of date: run python -m cti_bridge.m > docs/nothing.json\n"


def test_what_is_the_same_passes(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("text\n", encoding="utf-8")
    assert generated.write_or_check(["--check"], "m", tmp_path / "f", lambda: "text\n") == 0
    assert generated.write_or_check(["--check"], "m", tmp_path / "f", lambda: "text") == 1


@pytest.mark.parametrize("arguments", [["--chek"], ["--check", "more"], ["file"]])
def test_a_wrong_argument_is_told(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert generated.write_or_check(arguments, "m", Path("f"), lambda: "") == 2
    assert "usage: python -m m [--check]" in capsys.readouterr().err
