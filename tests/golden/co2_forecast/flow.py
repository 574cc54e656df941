"""CO₂ forecast

Built by nb2ops from co2_forecast.ipynb: change the notebook and build again.
"""

from typing import Literal

from prefect import flow

from nb2ops import pipeline, server


@flow(name="co2_forecast")
def co2_forecast(
    first_year: int = 1960,
    horizon: int = 36,
    season: int = 12,
    trend: Literal["additive", "multiplicative"] = "additive",
    damped: bool = False,
    confidence: float = 0.9,
    seed: int = 1958,
    max_mape: float = 0.5,
):
    """The air above Mauna Loa has been measured since 1958. A seasonal model learns from its carbon
    dioxide, proves itself on months it has never seen, and then looks ahead.

    Args:
        first_year: where the series begins; before, it has large gaps
        horizon: months to hold back, and then to look ahead
        season: months after which the pattern repeats
        trend: growth by an amount or by a factor
        damped: let the growth fade out over time
        confidence: share of possible futures that the band should hold
        seed: makes the band repeatable
        max_mape: gate: the largest mean error on the held-back months, in %
    """
    with pipeline(__file__, locals()) as step:
        setup = step("setup")
        load = step("load", setup)
        clean = step("clean", load)
        decompose = step("decompose", clean)
        fit = step("fit", decompose)
        evaluate = step("evaluate", fit)
        step("outlook", evaluate)


if __name__ == "__main__":
    with server():
        co2_forecast()
