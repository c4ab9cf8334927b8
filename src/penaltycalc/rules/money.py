"""Exact yuan, and the one rounding rule.

Money is a whole number of fen (分, 1/100 yuan), so nothing is ever rounded on the way. Only a share
of an amount (百分之…) can leave whole fen; then a lower bound is rounded up and an upper bound down,
so that every amount in the range stays lawful.
"""

from __future__ import annotations

import re
from decimal import Decimal
from functools import total_ordering
from typing import Final

PATTERN: Final = r"^(0|[1-9][0-9]{0,10})(\.[0-9]{1,2})?$"
"""Money as it goes in: decimal yuan in ASCII digits, at most two places (JSON Schema, ECMA 262)."""

ANSWER_PATTERN: Final = r"^(0|[1-9][0-9]{0,12})\.[0-9]{2}$"
"""Money as it comes out: exactly two places."""

# Only `_AMOUNT` allows zeros beyond the fen, which a Decimal may carry; callers are held to `PATTERN`.
_AMOUNT: Final = re.compile(r"(0|[1-9][0-9]{0,10})(?:\.([0-9]{1,2})0*)?", re.ASCII)
_TEXT: Final = re.compile(r"(0|[1-9][0-9]{0,10})(?:\.([0-9]{1,2}))?", re.ASCII)
_FEN_IN_YUAN: Final = 100
_EXPECTED: Final = 'money is decimal yuan in a text, such as "85000.50"'

MAX_FEN: Final = 10**13 - 1
"""The largest amount that `PATTERN` lets in, in fen."""


@total_ordering
class Money:
    """An amount in yuan (元), exact to the fen.

    >>> str(Money("85000.5") * 10)
    '850005.00'
    >>> Money(85000) == Money("85000.00")
    True
    """

    __slots__ = ("_fen", "_text")

    def __init__(self, amount: str | int | Decimal) -> None:
        """`amount` in yuan, at most eleven digits before the point; TypeError, ValueError.

        A Decimal may have more than two places where all beyond are zero. A float is refused, since
        it is not exact.
        """
        if isinstance(amount, bool) or not isinstance(amount, str | int | Decimal):
            raise TypeError("money is given as str, int or Decimal")
        pattern = _TEXT if isinstance(amount, str) else _AMOUNT
        fen = _read_fen(pattern, f"{amount:f}" if isinstance(amount, Decimal) else str(amount))
        self._fen = fen
        self._text = _write_fen(fen)

    @property
    def fen(self) -> int:
        """The amount in hundredths of a yuan."""
        return self._fen

    @property
    def text(self) -> str:
        """The amount as decimal yuan with two places, as `str` gives it."""
        return self._text

    @classmethod
    def from_fen(cls, fen: int) -> Money:
        """The amount of so many hundredths of a yuan, 0 or more."""
        # Past the constructor, which reads and bounds what callers write: sums and multiples may be longer.
        money = cls.__new__(cls)
        money._fen = fen  # noqa: SLF001  # its own members: properties keep others from changing an amount
        money._text = _write_fen(fen)  # noqa: SLF001  # its own members, as above
        return money

    @classmethod
    def parse(cls, text: object) -> Money:
        """Read decimal yuan; ValueError where `text` is no text that matches `PATTERN` as a whole."""
        if not isinstance(text, str):
            raise ValueError(_EXPECTED)  # noqa: TRY004  # msgspec turns a ValueError of its hook into a fault with a path
        return cls.from_fen(_read_fen(_TEXT, text))

    def __mul__(self, times: int) -> Money:
        return Money.from_fen(self._fen * times)

    def share_rounded_up(self, percent: int) -> Money:
        """`percent` hundredths of the amount, up to the next whole fen: a lower bound."""
        # Division by // rounds down; of the negated amount that is up.
        return Money.from_fen(-(-self._fen * percent // 100))

    def share_rounded_down(self, percent: int) -> Money:
        """`percent` hundredths of the amount, down to the last whole fen: an upper bound."""
        return Money.from_fen(self._fen * percent // 100)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Money) and self._fen == other._fen

    def __lt__(self, other: Money) -> bool:
        return self._fen < other._fen

    def __hash__(self) -> int:
        return hash(self._fen)

    def __str__(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return f"Money({self._text!r})"


def _read_fen(pattern: re.Pattern[str], text: str) -> int:
    match = pattern.fullmatch(text)
    if match is None:
        raise ValueError(_EXPECTED)
    yuan, places = match.groups()
    # A single place stands for tenths of a yuan, so it is filled up to whole fen: .5 is 50 fen.
    return int(yuan) * _FEN_IN_YUAN + (int(places.ljust(2, "0")) if places else 0)


def _write_fen(fen: int) -> str:
    return f"{fen // _FEN_IN_YUAN}.{fen % _FEN_IN_YUAN:02d}"
