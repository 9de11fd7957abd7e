from datetime import date
from pathlib import Path

import asyncpg
import pytest

from cti_bridge.customers import import_csv
from cti_bridge.customers.csv_row import BadRow
from cti_bridge.customers.import_csv import ImportReport, import_customers
from cti_bridge.errors import Refused, Unavailable
from cti_bridge.storage import postgres

FULL = (
    "code,name,reading,rank,birth_date,postcode,address,email,preferred_channel,joined_on,numbers\n"
    "C1,佐藤　花子,さとう　はなこ,Gold,1948/5/12,〒1540099,東京都世田谷区,h@example.jp,call,2018-04-02,"
    "03-1234-5678;０９０－１２３４－５６７８\n"
    "C2,鈴木 正雄,ｽｽﾞｷ ﾏｻｵ,,,,,,,,\n"
)


class Files:
    """Imports texts as files."""

    def __init__(self, pool: asyncpg.Pool, folder: Path) -> None:
        self.pool = pool
        self.path = folder / "customers.csv"

    async def take(
        self, content: str | bytes, *, dry_run: bool = False, encoding: str = "utf-8"
    ) -> ImportReport:
        self.path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return await import_customers(self.pool, self.path, dry_run=dry_run, region="JP")

    async def customer(self, code: str) -> dict[str, object]:
        return dict(await self.pool.fetchrow("select * from customer where code = $1", code))

    async def numbers(self, code: str) -> list[tuple[str, str]]:
        sql = (
            "select e164, label from customer_number join customer using (customer_id)"
            " where code = $1 order by e164"
        )
        return [tuple(row) for row in await self.pool.fetch(sql, code)]

    async def count(self) -> int:
        return await self.pool.fetchval("select count(*) from customer")


@pytest.fixture
def files(database, tmp_path) -> Files:
    return Files(database.pool, tmp_path)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932"])
async def test_a_file_of_any_known_encoding_is_written(files, encoding):
    # The wave dash is what the two Shift_JIS tables disagree about; names keep to both.
    report = await files.take(FULL.replace("\n", "\r\n"), encoding=encoding)
    assert report == ImportReport(rows=2, written=2, created=2)
    hanako = await files.customer("C1")
    assert hanako["name"] == "佐藤 花子"
    assert hanako["reading"] == "サトウ ハナコ"
    assert (hanako["rank"], hanako["preferred_channel"]) == ("gold", "call")
    assert (hanako["birth_date"], hanako["joined_on"]) == (date(1948, 5, 12), date(2018, 4, 2))
    assert hanako["postcode"] == "154-0099"
    assert await files.numbers("C1") == [("+81312345678", "other"), ("+819012345678", "mobile")]
    masao = await files.customer("C2")
    assert masao["reading"] == "スズキ マサオ"
    assert (masao["rank"], masao["birth_date"], masao["preferred_channel"]) == ("regular", None, None)
    assert masao["joined_on"] == await files.pool.fetchval("select current_date")
    assert await files.numbers("C2") == []


async def test_known_customers_are_updated_and_their_numbers_replaced(files):
    await files.take(FULL)
    customer_id = (await files.customer("C1"))["customer_id"]
    await files.pool.execute("update customer_number set label = 'home' where e164 = '+81312345678'")
    report = await files.take("code,name,numbers\nC1,佐藤 春子,0312345678 0451234567\nC3,新井 誠,\n")
    assert (report.created, report.updated, report.written) == (1, 1, 2)
    changed = await files.customer("C1")
    assert (changed["customer_id"], changed["name"]) == (customer_id, "佐藤 春子")
    # What the file has no column for stays.
    assert (changed["rank"], changed["joined_on"]) == ("gold", date(2018, 4, 2))
    assert await files.numbers("C1") == [("+81312345678", "home"), ("+81451234567", "other")]


async def test_without_a_column_of_numbers_they_stay_and_an_empty_field_removes_them(files):
    await files.take(FULL)
    await files.take("code,name\nC1,a\n")
    assert len(await files.numbers("C1")) == 2
    await files.take("code,name,number1,number2\nC1,a,,\n")
    assert await files.numbers("C1") == []


async def test_an_empty_day_of_joining_keeps_the_one_there_is(files):
    await files.take(FULL)
    await files.take("code,name,joined_on\nC1,a,\nC4,b,2020-01-02\n")
    assert (await files.customer("C1"))["joined_on"] == date(2018, 4, 2)
    assert (await files.customer("C4"))["joined_on"] == date(2020, 1, 2)


async def test_numbers_may_stand_in_columns_of_their_own(files):
    await files.take("code,name,number1,number2,number3\nC1,a,03 1234 5678,,+1 212 555 0123\n")
    assert [e164 for e164, _ in await files.numbers("C1")] == ["+12125550123", "+81312345678"]


async def test_every_fault_of_a_row_is_told_with_line_and_column_and_good_rows_are_written(files):
    report = await files.take(
        "code,name,rank,birth_date,postcode,email,preferred_channel,numbers\n"
        'G1,"two\nlines",,,,,,\n'
        ",b,golden,1948-02-30,12345,not mail,pigeon,12;none\n"
        "G2,c,,,,,,0312345678\n"
        "B2,d,,2999-01-01\n"
        "B3,e,,12 May,,,,\n"
    )
    assert report.rows == 5
    assert report.written == report.created == 2
    assert report.bad_rows == 3
    assert (await files.customer("G1"))["name"] == "two lines"
    found = [(bad.line, bad.column) for bad in report.bad]
    columns = ("code", "rank", "birth_date", "postcode", "email", "preferred_channel", "numbers")
    assert found == [*((4, column) for column in columns), (6, ""), (7, "birth_date")]
    assert report.bad_total == len(found)
    reasons = {bad.column: bad.reason for bad in report.bad if bad.line == 4}
    assert reasons["code"] == "is empty"
    assert "regular, silver, gold, platinum" in reasons["rank"]
    assert reasons["numbers"] == "no telephone number: '12', 'none'"
    assert report.bad[-2].reason == "4 fields where the header names 8 columns"


async def test_texts_too_long_and_days_to_come_are_faults_of_their_row(files):
    long = "x" * 400
    report = await files.take(f"code,name,address,birth_date\nC1,a,{long},2999-01-01\nC2,b,,1700-01-01\n")
    assert [(bad.line, bad.column) for bad in report.bad] == [
        (2, "address"),
        (2, "birth_date"),
        (3, "birth_date"),
    ]
    assert await files.count() == 0


async def test_a_code_met_again_is_reported_and_the_first_counts(files):
    report = await files.take("code,name\nC1,first\nC2,b\nC1,again\n")
    assert report.bad == [BadRow(4, "code", "'C1' is on line 2 already")]
    assert (await files.customer("C1"))["name"] == "first"


async def test_a_dry_run_judges_all_and_writes_nothing(files):
    await files.take("code,name\nC1,a\n")
    report = await files.take("code,name,rank\nC1,x,\nC2,b,\nC3,c,golden\n", dry_run=True)
    assert (report.rows, report.written, report.created, report.updated) == (3, 0, 1, 1)
    assert report.bad_total == 1
    assert await files.count() == 1
    assert (await files.customer("C1"))["name"] == "a"


async def test_a_row_the_database_refuses_does_not_take_the_others_along(files):
    await files.pool.execute("alter table customer add constraint no_x check (name <> 'x')")
    report = await files.take("code,name,numbers\nC1,a,0312345678\nC2,x,0312345679\nC3,c,\n")
    assert (report.written, report.bad_rows) == (2, 1)
    assert (report.bad[0].line, "no_x" in report.bad[0].reason) == (3, True)
    assert await files.pool.fetchval("select count(*) from customer_number") == 1


async def test_many_rows_are_written_in_batches_with_progress(files):
    rows = "".join(f"C{n},name {n},03123{n:05d}\n" for n in range(2500))
    files.path.write_text("code,name,number1\n" + rows)
    steps: list[tuple[int, int]] = []
    report = await import_customers(
        files.pool, files.path, dry_run=False, region="JP", progress=lambda *step: steps.append(step)
    )
    assert report == ImportReport(rows=2500, written=2500, created=2500)
    assert await files.count() == 2500
    size = files.path.stat().st_size
    assert len(steps) == 3
    assert steps == sorted(steps)
    assert steps[-1] == (size, size)


async def test_the_list_of_faults_is_bounded_and_their_number_is_not(files, monkeypatch):
    monkeypatch.setattr(import_csv, "MAX_BAD", 3)
    report = await files.take("code,name\n" + ",\n,x\n" * 5)
    assert len(report.bad) == 3
    assert (report.bad_rows, report.bad_total) == (5, 5)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "the file is empty"),
        (b"\xef\xbb\xbf\r\n,,\r\n", "the file is empty"),
        (b"C1,Hanako\nC2,Taro\n", "line 1: no header"),
        (b"code;name\nC1;a\n", "separated by semicolons"),
        (b"code\tname\nC1\ta\n", "separated by tabs"),
        (b"code,reading\nC1,a\n", "line 1: column 'name' is missing"),
        (b"code,name,adress\nC1,a,b\n", "line 1: unknown column 'adress', did you mean 'address'?"),
        (b"code,name,,rank\nC1,a,,\n", "line 1: a column has no name"),
        (b"code,name,name\nC1,a,b\n", "line 1: column 'name' appears twice"),
        (b"code,name\nC1,a\nC2,\x00\n", "line 3: contains a NUL byte"),
        (b"code,name\nC1,a\x07\n", "line 2: contains a control character 0x07"),
        (b'code,name\nC1,a\nC2,"b\nC3,c\n', "line 3: a quotation mark is not closed"),
        (b'code,name\nC1,"a"b\n', "line 2: a quotation mark is not closed"),
        (b"code,name\nC1," + b"x" * 17_000_000 + b"\n", "line 2: longer than"),
        (b"PK\x03\x04rest of it", "Excel workbook"),
        ("code,name\nC1,a\n".encode("utf-16"), "UTF-16"),
        ("code,name\nC1,鈴木\n".encode("euc-jp") + b"\xff\xff", "line 2: the text is neither"),
        ("\ufeffcode,name\nC1,鈴木\nC2,".encode() + b"\x83\n", "line 3: the text is neither"),
    ],
)
async def test_a_file_that_cannot_be_used_is_refused_whole_in_one_line(files, content, reason):
    with pytest.raises(Refused) as refused:
        await files.take(content)
    message = str(refused.value)
    assert message.startswith(f"{files.path}: ")
    assert reason in message
    assert "\n" not in message
    assert await files.count() == 0


async def test_a_fault_on_the_last_line_keeps_the_first_from_being_written(files):
    with pytest.raises(Refused, match="line 3002"):
        await files.take("code,name\n" + "".join(f"C{n},a\n" for n in range(3000)) + 'C,"a')
    assert await files.count() == 0


async def test_what_is_no_file_is_refused(files, tmp_path):
    for path in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(Refused, match="cannot be read"):
            await import_customers(files.pool, path, dry_run=True, region="JP")


async def test_a_field_of_a_megabyte_is_one_bad_row(files):
    report = await files.take("code,name\nC1," + "x" * 1_000_000 + "\nC2,b\n")
    assert [(bad.line, bad.column) for bad in report.bad] == [(2, "name")]
    assert report.written == 1


async def test_a_header_alone_is_an_import_of_nothing(files):
    assert await files.take("code,name\n") == ImportReport()


async def test_a_character_cut_by_the_reading_chunk_is_still_one(files):
    name = "あ" * 90
    rows = "".join(f"C{n},{name}\n" for n in range(4200))
    assert len(rows.encode()) > 1 << 20
    report = await files.take("code,name\n" + rows, dry_run=True)
    assert (report.rows, report.bad_total) == (4200, 0)


async def test_a_database_out_of_reach_is_said_to_be(tmp_path):
    pool = await postgres.create_pool("postgresql://nobody@127.0.0.1:1/none", connect_timeout_s=1)
    path = tmp_path / "c.csv"
    path.write_text("code,name\nC1,a\n")
    with pytest.raises(Unavailable, match="postgres_url"):
        await import_customers(pool, path, dry_run=False, region="JP")
    await pool.close()


async def test_dates_are_judged_by_the_day_of_the_database(files):
    today = (await files.pool.fetchval("select current_date")).isoformat()
    report = await files.take(f"code,name,joined_on\nC1,a,{today}\n")
    assert report.bad_total == 0
