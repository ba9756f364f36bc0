"""`fairseat explain` says what the endpoint says, without a server."""

import pytest
from typer.testing import CliRunner, Result

from bootstrap.cli import app

MAINE = ["--event-country", "US", "--subdivision", "US-ME", "--currency", "USD", "--face", "100.00"]
KNOWN = ["--fees", "0", "--tax", "0", "--buyer-fees", "0", "--as-of", "2026-11-22"]


def explain(*options: str) -> Result:
    return CliRunner().invoke(app, ["explain", *options])


@pytest.mark.parametrize(("price", "word", "status"), [("110.00", "ALLOWED", 0), ("110.01", "DENIED", 1)])
def test_a_price_at_the_cap_and_a_cent_above_it(price: str, word: str, status: int) -> None:
    told = explain(*MAINE, *KNOWN, "--price", price, "--kind", "concert", "--fact", "venueCapacity=900")

    assert told.exit_code == status
    assert f"{word} at {price} USD: at most 110.00 USD" in told.output
    assert "P.L. 2025 ch. 354" in told.output and "2026-11-22T12:00:00Z" in told.output


def test_before_its_first_day_the_law_caps_nothing() -> None:
    told = explain(*MAINE, "--price", "120.00", "--as-of", "2025-09-23")

    assert "us-me-cap v1  out of date" in " ".join(told.output.split()).replace("v1 out", "v1  out")


@pytest.mark.parametrize(
    "options",
    [
        ["--price", "much"],
        ["--price", "1.001"],
        ["--price", "1e99"],
        ["--price", "nan"],
        ["--price=-1"],
        ["--price", "1", "--fact", "sellerTrader"],
        ["--price", "1", "--fact", "moon=yes"],
        ["--price", "1", "--as-of", "1999-12-31"],
        ["--price", "1", "--subdivision", "CA-ON"],
        ["--price", "1", "--currency", "XXX"],
    ],
    ids=" ".join,
)
def test_what_cannot_be_asked_is_told_in_one_line(options: list[str]) -> None:
    told = explain(*MAINE, *options)

    assert type(told.exception).__name__ == "SettingsError", told.output
