"""Settings (O1): defaults, overrides, and every fault at once with file, key and reason."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from cti_bridge.calls import presence
from cti_bridge.errors import ConfigError
from cti_bridge.settings import Settings, load
from cti_bridge.settings.server import WRAP_UP_REASON

CONFIG = Path(__file__).parent.parent / "config"
MINIMAL = '[[pbx]]\nname = "main"\nsecret = "s"\n'
# Keys whose default is "none": the documented file shows an example, as a comment.
EXAMPLES = {
    "http.certificate",
    "http.key",
    "push.certificate",
    "push.key",
    "segments.trial",
    "segments.main",
    "segments.subscription",
    "counselling.file",
    "wrap_up.file",
    "pbx.name",
    "pbx.queue_labels",
    "pbx.trunk_prefixes",
    "pbx.name_prefixes",
}


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


def documented(text: str) -> dict[str, Any]:
    """Every key of the documented file with its value, what stands there as a comment included."""
    shown = re.sub(r"^# (?=[a-z_]+ = |\[\[)", "", text, flags=re.MULTILINE)
    found = tomllib.loads(shown)
    sections = {**found, "pbx": found["pbx"][0]}
    return {f"{section}.{key}": value for section, keys in sections.items() for key, value in keys.items()}


def known() -> dict[str, Any]:
    """Every key of the models with its default, as TOML writes it."""
    whole = Settings(pbx=[{"name": "main", "secret": "x"}]).model_dump(mode="json")
    sections = {**whole, "pbx": whole["pbx"][0] | {"secret": ""}}
    return {f"{section}.{key}": value for section, keys in sections.items() for key, value in keys.items()}


DOCUMENTED, KNOWN = documented((CONFIG / "default.toml").read_text(encoding="utf-8")), known()


def test_every_setting_is_documented_and_nothing_else() -> None:
    assert DOCUMENTED.keys() == KNOWN.keys()


@pytest.mark.parametrize("key", sorted(KNOWN.keys() - EXAMPLES))
def test_it_is_documented_with_its_default(key: str) -> None:
    assert DOCUMENTED[key] == KNOWN[key]


def test_the_examples_are_good_ones() -> None:
    shown = {key: value for key, value in DOCUMENTED.items() if key in EXAMPLES}
    made: dict[str, dict[str, Any]] = {}
    for key, value in shown.items():
        section, name = key.split(".")
        made.setdefault(section, {})[name] = value
    settings = Settings(**{**made, "pbx": [made["pbx"] | {"secret": "x"}]})
    assert settings.pbx[0].trunk_prefixes == ("0",)
    assert settings.segments.trial.skus == ("TRIAL-*",)
    assert settings.counselling.file is not None
    assert (CONFIG.parent / settings.counselling.file).is_file()
    assert settings.wrap_up.file is not None
    assert (CONFIG.parent / settings.wrap_up.file).is_file()


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


@pytest.mark.parametrize(
    ("text", "key", "reason"),
    [
        ('[privacy]\nringing_card = "some"', "privacy.ringing_card", "(found 'some')"),
        ("[privacy]\nring_card = 'all'", "privacy.ring_card", "is not a known key"),
        ("[retention]\ncalls_days = -1", "retention.calls_days", "(found -1)"),
        ("[retention]\nnotes_days = 'ever'", "retention.notes_days", "(found 'ever')"),
        ("[retention]\norders_days = 36501", "retention.orders_days", "(found 36501)"),
        ("[retention]\ncustomers_days = 1", "retention.customers_days", "is not a known key"),
        ("[segments]\nrfm = 'tenths'", "segments.rfm", "(found 'tenths')"),
        ("[segments]\nrecency_days = [365, 180, 90]", "segments.recency_days[3]", "is missing"),
        ("[segments]\nrecency_days = [30, 90, 180, 365]", "segments.recency_days", "must fall"),
        ("[segments]\nfrequency_orders = [2, 5, 3, 10]", "segments.frequency_orders", "must rise"),
        ("[segments]\nmonetary_minor = [9, 5, 3, 1]", "segments.monetary_minor", "must rise"),
        ("[segments]\ndormant_after_days = 0", "segments.dormant_after_days", "(found 0)"),
        ("[segments]\nrepeater_from_orders = 1", "segments.repeater_from_orders", "(found 1)"),
        ("[segments]\ncycle_min_purchases = 2", "segments.cycle_min_purchases", "(found 2)"),
        ("[segments]\ntrial = { sku = ['T-*'] }", "segments.trial.sku", "is not a known key"),
        ("[segments]\nmain = { skus = 'T-*' }", "segments.main.skus", "(found 'T-*')"),
        ("[segments]\nrebuild_at = '24:00'", "segments.rebuild_at", "(found '24:00')"),
        ("[suggest]\nweight_like = -0.1", "suggest.weight_like", "(found -0.1)"),
        ("[suggest]\nlearning = 1.5", "suggest.learning", "(found 1.5)"),
        ("[suggest]\ngate_months = 'six'", "suggest.gate_months", "(found 'six')"),
        ("[suggest]\ntrain_at = '4:00'", "suggest.train_at", "(found '4:00')"),
        ("[suggest]\nweight_luck = 1", "suggest.weight_luck", "is not a known key"),
        ("[counselling]\nfile = 5", "counselling.file", "(found 5)"),
        ("[counselling]\nfiles = 'x'", "counselling.files", "is not a known key"),
        ("[wrap_up]\nmore_s = -1", "wrap_up.more_s", "(found -1)"),
        ("[wrap_up]\nwritten_in = 'fr'", "wrap_up.written_in", "(found 'fr')"),
        ("[agents]\npause_reasons = []", "agents.pause_reasons", "at least 1"),
        ("[agents]\npause_reasons = ['休憩', '']", "agents.pause_reasons[1]", "(found '')"),
        ('[agents]\npause_reasons = ["休憩", "a\\u0007"]', "agents.pause_reasons[1]", "(found "),
        ("[agents]\npause_reasons = ['休憩', '休憩']", "agents.pause_reasons", "must differ"),
        (f"[agents]\npause_reasons = ['{WRAP_UP_REASON}']", "agents.pause_reasons", "after-call work"),
        (MINIMAL + "trunk_prefixes = ['outside']", "pbx[0].trunk_prefixes[0]", "(found 'outside')"),
        (MINIMAL + "trunk_prefixes = ['0', '']", "pbx[0].trunk_prefixes[1]", "(found '')"),
        (MINIMAL + "trunk_prefixes = '0'", "pbx[0].trunk_prefixes", "(found '0')"),
        (MINIMAL + "name_prefixes = ['']", "pbx[0].name_prefixes[0]", "(found '')"),
    ],
)
def test_a_bad_value_names_section_and_key(tmp_path: Path, text: str, key: str, reason: str) -> None:
    [(found, said)] = faults(write(tmp_path, text))
    assert found == key
    assert reason in said


def test_the_reason_that_agents_may_not_choose_is_the_one_the_bridge_gives() -> None:
    assert WRAP_UP_REASON == presence.WRAP_UP_REASON
