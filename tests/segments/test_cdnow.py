"""The CDNOW purchase history, imported, and summed up as by the package it comes in, for every customer.

23,570 people's 69,659 purchases of CDs in 1997 and 1998, a data set of marketing
research; it lies in the package lifetimes, whose own summary is the truth here.
"""

from __future__ import annotations

import warnings
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from cti_bridge.intake.import_file import import_file
from cti_bridge.intake.kinds import KINDS
from cti_bridge.intake.values import Rules
from cti_bridge.segments.rebuild import rebuild
from cti_bridge.settings import RegionSettings, Settings
from tests.conftest import Database

with warnings.catch_warnings():
    # The package is older than the pandas it runs on; what it counts is not concerned.
    warnings.simplefilter("ignore")
    from lifetimes import datasets, utils

SETTINGS = Settings(region=RegionSettings(country="US", currency="USD", time_zone="America/New_York"))
NOW = datetime(1998, 7, 1, tzinfo=UTC)


def history() -> pd.DataFrame:
    """One row a purchase: customer, day, discs, cents."""
    table = pd.read_csv(
        Path(datasets.__file__).with_name("CDNOW_master.txt"),
        sep=r"\s+",
        header=0,
        names=["customer", "day", "discs", "dollars"],
        dtype={"customer": str, "day": str},
    )
    table["day"] = pd.to_datetime(table["day"], format="%Y%m%d")
    table["cents"] = (table["dollars"] * 100).round().astype(int)
    return table


@pytest.mark.timeout(300)
async def test_every_customer_is_summed_up_as_by_lifetimes(database: Database, tmp_path: Path) -> None:
    purchases = history()
    assert (purchases["customer"].nunique(), len(purchases)) == (23_570, 69_659)
    await database.pool.execute(
        "insert into product (sku, name, category, price_minor) values ('CD', 'CD', 'CD', 1)"
    )
    customers = sorted(purchases["customer"].unique())
    await database.pool.copy_records_to_table(
        "customer", columns=("code", "name"), records=[(code, code) for code in customers]
    )
    path = tmp_path / "orders.csv"
    with path.open("w") as file:
        file.write(
            "number,customer_code,channel,status,ordered_at,sku,quantity,unit_price_minor,total_minor\n"
        )
        for number, row in enumerate(purchases.itertuples()):
            # Some discs were for nothing: what was paid is the total, not what the lines come to.
            day, discs = f"{row.day:%Y-%m-%d}", max(row.discs, 1)
            file.write(f"N{number},{row.customer},web,delivered,{day},CD,{discs},0,{row.cents}\n")
    rules = Rules("US", ZoneInfo("America/New_York"), datetime.now(UTC))
    report = await import_file(database.pool, path, KINDS["orders"], "", rules)
    assert (report.created, report.refused) == (69_659, 0)
    await rebuild(database.pool, SETTINGS, NOW)
    found = {
        row["code"]: row
        for row in await database.pool.fetch(
            "select c.code, s.amount_total_minor as cents, s.orders_total, p.times,"
            " (p.last_at at time zone 'America/New_York')::date"
            " - (p.first_at at time zone 'America/New_York')::date as days"
            " from customer c join customer_segment s using (customer_id)"
            " join customer_product p using (customer_id)"
        )
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        truth = utils.summary_data_from_transaction_data(
            purchases, "customer", "day", observation_period_end="1998-06-30", include_first_transaction=True,
            monetary_value_col="cents",
        )  # fmt: skip
    assert len(truth) == len(found) == 23_570
    sums = purchases.groupby("customer")["cents"].sum()
    for customer, row in truth.iterrows():
        mine = found[customer]
        assert mine["times"] == row["frequency"], customer
        assert mine["days"] == row["recency"], customer
        # lifetimes gives the mean of the days' sums.
        assert mine["cents"] == round(row["monetary_value"] * row["frequency"]) == sums[customer], customer
