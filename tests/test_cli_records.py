"""Commands on what the bridge keeps (O1): good use does it, wrong use says why, the exit code says so too."""

from __future__ import annotations

from pathlib import Path

import asyncpg
import pytest
from redis.asyncio import Redis

from cti_bridge.intake.tokens import Tokens
from cti_bridge.suggest.train import _TRAINING_LOCK
from tests.conftest import Database
from tests.loopback import free_port
from tests.test_cli import command, settings

HOUSE = """
    insert into product (sku, name, category, price_minor)
        select 'S' || n, '品 ' || n, '茶', 100 * n from generate_series(1, 6) n;
    insert into customer (code, name) select 'C' || n, '架空 ' || n from generate_series(1, 8) n;
    insert into customer_number (customer_id, e164)
        select n, '+81312345' || 600 + n from generate_series(1, 8) n;
    insert into "order" (number, customer_id, channel, status, ordered_at, total_minor)
        select 'N' || n, 1 + n % 8, 'web', 'delivered', now() - n * interval '9 days', 500
        from generate_series(1, 32) n;
    insert into order_line select order_id, 1, 1 + order_id % 5, 1, 500 from "order";
"""
FILES = {
    "customers": ("code,name,number1", "X1,新しい 人,03-9999-0001", "X2,,12"),
    "products": ("sku,name,category,price_minor", "X1,新茶,茶,500", "X2,新茶,茶,cheap"),
    "orders": (
        "number,customer_code,channel,status,ordered_at,sku,quantity,unit_price_minor",
        "X1,C1,web,open,2026-04-01,S1,1,500",
        "X2,C1,pigeon,open,2026-04-01,S1,1,500",
    ),
    "returns": (
        "external_id,order_number,returned_at,amount_minor",
        "R1,N1,2026-04-01,10",
        "R2,N999,2026-04-01,10",
    ),
    "payments": ("external_id,order_number,paid_at,amount_minor", "P1,N1,2026-04-01,10", "P2,N1,some day,10"),
    "contacts": (
        "external_id,customer_code,channel,occurred_at",
        "K1,C1,fax,2026-04-01",
        "K2,C999,fax,2026-04-01",
    ),
    "favourites": ("customer_code,sku", "C1,S1", "C1,S999"),
    "notes": ("external_id,customer_code,text,created_at", "M1,C1,猫が好き,2026-04-01", "M2,C1,,2026-04-01"),
}


@pytest.fixture
async def pool(database: Database) -> asyncpg.Pool:
    await database.pool.execute(HOUSE)
    return database.pool


@pytest.fixture
def config(tmp_path: Path, database: Database, valkey_url: str) -> str:
    return str(settings(tmp_path, postgres=database.url, redis=valkey_url))


async def counts(pool: asyncpg.Pool) -> dict[str, int]:
    """Rows of every table."""
    tables = await pool.fetch("select tablename from pg_tables where schemaname = 'public'")
    return {name: await pool.fetchval(f'select count(*) from "{name}"') for (name,) in tables}


async def test_a_source_has_one_token_that_can_be_refused(pool: asyncpg.Pool, config: str) -> None:
    tokens = []
    for _ in range(2):
        code, said = await command("source", "add", "shop", "--config", config)
        assert code == 0, said
        tokens.append(said.splitlines()[-1])
    known = Tokens(pool)
    assert [await known.source_of(token) for token in tokens] == [None, "shop"], "the older is worth nothing"
    await pool.execute("update api_token set last_used_at = null")
    kept = await pool.fetchval("select t::text from api_token t")
    assert tokens[1] not in kept
    code, said = await command("source", "list", "--config", config)
    assert (code, said.split(maxsplit=1)) == (0, ["shop", "never used\n"])
    assert await command("source", "disable", "shop", "--config", config) == (0, "shop: disabled\n")
    assert await known.source_of(tokens[1]) is None
    code, said = await command("source", "list", "--config", config)
    assert "disabled since" in said


@pytest.mark.parametrize("name", ["Shop", "9shop", "店", "a" * 33, "a b", ""])
async def test_a_source_must_have_a_plain_name(pool: asyncpg.Pool, config: str, name: str) -> None:
    code, said = await command("source", "add", name, "--config", config)
    assert (code, "small letters, digits" in said) == (1, True)
    assert await pool.fetchval("select count(*) from api_token") == 0


async def test_a_source_that_is_not_there_cannot_be_disabled(pool: asyncpg.Pool, config: str) -> None:
    code, said = await command("source", "disable", "fax-desk", "--config", config)
    assert code == 1
    assert said == "cti-bridge: fax-desk: there is no such source; see cti-bridge source list\n"


async def test_segments_are_computed_and_counted(pool: asyncpg.Pool, config: str) -> None:
    code, said = await command("segments", "rebuild", "--config", config)
    assert code == 0, said
    told = {line.split()[0]: int(line.split()[1]) for line in said.splitlines() if line.startswith("  ")}
    rows = await pool.fetch("select stage, count(*) from customer_segment group by 1")
    assert told == dict(map(tuple, rows))
    assert sum(told.values()) == 8


async def test_what_is_under_way_already_is_not_begun_again(pool: asyncpg.Pool, config: str) -> None:
    async with pool.acquire() as other, other.transaction():
        await other.execute("select pg_advisory_xact_lock($1)", _TRAINING_LOCK)
        code, said = await command("suggest", "train", "--config", config)
    assert (code, "being trained already" in said, "Traceback" in said) == (2, True, False)
    assert await pool.fetchval("select count(*) from suggestion_model") == 0


async def test_suggestions_are_trained_and_evaluated(pool: asyncpg.Pool, config: str) -> None:
    code, said = await command("suggest", "train", "--config", config)
    assert code == 0, said
    model_id = await pool.fetchval("select model_id from suggestion_model where is_current")
    written = await pool.fetchval("select count(*) from suggestion where model_id = $1", model_id)
    assert f"model {model_id}: {written} suggestions for 8 customers" in said
    before = await counts(pool)
    code, said = await command("suggest", "evaluate", "--config", config)
    assert (code, "hit rate" in said, "popular" in said) == (0, True, True), said
    assert await counts(pool) == before, "evaluated without a trace"
    await pool.execute('delete from "order"')
    code, said = await command("suggest", "evaluate", "--config", config)
    assert (code, said.splitlines()[-1]) == (0, "there is nothing to evaluate: nobody ordered on two days")


@pytest.mark.parametrize("args", [("suggest", "train"), ("check-config",)])
async def test_broken_questions_are_a_matter_of_configuration(
    pool: asyncpg.Pool, config: str, tmp_path: Path, args: tuple[str, ...]
) -> None:
    file = tmp_path / "questions.toml"
    file.write_text('[[question]]\nid = "q"\nja = "問"\nen = "Q"\ntype = "scale"\n')
    code, said = await command(*args, "--config", config, CTI_BRIDGE_COUNSELLING__FILE=str(file))
    assert (code, said.count("\n")) == (2, 1), said
    assert said.startswith(f"cti-bridge: {file}: question.0.type: ")


async def test_the_faults_of_every_file_the_settings_name_are_printed(config: str, tmp_path: Path) -> None:
    questions, dispositions = tmp_path / "questions.toml", tmp_path / "dispositions.toml"
    questions.write_text("[[question]]\n")
    dispositions.write_text('[[category]]\nid = "x"\nja = "問"\nen = "Q"\n')
    files = {
        "CTI_BRIDGE_COUNSELLING__FILE": str(questions),
        "CTI_BRIDGE_WRAP_UP__FILE": str(dispositions),
    }
    code, said = await command("check-config", "--config", config, **files)
    assert code == 2
    assert f"cti-bridge: {questions}: question.0.id: " in said
    assert f"cti-bridge: {dispositions}: category.0.disposition: " in said
    code, said = await command("serve", "--config", config, **files)
    assert (code, "Traceback" in said) == (2, False), said


async def test_cards_are_warmed_up_to_a_limit(pool: asyncpg.Pool, config: str, valkey: Redis) -> None:
    assert (await command("segments", "rebuild", "--config", config))[0] == 0
    code, said = await command("warm", "--limit", "3", "--config", config)
    assert (code, "3 cards kept" in said) == (0, True), said
    assert len(await valkey.keys("card:*")) == 3
    code, said = await command("warm", "--limit", "0", "--config", config)
    assert (code, "--limit" in said) == (2, True)


async def test_warming_without_redis_says_which_setting_it_is(tmp_path: Path, database: Database) -> None:
    nowhere = f"redis://127.0.0.1:{free_port()}/0"
    path = settings(tmp_path, postgres=database.url, redis=nowhere)
    code, said = await command("warm", "--config", str(path))
    assert (code, said.count("\n")) == (75, 1), said
    assert said.startswith("cti-bridge: storage.redis_url: ")


async def test_who_is_to_be_forgotten_is_asked_for_once_more(pool: asyncpg.Pool, config: str) -> None:
    code, said = await command("forget", "C1", "--config", config, stdin="n\n")
    assert (code, "Erase customer C1 for good?" in said) == (1, True)
    assert await pool.fetchval("select count(*) from customer where code = 'C1'") == 1
    code, said = await command("forget", "C1", "--config", config, stdin="y\n")
    assert (code, "C1: forgotten (" in said, "4 orders)" in said) == (0, True, True), said
    assert await pool.fetchval("select count(*) from customer where code = 'C1'") == 0
    assert await pool.fetchval('select count(*) from "order"') == 32
    code, said = await command("forget", "C1", "--yes", "--config", config)
    assert (code, said) == (1, "cti-bridge: C1: there is no such customer\n")


@pytest.mark.parametrize("kind", FILES)
async def test_a_file_is_judged_whole_and_nothing_written(
    pool: asyncpg.Pool, config: str, tmp_path: Path, kind: str
) -> None:
    header, good, bad = FILES[kind]
    file, report = tmp_path / f"{kind}.csv", tmp_path / "report.csv"
    before = await counts(pool)
    file.write_text(f"{header}\n{good}\n", encoding="utf-8")
    run = ("import", kind, str(file), "--config", config)
    code, said = await command(*run, "--dry-run")
    assert (code, "would be" in said) == (0, True), said
    file.write_text(f"{header}\n{good}\n{bad}\n", encoding="utf-8")
    code, said = await command(*run, "--dry-run", "--report", str(report))
    assert (code, "would be" in said) == (1, True), said
    lines = report.read_text(encoding="utf-8-sig").splitlines()
    assert lines[0] == "line,column,reason"
    assert {line.split(",")[0] for line in lines[1:]} == {"3"}, "the bad row's line"
    assert await counts(pool) == before
    code, said = await command(*run)
    assert (code, f"{file}:3: " in said) == (1, True), said
    assert await counts(pool) != before, "without --dry-run the good row is kept"


@pytest.mark.parametrize(
    ("args", "text", "code", "words"),
    [
        (("orders", "missing.csv"), None, 2, "missing.csv: cannot be read: No such file"),
        (("orders", "in.csv"), "", 2, "in.csv: the file is empty"),
        (("orders", "in.csv"), "numer,channel\nN1,web\n", 2, "did you mean 'number'?"),
        (
            ("products", "in.csv", "--source", "shop"),
            "sku\nS1\n",
            2,
            "--source: a product is known by its SKU",
        ),
        (("pigeons", "in.csv"), "", 2, "pigeons"),
        (("customers", "in.csv"), "code;name\nX;x\n", 2, "semicolons"),
    ],
)
async def test_a_file_that_cannot_be_used_is_named(
    pool: asyncpg.Pool,
    config: str,
    tmp_path: Path,
    args: tuple[str, ...],
    text: str | None,
    code: int,
    words: str,
) -> None:
    if text is not None:
        (tmp_path / "in.csv").write_text(text, encoding="utf-8")
    before = await counts(pool)
    kind, file, *options = args
    done, said = await command("import", kind, str(tmp_path / file), *options, "--config", config)
    assert (done, words in said, "Traceback" in said) == (code, True, False), said
    assert await counts(pool) == before
