"""Days and amounts as sentences show them, and nothing lost on the way."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from penaltycalc.rules.money import Money
from penaltycalc.rules.values import write_amount, write_day, write_span, write_value


@pytest.mark.parametrize(
    ("amount", "zh", "en"),
    [
        ("0", "0", "0"),
        ("0.01", "0.01", "0.01"),
        ("0.10", "0.10", "0.10"),
        ("999.99", "999.99", "999.99"),
        ("1000", "1,000", "1,000"),
        ("9999", "9,999", "9,999"),
        ("10000", "1万", "10,000"),
        ("10000.01", "10,000.01", "10,000.01"),
        ("10001", "10,001", "10,001"),
        ("85000", "85,000", "85,000"),
        ("500000", "50万", "500,000"),
        ("1500000.00", "150万", "1,500,000"),
        ("100000000", "1亿", "100,000,000"),
        ("120000000", "12,000万", "120,000,000"),
        ("100000000.01", "100,000,000.01", "100,000,000.01"),
        ("12300000000", "123亿", "12,300,000,000"),
        ("99999999999", "99,999,999,999", "99,999,999,999"),
        ("12000.04", "12,000.04", "12,000.04"),
    ],
)
def test_an_amount_is_written_in_wan_where_it_comes_out_even(amount: str, zh: str, en: str) -> None:
    assert write_amount(Money(amount), "zh") == zh
    assert write_amount(Money(amount), "en") == en


def test_an_amount_that_only_a_calculation_reaches_has_its_groups_too() -> None:
    # A caller gives at most 11 digits; a multiple of that has more.
    assert write_amount(Money.from_fen(1234 * 10**8 * 100), "zh") == "1,234亿"
    assert write_amount(Money.from_fen(1234 * 10**8 * 100), "en") == "123,400,000,000"


@given(st.integers(0, 10**15))
def test_no_fen_is_lost_in_an_amount(fen: int) -> None:
    for lang in ("zh", "en"):
        written = write_amount(Money.from_fen(fen), lang)
        unit = {"万": 10**4, "亿": 10**8}.get(written[-1], 1)
        assert Decimal(written.rstrip("万亿").replace(",", "")) * unit == Decimal(fen) / 100


@given(st.integers(0, 10**15))
def test_an_amount_never_has_a_long_row_of_digits(fen: int) -> None:
    for lang in ("zh", "en"):
        assert not re.search(r"\d{4}", write_amount(Money.from_fen(fen), lang))


def test_a_day_is_written_as_officials_do_and_in_english_as_the_standard_says() -> None:
    assert write_day(date(2026, 6, 1), "zh") == "2026年6月1日"
    assert write_day(date(2026, 6, 1), "en") == "2026-06-01"


@pytest.mark.parametrize(
    ("first", "last", "zh", "en"),
    [
        (date(2026, 10, 12), date(2026, 10, 16), "2026年10月12日至10月16日", "2026-10-12 to 2026-10-16"),
        (date(2026, 12, 28), date(2027, 1, 4), "2026年12月28日至2027年1月4日", "2026-12-28 to 2027-01-04"),
        (date(2026, 6, 1), date(2026, 6, 1), "2026年6月1日", "2026-06-01"),
    ],
)
def test_a_span_names_a_common_year_once(first: date, last: date, zh: str, en: str) -> None:
    assert write_span(first, last, "zh") == zh
    assert write_span(first, last, "en") == en


def test_what_is_no_day_and_no_amount_stays_as_it_is() -> None:
    assert write_value(20, "zh") == "20"
    assert write_value("听证", "zh") == "听证"
    assert write_value(Money("500000"), "zh") == "50万"
    assert write_value(date(2026, 6, 1), "zh") == "2026年6月1日"
