"""Sales report

Built by nb2ops from sales_report.ipynb: change the notebook and build again.
"""

from datetime import date
from pathlib import Path
from typing import Literal, Optional

from prefect import flow

from nb2ops import pipeline, server


@flow(name="sales_report")
def sales_report(
    company: str = "Kettle & Bean",
    source: Path = Path("data/sales.csv"),
    start: date = date(2024, 1, 1),
    end: date = date(2024, 12, 31),
    regions: list[str] = ["North", "East", "South", "West"],
    targets: dict[str, float] = {"North": 55000.0, "East": 36000.0, "South": 48000.0, "West": 32000.0},
    channel: Optional[str] = None,
    period: Literal["week", "month", "quarter"] = "month",
    top: int = 6,
    after_discount: bool = True,
    max_repaired: float = 0.05,
):
    """A year of orders of a small coffee roaster, cleaned and then seen from three sides at once: by
    region, by product and over time.

    Args:
        company: name in the headings
        source: the orders, one row each
        start: first day of the report
        end: last day of the report
        regions: regions to report on
        targets: € a year
        channel: only this channel: Online, Shop or Wholesale; None is all
        period: how the orders are grouped over time
        top: products in the ranking
        after_discount: count what customers paid; otherwise list prices
        max_repaired: gate: the largest share of orders that cleaning may touch
    """
    with pipeline(__file__, locals()) as step:
        setup = step("setup")
        load = step("load", setup)
        clean = step("clean", load)
        regions_ = step("regions", clean)
        products = step("products", clean)
        timeline = step("timeline", clean)
        step("summary", regions_, products, timeline)


if __name__ == "__main__":
    with server():
        sales_report()
