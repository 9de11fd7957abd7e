"""Settings (O1): defaults, overrides, and every fault at once with file, key and reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from cti_bridge.errors import ConfigError
from cti_bridge.settings import load

CONFIG = Path(__file__).parent.parent / "config"
MINIMAL = '[[pbx]]\nname = "main"\nsecret = "s"\n'


def faults(path: Path) -> list[tuple[str, str]]:
    """Key and reason of every fault of a file."""
    with pytest.raises(ConfigError) as caught:
        load(path)
    return [(fault.key, fault.reason) for fault in caught.value.faults]


def write(folder: Path, text: str) -> Path:
    path = folder / "bridge.toml"
    path.write_text(text)
    return path


def test_the_documented_defaults_are_the_defaults() -> None:
    assert load(CONFIG / "default.toml") == load(None)


def test_the_demo_configuration_is_good() -> None:
    assert load(CONFIG / "demo.toml").pbx[0].name == "demo"


def test_every_fault_is_reported_at_once(tmp_path: Path) -> None:
    text = """
[http]
port = 99999
prot = 1
[region]
time_zone = "Mars/Olympus"
[storage]
redis_url = "localhost:6379"
[[pbx]]
name = "Main Office"
secret = "s"
[[pbx]]
name = "second"
[unknown]
x = 1
"""
    found = dict(faults(write(tmp_path, text)))
    assert found.keys() == {
        "http.port", "http.prot", "region.time_zone", "storage.redis_url", "pbx[0].name", "pbx[1]", "unknown",
    }  # fmt: skip
    assert found["http.prot"] == "is not a known key"
    assert "99999" in found["http.port"]
    assert "CTI_BRIDGE_PBX_SECOND_SECRET" in found["pbx[1]"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[http\n", "is not TOML"),
        ("[http]\nport = 8081\n" + MINIMAL, "must differ"),
        (MINIMAL + MINIMAL, "names must differ"),
        ('[http]\nhost = "0.0.0.0"\n' + MINIMAL, "public_url"),
        ('[http]\npublic_url = "https://cti.example.jp"\n' + MINIMAL, "wss://"),
        ('[[pbx]]\nname = "main"\nsecret = "a\\r\\nAction: Command"\n', "one line"),
        ("pbx = 5\n", "tuple"),
    ],
)
def test_what_cannot_work_is_refused(tmp_path: Path, text: str, reason: str) -> None:
    assert any(reason in said for _, said in faults(write(tmp_path, text)))


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    assert faults(tmp_path / "missing.toml") == [("(file)", "does not exist")]
    assert faults(tmp_path) == [("(file)", "is a folder, not a TOML file")]
    path = tmp_path / "binary.toml"
    path.write_bytes(b"\xff\xfe")
    assert faults(path) == [("(file)", "is not UTF-8 text: byte 0")]


def test_the_environment_stands_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CTI_BRIDGE_HTTP__PORT", "9090")
    monkeypatch.setenv("CTI_BRIDGE_PBX_MAIN_SECRET", "from the environment")
    settings = load(write(tmp_path, "[http]\nport = 9000\n" + MINIMAL))
    assert settings.http.port == 9090
    assert settings.pbx[0].secret.get_secret_value() == "from the environment"


def test_a_misspelt_variable_is_a_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CTI_BRIDGE_HTPP__PORT", "1")
    monkeypatch.setenv("CTI_BRIDGE_PBX_OTHER_SECRET", "x")
    monkeypatch.setenv("CTI_BRIDGE_HTTP__PORT", "many")
    found = dict(faults(write(tmp_path, MINIMAL)))
    assert found.keys() == {"CTI_BRIDGE_HTPP__PORT", "CTI_BRIDGE_PBX_OTHER_SECRET", "http.port"}


def test_secrets_are_not_printed(tmp_path: Path) -> None:
    settings = load(write(tmp_path, '[[pbx]]\nname = "main"\nsecret = "hush-hush"\n'))
    assert "hush-hush" not in repr(settings)
