"""Customers changed at the telephone (P3): what is named changes, what is not stays, whatever is typed."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cti_bridge.customers.profile import Changed, Created, Faulty, Missing
from tests.conftest import Database
from tests.customers.desk import ProfileDesk
from tests.customers.test_profile import WHOLE


@pytest.fixture
async def desk(database: Database) -> ProfileDesk:
    return ProfileDesk(database.pool)


@pytest.mark.parametrize(
    ("name", "text", "kept"),
    [
        ("name", "改名　太郎", "改名 太郎"),
        ("reading", "", ""),
        ("rank", "silver", "silver"),
        ("birth_date", "", None),
        ("postcode", "5300001", "530-0001"),
        ("preferred_channel", "", None),
    ],
)
async def test_a_change_touches_the_field_it_names_alone(
    desk: ProfileDesk, name: str, text: str, kept: object
) -> None:
    made = await desk.made("03-1234-5678", **WHOLE)
    before = await desk.row(made)
    assert await desk.profiles.change(made, {name: text}, [], []) == Changed()
    after = await desk.row(made)
    assert after[name] == kept != before[name]
    assert after.pop("updated_at") > before.pop("updated_at")  # type: ignore[operator]
    unseen = (name, "grams")
    assert {k: v for k, v in after.items() if k not in unseen} == {
        k: v for k, v in before.items() if k not in unseen
    }
    assert [e164 for e164, _, _ in await desk.numbers(made)] == ["+81312345678"]


async def test_numbers_are_added_and_removed(desk: ProfileDesk) -> None:
    made, other = await desk.made("03-1234-5678", "090-1234-5678"), await desk.made("03-1234-5678")
    await desk.pool.execute("update customer_number set label = 'work' where e164 = '+81312345678'")
    done = await desk.profiles.change(
        made, {}, ["06-6123-4567", "03-1234-5678"], ["+819012345678", "+81000", "nonsense"]
    )
    assert done == Changed()
    assert await desk.numbers(made) == [
        ("+81312345678", "work", "03-1234-5678"),
        ("+81661234567", "other", "06-6123-4567"),
    ]
    await desk.profiles.change(made, {}, [], ["+81312345678"])
    assert [e164 for e164, _, _ in await desk.numbers(made)] == ["+81661234567"]
    assert [e164 for e164, _, _ in await desk.numbers(other)] == ["+81312345678"], "another's stays"


async def test_a_number_removed_and_added_at_once_is_there(desk: ProfileDesk) -> None:
    made = await desk.made("03-1234-5678")
    await desk.profiles.change(made, {}, ["03-1234-5678"], ["+81312345678"])
    assert [e164 for e164, _, _ in await desk.numbers(made)] == ["+81312345678"]


async def test_who_is_not_there_cannot_be_changed(desk: ProfileDesk) -> None:
    made = await desk.made("03-1234-5678")
    before = await desk.everything()
    assert (
        await desk.profiles.change(made + 1, {"name": "x"}, ["06-6123-4567"], ["+81312345678"]) == Missing()
    )
    assert await desk.profiles.change(made + 1, {}, [], []) == Missing()
    assert await desk.everything() == before


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=120), st.text(max_size=30), st.text(max_size=20))
async def test_whatever_is_typed_is_kept_or_told_never_a_fault_of_ours(
    desk: ProfileDesk, name: str, email: str, number: str
) -> None:
    done = await desk.profiles.create({"name": name, "email": email}, [number], is_confirmed=True)
    if isinstance(done, Created):
        kept = await desk.row(done.customer_id)
        assert kept["name"]
        # What was kept is good once more: a page that shows and saves it changes nothing.
        again = {"name": str(kept["name"]), "email": str(kept["email"])}
        assert await desk.profiles.change(done.customer_id, again, [], []) == Changed()
        assert {k: (await desk.row(done.customer_id))[k] for k in again} == again
    else:
        assert isinstance(done, Faulty)
        assert {fault.column for fault in done.faults} <= {"name", "email", "numbers"}
