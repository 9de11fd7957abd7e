"""The words of the karte: found in any writing, kept composed, refused when there are too many."""

from __future__ import annotations

from unicodedata import category, normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cti_bridge.customers.karte import MAX_CHARS, MAX_FOUND, clean
from tests.conftest import Database
from tests.customers.desk import KarteDesk


@pytest.fixture
async def desk(database: Database) -> KarteDesk:
    await database.pool.execute(
        """
        insert into agent (agent_id, login, name, role)
            values ('anna', '1', 'アンナ', 'agent'), ('bert', '2', 'ベルト', 'agent');
        insert into customer (code, name) values ('C1', '佐藤'), ('C2', '鈴木');
        """
    )
    return KarteDesk(database.pool)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("アレルギー", ["ｱﾚﾙｷﾞｰ: 小麦"]),
        ("ALLERGY", ["allergy to nuts"]),
        ("　nuts ", ["allergy to nuts"]),
        ("100%", ["果汁100%が好き"]),
        ("0%が", ["果汁100%が好き"]),
        ("a_l", []),
        ("好", []),
        ("", []),
        ("消した", []),
        ("古い言葉", []),
        ("小麦", ["隣の小麦", "ｱﾚﾙｷﾞｰ: 小麦"]),
    ],
)
async def test_notes_are_found_by_their_words(desk: KarteDesk, words: str, found: list[str]) -> None:
    for text in ("ｱﾚﾙｷﾞｰ: 小麦", "allergy to nuts", "果汁100%が好き"):
        await desk.note(text)
    await desk.note("隣の小麦", customer_id=2)
    await desk.change(await desk.note("消したもの"), is_deleted=True)
    await desk.change(await desk.note("古い言葉"), text="新しい言い方")
    assert [note.text for note in await desk.karte.find(words)] == found
    assert [note.text for note in await desk.karte.find(words, 2)] == [
        text for text in found if text == "隣の小麦"
    ]


async def test_never_more_are_found_than_asked_for(desk: KarteDesk) -> None:
    await desk.pool.execute(
        "insert into karte_note (customer_id, text) select 1, 'たくさん' from generate_series(1, 150)"
    )
    assert len(await desk.karte.find("たくさん", limit=7)) == 7
    assert len(await desk.karte.find("たくさん", limit=1000)) == MAX_FOUND


@pytest.mark.parametrize("text", ["", " \n　", "\0\x1b", "字" * (MAX_CHARS + 1), "字" * 10_000_000])
def test_a_text_that_is_empty_or_too_long_is_none(text: str) -> None:
    assert clean(text) is None


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("一\r\n二", "一\n二"),
        ("か\u3099", "が"),
        ("a\0b\x1b[31m\ud800", "ab[31m"),
        ("  a\tb  ", "a\tb"),
        ("ア" * MAX_CHARS, "ア" * MAX_CHARS),
        ("👨‍👩‍👧", "👨‍👩‍👧"),
    ],
)
def test_a_text_is_kept_composed_without_control_characters(text: str, kept: str) -> None:
    assert clean(text) == kept


@given(st.text(max_size=200))
def test_what_is_clean_stays_as_it_is(text: str) -> None:
    kept = clean(text)
    if kept is not None:
        assert clean(kept) == kept == normalize("NFC", kept)
        assert not [one for one in kept if category(one) in ("Cc", "Cs") and one not in "\n\t"]
        kept.encode()
