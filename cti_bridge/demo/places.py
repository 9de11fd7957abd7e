"""Towns of Japan: prefecture and city as they are, streets and houses invented.

Each city is written ``postcode prefix|prefecture|city|area code|weight``; the
area code is without its trunk 0. The weight follows roughly how many live there.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True, slots=True)
class City:
    """A city; ``postcode`` is its first three digits, ``area_code`` without the trunk 0."""

    postcode: str
    prefecture: str
    name: str
    area_code: str
    weight: int


@dataclass(frozen=True, slots=True)
class Home:
    """Where somebody lives; ``postcode`` as 123-4567."""

    city: City
    postcode: str
    address: str


_CITIES = """
    060|北海道|札幌市中央区|11|14 070|北海道|旭川市|166|6 040|北海道|函館市|138|5
    030|青森県|青森市|17|5
    020|岩手県|盛岡市|19|5 980|宮城県|仙台市青葉区|22|12 010|秋田県|秋田市|18|5
    990|山形県|山形市|23|5
    960|福島県|福島市|24|5 310|茨城県|水戸市|29|6 320|栃木県|宇都宮市|28|7
    371|群馬県|前橋市|27|6
    330|埼玉県|さいたま市大宮区|48|16 332|埼玉県|川口市|48|10 260|千葉県|千葉市中央区|43|13
    273|千葉県|船橋市|47|10
    154|東京都|世田谷区|3|18 176|東京都|練馬区|3|16 120|東京都|足立区|3|14
    143|東京都|大田区|3|14
    192|東京都|八王子市|42|9 180|東京都|武蔵野市|422|5 220|神奈川県|横浜市西区|45|16
    231|神奈川県|横浜市中区|45|12
    210|神奈川県|川崎市川崎区|44|10 250|神奈川県|小田原市|465|5 950|新潟県|新潟市中央区|25|8
    930|富山県|富山市|76|5
    920|石川県|金沢市|76|6 910|福井県|福井市|776|4 400|山梨県|甲府市|55|4
    380|長野県|長野市|26|6
    390|長野県|松本市|263|4 500|岐阜県|岐阜市|58|6 420|静岡県|静岡市葵区|54|8
    430|静岡県|浜松市中央区|53|8
    460|愛知県|名古屋市中区|52|14 464|愛知県|名古屋市千種区|52|10 440|愛知県|豊橋市|532|5
    514|三重県|津市|59|5
    520|滋賀県|大津市|77|5 604|京都府|京都市中京区|75|10 530|大阪府|大阪市北区|6|14
    545|大阪府|大阪市阿倍野区|6|10
    590|大阪府|堺市堺区|72|9 560|大阪府|豊中市|6|8 650|兵庫県|神戸市中央区|78|10
    670|兵庫県|姫路市|79|6
    630|奈良県|奈良市|742|6 640|和歌山県|和歌山市|73|5 680|鳥取県|鳥取市|857|3
    690|島根県|松江市|852|3
    700|岡山県|岡山市北区|86|7 730|広島県|広島市中区|82|9 753|山口県|山口市|83|4
    770|徳島県|徳島市|88|4
    760|香川県|高松市|87|5 790|愛媛県|松山市|89|6 780|高知県|高知市|88|4
    810|福岡県|福岡市中央区|92|12
    802|福岡県|北九州市小倉北区|93|8 840|佐賀県|佐賀市|952|4 850|長崎県|長崎市|95|5
    860|熊本県|熊本市中央区|96|7
    870|大分県|大分市|97|5 880|宮崎県|宮崎市|985|4 890|鹿児島県|鹿児島市|99|6
    900|沖縄県|那覇市|98|5
"""
# Town names found all over Japan; with a random block and house they point at nobody's door.
_TOWNS = [
    "緑ヶ丘",
    "桜台",
    "若葉町",
    "みどり野",
    "泉町",
    "朝日町",
    "光が丘",
    "富士見台",
    "東山町",
    "梅ヶ丘",
    "松風台",
    "花園町",
    "青葉台",
    "竹の台",
    "千歳町",
    "希望ヶ丘",
    "清水台",
    "白鳥町",
    "月見町",
    "南星町",
    "春日野",
    "美園町",
    "ひばりが丘",
    "あけぼの町",
    "常盤台",
    "若松台",
    "藤見町",
    "鈴懸台",
]
_HOUSES = [
    "コーポ若葉",
    "メゾン青空",
    "さくらハイツ",
    "グリーンコート",
    "ひまわり荘",
    "サンライズ泉",
    "パークハイム",
    "ヴィラ朝日",
    "みなみ団地",
]


@cache
def cities() -> tuple[City, ...]:
    """Every city, in the order of the table."""
    rows = (entry.split("|") for entry in _CITIES.split())
    return tuple(
        City(post, prefecture, name, area, int(weight)) for post, prefecture, name, area, weight in rows
    )


def home(rng: random.Random) -> Home:
    """An invented home in a real city, big cities more often."""
    everywhere = cities()
    city = rng.choices(everywhere, [c.weight for c in everywhere])[0]
    street = f"{rng.choice(_TOWNS)}{rng.randint(1, 6)}丁目{rng.randint(1, 32)}-{rng.randint(1, 24)}"
    if rng.random() < 0.3:
        street += f" {rng.choice(_HOUSES)}{rng.randint(1, 9)}0{rng.randint(1, 8)}号室"
    return Home(city, f"{city.postcode}-{rng.randint(0, 9999):04d}", f"{city.prefecture}{city.name}{street}")


def landline(rng: random.Random, city: City) -> str:
    """An invented number of the city's exchange, in E.164."""
    free = 9 - len(city.area_code)
    # Exchanges begin with 2 to 9, in the cities of eight digits with 3, 5 or 6.
    first = rng.choice("356") if free == 8 else rng.choice("23456789")
    return f"+81{city.area_code}{first}{rng.randrange(10 ** (free - 1)):0{free - 1}d}"


def mobile(rng: random.Random) -> str:
    """An invented mobile number, in E.164."""
    return f"+81{rng.choice(('90', '80', '70'))}{rng.randint(2, 8)}{rng.randrange(10**7):07d}"
