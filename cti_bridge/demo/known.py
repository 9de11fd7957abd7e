"""Customers who are the same in every demo house, for scenarios and tests.

They are the first customers a seed writes. Days are counted back from the
``now`` the house was seeded with; orders and contacts of theirs are these only.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class PlannedOrder:
    """An order ``days_ago`` of one piece of each of ``skus``."""

    days_ago: int
    channel: str
    status: str
    skus: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PlannedContact:
    """A contact ``days_ago``, handled by ``agent_id`` (None: by no one in particular)."""

    days_ago: int
    channel: str
    direction: str
    subject: str
    agent_id: str | None = None


@dataclass(frozen=True, slots=True)
class KnownCustomer:
    """``e164`` is the number the customer calls from; ``numbers`` all of them with their labels."""

    code: str
    name: str
    reading: str
    e164: str
    numbers: tuple[tuple[str, str], ...]
    rank: str
    is_woman: bool
    birth_date: date
    postcode: str
    address: str
    email: str = ""
    preferred_channel: str | None = None
    dedicated_agent_id: str | None = None
    joined_on: date = date(2018, 4, 2)
    tastes: tuple[str, ...] = ("tea",)
    critical_caution: str = ""
    pinned_note: str = ""
    orders: tuple[PlannedOrder, ...] = ()
    contacts: tuple[PlannedContact, ...] = ()
    favourites: tuple[str, ...] = ()


HANAKO_SATO = KnownCustomer(
    code="C000001",
    name="佐藤 花子",
    reading="サトウ ハナコ",
    e164="+81312345678",
    numbers=(("+81312345678", "home"), ("+819023456789", "mobile")),
    rank="gold",
    is_woman=True,
    birth_date=date(1948, 5, 12),
    postcode="154-0099",
    address="東京都世田谷区梅ヶ丘台3丁目8-15",
    email="hanako.sato@example.jp",
    preferred_channel="call",
    dedicated_agent_id="a1001",
    tastes=("tea", "joint", "cat"),
    critical_caution="蕎麦アレルギー。そば殻枕・そば茶はご案内しないこと。",
    pinned_note="お耳が遠いので、ゆっくり大きめの声で。猫の「ミケ」の話をされると喜ばれます。",
    orders=(
        PlannedOrder(2, "phone", "shipped", ("TEA-002", "SWT-001", "SUP-002")),
        PlannedOrder(33, "phone", "delivered", ("TEA-004", "PET-001", "PET-005")),
        PlannedOrder(61, "postcard", "delivered", ("TEA-002", "SUP-002", "SWT-003")),
        *(
            PlannedOrder(92 + 45 * step, "phone", "delivered", ("TEA-002", "PET-001", "SUP-002"))
            for step in range(14)
        ),
    ),
    contacts=(
        PlannedContact(2, "call", "in", "ご注文（お電話）", "a1001"),
        PlannedContact(20, "call", "out", "お礼のお電話", "a1001"),
        PlannedContact(33, "call", "in", "ご注文（お電話）", "a1003"),
        PlannedContact(61, "letter", "in", "はがきでのご注文"),
        PlannedContact(120, "call", "in", "配達日時のご相談", "a1002"),
    ),
    favourites=("TEA-016", "PET-011"),
)

_HOUSEHOLD_NUMBER = "+81451234567"
_HOUSEHOLD_POSTCODE = "231-0099"
_HOUSEHOLD_ADDRESS = "神奈川県横浜市中区青葉台2丁目5-3"

KAZUKO_SUZUKI = KnownCustomer(
    code="C000002",
    name="鈴木 和子",
    reading="スズキ カズコ",
    e164=_HOUSEHOLD_NUMBER,
    numbers=((_HOUSEHOLD_NUMBER, "home"),),
    rank="silver",
    is_woman=True,
    birth_date=date(1951, 9, 30),
    postcode=_HOUSEHOLD_POSTCODE,
    address=_HOUSEHOLD_ADDRESS,
    preferred_channel="call",
    tastes=("rice", "beauty"),
    pinned_note="ご主人の分とご自分の分、お届けの箱を分けてほしいとのこと。",
    orders=(
        PlannedOrder(3, "phone", "shipped", ("FOD-002", "COS-001", "COS-005")),
        *(PlannedOrder(64 + 60 * step, "phone", "delivered", ("FOD-002", "COS-002")) for step in range(9)),
    ),
    contacts=(
        PlannedContact(64, "call", "in", "ご注文（お電話）", "a1002"),
        PlannedContact(124, "call", "in", "ご注文（お電話）", "a1004"),
    ),
)
MASAO_SUZUKI = KnownCustomer(
    code="C000003",
    name="鈴木 正雄",
    reading="スズキ マサオ",
    e164=_HOUSEHOLD_NUMBER,
    numbers=((_HOUSEHOLD_NUMBER, "home"), ("+819034567890", "mobile")),
    rank="regular",
    is_woman=False,
    birth_date=date(1948, 1, 17),
    postcode=_HOUSEHOLD_POSTCODE,
    address=_HOUSEHOLD_ADDRESS,
    preferred_channel="call",
    tastes=("vegetable", "joint"),
    orders=(
        PlannedOrder(21, "phone", "delivered", ("SUP-001", "GRD-011")),
        PlannedOrder(80, "fax", "delivered", ("GRD-009", "GRD-013")),
    ),
    contacts=(
        PlannedContact(21, "call", "in", "ご注文（お電話）", "a1005"),
        PlannedContact(80, "fax", "in", "ファクスでのご注文"),
    ),
)
MISAKI_SUZUKI = KnownCustomer(
    code="C000004",
    name="鈴木 美咲",
    reading="スズキ ミサキ",
    e164=_HOUSEHOLD_NUMBER,
    numbers=((_HOUSEHOLD_NUMBER, "home"), ("+818045678901", "mobile")),
    rank="regular",
    is_woman=True,
    birth_date=date(1984, 11, 3),
    postcode=_HOUSEHOLD_POSTCODE,
    address=_HOUSEHOLD_ADDRESS,
    email="misaki.suzuki@example.jp",
    preferred_channel="email",
    tastes=("coffee",),
    orders=(PlannedOrder(40, "web", "delivered", ("COF-001", "COF-009")),),
    contacts=(PlannedContact(40, "email", "out", "ご注文確認メール"),),
)
# The three who share one number, the likeliest caller first: an order under way, the last call, the rest.
HOUSEHOLD = (KAZUKO_SUZUKI, MASAO_SUZUKI, MISAKI_SUZUKI)

TARO_YAMADA = KnownCustomer(
    code="C000005",
    name="山田 太郎",
    reading="ヤマダ タロウ",
    e164="+819012345678",
    numbers=(("+819012345678", "mobile"),),
    rank="regular",
    is_woman=False,
    birth_date=date(1999, 7, 21),
    postcode="530-0099",
    address="大阪府大阪市北区朝日台1丁目2-3 グリーンコート305号室",
    email="taro.yamada@example.com",
    preferred_channel="chat",
    joined_on=date(2025, 6, 1),
    tastes=("coffee",),
    orders=(
        PlannedOrder(12, "web", "delivered", ("COF-005", "COF-020")),
        PlannedOrder(47, "web", "delivered", ("COF-005", "COF-018")),
    ),
    contacts=(
        PlannedContact(11, "chat", "in", "お届け予定のお問い合わせ"),
        PlannedContact(12, "email", "out", "ご注文確認メール"),
    ),
    favourites=("COF-007",),
)

# Asked for the catalogue and has not bought yet.
FUMIKO_TAKAHASHI = KnownCustomer(
    code="C000006",
    name="高橋 文子",
    reading="タカハシ フミコ",
    e164="+81525678901",
    numbers=(("+81525678901", "home"),),
    rank="regular",
    is_woman=True,
    birth_date=date(1956, 3, 8),
    postcode="460-0099",
    address="愛知県名古屋市中区花園台4丁目6-1",
    joined_on=date(2026, 3, 1),
    contacts=(PlannedContact(15, "letter", "out", "カタログのお届け"),),
)

KNOWN = (HANAKO_SATO, *HOUSEHOLD, TARO_YAMADA, FUMIKO_TAKAHASHI)
