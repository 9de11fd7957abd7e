from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from cti_bridge.segments.cues import preferred_channel
from cti_bridge.segments.names import ContactChannel

NOW = datetime(2026, 4, 8, tzinfo=UTC)


def came(*contacts: tuple[ContactChannel, int]) -> list[tuple[ContactChannel, datetime]]:
    return [(channel, NOW - timedelta(days=days)) for channel, days in contacts]


def test_too_few_say_nothing() -> None:
    assert preferred_channel(came(("call", 1), ("call", 2)), NOW) is None


def test_the_channel_of_most() -> None:
    assert preferred_channel(came(("call", 9), ("email", 8), ("call", 7)), NOW) == "call"


def test_what_was_years_ago_counts_less() -> None:
    old = [("letter", 1500 + n) for n in range(5)]
    assert preferred_channel(came(*old, ("call", 20), ("call", 10)), NOW) == "call"  # type: ignore[arg-type]


def test_of_equal_weight_the_last_used() -> None:
    contacts = came(("call", 10), ("email", 10), ("call", 400), ("email", 400))
    assert preferred_channel(contacts, NOW) == "email"
    assert preferred_channel([*contacts, ("chat", NOW)], NOW) in ("call", "email")


@given(
    st.lists(st.tuples(st.sampled_from(("call", "email", "letter")), st.integers(0, 3000)), max_size=20),
    st.randoms(),
)
def test_it_is_one_that_was_used_in_any_order(
    contacts: list[tuple[ContactChannel, int]], chance: object
) -> None:
    found = preferred_channel(came(*contacts), NOW)
    mixed = list(contacts)
    chance.shuffle(mixed)  # type: ignore[attr-defined]
    assert preferred_channel(came(*mixed), NOW) == found
    assert found is None if len(contacts) < 3 else found in {channel for channel, _ in contacts}
