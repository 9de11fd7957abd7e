"""Counselling questions: read as a whole or refused with the place, answered by their type, kept."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cti_bridge.calls.ids import AgentId
from cti_bridge.customers.answers import Answers
from cti_bridge.customers.questions import AnswerValue, Question, load_questions, matches
from cti_bridge.errors import ConfigError
from tests.conftest import Database

SHIPPED = Path(__file__).parent.parent.parent / "config" / "counselling.toml"
HEAD = 'ja = "問い"\nen = "Question"\n'


def question(type_: str) -> Question:
    texts = {"id": "q", "ja": "問い", "en": "Question", "type": type_}
    options = [{"id": one, "ja": one, "en": one} for one in ("cat", "dog", "none")]
    return Question.model_validate({**texts, "option": options if type_ in ("choice", "choices") else []})


def write(folder: Path, text: str) -> Path:
    path = folder / "counselling.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_shipped_questions_are_good_and_of_several_types() -> None:
    questions = {one.id: one for one in load_questions(SHIPPED)}
    assert {one.type for one in questions.values()} == {"choice", "choices", "yes_no", "number"}
    assert questions["tea_taste"].read(["roasted", "green"]) == ["green", "roasted"]
    assert questions["household"].read(4) == 4
    assert load_questions(None) == ()


@pytest.mark.parametrize(
    ("type_", "given_answer", "kept"),
    [
        ("choice", "cat", "cat"),
        ("choices", ["dog", "cat"], ["cat", "dog"]),
        ("choices", ["dog", "dog"], ["dog"]),
        ("yes_no", True, True),
        ("yes_no", False, False),
        ("number", 0, 0),
        ("number", -2.5, -2.5),
        ("date", "2024-02-29", "2024-02-29"),
        ("text", "  緑茶が\n好き ", "緑茶が\n好き"),
        ("text", "a\0b", "ab"),
        ("text", "字" * 300, "字" * 300),
    ],
)
def test_a_good_answer_is_kept(type_: str, given_answer: AnswerValue, kept: AnswerValue) -> None:
    read = question(type_).read(given_answer)
    assert (type(read), read) == (type(kept), kept)


@pytest.mark.parametrize(
    ("type_", "answers"),
    [
        ("choice", ["", "bird", "CAT", ["cat"], True, 1]),
        ("choices", [[], ["cat", "bird"], "cat", ["cat", "dog", "none", "cat"], True, 1]),
        ("yes_no", ["yes", "", 1, 0, ["yes"]]),
        ("number", ["4", True, 1e12, -1e12, 10**400, float("nan"), float("inf"), ["4"]]),
        ("date", ["", "2023-02-29", "20240229", "2024-2-29", "2024-W09-4", "29.02.2024", 20240229, True]),
        ("text", ["", "  \n　", "\0", " \0 ", "字" * 301, "x" * 10_000_000, 1, True, ["x"]]),
    ],
)
def test_an_answer_of_another_type_is_none(type_: str, answers: list[AnswerValue]) -> None:
    asked = question(type_)
    assert [one for one in answers if asked.read(one) is not None] == []


any_answer = st.one_of(st.text(), st.booleans(), st.integers(), st.floats(), st.lists(st.text(max_size=4)))


@given(st.sampled_from(["choice", "choices", "yes_no", "number", "date", "text"]), any_answer)
def test_what_was_kept_is_a_good_answer_once_more(type_: str, given_answer: AnswerValue) -> None:
    kept = question(type_).read(given_answer)
    if kept is not None:
        assert question(type_).read(kept) == kept
        assert "\\u0000" not in json.dumps(kept), "PostgreSQL keeps no such character"


@pytest.mark.parametrize(
    ("text", "key", "reason"),
    [
        ("[[question]\n", "(file)", "is not TOML"),
        (f'[[question]]\nid = "q"\n{HEAD}', "question.0.type", "required"),
        (f'[[question]]\nid = "q"\n{HEAD}type = "scale"\n', "question.0.type", "'choice'"),
        (f'[[question]]\nid = "お茶"\n{HEAD}type = "text"\n', "question.0.id", "pattern"),
        ('[[question]]\nid = "q"\nja = ""\nen = "Q"\ntype = "text"\n', "question.0.ja", "at least 1"),
        (f'[[question]]\nid = "q"\n{HEAD}type = "text"\nhint = "x"\n', "question.0.hint", "not permitted"),
        (f'[[question]]\nid = "q"\n{HEAD}type = "choice"\n', "question.0", "at least two options"),
        (
            f'[[question]]\nid = "q"\n{HEAD}type = "yes_no"\n[[question.option]]\nid = "a"\n{HEAD}',
            "question.0",
            "type yes_no has no options",
        ),
        (
            f'[[question]]\nid = "q"\n{HEAD}type = "choice"\n' + f'[[question.option]]\nid = "a"\n{HEAD}' * 2,
            "question.0",
            "two options have the same id",
        ),
        (
            f'[[question]]\nid = "q"\n{HEAD}type = "choice"\n'
            f'[[question.option]]\nid = "a"\n{HEAD}[[question.option]]\nid = "b"\n{HEAD}skus = "TEA-*"\n',
            "question.0.option.1.skus",
            "tuple",
        ),
        (
            f'[[question]]\nid = "q"\n{HEAD}type = "text"\n' * 2,
            "(top level)",
            "two questions have the id 'q'",
        ),
        ("question = 5\n", "question", "tuple"),
        ("[[questions]]\n", "questions", "not permitted"),
    ],
)
def test_a_broken_file_says_where_and_why(tmp_path: Path, text: str, key: str, reason: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        load_questions(path)
    [fault] = caught.value.faults
    assert (fault.file, fault.key) == (str(path), key)
    assert reason in fault.reason


def test_every_fault_is_told_at_once(tmp_path: Path) -> None:
    good = f'[[question]]\nid = "good"\n{HEAD}type = "text"\n'
    bad = f'[[question]]\nid = "Bad"\n{HEAD}type = "scale"\n'
    with pytest.raises(ConfigError) as caught:
        load_questions(write(tmp_path, good + bad))
    assert [fault.key for fault in caught.value.faults] == ["question.1.id", "question.1.type"]


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    binary = tmp_path / "binary.toml"
    binary.write_bytes(b"\xff\xfe")
    for path, reason in ((tmp_path / "missing.toml", "No such file"), (tmp_path, ""), (binary, "not TOML")):
        with pytest.raises(ConfigError) as caught:
            load_questions(path)
        [fault] = caught.value.faults
        assert (fault.file, fault.key) == (str(path), "(file)")
        assert reason in fault.reason


def test_an_answer_speaks_for_products_by_sku_and_category() -> None:
    products = [(1, "TEA-001", "お茶"), (2, "TEA-011", "お茶"), (3, "COF-001", "コーヒー"), (4, "X", "他")]
    found = matches(load_questions(SHIPPED), products)
    assert found == {
        ("tea_taste", "green"): {1},
        ("tea_taste", "roasted"): {2},
        ("tea_taste", "coffee"): {3},
    }


ANNA, BERT = AgentId("anna"), AgentId("bert")


async def test_answers_are_kept_one_for_each_question_and_taken_back(database: Database) -> None:
    pool = database.pool
    await pool.execute(
        """
        insert into agent (agent_id, login, name, role)
            values ('anna', '1', 'アンナ', 'agent'), ('bert', '2', 'ベルト', 'agent');
        insert into customer (code, name) values ('C1', '佐藤'), ('C2', '鈴木');
        """
    )
    answers = Answers(pool)

    async def kept() -> list[tuple[object, ...]]:
        rows = await pool.fetch(
            "select customer_id, question, answer, agent_id from counselling_answer order by 1, 2"
        )
        return [(*row[:2], json.loads(row["answer"]), row["agent_id"]) for row in rows]

    assert await answers.put(1, "pets", '["cat"]', ANNA)
    assert await answers.put(1, "household", "4", ANNA)
    assert await answers.put(2, "pets", '["dog"]', ANNA)
    first_at = await pool.fetchval("select answered_at from counselling_answer where answer = '[\"cat\"]'")
    assert await answers.put(1, "pets", '["none"]', BERT)
    assert await kept() == [
        (1, "household", 4, "anna"),
        (1, "pets", ["none"], "bert"),
        (2, "pets", ["dog"], "anna"),
    ]
    assert await pool.fetchval("select max(answered_at) from counselling_answer") > first_at
    assert await answers.put(1, "pets", None, ANNA)
    assert await answers.put(1, "pets", None, ANNA), "taken back twice is taken back"
    assert await kept() == [(1, "household", 4, "anna"), (2, "pets", ["dog"], "anna")]
    for answer in ('"x"', None):
        assert not await answers.put(9, "pets", answer, ANNA)
    assert len(await kept()) == 2
