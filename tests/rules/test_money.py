"""Exact yuan: what is read, what is refused, and the one rounding rule."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from penaltycalc.rules.money import Money


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("0", "0.00"),
        ("0.01", "0.01"),
        ("0.1", "0.10"),
        ("0.00", "0.00"),
        ("85000", "85000.00"),
        ("85000.5", "85000.50"),
        ("85000.50", "85000.50"),
        ("99999999999.99", "99999999999.99"),
    ],
)
def test_decimal_yuan_are_read_to_the_fen(text: str, shown: str) -> None:
    assert str(Money.parse(text)) == shown


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-1",
        "+1",
        "01",
        ".5",
        "5.",
        "1.234",
        "1,234",
        "1_000",
        "1e3",
        "NaN",
        "Infinity",
        " 12",
        "12 ",
        "12\n",
        "１２",  # full-width digits
        "١٢",  # Arabic-Indic digits
        "十",
        "100000000000",  # twelve digits before the point
        "0x10",
    ],
)
def test_anything_else_is_no_money(text: str) -> None:
    with pytest.raises(ValueError, match=r"^money is decimal yuan"):
        Money.parse(text)


@pytest.mark.parametrize("value", [100, 100.5, None, True, b"100", ["100"]])
def test_only_a_text_is_money(value: object) -> None:
    with pytest.raises(ValueError, match=r"^money is decimal yuan"):
        Money.parse(value)


def test_a_multiple_is_exact() -> None:
    assert str(Money.parse("99999.99") * 20) == "1999999.80"
    assert str(Money.parse("99999999999.99") * 30) == "2999999999999.70"
    assert str(Money.parse("0") * 30) == "0.00"


@pytest.mark.parametrize(
    ("income", "tenth", "half"),
    [
        ("100", "10.00", "50.00"),
        ("0.10", "0.01", "0.05"),
        ("0.11", "0.02", "0.05"),  # 1.1 fen up to 2, 5.5 fen down to 5
        ("0.01", "0.01", "0.00"),  # no whole fen lies in between
        ("0.02", "0.01", "0.01"),
        ("123456.78", "12345.68", "61728.39"),
    ],
)
def test_a_lower_bound_is_rounded_up_and_an_upper_bound_down(income: str, tenth: str, half: str) -> None:
    assert str(Money.parse(income).share_rounded_up(10)) == tenth
    assert str(Money.parse(income).share_rounded_down(50)) == half


def test_the_whole_is_not_rounded() -> None:
    income = Money.parse("0.01")
    assert income.share_rounded_up(100) == income.share_rounded_down(100) == income


def test_amounts_compare_by_value() -> None:
    assert Money.parse("100000") == Money.parse("100000.00")
    assert Money.parse("99999.99") < Money.parse("100000")
    assert Money.parse("100000") >= Money.parse("100000.0")
    assert max(Money.parse("9"), Money.parse("10")) == Money.parse("10")
    assert len({Money.parse("1"), Money.parse("1.0"), Money.parse("1.00")}) == 1


def test_different_amounts_have_different_hashes() -> None:
    assert len({hash(Money.from_fen(fen)) for fen in range(1000)}) == 1000


def test_an_amount_is_no_number() -> None:
    assert Money.parse("1") != 100
    assert Money.parse("1") != "1.00"


def test_an_amount_shows_how_to_read_it() -> None:
    assert repr(Money.parse("0.5")) == "Money('0.50')"


def test_money_is_made_of_exact_amounts_only() -> None:
    assert Money("200000") == Money(200000) == Money(Decimal("200000.000")) == Money.from_fen(20_000_000)
    assert Money(Decimal("1E+5")) == Money("100000")
    assert (Money("5").fen, Money("5").text) == (500, "5.00")
    inexact: list[Any] = ["1e5", "5.000", "-5", "", " 5", -5, Decimal("0.001"), Decimal("NaN"), Decimal(-1), 10**11]
    for amount in inexact:
        with pytest.raises(ValueError, match="money"):
            Money(amount)
    others: list[Any] = [5.0, True, None, b"5"]
    for amount in others:
        with pytest.raises(TypeError, match=r"^money is given as str, int or Decimal$"):
            Money(amount)


def test_an_amount_does_not_change() -> None:
    amount: Any = Money(5)
    for member in ("fen", "text"):
        with pytest.raises(AttributeError):
            setattr(amount, member, 7)
