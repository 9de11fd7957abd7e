-- A house of $CUSTOMERS customers with ten order lines each on average, three years of them, the same for
-- the same size. Few surnames are many people's, a few customers order most, some households share a number.

select setseed(0.5);

create temporary table surname as
select row_number() over () as place, split_part(pair, ' ', 1) as kanji, split_part(pair, ' ', 2) as kana
from unnest(string_to_array(
    '佐藤 サトウ,鈴木 スズキ,高橋 タカハシ,田中 タナカ,伊藤 イトウ,渡辺 ワタナベ,山本 ヤマモト,中村 ナカムラ,'
    '小林 コバヤシ,加藤 カトウ,吉田 ヨシダ,山田 ヤマダ,佐々木 ササキ,山口 ヤマグチ,松本 マツモト,井上 イノウエ,'
    '木村 キムラ,林 ハヤシ,斎藤 サイトウ,清水 シミズ,山崎 ヤマザキ,森 モリ,池田 イケダ,橋本 ハシモト,'
    '阿部 アベ,石川 イシカワ,山下 ヤマシタ,中島 ナカジマ,石井 イシイ,小川 オガワ,前田 マエダ,岡田 オカダ,'
    '長谷川 ハセガワ,藤田 フジタ,後藤 ゴトウ,近藤 コンドウ,村上 ムラカミ,遠藤 エンドウ,青木 アオキ,坂本 サカモト,'
    '福田 フクダ,太田 オオタ,西村 ニシムラ,藤井 フジイ,金子 カネコ,岡本 オカモト,藤原 フジワラ,三浦 ミウラ,'
    '中野 ナカノ,原田 ハラダ,松田 マツダ,竹内 タケウチ,中川 ナカガワ,中山 ナカヤマ,小野 オノ,田村 タムラ,'
    '和田 ワダ,石田 イシダ,森田 モリタ,上田 ウエダ,原 ハラ,内田 ウチダ,柴田 シバタ,酒井 サカイ', ',')) pair;

create temporary table given_name as
select row_number() over () as place, split_part(pair, ' ', 1) as kanji, split_part(pair, ' ', 2) as kana
from unnest(string_to_array(
    '花子 ハナコ,和子 カズコ,幸子 サチコ,洋子 ヨウコ,恵子 ケイコ,節子 セツコ,美智子 ミチコ,京子 キョウコ,'
    '久美子 クミコ,由美子 ユミコ,真由美 マユミ,智子 トモコ,直美 ナオミ,裕子 ユウコ,明美 アケミ,典子 ノリコ,'
    '清 キヨシ,実 ミノル,茂 シゲル,勇 イサム,博 ヒロシ,隆 タカシ,誠 マコト,健一 ケンイチ,浩 ヒロシ,修 オサム,'
    '三郎 サブロウ,正雄 マサオ,和夫 カズオ,幸雄 ユキオ,大輔 ダイスケ,翔太 ショウタ,美咲 ミサキ,陽菜 ヒナ,結衣 ユイ,'
    'さくら サクラ,千代 チヨ,文子 フミコ,静子 シズコ,八重子 ヤエコ', ',')) pair;

insert into agent (agent_id, login, name, role)
select 'a' || n, n::text, '担当 ' || n, 'agent' from generate_series(1, 100) n;

insert into product (sku, name, category, price_minor, kind, repeats)
select 'P' || to_char(n, 'FM0000'), '商品' || n || '番 特選詰め合わせ', '分類' || n % 40, 500 + n % 97 * 120,
       (array['main', 'trial', 'subscription', 'other', 'other'])[1 + n % 5], n % 3 <> 0
from generate_series(1, 2000) n;

insert into customer (code, name, reading, rank, postcode, address, email, preferred_channel, dedicated_agent_id, joined_on)
select 'B' || to_char(n, 'FM00000000'), f.kanji || ' ' || g.kanji, f.kana || ' ' || g.kana,
       (array['regular', 'regular', 'regular', 'silver', 'gold', 'platinum'])[1 + n % 6],
       to_char(100 + n % 900, 'FM000') || '-' || to_char(n % 10000, 'FM0000'),
       '東京都中央区銀座' || 1 + n % 9 || '丁目' || 1 + n % 30 || '番' || 1 + n % 20 || '号', '',
       case when n % 3 = 0 then 'call' end, case when n % 20 = 0 then 'a' || 1 + n % 100 end,
       current_date - (n % 3000)::int
from generate_series(1, $CUSTOMERS::bigint) n
-- The square of chance: the first surname is a twentieth of all, as it is.
join surname f on f.place = 1 + floor(64 * power((hashint8(n) & 1048575) / 1048576.0, 2))
join given_name g on g.place = 1 + (hashint8(n * 7 + 3) & 1048575) % 40;

insert into customer_number (customer_id, e164, label, display)
select customer_id, '+8190' || to_char(customer_id, 'FM00000000'), 'mobile',
       '090-' || to_char(customer_id / 10000, 'FM0000') || '-' || to_char(customer_id % 10000, 'FM0000')
from customer;
-- Two in five have a telephone at home, and one in ten of these shares it with the next.
insert into customer_number (customer_id, e164, label, display)
select customer_id, '+813' || to_char((customer_id - case when customer_id % 50 = 1 then 1 else 0 end), 'FM00000000'), 'home', ''
from customer where customer_id % 5 in (0, 1);

-- Two to six orders; one customer in fifty has ten times as many.
insert into "order" (number, customer_id, channel, status, ordered_at, total_minor)
select 'N' || row_number() over (), c.customer_id,
       (array['phone', 'web', 'web', 'fax', 'postcard', 'shop'])[1 + (hashint8(c.customer_id + n) & 1023) % 6],
       case when n = 1 and c.customer_id % 9 = 0 then 'open' when n % 37 = 0 then 'returned' else 'delivered' end,
       now() - make_interval(secs => ((hashint8(c.customer_id * 31 + n) & 16777215) / 16777216.0) * 3 * 365 * 86400),
       2000 + (hashint8(c.customer_id * 17 + n) & 8191)
from customer c
cross join lateral generate_series(
    1, case when c.customer_id % 50 = 0 then 20 else 2 + (hashint8(c.customer_id) & 1023) % 5 end) n;

insert into order_line (order_id, line, product_id, quantity, unit_price_minor)
select o.order_id, n, 1 + floor(2000 * power((hashint8(o.order_id * 13 + n) & 1048575) / 1048576.0, 2)), 1 + n % 2, 1200
from "order" o
cross join lateral generate_series(1, 1 + (hashint8(o.order_id) & 1023) % 3 + (o.order_id % 4 = 0)::int) n;

insert into contact (customer_id, channel, direction, occurred_at, kind, subject, agent_id)
select c.customer_id, (array['call', 'call', 'email', 'letter'])[1 + n % 4], case when n % 3 = 0 then 'out' else 'in' end,
       now() - make_interval(secs => ((hashint8(c.customer_id * 41 + n) & 16777215) / 16777216.0) * 3 * 365 * 86400),
       case when n % 5 = 0 then 'thank_you' else 'inquiry' end, 'お届け日のお問い合わせ', 'a' || 1 + n % 100
from customer c cross join lateral generate_series(1, (hashint8(c.customer_id + 5) & 1023) % 8) n;

insert into karte_note (customer_id, agent_id, text, is_pinned, created_at)
select customer_id, 'a1', '猫を飼っている。玄関の呼び鈴は押さずに電話をしてほしいとのこと。', customer_id % 40 = 0, now() - interval '90 days'
from customer where customer_id % 3 = 0;

insert into favourite (customer_id, product_id)
select customer_id, 1 + customer_id % 2000 from customer where customer_id % 4 = 0;
