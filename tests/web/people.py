"""Invented customers and colleagues, for looking at the pages. Nobody here exists."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo


def now() -> datetime:
    return datetime.now(UTC)


def ago(*, days: float = 0, hours: float = 0, minutes: float = 0, seconds: float = 0) -> datetime:
    return now() - timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


def today() -> date:
    """In Japan, as the pages of these tests count days."""
    return now().astimezone(ZoneInfo("Asia/Tokyo")).date()


def birthday_today(year: int) -> date:
    """``year`` is a leap year, so that every day has one."""
    return today().replace(year=year)


COLLEAGUES = (
    ("a1001", "鈴木 恵子", "スズキ ケイコ"),
    ("a1002", "高橋 由美", "タカハシ ユミ"),
    ("a1003", "田中 健一", "タナカ ケンイチ"),
    ("a1004", "伊藤 真理", "イトウ マリ"),
    ("a1005", "渡辺 さおり", "ワタナベ サオリ"),
    ("a1006", "山本 浩二", "ヤマモト コウジ"),
    ("a1007", "中村 美穂", "ナカムラ ミホ"),
    ("a1008", "小林 千春", "コバヤシ チハル"),
    ("a1009", "加藤 直樹", "カトウ ナオキ"),
    ("a1010", "吉田 文子", "ヨシダ フミコ"),
    ("a1011", "山田 涼子", "ヤマダ リョウコ"),
    ("a1012", "佐々木 誠", "ササキ マコト"),
    ("a1013", "松本 和代", "マツモト カズヨ"),
    ("a1014", "井上 あかね", "イノウエ アカネ"),
    ("a1015", "木村 哲也", "キムラ テツヤ"),
    ("a1016", "林 久美子", "ハヤシ クミコ"),
    ("a1017", "斎藤 玲", "サイトウ レイ"),
    ("a1018", "清水 裕子", "シミズ ユウコ"),
    ("a1019", "山崎 進", "ヤマザキ ススム"),
    ("a1020", "森 七海", "モリ ナナミ"),
    ("a1021", "池田 聡子", "イケダ サトコ"),
    ("a1022", "橋本 正人", "ハシモト マサト"),
    ("a1023", "阿部 静香", "アベ シズカ"),
    ("a1024", "石川 祥子", "イシカワ ショウコ"),
)
