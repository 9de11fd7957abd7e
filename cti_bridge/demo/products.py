"""The demo house's catalogue: 300 products in twelve categories, all invented.

A block begins with ``# category PREFIX``. Each line is a series:
``tastes; cycle; months; name; size price, size price``. Tastes name the kinds of
people who buy it, the first the strongest. The cycle is the days after which
it is used up (0: it is not). Months are those in which it is wanted most
(``-``: all year). Prices are in yen.
"""

from __future__ import annotations

from dataclasses import dataclass

_CATALOGUE = """
# お茶 TEA
tea;45;-;深蒸し煎茶「朝つゆ」;100g 1080, 100g×3袋 3020
tea;45;-;特上煎茶「山の雫」;100g 1620, 100g×3袋 4640
tea;60;-;かぶせ茶「霧の里」;80g 1400, 80g×3袋 3980
tea;40;-;香ばしほうじ茶;150g 760, 150g×5袋 3500
tea;40;-;玄米茶 国産もち米入り;200g 840, 200g×3袋 2380
tea,health;30;-;黒豆茶 ティーバッグ;30包 1180, 90包 3280
tea,health;30;-;国産ごぼう茶;30包 1480, 90包 3980
tea;30;5,6,7,8;水出し緑茶 ティーバッグ;20包 980, 60包 2680
tea,gift;0;7,12;銘茶詰合せ「和みの席」;2缶 3240, 3缶 5400
tea;0;5,6;新茶「八十八夜」;100g 1300, 100g×2袋 2500
coffee,tea;45;-;アールグレイ 茶葉;100g 1280, 200g 2380
tea;90;-;抹茶「若緑」;30g 1580
tea,health;30;-;ルイボスティー;50包 1380, 100包 2580
# コーヒー COF
coffee;30;-;まいにちブレンド 粉;200g 880, 200g×4袋 3280
coffee;30;-;まいにちブレンド 豆;200g 880, 200g×4袋 3280
coffee;30;-;深煎り「夜更け」 豆;200g 1080, 500g 2480
coffee;30;-;浅煎り「木もれ日」 豆;200g 1080, 500g 2480
coffee;20;-;ドリップバッグ詰合せ;10袋 1280, 30袋 3480
coffee,health;30;-;カフェインレスコーヒー 粉;200g 1180, 200g×3袋 3280
coffee;30;6,7,8;水出しコーヒーパック;4袋 980, 12袋 2680
coffee;0;6,7,8;アイスコーヒー 無糖;1L×6本 3180, 1L×12本 5980
coffee;60;-;コーヒーフィルター 無漂白;100枚 480, 300枚 1280
coffee;0;-;手挽きコーヒーミル;木目 5480, 黒 5480
coffee;0;-;陶器のドリッパー;2杯用 2480, 4杯用 2980
coffee,gift;0;7,12;コーヒーギフト「香りの小箱」;8袋 2160, 16袋 4320
coffee,sweets;40;-;カフェオレベース 無糖;600ml 1380
# 食品 FOD
rice;30;-;特別栽培米「ほたる米」;2kg 1880, 5kg 4280
rice;30;-;発芽玄米;1kg 1180, 1kg×3袋 3280
rice;30;-;紀州の梅干し うす塩;400g 1980, 800g 3680
rice;40;-;ちりめん山椒;60g 980, 60g×3袋 2780
rice,fish;25;-;鮭の西京漬け;4切 2680, 8切 4980
fish;25;-;骨取り焼き魚 詰合せ;6切 2980, 12切 5680
fish;40;-;釜揚げしらす 冷凍;80g×4 2480, 80g×8 4680
rice,cooking;45;-;焼きのり 有明産;10枚 780, 50枚 3480
cooking;60;-;だしパック あごだし;20包 1380, 50包 3180
cooking;60;-;丸大豆しょうゆ;500ml 680, 500ml×3本 1980
cooking;60;-;合わせ味噌「蔵の香」;500g 880, 1kg 1580
fish,gift;0;7,12;干物詰合せ「浜の朝」;6枚 3980, 10枚 5980
cooking;90;-;えごま油;110g 1280
# 菓子 SWT
sweets,tea;25;-;ひとくち羊羹 詰合せ;10本 1680, 20本 3180
sweets,tea;25;-;どら焼き つぶあん;6個 1480, 12個 2780
sweets,tea;20;-;手焼きせんべい しょうゆ;12枚 980, 36枚 2680
sweets;20;-;おかき七種 小袋;30袋 1680, 60袋 2980
sweets;25;-;芋けんぴ;200g 580, 200g×5袋 2580
sweets,coffee;25;-;バターサブレ 缶入り;16枚 1880, 32枚 3380
sweets,coffee;25;-;しっとりカステラ;1本 1380, 2本 2580
sweets;0;6,7,8;果実ゼリー 詰合せ;8個 2480, 16個 4480
sweets,health;30;-;素焼きミックスナッツ;300g 1180, 700g 2480
sweets;20;10,11,12,1;栗きんとん;6個 1980, 10個 3180
sweets,gift;0;7,12;和菓子詰合せ「花ごよみ」;12個 3240, 20個 5400
sweets,coffee;0;1,2;生チョコレート;20粒 1680, 40粒 3180
sweets;30;-;のど飴 かりん蜜;90g×3袋 980
# 化粧品 COS
beauty;60;-;しっとり化粧水「雪の肌」;200ml 3300, 詰替180ml 2860
beauty;60;-;薬用美白化粧水;180ml 4180, 詰替170ml 3740
beauty;60;-;乳液「雪の肌」;120ml 3300, 詰替110ml 2860
beauty;75;-;うるおいクリーム;30g 4400, 50g 6600
beauty;75;-;目もと美容液;20g 4950, 20g×2本 9400
beauty;60;-;オールインワンジェル;100g 3850, 詰替90g 3300
beauty;45;-;やさしい洗顔フォーム;120g 1650, 120g×3本 4620
beauty;45;-;クレンジングオイル 米ぬか;200ml 1980, 詰替180ml 1650
beauty;90;3,4,5,6,7,8;日焼け止め乳液 SPF50;50ml 1980, 50ml×2本 3740
beauty,hair;45;-;白髪染めトリートメント;ブラウン 2980, ダークブラウン 2980
hair;60;-;薬用育毛エッセンス;150ml 4400, 150ml×2本 8360
hair;50;-;椿油シャンプー;400ml 1980, 詰替350ml 1650
beauty,warm;60;10,11,12,1,2;ハンドクリーム ゆず;60g 980
# 健康食品 SUP
joint;30;-;グルコサミンEX;30日分 3480, 90日分 9400
joint;30;-;コラーゲンペプチド 粉末;30日分 2980, 90日分 7980
joint;30;-;プロテオグリカン粒;30日分 4480, 90日分 11980
health;30;-;青汁 国産大麦若葉;30包 2480, 90包 6480
health;30;-;乳酸菌の粒;30日分 2180, 90日分 5880
health;30;-;DHA・EPAの粒;30日分 2980, 90日分 7980
health;30;-;ブルーベリーの粒;30日分 1980, 90日分 5280
health;30;-;黒酢もろみカプセル;30日分 1980, 90日分 5280
sleep,health;30;-;GABA おやすみの粒;30日分 2680, 90日分 7180
health;40;-;国産はちみつ;300g 2480, 600g 4680
beauty,health;30;-;プラセンタドリンク;10本 2980, 30本 7980
health,joint;30;-;カルシウム＋ビタミンD;30日分 1480, 90日分 3980
joint;0;-;ひざサポーター 薄手;左右兼用 1980
# 日用品 HOM
clean;60;-;無添加台所せっけん;500ml 680, 詰替1L 1180
clean;45;-;部屋干し洗剤;900g 980, 詰替2kg 1780
clean;45;-;やわらか柔軟剤 無香料;600ml 780, 詰替1.2L 1380
clean;90;-;重曹クリーナー;1kg 680, 3kg 1680
clean;60;-;トイレットペーパー 長巻;12ロール 1280, 48ロール 4680
clean;60;-;保湿ティッシュ;12箱 1980, 24箱 3780
clean;120;-;落ち綿ふきん;5枚 980, 10枚 1780
clean;0;11,12;窓ふき用ワイパー;1本 1480, 2本 2680
clean,warm;30;11,12,1,2;入浴剤 薬用ゆず;20包 1480, 60包 3980
clean;60;-;はみがき 薬用塩;90g 880, 90g×3本 2480
joint;0;-;すべり止め浴室マット;小 2480, 大 3480
clean;90;-;防虫香袋 樟脳;10袋 980, 30袋 2580
warm;0;11,12,1,2;貼るカイロ;30枚 980
# 衣料 CLO
warm;0;10,11,12,1;あったか肌着 長袖;M 2480, L 2480
warm;0;10,11,12,1;あったかタイツ;M-L 1680, L-LL 1680
warm;0;10,11,12,1;綿入りはんてん;紺 6980, えんじ 6980
warm;0;10,11,12,1;シルクの腹巻き;グレー 2480, ピンク 2480
warm;0;-;締めつけない靴下;3足 1480, 6足 2780
fashion;0;4,5,6,7,8;綿麻ブラウス;M 4980, L 4980
fashion;0;-;らくらくパンツ ウエストゴム;M 3980, L 3980
fashion;0;9,10,11;カシミヤ混カーディガン;M 9800, L 9800
fashion;0;4,5,6,7,8;つば広帽子 UVカット;ベージュ 3480, 黒 3480
fashion;0;-;軽量ウォーキングシューズ;23.5cm 7980, 25.5cm 7980
fashion,gift;0;10,11,12;シルクスカーフ;藤色 5480, 若草 5480
warm;0;11,12,1,2;裏起毛ルームシューズ;M 2480, L 2480
fashion;0;6,7,8,9;晴雨兼用日傘;折りたたみ 4480
# 寝具 BED
sleep;0;-;高さを選べる枕;低め 6980, 高め 6980
sleep;0;-;首にやさしいそば殻枕;小 3480, 大 4280
sleep;0;6,7,8;ひんやり敷きパッド;シングル 4980, ダブル 7480
sleep;0;6,7,8;麻の肌掛け;シングル 7980, ダブル 11800
sleep,warm;0;10,11,12,1;羽毛掛け布団;シングル 29800, ダブル 39800
sleep,warm;0;10,11,12,1;あったか毛布;シングル 6980, ダブル 9980
sleep,warm;0;11,12,1,2;湯たんぽ カバー付き;1.8L 2480, 2.4L 2980
sleep;0;-;綿100%シーツ;シングル 2980, ダブル 3980
sleep;0;-;今治織りタオルケット;シングル 8980, ダブル 12800
sleep,joint;0;-;高反発マットレス;シングル 24800, セミダブル 31800
sleep;0;-;枕カバー ガーゼ;2枚 1680, 4枚 2980
sleep;0;-;シルクのアイマスク;紺 1980, 桜 1980
sleep;0;-;洗える布団カバー;シングル 4480
# キッチン KIT
cooking;0;-;鉄のフライパン;24cm 5480, 28cm 6480
cooking;0;-;三徳包丁 ステンレス;165mm 6980, 180mm 7480
cooking;0;-;ひのきのまな板;中 3480, 大 4980
cooking,rice;0;-;炊飯土鍋;2合 7980, 3合 9800
cooking;0;10,11,12,1;卓上土鍋;6号 3480, 8号 4980
tea;0;-;常滑焼の急須;280ml 4480, 360ml 5480
tea;0;-;夫婦湯のみ;青磁 3980, 志野 3980
cooking;0;-;ほうろう保存容器;3点 3980, 5点 5980
cooking;0;-;軽量圧力鍋;3L 12800, 5L 15800
cooking;0;-;握りやすい缶切り;赤 1280, 白 1280
coffee;0;-;真空ステンレスポット;1L 5480, 1.5L 6480
cooking;0;-;調理ばさみ;右手用 2480, 左手用 2480
rice;0;-;米びつ 桐;5kg 6980
# 園芸 GRD
flower;0;9,10,11;チューリップ球根 混色;30球 1980, 60球 3480
flower;0;2,3,4,5;バラ苗「ひとひら」;1株 3480, 2株 6480
flower;0;4,5,6;アジサイ鉢植え;5号 3280, 6号 4480
flower;0;2,3,4;花の種 詰合せ 春まき;8種 1480, 15種 2480
flower,vegetable;90;-;花と野菜の土;14L×2袋 1980, 14L×4袋 3680
flower,vegetable;90;-;有機肥料 粒状;2kg 1280, 5kg 2680
vegetable;0;3,4,5;夏野菜の苗セット;6株 2480, 12株 4480
vegetable;0;8,9;秋まき野菜の種;6種 1280, 12種 2280
vegetable,flower;0;-;剪定ばさみ;女性用 3480, 標準 3980
vegetable;0;3,4,5,6;木製プランター;60cm 3980, 90cm 5480
flower,vegetable;0;-;軽いじょうろ;4L 1980, 6L 2480
flower,gift;0;4,5;母の日カーネーション鉢;赤 3980, 桃 3980
flower,vegetable;0;-;ガーデニング手袋;M 1180
# ペット PET
cat;30;-;猫の総合食 まぐろ;1.5kg 1880, 1.5kg×4袋 6980
cat;30;-;シニア猫の腎臓ケアフード;1kg 2480, 1kg×3袋 6980
cat;25;-;猫砂 おから;6L×2袋 1480, 6L×4袋 2780
cat;25;-;猫のおやつ かつお薄削り;20g×3袋 880, 20g×10袋 2680
cat;0;-;段ボールつめとぎ;3枚 1280, 6枚 2280
cat;0;10,11,12,1;猫ちぐら わら編み;小 6980, 大 9800
dog;30;-;国産ドッグフード 鹿肉;1kg 2480, 3kg 6480
dog;30;-;シニア犬のやわらかごはん;100g×12 2780, 100g×24 5280
dog;25;-;犬のおやつ さつまいも;150g×2袋 980, 150g×6袋 2680
dog;30;-;ペットシーツ 厚型;100枚 1980, 300枚 5480
dog;0;-;おさんぽハーネス;S 3480, M 3980
dog,cat;0;10,11,12,1;ペット用あったかマット;S 2980, M 3980
dog,cat;90;-;ペット用消臭スプレー;400ml 1180
"""


@dataclass(frozen=True, slots=True)
class Product:
    """One article. ``cycle_days``: 0 when it is not used up. ``months``: empty for all year."""

    sku: str
    name: str
    series: int
    category: str
    price_minor: int
    tastes: tuple[str, ...]
    cycle_days: int
    months: frozenset[int]


def catalogue() -> list[Product]:
    """All products, in the order of the catalogue; their places serve as keys in the demo."""
    products: list[Product] = []
    category = prefix = ""
    serial = series = 0
    for row in _CATALOGUE.strip().splitlines():
        if row.startswith("#"):
            _, category, prefix = row.split()
            serial = 0
            continue
        tastes, cycle, months, name, sizes = row.split(";")
        series += 1
        for size_and_price in sizes.split(", "):
            size, price = size_and_price.rsplit(" ", 1)
            serial += 1
            products.append(
                Product(
                    sku=f"{prefix}-{serial:03d}",
                    name=f"{name} {size}",
                    series=series,
                    category=category,
                    price_minor=int(price),
                    tastes=tuple(tastes.split(",")),
                    cycle_days=int(cycle),
                    months=frozenset(map(int, months.split(","))) if months != "-" else frozenset(),
                )
            )
    return products
